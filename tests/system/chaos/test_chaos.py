"""A short crash test: a few kills of each kind, and nothing that was said is lost, changed or done twice."""

import asyncio
from pathlib import Path

from tests.system.chaos.auditor import audit, executions, ledger_of
from tests.system.chaos.run import CrashTest, Terms


def test_clients_that_trade_through_crashes_find_every_promise_kept(tmp_path: Path) -> None:
    test = CrashTest(Terms(seed=4, kills=5, durability="fsync", folder=tmp_path))

    asyncio.run(test.run())

    assert audit(test.evidence) == []
    assert ledger_of(executions(test.evidence)).trades
