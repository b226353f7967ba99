"""The demo market's participants: who they are, and how the process that plays them starts and ends."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.app import demo_market
from gateway.app.demo_market import PARTICIPANTS, DemoMarket
from gateway.app.gateway import Gateway
from gateway.settings import Account, SettingsError
from tests.gateway.net.running import TIMEOUT_S, Running, settings_for, soon, watched

IGNORES_SIGTERM = (
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True);"
    "sys.stdin.read(); signal.pause()"
)


def test_the_participants_join_with_credentials_of_their_own(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, {})
    joined, again = DemoMarket().join(settings), DemoMarket().join(settings)
    names = [f"SIM{n}" for n in range(1, PARTICIPANTS + 1)]
    known = settings.accounts
    new = joined.accounts.fix_sessions[len(known.fix_sessions) :]
    assert [session.sender_comp_id for session in new] == names
    assert all(session.demo and session.cancel_on_disconnect for session in new)
    assert [account.id for account in joined.accounts.accounts[len(known.accounts) :]] == names
    first = len(known.api_keys)
    secrets = {key.hmac_secret for each in (joined, again) for key in each.accounts.api_keys[first:]}
    assert len(secrets) == 2 * PARTICIPANTS


def test_a_name_that_is_taken_is_one_line(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, {})
    accounts = msgspec.structs.replace(settings.accounts, accounts=(Account(id="SIM3"),))
    with pytest.raises(SettingsError, match="SIM3"):
        DemoMarket().join(msgspec.structs.replace(settings, accounts=accounts))


def test_the_demo_is_refused_where_other_machines_come_in(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, {"ws": {"port": 0, "host": "0.0.0.0", "allow_plaintext": True}})  # noqa: S104 - it is refused
    with pytest.raises(SettingsError, match=r"ws\.host.*demo"):
        DemoMarket().join(settings)


async def test_it_trades_and_ends(tmp_path: Path) -> None:
    market = DemoMarket()
    settings = market.join(settings_for(tmp_path, {}))
    gateway = Gateway(settings, print)
    endpoints = await gateway.start()
    orders = watched(gateway.router, "submit")
    await market.start(endpoints, settings)
    process: Any = market._process
    try:
        for _ in range(20):
            await soon(orders)
    finally:
        await market.stop()
        await gateway.stop()
    assert process.returncode == 0
    await market.stop()


def spawning(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the demo market be another program, which says when it is there."""
    spawn = asyncio.create_subprocess_exec

    async def other(*_command: str, **streams: Any) -> Any:
        process = await spawn(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, **streams)
        assert process.stdout is not None
        await process.stdout.readline()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", other)


async def test_one_that_does_not_end_is_killed(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_market, "END_TIMEOUT_S", 0.05)
    spawning(monkeypatch, IGNORES_SIGTERM)
    market = DemoMarket()
    await market.start(gateway.endpoints, gateway.settings)
    process: Any = market._process
    await market.stop()
    assert process.returncode == -9


async def test_one_that_ends_by_itself_is_an_error_in_the_log(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spawning(monkeypatch, "raise SystemExit(3)")
    market = DemoMarket()
    await market.start(gateway.endpoints, gateway.settings)
    assert market._watch is not None
    async with asyncio.timeout(TIMEOUT_S):
        await market._watch
    assert ("demo market ended by itself", 3) in [
        (record.message, vars(record).get("exit_code")) for record in caplog.records
    ]
    await market.stop()
