"""A replica that follows the records of a live order path, restored from a snapshot wherever one may be."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.app.origin import Origin
from gateway.app.replica import FOLLOWED_AT_ONCE, DivergenceError, Replica, ReplicaError
from gateway.model import Command, Instrument, Instruments, Side
from gateway.ports import Batch, SessionNumbers
from gateway.store.snapshots import SnapshotFile
from tests.gateway.app.live import LIMITS, Live, order_maker, origin, record_of
from tests.gateway.matching.flows import FLOWS
from tests.gateway.matching.trading_floor import BTC, ETH, instrument


def cut(flow: list[Command], sizes: list[int]) -> list[list[Command]]:
    """Cut a flow into batches; some are empty."""
    batches, start = [], 0
    for size in sizes:
        batches.append(flow[start : start + size])
        start += size
    return [*batches, flow[start:]]


@settings(max_examples=100)
@given(FLOWS, st.lists(st.integers(0, 4), max_size=12))
def test_a_replica_has_the_live_state_after_each_batch_whether_restored_or_not(
    flow: list[Command], sizes: list[int]
) -> None:
    live = Live(origin())
    whole, restored = Replica(origin()), Replica(origin())
    for n, batch in enumerate(cut(flow, sizes)):
        numbers = {f"S{n % 3}": SessionNumbers(n + 1, n + 2, 0, n)}
        record = live.work(batch, numbers if n % 2 else {})
        restored = Replica.restore(restored.snapshot())
        for replica in (whole, restored):
            replica.apply(record)
            assert replica.snapshot() == live.replica.snapshot()
            assert replica.state_hash() == live.replica.state_hash()
            assert (replica.batch, replica.eseq) == (record.number, record.eseq)


def test_many_batches_at_once_leave_what_one_after_the_other_does() -> None:
    live, make = Live(origin()), order_maker()
    sides = (Side.BUY, Side.BUY, Side.SELL)
    records = [live.work(make(side) for side in sides) for _ in range(FOLLOWED_AT_ONCE // 4)]
    replica = Replica(origin())
    replica.apply_all(records[:1])
    replica.apply_all(iter(records[1:]))
    replica.apply_all([])
    assert replica.snapshot() == live.replica.snapshot()
    with pytest.raises(ReplicaError, match="follows batch"):
        replica.apply_all(records[-1:])


@settings(max_examples=50)
@given(FLOWS, st.integers(0, 20))
def test_a_live_path_goes_on_the_same_from_a_restored_state(flow: list[Command], at: int) -> None:
    first, second = Live(origin()), Live(origin())
    for live in (first, second):
        live.work(flow[:at])
    second.replica = Replica.restore(second.replica.snapshot())
    second.bind()
    for command in flow[at:]:
        records = [live.work([command]) for live in (first, second)]
        bodies = [(record.commands, record.event_hash, record.executions) for record in records]
        assert bodies[0] == bodies[1]
    assert first.replica.snapshot() == second.replica.snapshot()


def test_it_stops_at_a_command_within_a_batch() -> None:
    make, live = order_maker(), Live(origin())
    records = [live.work([make()]), live.work([make(Side.SELL), make(), make()])]
    exact = Live(origin())
    again = order_maker()
    exact.work([again(), again(Side.SELL), again()])
    replica = Replica(origin())
    replica.apply(records[0])
    replica.apply_until(records[1], 3)
    assert replica.eseq == 3
    assert replica.state_hash() == exact.replica.state_hash()


def test_other_events_than_recorded_are_a_divergence_of_one_line() -> None:
    make, live = order_maker(), Live(origin())
    first, second = live.work([make()]), live.work([make()])
    batch = Batch(second.commands, [], {}, [], [])
    replica = Replica(origin())
    replica.apply(first)
    with pytest.raises(DivergenceError, match=r"batch 2 \(to eseq 2\).*hash [0-9a-f]{8}") as caught:
        replica.apply(record_of(batch, 2, 2))
    assert "\n" not in str(caught.value)


def test_a_batch_that_does_not_follow_is_refused() -> None:
    live = Live(origin())
    live.work([])
    with pytest.raises(ReplicaError, match="batch 2 follows batch 0"):
        Replica(origin()).apply(live.work([]))


def changed(symbol: str = BTC, **terms: int) -> Instrument:
    return msgspec.structs.replace(instrument(symbol), **terms)


def with_one_order() -> Replica:
    live = Live(origin())
    live.work([order_maker()(price=101, quantity=7)])
    return live.replica


def test_another_origin_is_adopted_with_the_open_orders() -> None:
    replica = with_one_order()
    before = replica.engine.snapshot()
    new = origin([changed(max_qty=6), changed("XRP-KRW")], msgspec.structs.replace(LIMITS, closed_max=1))
    replica.adopt(new)
    assert replica.origin.limits is new.limits
    assert dict(replica.origin.instruments) == dict(new.instruments)
    assert replica.publisher.book(BTC).levels() == ([(101, 7)], [])
    assert len(replica.publisher.book("XRP-KRW")) == 0
    assert [order.order_qty for order in replica.router.registry.open_orders("ACC1")] == [7]
    assert Replica.restore(replica.snapshot()).snapshot() == replica.snapshot()
    assert replica.engine.snapshot() != before


def test_an_instrument_that_goes_is_retired_in_all_that_follows() -> None:
    replica = with_one_order()
    replica.adopt(origin([changed(), changed("XRP-KRW")]))
    replica.adopt(origin([changed()]))
    assert list(replica.origin.instruments.retired) == [ETH, "XRP-KRW"]
    again = Replica.restore(replica.snapshot())
    assert again.origin == replica.origin
    assert Origin.decode(replica.origin.encode()) == replica.origin
    engine = replica.engine
    replica.adopt(origin([changed()]))
    assert replica.engine is engine
    replica.adopt(origin([changed(), changed(ETH)]))
    assert list(replica.origin.instruments.retired) == ["XRP-KRW"]


def test_an_instrument_that_comes_back_has_the_decimals_it_had() -> None:
    replica = with_one_order()
    replica.adopt(origin([changed()]))
    with pytest.raises(ReplicaError, match="ETH-KRW: qty_places was"):
        replica.adopt(origin([changed(), changed(ETH, qty_places=3)]))


def test_the_same_origin_changes_nothing() -> None:
    replica = with_one_order()
    engine = replica.engine
    replica.adopt(origin())
    assert replica.engine is engine


@pytest.mark.parametrize(
    ("instruments", "words"),
    [
        ([changed(ETH)], "BTC-KRW is gone but has open orders"),
        ([changed(price_places=3), changed(ETH)], "BTC-KRW: price_places was"),
        ([changed(), changed(ETH, qty_places=3)], "ETH-KRW: qty_places was"),
    ],
)
def test_instruments_that_the_state_does_not_fit_are_refused(
    instruments: list[Instrument], words: str
) -> None:
    replica = with_one_order()
    with pytest.raises(ReplicaError, match=words) as caught:
        replica.adopt(Origin(Instruments(instruments), LIMITS))
    assert "\n" not in str(caught.value)


def damaged(saved: SnapshotFile) -> list[SnapshotFile]:
    engine, orders, market_data, sessions = msgspec.msgpack.decode(saved.body)
    bodies = [
        b"",
        msgspec.msgpack.encode([engine, orders, market_data]),
        msgspec.msgpack.encode([b"", orders, market_data, sessions]),
        msgspec.msgpack.encode([engine, b"", market_data, sessions]),
        msgspec.msgpack.encode([engine, orders, b"", sessions]),
    ]
    return [
        *(saved._replace(body=body) for body in bodies),
        saved._replace(origin=b""),
        saved._replace(eseq=7),
    ]


@pytest.mark.parametrize("fault", range(7))
def test_a_snapshot_that_is_none_is_one_line(fault: int) -> None:
    saved = with_one_order().snapshot()
    with pytest.raises(ReplicaError) as caught:
        Replica.restore(damaged(saved)[fault])
    assert "\n" not in str(caught.value)
