"""The one path of every order: what reaches the engine, who hears of it, and in which order."""

import pytest

from gateway.model import (
    CancelCause,
    CancelOrder,
    CancelRejected,
    Command,
    MassCancel,
    MassCancelScope,
    NewOrder,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrdStatus,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    SetTradingStatus,
    Side,
    TimeInForce,
    TradingStatus,
)
from gateway.orders import OrderLimits
from tests.gateway.orders.floor import Floor, Following, order


@pytest.fixture
def floor() -> Floor:
    return Floor()


def cancel(cl_ord_id: str, orig: str, session: str = "S1", account: str = "A") -> CancelOrder:
    return CancelOrder(session, 9, account, 1, cl_ord_id.encode(), orig.encode(), 0, "BTC-KRW")


def replace(
    cl_ord_id: str, orig: str, qty: int = 100, price: int = 5_000, session: str = "S1"
) -> ReplaceOrder:
    return ReplaceOrder(session, 9, "A", 1, cl_ord_id.encode(), orig.encode(), 0, "BTC-KRW", qty, price)


def test_an_accepted_order_is_recorded_reported_and_open(floor: Floor) -> None:
    session = floor.session("S1")
    command = order("a")
    floor.submit(command)
    assert floor.recorded == [command]
    event, record = session.heard[0]
    assert isinstance(event, OrderAccepted)
    assert record is floor.router.registry.order("A", b"a")
    assert record is not None
    assert record.ord_status is OrdStatus.NEW
    assert record.order_id == event.order_id == event.eseq
    assert list(floor.router.registry.open_orders("A")) == [record]
    assert floor.router.registry.open_total == 1


def test_before_the_engine_answers_the_order_is_pending(floor: Floor) -> None:
    floor.router.submit(order("a"), 0)
    record = floor.router.registry.order("A", b"a")
    assert record is not None
    assert record.ord_status is OrdStatus.PENDING_NEW
    assert record.ord_status.is_open
    assert floor.router.registry.accounts["A"].open_count == 1
    assert floor.router.registry.open_total == 0


def test_both_sides_of_a_fill_hear_of_it_with_the_same_sequence(floor: Floor) -> None:
    maker, taker = floor.session("S1"), floor.session("S2", "B")
    floor.submit(order("a", Side.SELL))
    floor.submit(order("b", session="S2", account="B", qty=60))
    assert maker.kinds == ["OrderAccepted", "OrderFilled"]
    assert taker.kinds == ["OrderAccepted", "OrderFilled"]
    assert {event.eseq for event in (*taker.events, maker.events[1])} == {2}
    sold = floor.router.registry.order("A", b"a")
    bought = floor.router.registry.order("B", b"b")
    assert sold is not None
    assert bought is not None
    assert (sold.ord_status, sold.cum_qty, sold.leaves_qty) == (OrdStatus.PARTIALLY_FILLED, 60, 40)
    assert (bought.ord_status, bought.avg_px) == (OrdStatus.FILLED, 5_000)


def test_the_answer_shows_the_outcome_of_the_whole_command(floor: Floor) -> None:
    floor.session("S1")
    taker = floor.session("S2", "B")
    floor.submit(order("a", Side.SELL))
    floor.submit(order("b", session="S2", account="B"))
    accepted, record = taker.heard[0]
    assert isinstance(accepted, OrderAccepted)
    assert record is not None
    assert record.ord_status is OrdStatus.FILLED


