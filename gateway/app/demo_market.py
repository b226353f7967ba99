"""The live demo market: its participants' throw-away credentials, and the child process that plays them."""

import asyncio
import contextlib
import logging
import secrets
import sys
from typing import Final

import msgspec
import orjson

from gateway.app.gateway import Endpoints
from gateway.auth import ScryptCost, hash_password
from gateway.settings import (
    Account,
    AccountsSettings,
    ApiKey,
    FixSession,
    GatewaySettings,
    SettingsError,
    check,
)

PARTICIPANTS: Final = 8
END_TIMEOUT_S: Final = 2.0
# A random password of 256 bits needs no stretching.
_COST: Final = ScryptCost(n=2, r=1, p=1)

log = logging.getLogger(__name__)


class DemoMarket:
    """Simulated participants SIM1, SIM2, …: ordinary clients in a process of their own.

    Their credentials are made at random and known to that process only.
    """

    def __init__(self) -> None:
        self._participants = [
            {
                "comp_id": f"SIM{n}",
                "password": secrets.token_urlsafe(32),
                "key": f"SIM{n}",
                "hmac_secret": secrets.token_urlsafe(32),
            }
            for n in range(1, PARTICIPANTS + 1)
        ]
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    def join(self, settings: GatewaySettings) -> GatewaySettings:
        """Return ``settings`` with the participants' accounts, sessions and keys.

        Raises ``SettingsError`` where a name is taken, or a listener is open to other machines.
        """
        accounts, sessions, keys = [], [], []
        known = settings.accounts
        taken = {account.id for account in known.accounts}
        taken |= {session.sender_comp_id for session in known.fix_sessions} | {
            key.id for key in known.api_keys
        }
        for participant in self._participants:
            name = participant["comp_id"]
            if name in taken:
                problem = "taken, but the demo market needs the name"
                raise SettingsError(settings.accounts_file, "", problem, "", name)
            accounts.append(Account(id=name))
            password_hash = hash_password(participant["password"], _COST)
            sessions.append(
                FixSession(
                    sender_comp_id=name,
                    account=name,
                    username=name,
                    password_hash=password_hash,
                    cancel_on_disconnect=True,
                    demo=True,
                )
            )
            keys.append(ApiKey(id=name, account=name, hmac_secret=participant["hmac_secret"], demo=True))
        joined = AccountsSettings(
            accounts=(*known.accounts, *accounts),
            fix_sessions=(*known.fix_sessions, *sessions),
            api_keys=(*known.api_keys, *keys),
        )
        settings = msgspec.structs.replace(settings, accounts=joined)
        check(settings)
        return settings

    async def start(self, endpoints: Endpoints, settings: GatewaySettings) -> None:
        """Start the participants; they end when this process does."""
        briefing = {
            "fix": endpoints.fix,
            "ws": endpoints.ws,
            "participants": self._participants,
            "instruments": list(settings.instruments),
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.demo", stdin=asyncio.subprocess.PIPE
        )
        log.info("demo market started", extra={"pid": self._process.pid})
        self._watch = asyncio.create_task(self._report_end(self._process))
        stdin = self._process.stdin
        if stdin is not None:
            # uvloop raises RuntimeError when the process has gone already; the watch reports that.
            with contextlib.suppress(OSError, RuntimeError):
                stdin.write(orjson.dumps(briefing) + b"\n")

    async def stop(self) -> None:
        """End the participants."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._watch is not None:
            self._watch.cancel()
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _report_end(self, process: asyncio.subprocess.Process) -> None:
        """Say so when the participants leave by themselves; the gateway goes on."""
        code = await process.wait()
        log.error("demo market ended by itself", extra={"pid": process.pid, "exit_code": code})
