"""Replace: priority, trading, names, refusals."""

import pytest

from gateway.model import (
    CancelRejected,
    Event,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    OrdStatus,
    Refusal,
    RejectReason,
    RequestKind,
)
from tests.gateway.matching.trading_floor import (
    BTC,
    BUY,
    ETH,
    SELL,
    TradingFloor,
    deltas,
    trades,
)


def refusal(events: list[Event]) -> Refusal:
    [event] = events
    assert isinstance(event, CancelRejected)
    assert event.kind is RequestKind.REPLACE
    return event.refusal


def queue_of_three() -> TradingFloor:
    floor = TradingFloor()
    for name in (b"a", b"b", b"c"):
        floor.buy(5, 100, cl_ord_id=name)
    return floor


def test_less_quantity_at_the_same_price_keeps_the_place() -> None:
    floor = queue_of_three()
    assert deltas(floor.replace(b"a", b"a2", 4, 100)) == [(BUY, 100, 14)]
    assert floor.queue(BUY) == [1, 2, 3]


def test_more_quantity_goes_to_the_end() -> None:
    floor = queue_of_three()
    assert deltas(floor.replace(b"a", b"a2", 6, 100)) == [(BUY, 100, 16)]
    assert floor.queue(BUY) == [2, 3, 1]


def test_the_same_terms_go_to_the_end_and_change_no_level() -> None:
    floor = queue_of_three()
    assert deltas(floor.replace(b"a", b"a2", 5, 100)) == []
    assert floor.queue(BUY) == [2, 3, 1]


def test_another_price_goes_to_the_end_of_its_level() -> None:
    floor = queue_of_three()
    floor.buy(1, 99)
    assert deltas(floor.replace(b"a", b"a2", 4, 99)) == [(BUY, 100, 10), (BUY, 99, 5)]
    assert floor.queue(BUY) == [2, 3, 4, 1]
    assert deltas(floor.replace(b"a2", b"a3", 4, 100)) == [(BUY, 99, 1), (BUY, 100, 14)]
    assert floor.queue(BUY) == [2, 3, 1, 4]


def test_the_answer_names_the_request_and_counts_what_is_filled() -> None:
    floor = queue_of_three()
    floor.sell(2, 100)
    [answer, _] = floor.replace(b"a", b"a2", 9, 100, session="DEMO7")
    assert answer == OrderReplaced(
        eseq=5,
        n=1,
        transact_time=floor.now,
        owner="DEMO1",
        account="ACC1",
        order_id=1,
        session="DEMO7",
        msg_seq_num=5,
        cl_ord_id=b"a2",
        orig_cl_ord_id=b"a",
        order_qty=9,
        price=100,
        cum_qty=2,
        leaves_qty=7,
        avg_px=100,
    )
    assert floor.bids() == [(100, 17)]


def test_a_price_that_crosses_trades_after_the_answer() -> None:
    floor = TradingFloor()
    floor.sell(2, 101, account="ACC2")
    floor.sell(2, 102, account="ACC2")
    floor.buy(5, 100, cl_ord_id=b"a")
    events = floor.replace(b"a", b"a2", 5, 102)
    assert isinstance(events[0], OrderReplaced)
    assert trades(events) == [(101, 2), (102, 2)]
    assert deltas(events) == [(BUY, 100, 0), (SELL, 101, 0), (SELL, 102, 0), (BUY, 102, 1)]
    assert floor.bids() == [(102, 1)]


def test_a_replaced_order_may_fill_whole() -> None:
    floor = TradingFloor()
    floor.sell(5, 101)
    floor.buy(2, 100, cl_ord_id=b"a")
    events = floor.replace(b"a", b"a2", 3, 101)
    assert deltas(events) == [(BUY, 100, 0), (SELL, 101, 2)]
    assert [event.leaves_qty for event in events if isinstance(event, OrderFilled) and event.aggressor] == [0]
    [late] = floor.cancel(b"a2")
    assert isinstance(late, CancelRejected)
    assert (late.refusal.reason, late.ord_status) == (RejectReason.TOO_LATE, OrdStatus.FILLED)


