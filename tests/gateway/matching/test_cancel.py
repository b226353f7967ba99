"""Cancel, mass cancel, trading status, and requests that the gateway refused."""

import pytest

from gateway.matching import MatchingEngine
from gateway.model import (
    BookDelta,
    CancelCause,
    CancelRejected,
    Event,
    InstrumentStatus,
    MassCanceled,
    MassCancelScope,
    OrderCanceled,
    OrderRejected,
    OrdStatus,
    Refusal,
    RejectReason,
    RequestKind,
    TradingStatus,
)
from tests.gateway.matching.trading_floor import (
    BTC,
    BUY,
    ETH,
    IOC,
    SELL,
    TradingFloor,
    deltas,
    order_id,
    two_instruments,
)


def reject_of(events: list[Event]) -> tuple[RejectReason, int, OrdStatus]:
    [event] = events
    assert isinstance(event, CancelRejected)
    return event.refusal.reason, event.order_id, event.ord_status


UNKNOWN = (RejectReason.UNKNOWN_ORDER, 0, OrdStatus.REJECTED)


# ---- cancel


def test_a_cancel_names_its_request_and_takes_what_is_left() -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    floor.buy(1, 100)
    floor.sell(2, 100)
    events = floor.cancel(b"a", cl_ord_id=b"x1", session="DEMO9")
    assert events == [
        OrderCanceled(
            eseq=4,
            n=1,
            transact_time=floor.now,
            owner="DEMO1",
            account="ACC1",
            order_id=1,
            cum_qty=2,
            canceled_qty=3,
            cause=CancelCause.REQUESTED,
            session="DEMO9",
            msg_seq_num=4,
            cl_ord_id=b"x1",
            orig_cl_ord_id=b"a",
        ),
        BookDelta(4, 2, floor.now, BTC, BUY, 100, 1),
    ]


def test_a_cancel_by_order_id_tells_the_cl_ord_id() -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    canceled = floor.cancel(order_id=1)[0]
    assert isinstance(canceled, OrderCanceled)
    assert canceled.orig_cl_ord_id == b"a"


def test_the_order_id_decides_when_both_are_given() -> None:
    floor = TradingFloor()
    floor.buy(1, 100, cl_ord_id=b"a")
    floor.buy(1, 99, cl_ord_id=b"b")
    assert deltas(floor.cancel(b"a", order_id=2)) == [(BUY, 99, 0)]


@pytest.mark.parametrize("price", [98, 99, 100])
def test_a_level_goes_with_its_last_order_wherever_it_stands(price: int) -> None:
    floor = TradingFloor()
    for each in (100, 98, 99):
        floor.sell(1, each, cl_ord_id=b"%d" % each)
    assert deltas(floor.cancel(b"%d" % price)) == [(SELL, price, 0)]
    assert floor.asks() == [(each, 1) for each in (98, 99, 100) if each != price]


def test_unknown_orders_are_named_as_the_request_named_them() -> None:
    floor = TradingFloor()
    [by_name] = floor.cancel(b"none", cl_ord_id=b"x1")
    assert by_name == CancelRejected(
        eseq=1,
        n=1,
        transact_time=floor.now,
        session="DEMO1",
        msg_seq_num=1,
        account="ACC1",
        cl_ord_id=b"x1",
        orig_cl_ord_id=b"none",
        order_id=0,
        kind=RequestKind.CANCEL,
        ord_status=OrdStatus.REJECTED,
        refusal=Refusal(RejectReason.UNKNOWN_ORDER, "orig_cl_ord_id", "", "none"),
    )
    [by_id] = floor.cancel(order_id=17)
    assert isinstance(by_id, CancelRejected)
    assert by_id.refusal == Refusal(RejectReason.UNKNOWN_ORDER, "order_id", "", "17")


def test_an_order_of_another_account_is_unknown() -> None:
    floor = TradingFloor()
    floor.buy(1, 100, cl_ord_id=b"a", account="ACC2")
    assert reject_of(floor.cancel(b"a")) == UNKNOWN
    assert reject_of(floor.cancel(order_id=1)) == UNKNOWN
    assert floor.bids() == [(100, 1)]


def test_an_order_in_another_symbol_than_the_request_names_is_unknown() -> None:
    floor = TradingFloor()
    floor.buy(1, 100, cl_ord_id=b"a")
    assert reject_of(floor.cancel(b"a", symbol=ETH)) == UNKNOWN
    assert isinstance(floor.cancel(b"a", symbol="")[0], OrderCanceled)


