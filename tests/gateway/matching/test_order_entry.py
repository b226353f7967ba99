"""New orders: what they answer, what they trade with, what becomes of the rest."""

import pytest

from gateway.model import (
    BookDelta,
    CancelCause,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrdType,
    Refusal,
    RejectReason,
    Side,
    TimeInForce,
    Trade,
    TradingStatus,
)
from tests.gateway.matching.trading_floor import (
    BTC,
    BUY,
    ETH,
    FOK,
    GTC,
    IOC,
    SELL,
    TradingFloor,
    deltas,
    order_id,
    trades,
)


def refusal(events: list[Event]) -> Refusal:
    [event] = events
    assert isinstance(event, OrderRejected)
    return event.refusal


def cancel_of(events: list[Event]) -> tuple[CancelCause, int, int]:
    [event] = [event for event in events if isinstance(event, OrderCanceled)]
    return event.cause, event.cum_qty, event.canceled_qty


def test_a_resting_order_is_accepted_and_changes_its_level() -> None:
    floor = TradingFloor()
    events = floor.buy(5, 100, cl_ord_id=b"first")
    assert events == [
        OrderAccepted(
            eseq=1,
            n=1,
            transact_time=floor.now,
            session="DEMO1",
            msg_seq_num=1,
            account="ACC1",
            cl_ord_id=b"first",
            order_id=1,
            symbol=BTC,
            side=BUY,
            ord_type=OrdType.LIMIT,
            time_in_force=GTC,
            order_qty=5,
            price=100,
            post_only=False,
        ),
        BookDelta(1, 2, floor.now, BTC, BUY, 100, 5),
    ]
    assert floor.buy(3, 100)[1:] == [BookDelta(2, 2, floor.now, BTC, BUY, 100, 8)]


def test_a_match_tells_the_aggressor_the_maker_and_the_public_at_the_makers_price() -> None:
    floor = TradingFloor()
    floor.sell(5, 100, account="ACC2", session="DEMO2")
    events = floor.buy(3, 101)
    assert isinstance(events[0], OrderAccepted)
    assert events[1:] == [
        OrderFilled(2, 2, floor.now, "DEMO1", "ACC1", 2, 3, 100, 3, 0, 100, True),
        OrderFilled(2, 3, floor.now, "DEMO2", "ACC2", 1, 3, 100, 3, 2, 100, False),
        Trade(2, 4, floor.now, BTC, 100, 3, BUY),
        BookDelta(2, 5, floor.now, BTC, SELL, 100, 2),
    ]


def test_a_remainder_rests_at_its_limit_after_the_levels_it_took() -> None:
    floor = TradingFloor()
    floor.sell(1, 100)
    floor.sell(2, 101)
    floor.sell(4, 103)
    events = floor.buy(10, 102)
    assert trades(events) == [(100, 1), (101, 2)]
    assert deltas(events) == [(SELL, 100, 0), (SELL, 101, 0), (BUY, 102, 7)]
    assert floor.bids() == [(102, 7)]
    assert floor.asks() == [(103, 4)]


@pytest.mark.parametrize(("side", "better"), [(BUY, -1), (SELL, 1)])
def test_the_best_price_trades_first_and_at_one_price_the_oldest(side: Side, better: int) -> None:
    floor = TradingFloor()
    enter, resting = (floor.buy, floor.sell) if side is BUY else (floor.sell, floor.buy)
    old = order_id(resting(2, 100))
    young = order_id(resting(2, 100))
    best = order_id(resting(2, 100 + better))
    events = enter(5, 100)
    makers = [event.order_id for event in events if isinstance(event, OrderFilled) and not event.aggressor]
    assert makers == [best, old, young]
    assert trades(events) == [(100 + better, 2), (100, 2), (100, 1)]


def test_a_partly_filled_maker_keeps_its_place() -> None:
    floor = TradingFloor()
    first, second = order_id(floor.sell(5, 100)), order_id(floor.sell(5, 100))
    floor.buy(2, 100)
    assert floor.queue(SELL) == [first, second]
    events = floor.buy(4, 100)
    assert [e.order_id for e in events if isinstance(e, OrderFilled) and not e.aggressor] == [first, second]