def test_the_average_price_goes_on_over_a_replace() -> None:
    floor = TradingFloor()
    floor.buy(10, 100, cl_ord_id=b"a")
    floor.sell(1, 100)
    floor.sell(1, 103)
    answer, fill, *_ = floor.replace(b"a", b"a2", 10, 103)
    assert isinstance(answer, OrderReplaced)
    assert (answer.cum_qty, answer.avg_px) == (1, 100), "before the trade that the new price brings"
    assert isinstance(fill, OrderFilled)
    assert (fill.cum_qty, fill.avg_px) == (2, 102), "203/2 rounded half up"


# ---- names


def test_the_order_answers_to_its_new_name_only() -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    floor.replace(b"a", b"b", 4, 100)
    assert refusal(floor.replace(b"a", b"c", 3, 100)) == Refusal(
        RejectReason.UNKNOWN_ORDER, "orig_cl_ord_id", "", "a"
    )
    assert isinstance(floor.cancel(b"b")[0], OrderCanceled)


@pytest.mark.parametrize("name", [b"a", b""])
def test_a_replace_may_keep_the_name(name: bytes) -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    answer = floor.replace(b"a", name, 4, 100)[0]
    assert isinstance(answer, OrderReplaced)
    assert (answer.cl_ord_id, answer.orig_cl_ord_id) == (b"a", b"a")
    assert isinstance(floor.cancel(b"a")[0], OrderCanceled)


def test_the_name_of_another_open_order_is_refused() -> None:
    floor = queue_of_three()
    assert refusal(floor.replace(b"a", b"b", 4, 100)) == Refusal(
        RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", "", "b"
    )
    assert floor.bids() == [(100, 15)]
    assert deltas(floor.cancel(b"a")) == [(BUY, 100, 10)], "the order kept its own name"


def test_the_name_of_a_closed_order_is_free() -> None:
    floor = queue_of_three()
    floor.cancel(b"b")
    floor.replace(b"a", b"b", 4, 100)
    assert deltas(floor.cancel(b"b")) == [(BUY, 100, 5)]


# ---- refusals: the order stays as it is


@pytest.mark.parametrize("quantity", [1, 2])
def test_a_quantity_that_leaves_nothing_is_refused(quantity: int) -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    floor.sell(2, 100)
    [event] = floor.replace(b"a", b"b", quantity, 100)
    assert isinstance(event, CancelRejected)
    assert event.refusal == Refusal(
        RejectReason.QUANTITY_BELOW_FILLED, "order_qty", "0.00000002", f"0.0000000{quantity}"
    )
    assert (event.order_id, event.ord_status) == (1, OrdStatus.PARTIALLY_FILLED)
    assert floor.bids() == [(100, 3)]


@pytest.mark.parametrize("price", [103, 104])
def test_a_post_only_order_is_not_replaced_into_a_trade(price: int) -> None:
    floor = TradingFloor()
    floor.sell(1, 103)
    floor.buy(5, 100, cl_ord_id=b"a", post_only=True)
    assert refusal(floor.replace(b"a", b"b", 5, price)) == Refusal(
        RejectReason.POST_ONLY_WOULD_TRADE, "price", "1.03", f"1.0{price - 100}"
    )
    assert floor.bids() == [(100, 5)]
    assert deltas(floor.replace(b"a", b"b", 5, 102)) == [(BUY, 100, 0), (BUY, 102, 5)]


@pytest.mark.parametrize(("quantity", "price", "field"), [(0, 100, "order_qty"), (5, 0, "price")])
def test_terms_that_are_not_positive_are_refused(quantity: int, price: int, field: str) -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    rejected = refusal(floor.replace(b"a", b"b", quantity, price))
    assert (rejected.reason, rejected.field) == (RejectReason.INVALID_VALUE, field)


def test_the_order_of_another_account_or_symbol_is_unknown() -> None:
    floor = TradingFloor()
    floor.buy(5, 100, cl_ord_id=b"a")
    unknown = RejectReason.UNKNOWN_ORDER
    assert refusal(floor.replace(b"a", b"b", 4, 100, account="ACC2")).reason is unknown
    assert refusal(floor.replace(b"", b"b", 4, 100, order_id=1, account="ACC2")).reason is unknown
    assert refusal(floor.replace(b"a", b"b", 4, 100, symbol=ETH)).reason is unknown
    assert isinstance(floor.replace(b"", b"b", 4, 100, order_id=1, symbol=BTC)[0], OrderReplaced)
