"""The order path's state as bytes: the same whoever applied the events; going on from it changes nothing."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import (
    CancelOrder,
    Command,
    NewOrder,
    OrderAccepted,
    OrderCanceled,
    OrdStatus,
    Refuse,
    RejectReason,
    ReplaceOrder,
    SetTradingStatus,
    Side,
    TradingStatus,
)
from gateway.orders import OrderLimits, SnapshotError
from tests.gateway.orders.floor import BTC, ETH, Floor, order
from tests.gateway.orders.flows import LIMITS, TURNS, Place, at_time


@given(limits=LIMITS, turns=TURNS)
def test_going_on_from_a_snapshot_and_replaying_lead_to_the_same(
    limits: OrderLimits, turns: list[tuple[int, list[Command]]]
) -> None:
    live, reopened, replayed = Place(limits), Place(limits), Place(limits)
    time = 1_000
    for elapsed, commands in turns:
        time += elapsed
        submitted = len(live.recorded)
        for command in commands:
            for place in (live, reopened):
                place.router.submit(at_time(time, command), 0)
        for command in live.recorded[submitted:]:
            replayed.engine.submit(command)
        for place in (live, reopened, replayed):
            place.deliver()
        snapshot = live.router.snapshot()
        assert reopened.router.snapshot() == snapshot
        assert replayed.router.snapshot() == snapshot
        reopened.reopen()
    assert reopened.recorded == live.recorded
    assert reopened.events == replayed.events == live.events
    assert reopened.kept.executions == replayed.kept.executions == live.kept.executions
    for account in ("A", "B"):
        orders = live.router.registry.accounts[account]
        assert orders.pending == 0
        assert all(record.order_id for record in orders.by_cl_ord_id.values())
        for name, record in reopened.router.registry.accounts[account].by_cl_ord_id.items():
            assert orders.by_cl_ord_id[name] == record
        assert reopened.router.registry.accounts[account].replaces == orders.replaces
        exec_ids = [exec_id for exec_id, _ in live.kept.of(account)]
        assert exec_ids == list(range(1, len(exec_ids) + 1))


@given(turns=TURNS, closed_max=st.sampled_from([1, 100]))
def test_no_cl_ord_id_is_accepted_twice(turns: list[tuple[int, list[Command]]], closed_max: int) -> None:
    place = Place(OrderLimits(closed_max=closed_max, idempotency_max=10_000))
    for _, commands in turns:
        for command in commands:
            repeat = place.router.repeated(command) if isinstance(command, NewOrder) else None
            if repeat is not None and repeat.order is not None and isinstance(command, NewOrder):
                assert command.account == repeat.order.account
            place.router.submit(command, 0)
            refused = place.recorded[-1]
            if repeat is not None:
                assert isinstance(refused, Refuse)
                assert refused.refusal.reason is RejectReason.DUPLICATE_CL_ORD_ID
        place.deliver()
        place.reopen()
    accepted = Counter((e.account, e.cl_ord_id) for e in place.events if isinstance(e, OrderAccepted))
    assert set(accepted.values()) <= {1}


def test_orders_on_their_way_and_sessions_are_not_in_a_snapshot() -> None:
    floor = Floor()
    empty = floor.router.snapshot()
    floor.session("S1")
    floor.router.submit(order("a"), 0)
    floor.router.submit(order("b", price=1), 0)
    floor.router.registry.order("nobody", b"a")
    assert floor.router.snapshot() == empty
    floor.deliver()
    assert floor.router.snapshot() != empty


def test_a_restored_router_goes_on_counting_and_reporting() -> None:
    place = Place(OrderLimits(max_open_orders=3))
    for command in (order("a", Side.SELL), order("b", qty=60), order("c", price=4_990), order("d", price=1)):
        place.router.submit(command, 0)
    place.deliver()
    place.reopen()
    registry = place.router.registry
    assert [o.cl_ord_id for o in registry.open_orders("A")] == [b"a", b"c"]
    assert place.kept.executions[-1].exec_id == registry.accounts["A"].exec_id
    sold = registry.order("A", b"a")
    assert sold is not None
    assert registry.order_by_id("A", 1) is sold
    closed = registry.order("A", b"b")
    assert closed is not None
    assert (closed.ord_status, registry.order_by_id("A", 2)) == (OrdStatus.FILLED, closed)
    refused = registry.order("A", b"d")
    assert refused is not None
    assert refused.refusal is not None
    place.router.submit(CancelOrder("S1", 1, "A", 1, b"", b"a", 0, ""), 0)
    place.deliver()
    assert isinstance(place.events[-2], OrderCanceled)
    assert place.kept.executions[-1].exec_id == len(place.kept.executions)


def test_fewer_closed_orders_may_be_kept_than_before() -> None:
    place = Place(OrderLimits(closed_max=100))
    for number in range(40):
        place.router.submit(order(f"x{number}", price=1), 0)
    place.deliver()
    place.limits = OrderLimits(closed_max=5)
    place.reopen()
    registry = place.router.registry
    assert len(registry.past.used) == 0
    for number in range(5):
        place.router.submit(order(f"y{number}", price=1), 0)
    place.deliver()
    assert len(registry.past.used) == 40
    assert all(registry.is_used("A", b"x%d" % number) for number in range(40))
    assert registry.accounts["A"].by_cl_ord_id.keys() == {b"y%d" % number for number in range(5)}


def test_instruments_may_go_and_come_unless_an_order_is_open() -> None:
    place = Place(OrderLimits())
    for command in (
        order("a"),
        order("b", Side.SELL, symbol="ETH-KRW", price=90),
        order("c", symbol="ETH-KRW", price=90),
        SetTradingStatus(1, "ETH-KRW", TradingStatus.HALTED),
    ):
        place.router.submit(command, 0)
    place.deliver()
    snapshot = place.router.snapshot()
    without = Place(OrderLimits(), [BTC])
    without.router.restore(snapshot)
    closed = without.router.registry.order("A", b"b")
    assert closed is not None
    assert closed.symbol == "ETH-KRW"
    with pytest.raises(SnapshotError, match="open orders in BTC-KRW, not an instrument"):
        Place(OrderLimits(), [ETH]).router.restore(snapshot)
    back = Place(OrderLimits())
    back.router.restore(without.router.snapshot())
    assert back.router.trading_status("ETH-KRW") is TradingStatus.OPEN
    back.router.restore(snapshot)
    assert back.router.trading_status("ETH-KRW") is TradingStatus.HALTED
    assert back.router.snapshot() == snapshot


def test_the_last_price_outlives_a_change_of_the_reference_price() -> None:
    place = Place(OrderLimits())
    place.router.submit(order("a", Side.SELL, price=7_000), 0)
    place.router.submit(order("b", price=7_000), 0)
    place.deliver()
    moved = [msgspec.structs.replace(BTC, reference_price=100), msgspec.structs.replace(ETH, band_pct=50)]
    other = Place(OrderLimits(), [msgspec.structs.replace(moved[0]), moved[1]])
    other.router.restore(place.router.snapshot())
    other.router.submit(order("c", price=10_500), 0)
    other.router.submit(order("d", symbol="ETH-KRW", price=151), 0)
    assert isinstance(other.recorded[0], NewOrder)
    assert isinstance(other.recorded[1], Refuse)


def test_what_is_no_snapshot_is_refused_with_one_line() -> None:
    place = Place(OrderLimits(closed_max=10))
    for command in (
        order("a"),
        ReplaceOrder("S1", 1, "A", 1, b"r", b"a", 0, "BTC-KRW", 50, 5_000),
        order("b", price=1),
    ):
        place.router.submit(command, 0)
    place.deliver()
    snapshot = place.router.snapshot()
    name, version, (registry, markets) = msgspec.msgpack.decode(snapshot)
    [[account, exec_id, orders]], closed, used = registry

    def state(*parts: object) -> bytes:
        return msgspec.msgpack.encode([name, version, [list(parts), markets]])

    assert state([[account, exec_id, orders]], closed, used) == snapshot
    for damaged, line in (
        (b"", "order snapshot is damaged"),
        (snapshot[:-1], "order snapshot is damaged"),
        (snapshot + b"\0", "order snapshot is damaged"),
        (msgspec.msgpack.encode([name, 2, None]), "'bdax-orders' version 2, this gateway reads"),
        (msgspec.msgpack.encode(["bdax-matching", 1, None]), "'bdax-matching' version 1, this gateway reads"),
        (state([], closed, used), "a ClOrdID of an order that it does not have"),
        (state([], [[None, None]], used), "a ClOrdID of an order that it does not have"),
        (state([[account, exec_id, orders * 2]], closed, used), "has an order twice"),
        (state([[account, exec_id, orders], ["B", 1, orders]], closed, used), "has an order twice"),
        (state([[account, exec_id, orders]], closed * 2, used), "has an order twice"),
        (state([[account, exec_id, orders]], closed, used[:-1]), "order snapshot is damaged"),
    ):
        with pytest.raises(SnapshotError, match=line) as caught:
            Place(OrderLimits()).router.restore(damaged)
        assert "\n" not in str(caught.value)