def test_the_average_price_is_exact_and_rounded_half_up_at_the_end_only() -> None:
    floor = TradingFloor()
    for quantity, price in ((1, 100), (1, 101), (2, 101)):
        floor.sell(quantity, price)
    events = floor.buy(4, 101)
    averages = [event.avg_px for event in events if isinstance(event, OrderFilled) and event.aggressor]
    # 100; 201/2 = 100.5 up; 403/4 = 100.75 up.
    assert averages == [100, 101, 101]
    floor.sell(3, 100)
    floor.sell(1, 101)
    averages = [e.avg_px for e in floor.buy(4, 101) if isinstance(e, OrderFilled) and e.aggressor]
    assert averages == [100, 100], "401/4 = 100.25 down"


def test_notional_amounts_do_not_overflow() -> None:
    floor = TradingFloor()
    huge = 2**63 - 1
    floor.sell(huge, huge)
    events = floor.buy(huge, huge)
    assert [event.avg_px for event in events if isinstance(event, OrderFilled)] == [huge, huge]


def test_own_orders_trade_with_each_other() -> None:
    floor = TradingFloor()
    floor.sell(1, 100)
    assert trades(floor.buy(1, 100)) == [(100, 1)]


def test_books_are_apart() -> None:
    floor = TradingFloor()
    floor.sell(1, 100, symbol=ETH)
    assert trades(floor.buy(1, 100)) == []
    assert floor.bids(BTC) == [(100, 1)]
    assert floor.asks(ETH) == [(100, 1)]


# ---- what becomes of a remainder


def test_a_market_order_takes_any_price_and_cancels_the_rest() -> None:
    floor = TradingFloor()
    floor.sell(1, 100)
    floor.sell(1, 10**12)
    events = floor.buy(5)
    assert trades(events) == [(100, 1), (10**12, 1)]
    assert cancel_of(events) == (CancelCause.NO_LIQUIDITY, 2, 3)
    assert deltas(events) == [(SELL, 100, 0), (SELL, 10**12, 0)]
    assert floor.bids() == floor.asks() == []


@pytest.mark.parametrize("time_in_force", [GTC, IOC])
def test_a_market_order_finds_nobody(time_in_force: TimeInForce) -> None:
    floor = TradingFloor()
    accepted, canceled = floor.sell(5, time_in_force=time_in_force)
    assert isinstance(accepted, OrderAccepted)
    assert canceled == OrderCanceled(
        1, 2, floor.now, "DEMO1", "ACC1", 1, 0, 5, CancelCause.NO_LIQUIDITY, "", 0, b"", b""
    )


def test_an_immediate_order_takes_what_its_limit_allows_and_cancels_the_rest() -> None:
    floor = TradingFloor()
    floor.buy(2, 100)
    floor.buy(2, 99)
    events = floor.sell(5, 100, time_in_force=IOC)
    assert trades(events) == [(100, 2)]
    assert cancel_of(events) == (CancelCause.IMMEDIATE_OR_CANCEL, 2, 3)
    assert floor.bids() == [(99, 2)]
    assert floor.asks() == []


def test_an_immediate_order_that_crosses_nothing_is_canceled_whole() -> None:
    floor = TradingFloor()
    floor.sell(1, 101)
    events = floor.buy(5, 100, time_in_force=IOC)
    assert cancel_of(events) == (CancelCause.IMMEDIATE_OR_CANCEL, 0, 5)
    assert deltas(events) == []


@pytest.mark.parametrize(("quantity", "is_filled"), [(4, True), (5, True), (6, False), (7, False)])
def test_fill_or_kill_looks_at_the_levels_within_its_limit(quantity: int, is_filled: bool) -> None:
    floor = TradingFloor()
    floor.sell(2, 100)
    floor.sell(3, 101)
    floor.sell(10, 102)
    events = floor.buy(quantity, 101, time_in_force=FOK)
    if is_filled:
        assert sum(filled for _, filled in trades(events)) == quantity
        assert not any(isinstance(event, OrderCanceled) for event in events)
    else:
        assert [type(event) for event in events] == [OrderAccepted, OrderCanceled]
        assert cancel_of(events) == (CancelCause.FILL_OR_KILL, 0, quantity)
        assert floor.asks() == [(100, 2), (101, 3), (102, 10)]


