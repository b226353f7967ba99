"""Orders of accounts that the configuration has lost: told of at each start, canceled when asked for."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.settings import AccountsSettings
from tests.gateway.net import running
from tests.gateway.net.running import TIMEOUT_S, Running

Start = Callable[..., Running]


def accounts_without(*removed: str) -> AccountsSettings:
    """Return the accounts of the tests but ``removed``, and what is theirs."""
    settings = running.accounts()
    return msgspec.structs.replace(
        settings,
        accounts=tuple(account for account in settings.accounts if account.id not in removed),
        fix_sessions=tuple(one for one in settings.fix_sessions if one.account not in removed),
        api_keys=tuple(key for key in settings.api_keys if key.account not in removed),
    )


def said(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return what was logged of accounts that are not configured."""
    lines = [vars(record) for record in caplog.records if "not configured" in record.getMessage()]
    names = ("message", "account", "orders", "do")
    caplog.clear()
    return [{name: line[name] for name in names if name in line} for line in lines]


async def life(data_dir: Path, policy: str = "keep") -> Running:
    """Start a gateway on ``data_dir``."""
    store = {"data_dir": str(data_dir), "durability": "os"}
    gateway = Running(data_dir, {"store": store, "orders": {"removed_accounts": policy}})
    await gateway.start()
    return gateway


async def open_ids(gateway: Running) -> set[str]:
    """Return the ClOrdIDs of all open orders, once everything is committed."""
    settled = asyncio.Event()
    gateway.gateway.turns.after_commit(settled.set)
    async with asyncio.timeout(TIMEOUT_S):
        await settled.wait()
    accounts = gateway.gateway.router.registry.accounts.values()
    return {order.cl_ord_id.decode() for orders in accounts for order in orders.open_by_id.values()}


async def test_open_orders_of_a_removed_account_are_told_of_and_canceled_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    gateway = await life(tmp_path)
    for name, ids in (("ALICE", ["a1"]), ("BOB", ["b1", "b2"]), ("CAROL", ["c1"])):
        peer = await gateway.ws(name)
        for cl_ord_id in ids:
            await peer.place(cl_ord_id)
    carol = await gateway.ws("CAROL")
    await carol.request("order.cancel", cl_ord_id="c1")
    await gateway.stop()
    assert said(caplog) == []

    left = accounts_without("BOB", "CAROL")
    monkeypatch.setattr(running, "accounts", lambda: left)
    for _ in range(2):
        gateway = await life(tmp_path)
        assert said(caplog) == [
            {
                "message": "open orders of an account that is not configured",
                "account": "BOB",
                "orders": 2,
                "do": 'configure it again, or start with orders.removed_accounts = "cancel"',
            }
        ]
        assert await open_ids(gateway) == {"a1", "b1", "b2"}
        await gateway.stop()

    gateway = await life(tmp_path, "cancel")
    message = "orders of an account that is not configured canceled"
    assert said(caplog) == [{"message": message, "account": "BOB", "orders": 2}]
    assert await open_ids(gateway) == {"a1"}
    await gateway.stop()

    gateway = await life(tmp_path)
    assert said(caplog) == []
    assert await open_ids(gateway) == {"a1"}
    await gateway.stop()
