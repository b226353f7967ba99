"""The gateway under test: configured for the run, started, killed and started again on the same ports."""

import asyncio
import contextlib
import os
import signal
import socket
import tomllib
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Final

from tests.system.chaos.ws_peer import SECRET
from tests.system.gateway_process import COMMAND, ROOT, children

START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 10.0
EPHEMERAL: Final = 32_768
"""Ports from here on may be taken by a client's own end while the gateway is away."""

PORTS_A_PROCESS: Final = 4
"""Of the ports, so that runs that begin at the same time do not want the same ones."""

CLOSED_MAX: Final = 500
_MARK: Final = "BDAX_CRASH_TEST"
"""Tells the run's processes from all others."""

_CONFIG: Final = """
accounts_file = "accounts.toml"
instruments_file = "{config}/instruments.toml"
[fix]
reconnect_grace_s = 0
[ws]
requests_rate = 0
deflate = true
workers = {workers}
[store]
segment_size = 262144
snapshot_commands = 400
[orders]
throttle_rate = 0
max_open_orders = 0
price_bands = false
closed_max = {closed_max}
[logons]
max_failures = 10000
"""
_ACCOUNT: Final = (
    '[[accounts]]\nid = "{name}"\n[[api_keys]]\nid = "{name}"\naccount = "{name}"\nhmac_secret = "{secret}"\n'
)
_SESSION: Final = (
    '[[fix_sessions]]\nsender_comp_id = "{name}"\naccount = "{name}"\npassword_hash = "{hashed}"\n'
    "cancel_on_disconnect = {cancels}\n"
)


class Exchange:
    """One gateway on fixed ports over all its starts, with its data in ``folder``.

    The FIX sessions in ``canceling`` have cancel on disconnect, without a grace after a crash. ``workers``
    processes have the WebSocket connections; 0: its own has them.
    """

    def __init__(
        self,
        folder: Path,
        durability: str,
        fix_accounts: list[str],
        ws_accounts: list[str],
        canceling: Container[str] = (),
        workers: int = 0,
    ) -> None:
        self.data_dir = folder / "data"
        self._log = folder / "gateway.log"
        self._durability = durability
        fix, ws, http = (f"127.0.0.1:{port}" for port in _free_ports(3))
        self._listen = ("--fix", fix, "--ws", ws, "--http", http)
        self.fix = ("127.0.0.1", int(fix.rpartition(":")[2]))
        self.ws = f"ws://{ws}/v1"
        self._config = folder / "gateway.toml"
        self._config.write_text(
            _CONFIG.format(config=ROOT / "config", closed_max=CLOSED_MAX, workers=workers)
        )
        hashed = _password_hash()
        entries = [_ACCOUNT.format(name=name, secret=SECRET) for name in (*fix_accounts, *ws_accounts)]
        entries += [
            _SESSION.format(name=name, hashed=hashed, cancels=str(name in canceling).lower())
            for name in fix_accounts
        ]
        (folder / "accounts.toml").write_text("".join(entries))
        self._mark = str(folder)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._process is not None
        return self._process.pid

    async def start(self, environment: dict[str, str]) -> bool:
        """Start the gateway and wait until it is ready; false when a fault point ended it before."""
        process = await self.spawn(environment)
        assert process.stdout is not None
        async with asyncio.timeout(START_TIMEOUT_S):
            if await process.stdout.readline():
                return True
        status = await process.wait()
        if status != -signal.SIGKILL:
            raise AssertionError(f"the gateway does not start: exit {status}, {self._last_words()}")
        return False

    async def spawn(self, environment: dict[str, str]) -> asyncio.subprocess.Process:
        """Start the gateway without waiting for it."""
        command = [*COMMAND, "run", "--config", str(self._config), "--data", str(self.data_dir)]
        with self._log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                *self._listen,
                "--durability",
                self._durability,
                cwd=ROOT,
                env=_at_full_speed() | environment | {_MARK: self._mark},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        return self._process

    async def ended(self) -> None:
        """Wait until the gateway has ended by itself, which only a fault point may cause."""
        assert self._process is not None
        status = await self._process.wait()
        if status != -signal.SIGKILL:
            raise AssertionError(f"the gateway ended: exit {status}, {self._last_words()}")

    async def child_ended(self) -> None:
        """Wait until a child of the gateway has ended."""
        assert self._process is not None
        known: set[int] = set()
        while True:
            now = set(children(self._process.pid)) if self._process.returncode is None else set()
            if known - now:
                return
            known |= now
            await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """End the gateway by SIGKILL, if it has not ended yet."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """End the gateway by SIGTERM and return its exit status."""
        assert self._process is not None
        self._process.terminate()
        async with asyncio.timeout(STOP_TIMEOUT_S):
            return await self._process.wait()

    def processes(self) -> list[int]:
        """Return what is still alive of all starts: gateways and their children."""
        marked = f"{_MARK}={self._mark}".encode()
        return [pid for pid, environment in _environments() if marked in environment.split(b"\0")]

    def _last_words(self) -> str:
        return self._log.read_text()[-2000:]


async def bdax(*arguments: str) -> str:
    """Run a command of the product that must succeed, and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        cwd=ROOT,
        env=_at_full_speed(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


def _at_full_speed() -> dict[str, str]:
    """Return the environment without what would have coverage measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COV", "BDAX_"))}


def _environments() -> Iterator[tuple[int, bytes]]:
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            yield int(path.parent.name), path.read_bytes()


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    with contextlib.ExitStack() as held:
        for port in range(EPHEMERAL - 1 - os.getpid() * PORTS_A_PROCESS % 10_000, 1024, -1):
            candidate = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                candidate.bind(("127.0.0.1", port))
                found.append(port)
            if len(found) == count:
                break
    return found


def _password_hash() -> str:
    """Return the cheap hash of the load test's password."""
    accounts = tomllib.loads((ROOT / "config" / "loadtest_accounts.toml").read_text())
    return str(accounts["fix_sessions"][0]["password_hash"])