def test_a_cancel_ends_the_order(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a"), cancel("c", "a"))
    assert session.kinds == ["OrderAccepted", "OrderCanceled"]
    record = floor.router.registry.order("A", b"a")
    assert record is not None
    assert (record.ord_status, record.leaves_qty) == (OrdStatus.CANCELED, 0)
    assert list(floor.router.registry.open_orders("A")) == []
    assert floor.router.registry.order_by_id("A", record.order_id) is record
    assert floor.router.registry.order_by_id("B", record.order_id) is None


def test_a_cancel_by_another_session_answers_it_and_tells_the_owner(floor: Floor) -> None:
    owner, other = floor.session("S1"), floor.session("S2")
    floor.submit(order("a"))
    floor.submit(cancel("c", "a", session="S2"))
    answered, told = other.events[0], owner.events[1]
    assert isinstance(answered, OrderCanceled)
    assert isinstance(told, OrderCanceled)
    assert (answered.session, answered.cl_ord_id) == ("S2", b"c")
    assert (told.session, told.msg_seq_num, told.cl_ord_id, told.orig_cl_ord_id) == ("", 0, b"", b"")
    assert told.eseq == answered.eseq


def test_a_replace_by_another_session_reaches_both(floor: Floor) -> None:
    owner, other = floor.session("S1"), floor.session("S2")
    floor.submit(order("a"))
    floor.submit(replace("r", "a", qty=50, session="S2"))
    assert isinstance(other.events[0], OrderReplaced)
    assert owner.events[1] == other.events[0]
    record = floor.router.registry.order("A", b"r")
    assert record is not None
    assert (record.cl_ord_id, record.orig_cl_ord_id, record.order_qty) == (b"r", b"a", 50)
    assert floor.router.registry.order("A", b"a") is None


def test_an_unknown_order_cannot_be_canceled(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a"), cancel("c", "zzz"), cancel("d", "a", account="B"))
    rejected = session.events[1]
    assert isinstance(rejected, CancelRejected)
    assert session.heard[1][1] is None
    assert rejected.refusal.reason is RejectReason.UNKNOWN_ORDER
    assert session.kinds.count("CancelRejected") == 2
    assert floor.router.rejects == {RejectReason.UNKNOWN_ORDER: 2}


def test_a_replace_that_the_engine_refuses_names_its_order(floor: Floor) -> None:
    session, buyer = floor.session("S1"), floor.session("S2", "B")
    floor.submit(
        order("a", Side.SELL), order("b", account="B", session="S2", qty=60), replace("r", "a", qty=50)
    )
    event, record = session.heard[-1]
    assert isinstance(event, CancelRejected)
    assert event.refusal.reason is RejectReason.QUANTITY_BELOW_FILLED
    assert record is floor.router.registry.order("A", b"a")
    assert buyer.kinds == ["OrderAccepted", "OrderFilled"]


def test_a_cl_ord_id_is_never_worked_twice(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a"), order("a"))
    floor.submit(cancel("c", "a"))
    floor.submit(order("a"), order("a", account="B"))
    assert session.kinds == [
        "OrderAccepted",
        "OrderRejected",
        "OrderCanceled",
        "OrderRejected",
        "OrderAccepted",
    ]
    rejected, record = session.heard[1]
    assert isinstance(rejected, OrderRejected)
    assert rejected.refusal == Refusal(RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", value="a")
    assert record is not None
    assert record.ord_status is OrdStatus.REJECTED
    known = floor.router.registry.order("A", b"a")
    assert known is not None
    assert known.ord_status is OrdStatus.CANCELED


def test_a_refused_order_uses_up_its_cl_ord_id(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a", price=1), order("a"))
    assert session.kinds == ["OrderRejected", "OrderRejected"]
    floor.submit(order("a"))
    reasons = [event.refusal.reason for event in session.events if isinstance(event, OrderRejected)]
    assert reasons == [
        RejectReason.PRICE_OUT_OF_BAND,
        RejectReason.DUPLICATE_CL_ORD_ID,
        RejectReason.DUPLICATE_CL_ORD_ID,
    ]
    record = floor.router.registry.order("A", b"a")
    assert record is not None
    assert (record.ord_status, record.order_id) == (OrdStatus.REJECTED, 1)


def test_a_replace_may_keep_its_cl_ord_id_but_not_take_a_used_one(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a"), order("b"))
    floor.submit(replace("a", "a", qty=50), replace("b", "a"), replace("", "a", qty=40))
    assert session.kinds[2:] == ["OrderReplaced", "CancelRejected", "OrderReplaced"]
    rejected = session.events[3]
    assert isinstance(rejected, CancelRejected)
    assert rejected.refusal.reason is RejectReason.DUPLICATE_CL_ORD_ID
    record = floor.router.registry.order("A", b"a")
    assert record is not None
    assert (record.cl_ord_id, record.orig_cl_ord_id, record.order_qty) == (b"a", b"", 40)


def test_what_a_dialect_refuses_still_obeys_the_cl_ord_id(floor: Floor) -> None:
    session = floor.session("S1")
    refusal = Refusal(RejectReason.UNSUPPORTED, "stop_px", value="5")
    floor.submit(order("a"))
    floor.submit(Refuse(order("a"), refusal), Refuse(order("b"), refusal), order("b"))
    reasons = [event.refusal.reason for event in session.events if isinstance(event, OrderRejected)]
    assert reasons == [
        RejectReason.DUPLICATE_CL_ORD_ID,
        RejectReason.UNSUPPORTED,
        RejectReason.DUPLICATE_CL_ORD_ID,
    ]


def test_a_refused_cancel_is_passed_on_as_it_is(floor: Floor) -> None:
    session = floor.session("S1")
    refuse = Refuse(cancel("c", "a"), Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value="X"))
    floor.submit(refuse)
    assert floor.recorded == [refuse]
    rejected = session.events[0]
    assert isinstance(rejected, CancelRejected)
    assert rejected.refusal == refuse.refusal


def test_a_session_over_its_budget_is_refused_but_may_cancel() -> None:
    floor = Floor(OrderLimits(throttle_rate=10, throttle_burst=2))
    session = floor.session("S1")
    floor.submit(order("a"), order("b"), order("c"), replace("d", "a"), cancel("e", "a"))
    assert session.kinds == [
        "OrderAccepted",
        "OrderAccepted",
        "OrderRejected",
        "CancelRejected",
        "OrderCanceled",
    ]
    rejected = session.events[2]
    assert isinstance(rejected, OrderRejected)
    assert rejected.refusal == Refusal(RejectReason.THROTTLED, "session", "10/s", "S1")
    refused = Refuse(order("f"), Refusal(RejectReason.UNSUPPORTED))
    floor.submit(refused)
    assert floor.router.rejects[RejectReason.THROTTLED] == 3
    floor.now += 100_000_000
    floor.submit(order("c"))
    assert session.kinds[-1] == "OrderAccepted"


def test_a_lost_session_can_take_its_open_orders_with_it(floor: Floor) -> None:
    lost, other = floor.session("S1"), floor.session("S2")
    floor.submit(order("a"), order("b", session="S2"), order("c"))
    floor.router.cancel_on_disconnect(lost.key, lost.account, transact_time=5, now=0)
    floor.deliver()
    canceled = [event for event in lost.events if isinstance(event, OrderCanceled)]
    assert [event.cause for event in canceled] == [CancelCause.DISCONNECT] * 2
    assert other.kinds == ["OrderAccepted"]
    assert lost.kinds[-1] == "MassCanceled"
    assert [o.cl_ord_id for o in floor.router.registry.open_orders("A")] == [b"b"]


def test_a_mass_cancel_is_reported_order_by_order(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a"), order("b"))
    floor.submit(MassCancel("S1", 3, "A", 1, b"m", MassCancelScope.ACCOUNT))
    assert session.kinds[2:] == ["OrderCanceled", "OrderCanceled", "MassCanceled"]


def test_listeners_follow_the_account_without_a_hole(floor: Floor) -> None:
    floor.session("S1")
    first, second = Following(), Following()
    assert floor.router.listen("A", first) == 0
    floor.submit(order("a"), cancel("x", "nothing"))
    assert floor.router.listen("A", second) == 2
    floor.submit(MassCancel("S1", 3, "A", 1, b"m", MassCancelScope.ACCOUNT), order("z", account="B"))
    assert first.heard == [("OrderAccepted", 1), ("CancelRejected", 2), ("OrderCanceled", 3)]
    assert second.heard == [("OrderCanceled", 3)]
    floor.router.unlisten("A", first)
    floor.router.unlisten("A", first)
    floor.router.unlisten("A", second)
    floor.submit(order("b"))
    assert second.heard == [("OrderCanceled", 3)]


def test_a_detached_session_hears_nothing_more(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a", Side.SELL))
    floor.router.detach(session)
    floor.submit(order("b"))
    assert session.kinds == ["OrderAccepted"]
    successor = floor.session("S1")
    floor.router.detach(session)
    floor.submit(order("c", Side.SELL))
    assert successor.kinds == ["OrderAccepted"]


def test_trading_status_decides_what_is_taken(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a"))
    floor.submit(SetTradingStatus(1, "BTC-KRW", TradingStatus.CANCEL_ONLY))
    assert floor.router.trading_status("BTC-KRW") is TradingStatus.CANCEL_ONLY
    floor.submit(order("b"), replace("r", "a"), cancel("c", "a"))
    assert session.kinds == ["OrderAccepted", "OrderRejected", "CancelRejected", "OrderCanceled"]
    rejected = session.events[1]
    assert isinstance(rejected, OrderRejected)
    assert rejected.refusal == Refusal(RejectReason.INSTRUMENT_NOT_OPEN, "symbol", "cancel_only", "BTC-KRW")


def test_the_price_band_follows_the_last_trade(floor: Floor) -> None:
    session = floor.session("S1")
    floor.session("S2", "B")
    floor.submit(order("a", Side.SELL, price=7_000), order("b", account="B", session="S2", price=7_000))
    floor.submit(order("c", Side.SELL, price=10_500), order("d", price=3_490), order("e", price=3_500))
    assert session.kinds == [
        "OrderAccepted",
        "OrderFilled",
        "OrderAccepted",
        "OrderRejected",
        "OrderAccepted",
    ]


def test_commands_may_be_recorded_elsewhere_from_a_moment_on(floor: Floor) -> None:
    later: list[Command] = []
    floor.submit(order("a"))
    floor.router.record_commands(later.append)
    floor.submit(order("b"))
    assert (floor.recorded, later) == ([order("a")], [order("b")])


def test_events_of_an_earlier_life_are_applied_and_told_to_nobody() -> None:
    told, followed = Floor(), Floor()
    told.submit(order("a", qty=200), order("b", Side.SELL), cancel("c", "a"), cancel("d", "none"))
    told.submit(SetTradingStatus(2, "BTC-KRW", TradingStatus.HALTED))
    session, listener = followed.session("S1"), Following()
    followed.router.listen("A", listener)
    followed.router.follow(told.delivered)
    assert followed.router.snapshot() == told.router.snapshot()
    assert (session.heard, listener.heard, followed.router.events) == ([], [], {})
    assert followed.router.registry.accounts["A"].exec_id == 6


def test_commands_and_events_are_counted_by_kind(floor: Floor) -> None:
    floor.session("S1")
    floor.submit(order("a", Side.SELL), order("b", time_in_force=TimeInForce.IOC), order("c", price=1))
    assert floor.router.commands == {NewOrder: 2, Refuse: 1}
    assert floor.router.events[OrderFilled] == 2
    assert floor.router.events[OrderAccepted] == 2
