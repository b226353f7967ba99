"""The embedded adapter: works at submit, tells at drain, goes on from a snapshot."""

import pytest

from gateway.engine import EmbeddedEngine
from gateway.matching import MatchingEngine, SnapshotError
from gateway.model import CancelRejected, Command, Event, OrderFilled, RejectReason
from tests.gateway.matching.trading_floor import BTC, BUY, IOC, SELL, TradingFloor, two_instruments


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


@pytest.mark.parametrize(("closed_kept", "remembered"), [(None, 3), (1, 1), (9, 3)])
def test_a_restored_engine_remembers_as_many_closed_orders_as_it_is_told(
    closed_kept: int | None, remembered: int
) -> None:
    engine, floor = EmbeddedEngine(two_instruments(), closed_kept=3), TradingFloor()
    for price in (100, 101, 102, 103):
        engine.submit(floor.order(BUY, 5, price))
    for order_id in (1, 2, 3, 4):
        engine.submit(floor.cancel_command(order_id=order_id))
    restored = EmbeddedEngine.restore(two_instruments(), engine.snapshot(), closed_kept=closed_kept)
    for order_id in (1, 2, 3, 4):
        restored.submit(floor.cancel_command(order_id=order_id))
    reasons = [event.refusal.reason for event in restored.drain() if isinstance(event, CancelRejected)]
    assert reasons.count(RejectReason.TOO_LATE) == remembered
    assert reasons.count(RejectReason.UNKNOWN_ORDER) == 4 - remembered


def test_a_damaged_snapshot_is_refused() -> None:
    with pytest.raises(SnapshotError, match="damaged"):
        EmbeddedEngine.restore(two_instruments(), b"\x93")


def fail(command: Command) -> list[Event]:
    raise ValueError(type(command).__name__)


def test_an_engine_that_failed_tells_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, floor = EmbeddedEngine(two_instruments()), TradingFloor()
    engine.submit(floor.order(BUY, 5, 100))
    with monkeypatch.context() as patch:
        patch.setattr(MatchingEngine, "work", staticmethod(fail))
        with pytest.raises(ValueError, match="NewOrder"):
            engine.submit(floor.order(BUY, 5, time_in_force=IOC))
    engine.submit(floor.order(BUY, 5, 102))
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"the engine failed: ValueError\('NewOrder'\): start again"):
            engine.drain()


def test_an_engine_that_failed_at_a_usual_command_tells_nothing_more() -> None:
    engine, floor = EmbeddedEngine(two_instruments()), TradingFloor()
    engine.submit(floor.order(BUY, 5, 100))
    engine.matching.book(BTC).bids.levels.clear()
    with pytest.raises(KeyError, match="100"):
        engine.submit(floor.cancel_command(order_id=1))
    engine.submit(floor.order(SELL, 5, 102))
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"the engine failed: KeyError\(100\): start again"):
            engine.drain()


def test_the_open_orders_are_told_in_priority() -> None:
    engine, floor = EmbeddedEngine(two_instruments()), TradingFloor()
    for quantity, price in ((5, 100), (7, 101), (3, 100)):
        engine.submit(floor.order(BUY, quantity, price))
    engine.submit(floor.order(SELL, 2, 101))
    engine.submit(floor.order(SELL, 4, 103))
    eseq, books = engine.open_orders()
    assert eseq == 5
    [traded, quiet] = books
    assert traded[1:] == ([(2, 101, 5), (1, 100, 5), (3, 100, 3)], [(5, 103, 4)])
    assert quiet[1:] == ([], [])
    assert (traded[0], quiet[0]) == tuple(two_instruments())