def test_a_closed_order_is_too_late_by_either_name() -> None:
    floor = TradingFloor()
    floor.buy(1, 100, cl_ord_id=b"filled")
    floor.sell(1, 100, cl_ord_id=b"aggressor")
    floor.buy(1, 100, cl_ord_id=b"canceled", time_in_force=IOC)
    for name, number, status in (
        (b"filled", 1, OrdStatus.FILLED),
        (b"aggressor", 2, OrdStatus.FILLED),
        (b"canceled", 3, OrdStatus.CANCELED),
    ):
        expected = (RejectReason.TOO_LATE, number, status)
        assert reject_of(floor.cancel(name)) == expected
        assert reject_of(floor.cancel(order_id=number)) == expected
        assert reject_of(floor.replace(name, b"new", 5, 100)) == expected


def test_closed_orders_are_remembered_in_a_bounded_number() -> None:
    floor = TradingFloor(closed_kept=2)
    for name in (b"a", b"b", b"c"):
        floor.buy(1, 100, cl_ord_id=name)
        floor.cancel(name)
    assert reject_of(floor.cancel(b"a")) == UNKNOWN
    assert reject_of(floor.cancel(order_id=1)) == UNKNOWN
    assert reject_of(floor.cancel(b"b"))[0] is RejectReason.TOO_LATE
    assert reject_of(floor.cancel(b"c"))[0] is RejectReason.TOO_LATE


def test_a_name_belongs_to_the_order_that_had_it_last() -> None:
    floor = TradingFloor()
    floor.buy(1, 100, cl_ord_id=b"a")
    floor.cancel(b"a")
    floor.buy(1, 99, cl_ord_id=b"a")
    assert deltas(floor.cancel(b"a")) == [(BUY, 99, 0)]
    assert reject_of(floor.cancel(b"a")) == (RejectReason.TOO_LATE, 3, OrdStatus.CANCELED)
    assert reject_of(floor.cancel(order_id=1)) == (RejectReason.TOO_LATE, 1, OrdStatus.CANCELED)


def test_a_negative_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="closed_kept"):
        MatchingEngine(two_instruments(), closed_kept=-1)


# ---- mass cancel


def canceled(events: list[Event]) -> list[int]:
    return [event.order_id for event in events if isinstance(event, OrderCanceled)]


def crowd() -> TradingFloor:
    floor = TradingFloor()
    floor.buy(1, 100, session="DEMO1")
    floor.buy(2, 100, session="DEMO2", cl_ord_id=b"early")
    floor.sell(3, 110, session="DEMO1", symbol=ETH)
    floor.buy(4, 100, session="DEMO1", account="ACC2")
    floor.sell(5, 110, session="DEMO1")
    floor.buy(6, 100, session="DEMO1", time_in_force=IOC)
    # The name of order 2 is now younger than the others; the order is not.
    floor.replace(b"early", b"late", 2, 101)
    return floor


@pytest.mark.parametrize(
    ("scope", "terms", "expected"),
    [
        (MassCancelScope.ACCOUNT, {}, [1, 2, 3, 5]),
        (MassCancelScope.SESSION, {"target_session": "DEMO1"}, [1, 3, 5]),
        (MassCancelScope.SESSION, {"target_session": "DEMO2"}, [2]),
        (MassCancelScope.SYMBOL, {"symbol": BTC}, [1, 2, 5]),
        (MassCancelScope.SYMBOL, {"symbol": "DOGE-KRW"}, []),
        (MassCancelScope.ACCOUNT, {"account": "NOBODY"}, []),
    ],
)
def test_a_mass_cancel_takes_the_open_orders_in_scope_oldest_first(
    scope: MassCancelScope, terms: dict[str, str], expected: list[int]
) -> None:
    floor = crowd()
    events = floor.mass_cancel(scope, **terms)  # type: ignore[arg-type] # forwarded
    assert canceled(events) == expected
    summary = events[len(expected)]
    assert isinstance(summary, MassCanceled)
    assert (summary.n, summary.affected, summary.cl_ord_id) == (len(expected) + 1, len(expected), b"mass")


