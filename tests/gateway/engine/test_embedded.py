"""The embedded adapter: works at submit, tells at drain, goes on from a snapshot."""

import pytest

from gateway.engine import EmbeddedEngine
from gateway.matching import SnapshotError
from gateway.model import OrderFilled
from tests.gateway.matching.trading_floor import BUY, SELL, TradingFloor, two_instruments


def test_a_command_is_worked_at_submit() -> None:
    engine, floor = EmbeddedEngine(two_instruments()), TradingFloor()
    assert engine.eseq == 0
    engine.submit(floor.order(BUY, 5, 100))
    engine.submit(floor.order(SELL, 5, 101))
    assert engine.eseq == 2
    assert {event.eseq for event in engine.drain()} == {1, 2}


def test_a_restored_engine_goes_on_where_the_snapshot_was_taken() -> None:
    engine, floor = EmbeddedEngine(two_instruments()), TradingFloor()
    engine.submit(floor.order(BUY, 5, 100))
    snapshot = engine.snapshot()
    restored = EmbeddedEngine.restore(two_instruments(), snapshot)
    assert restored.eseq == 1
    assert restored.snapshot() == snapshot
    assert restored.drain() == [], "what was said before is not said again"
    command = floor.order(SELL, 5, 100)
    engine.drain()
    engine.submit(command)
    restored.submit(command)
    events = restored.drain()
    assert events == engine.drain()
    assert any(isinstance(event, OrderFilled) and event.order_id == 1 for event in events)


def test_a_damaged_snapshot_is_refused() -> None:
    with pytest.raises(SnapshotError, match="damaged"):
        EmbeddedEngine.restore(two_instruments(), b"\x93")