def test_fill_or_kill_market_orders_look_at_the_whole_side() -> None:
    floor = TradingFloor()
    floor.sell(2, 100)
    floor.sell(3, 10**9)
    assert cancel_of(floor.buy(6, time_in_force=FOK)) == (CancelCause.FILL_OR_KILL, 0, 6)
    assert trades(floor.buy(5, time_in_force=FOK)) == [(100, 2), (10**9, 3)]
    assert cancel_of(floor.buy(1, time_in_force=FOK)) == (CancelCause.FILL_OR_KILL, 0, 1)


# ---- refusals: each takes an eseq, which is the OrderID, and changes nothing


@pytest.mark.parametrize(("price", "text"), [(10050, "100.5"), (10100, "101")])
def test_a_post_only_order_that_would_trade_is_rejected(price: int, text: str) -> None:
    floor = TradingFloor()
    floor.sell(1, 10050)
    order = floor.order(BUY, 5, price, post_only=True)
    [rejected] = floor.engine.work(order)
    assert isinstance(rejected, OrderRejected)
    assert rejected == OrderRejected(
        2,
        1,
        order.transact_time,
        order.session,
        order.msg_seq_num,
        order.account,
        order.cl_ord_id,
        2,
        BTC,
        BUY,
        OrdType.LIMIT,
        GTC,
        5,
        price,
        True,
        Refusal(RejectReason.POST_ONLY_WOULD_TRADE, "price", "100.5", text),
    )
    assert floor.asks() == [(10050, 1)]


def test_a_post_only_order_that_would_not_trade_rests() -> None:
    floor = TradingFloor()
    floor.sell(1, 101)
    assert deltas(floor.buy(1, 100, post_only=True)) == [(BUY, 100, 1)]


def test_a_cl_ord_id_of_an_open_order_of_the_account_is_refused() -> None:
    floor = TradingFloor()
    floor.buy(1, 100, cl_ord_id=b"same")
    assert refusal(floor.buy(1, 90, cl_ord_id=b"same")) == Refusal(
        RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", "", "same"
    )
    assert order_id(floor.buy(1, 90, cl_ord_id=b"same", account="ACC2")) == 3, "accounts are apart"
    floor.cancel(b"same")
    assert order_id(floor.buy(1, 90, cl_ord_id=b"same")) == 5, "free when its order is closed"


@pytest.mark.parametrize("status", [TradingStatus.HALTED, TradingStatus.CANCEL_ONLY])
def test_an_instrument_that_is_not_open_takes_no_orders(status: TradingStatus) -> None:
    floor = TradingFloor()
    floor.set_status(status)
    assert refusal(floor.buy(1, 100)) == Refusal(
        RejectReason.INSTRUMENT_NOT_OPEN, "symbol", status.name.lower(), BTC
    )
    assert order_id(floor.buy(1, 100, symbol=ETH)) == 3
    floor.set_status(TradingStatus.OPEN)
    assert order_id(floor.buy(1, 100)) == 5


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (
            {"quantity": 1, "price": 100, "symbol": "DOGE-KRW"},
            Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", "", "DOGE-KRW"),
        ),
        ({"quantity": 1, "price": 100, "cl_ord_id": b""}, Refusal(RejectReason.INVALID_VALUE, "cl_ord_id")),
        (
            {"quantity": 0, "price": 100},
            Refusal(RejectReason.INVALID_VALUE, "order_qty", "0.00000001", "0"),
        ),
        (
            {"quantity": -150000000, "price": 0},
            Refusal(RejectReason.INVALID_VALUE, "order_qty", "0.00000001", "-1.5"),
        ),
        ({"quantity": 1, "price": -250}, Refusal(RejectReason.INVALID_VALUE, "price", "0.01", "-2.5")),
    ],
)
def test_what_no_check_should_have_let_through_is_refused(
    terms: dict[str, object], expected: Refusal
) -> None:
    floor = TradingFloor()
    assert refusal(floor.buy(**terms)) == expected  # type: ignore[arg-type] # forwarded
    assert floor.bids() == []


def test_every_command_takes_the_next_eseq_refused_or_not() -> None:
    floor = TradingFloor()
    assert [event.eseq for event in floor.buy(0, 100)] == [1]
    assert [event.eseq for event in floor.cancel(b"none")] == [2]
    assert order_id(floor.buy(1, 100)) == 3 == floor.engine.eseq
