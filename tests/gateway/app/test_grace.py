"""What a crash leaves of sessions whose orders go with their connection."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.model import MassCancel
from tests.gateway.net.running import PASSWORD, TIMEOUT_S, Running, StartRunning, soon, watched

PATIENT: dict[str, float] = {"reconnect_grace_s": 3600}
AT_ONCE: dict[str, float] = {"reconnect_grace_s": 0}


@pytest.fixture
async def crashed(start: StartRunning, tmp_path: Path) -> Path:
    """The data directory as a kill would leave it: DAVE's orders go with his line, so do one of BOB's."""
    gateway = await start(store={"durability": "os"})
    dave, alice = await gateway.fix_session("DAVE"), await gateway.fix_session("ALICE")
    for peer, cl_ord_id in ((dave, "d1"), (alice, "a1")):
        peer.send(peer.order(cl_ord_id))
        await peer.expect("8")
    goes, stays = await gateway.ws(), await gateway.ws("BOB")
    await goes.log_on("BOB", cancel_on_disconnect=True)
    await goes.place("goes")
    await stays.place("stays")
    left = tmp_path / "left"
    shutil.copytree(gateway.gateway._data_dir.path, left)
    return left


async def open_ids(gateway: Running) -> set[str]:
    """Return the ClOrdIDs of all open orders, once everything is committed."""
    settled = asyncio.Event()
    gateway.gateway.turns.after_commit(settled.set)
    async with asyncio.timeout(TIMEOUT_S):
        await settled.wait()
    accounts = gateway.gateway.router.registry.accounts.values()
    return {order.cl_ord_id.decode() for orders in accounts for order in orders.open_by_id.values()}


@asynccontextmanager
async def prepared(left: Path, fix: dict[str, float]) -> AsyncIterator[Running]:
    """Give a gateway on what was left; it is stopped in the end."""
    gateway = Running(left, {"fix": {"port": 0, **fix}, "store": {"data_dir": str(left), "durability": "os"}})
    try:
        yield gateway
    finally:
        await gateway.stop()


async def test_a_websocket_connection_never_comes_back_and_a_fix_session_may(crashed: Path) -> None:
    async with prepared(crashed, PATIENT) as gateway:
        await gateway.start()
        assert await open_ids(gateway) == {"d1", "a1", "stays"}
        dave = await gateway.fix("DAVE")
        await dave.log_on(PASSWORD, (141, "Y"))
        gateway.gateway._grace._expire()
        assert await open_ids(gateway) == {"d1", "a1", "stays"}


async def test_who_does_not_come_back_in_time_loses_the_orders(crashed: Path) -> None:
    async with prepared(crashed, AT_ONCE) as gateway:
        commands = watched(gateway.gateway.router, "submit")
        await gateway.start()
        targets = set()
        for _ in range(2):
            command, _ = await soon(commands)
            assert isinstance(command, MassCancel)
            assert command.on_disconnect
            targets.add(command.target_session.rpartition(":")[2])
        assert targets == {"cod", "DAVE"}
        assert await open_ids(gateway) == {"a1", "stays"}


async def test_without_a_grace_the_orders_go_before_anybody_can_log_on(
    crashed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[set[str]] = []
    async with prepared(crashed, AT_ONCE) as gateway:
        listen = gateway.gateway._listen

        async def look_and_listen(name: str, *args: Any) -> str:
            accounts = gateway.gateway.router.registry.accounts
            # Their cancels are ahead of whatever comes in by this listener.
            gateway.gateway.router.deliver(gateway.gateway.turns._engine.drain())
            opened.append(
                {order.cl_ord_id.decode() for a in accounts.values() for order in a.open_by_id.values()}
            )
            return await listen(name, *args)

        monkeypatch.setattr(gateway.gateway, "_listen", look_and_listen)
        await gateway.start()
    assert opened[0] == {"a1", "stays"}


async def test_nobody_is_waited_for_when_nothing_was_left(tmp_path: Path) -> None:
    async with prepared(tmp_path, PATIENT) as gateway:
        await gateway.start()
        assert gateway.gateway._grace._timer is None