def test_a_mass_cancel_tells_each_level_once_after_all_orders() -> None:
    floor = crowd()
    floor.buy(7, 101)
    events = floor.mass_cancel(MassCancelScope.ACCOUNT)
    assert [(d.symbol, d.side, d.price, d.quantity) for d in events if isinstance(d, BookDelta)] == [
        (BTC, BUY, 100, 4),
        (BTC, BUY, 101, 0),
        (ETH, SELL, 110, 0),
        (BTC, SELL, 110, 0),
    ]
    assert [event.n for event in events] == list(range(1, len(events) + 1))


def test_bids_and_asks_at_one_price_in_two_books_are_apart() -> None:
    floor = TradingFloor()
    floor.buy(1, 100)
    floor.sell(2, 100, symbol=ETH)
    events = floor.mass_cancel(MassCancelScope.ACCOUNT)
    assert [(d.symbol, d.side, d.quantity) for d in events if isinstance(d, BookDelta)] == [
        (BTC, BUY, 0),
        (ETH, SELL, 0),
    ]


@pytest.mark.parametrize(
    ("on_disconnect", "cause"), [(False, CancelCause.MASS_CANCEL), (True, CancelCause.DISCONNECT)]
)
def test_a_mass_canceled_order_answers_no_request(on_disconnect: bool, cause: CancelCause) -> None:
    floor = TradingFloor()
    floor.buy(5, 100)
    first = floor.mass_cancel(MassCancelScope.ACCOUNT, on_disconnect=on_disconnect)[0]
    assert first == OrderCanceled(2, 1, floor.now, "DEMO1", "ACC1", 1, 0, 5, cause)


# ---- trading status


def test_a_status_change_is_told() -> None:
    floor = TradingFloor()
    assert floor.set_status(TradingStatus.HALTED) == [
        InstrumentStatus(1, 1, floor.now, BTC, TradingStatus.HALTED)
    ]


@pytest.mark.parametrize("status", [TradingStatus.HALTED, TradingStatus.CANCEL_ONLY])
def test_cancels_always_work_and_replaces_only_when_open(status: TradingStatus) -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    floor.buy(5, 99, cl_ord_id=b"b")
    floor.set_status(status)
    assert reject_of(floor.replace(b"a", b"c", 4, 100)) == (
        RejectReason.INSTRUMENT_NOT_OPEN,
        1,
        OrdStatus.NEW,
    )
    assert deltas(floor.cancel(b"a")) == [(BUY, 100, 0)]
    assert canceled(floor.mass_cancel(MassCancelScope.ACCOUNT)) == [2]


def test_nothing_trades_in_an_unknown_symbol_whatever_is_asked() -> None:
    floor = TradingFloor()
    assert floor.set_status(TradingStatus.OPEN, "DOGE-KRW") == [
        InstrumentStatus(1, 1, floor.now, "DOGE-KRW", TradingStatus.HALTED)
    ]


# ---- requests that the gateway refused


def test_a_refused_order_is_rejected_and_its_order_id_is_the_eseq() -> None:
    floor = TradingFloor()
    request = floor.order(BUY, 5, 100)
    [event] = floor.refuse(request, RejectReason.PRICE_OUT_OF_BAND)
    assert isinstance(event, OrderRejected)
    assert (event.eseq, event.order_id, event.cl_ord_id) == (1, 1, request.cl_ord_id)
    assert event.refusal == Refusal(RejectReason.PRICE_OUT_OF_BAND, "price", "1", "2")
    assert floor.bids() == []


def test_a_refused_replace_names_its_order_when_there_is_one() -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    floor.sell(1, 100)
    [event] = floor.refuse(floor.replace_command(b"a", b"b", 5, 103), RejectReason.INVALID_PRICE_TICK)
    assert isinstance(event, CancelRejected)
    assert (event.order_id, event.ord_status, event.kind) == (
        1,
        OrdStatus.PARTIALLY_FILLED,
        RequestKind.REPLACE,
    )
    assert floor.bids() == [(100, 4)]
    assert reject_of(floor.refuse(floor.cancel_command(b"none"), RejectReason.THROTTLED))[1:] == UNKNOWN[1:]


def test_a_request_refused_because_it_names_no_order_names_none() -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    assert reject_of(floor.refuse(floor.cancel_command(b"a"), RejectReason.UNKNOWN_ORDER)) == UNKNOWN


def test_order_ids_are_never_given_twice() -> None:
    floor = TradingFloor()
    first = order_id(floor.buy(1, 100))
    floor.cancel(order_id=first)
    assert order_id(floor.buy(1, 100)) == 3
