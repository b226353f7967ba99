"""What streams on demand say, when, and in which order."""

from typing import Any

import msgspec
import pytest

from gateway.marketdata import (
    ChannelError,
    Mode,
    OrderIds,
    Subscription,
    book_checksum,
)
from gateway.marketdata.due import PARTS
from gateway.marketdata.tally import MAX_PENDING as MAX_TRADES
from gateway.marketdata.view_streams import MAX_PENDING
from gateway.model import Event, OrderAccepted, OrderReplaced, OrdType, Side, TimeInForce, TradingStatus
from tests.gateway.marketdata.market import (
    BTC,
    ETH,
    TS,
    Inbox,
    Market,
    S,
    ask,
    bid,
    bounded,
    brief,
    private,
    resumed,
    status,
    trade,
)

MS = 1_000_000


# ---- views of a book


def test_a_view_after_each_command_shows_what_changed_in_it() -> None:
    exchange = Market()
    exchange.publisher.apply([bid(1, 990, 1), bid(1, 989, 1)])
    inbox = Inbox()
    exchange.publisher.subscribe("book.BTC-KRW.1.raw", inbox)
    for events in ([bid(2, 988, 1)], [bid(3, 991, 5)], [bid(4, 991, 0)]):
        exchange.publisher.apply(events)
    assert [
        (push["type"], push["seq"], push["prev"], push["eseq"], push["bids"]) for push in inbox.take()
    ] == [
        ("snapshot", 1, 0, 1, [[990, 1]]),
        ("delta", 3, 1, 3, [[991, 5], [990, 0]]),
        ("delta", 4, 3, 4, [[991, 0], [990, 1]]),
    ]


def test_prices_are_grouped_by_the_step() -> None:
    exchange = Market()
    exchange.publisher.apply([bid(1, 990, 1), bid(1, 985, 2), ask(1, 1001, 3), ask(1, 1010, 4)])
    inbox = Inbox()
    exchange.publisher.subscribe("book.BTC-KRW.5.raw.g1", inbox)
    [push] = inbox.take()
    assert (push["bids"], push["asks"]) == ([[990, 1], [980, 2]], [[1010, 7]])


def test_a_timed_view_pushes_on_its_tick_what_changed_since_the_last() -> None:
    exchange = Market()
    publisher = exchange.publisher
    inbox = exchange.subscriber("book.BTC-KRW.5.100ms", "book.ETH-KRW.5.1s")
    publisher.on_tick(0)
    assert publisher.next_deadline() == S // PARTS
    publisher.apply([bid(1, 990, 1), bid(2, 991, 2), bid(3, 990, 0)])
    assert inbox.frames == []
    # The first after a silence comes at once.
    assert publisher.next_deadline() == 0
    publisher.on_tick(1 * MS)
    [push] = inbox.take()
    assert brief(push) == ("book.BTC-KRW.5.100ms", "delta", 3, 0)
    assert (push["bids"], push["eseq"], push["ts"]) == ([[991, 2]], 3, TS + 3)
    publisher.apply([bid(4, 991, 3)])
    publisher.apply([private(5)])
    publisher.on_tick(100 * MS)
    assert inbox.frames == []
    assert publisher.next_deadline() == 101 * MS
    publisher.on_tick(101 * MS)
    [push] = inbox.take()
    assert (brief(push), push["eseq"]) == (("book.BTC-KRW.5.100ms", "delta", 4, 3), 5)


def test_a_tick_without_a_change_in_the_view_is_silent() -> None:
    exchange = Market()
    inbox = exchange.subscriber("book.BTC-KRW.1.20ms")
    exchange.publisher.apply([bid(1, 990, 1)])
    exchange.publisher.on_tick(0)
    inbox.take()
    exchange.publisher.apply([bid(2, 980, 1), bid(3, 991, 1), bid(4, 991, 0)])
    exchange.publisher.on_tick(20 * MS)
    assert inbox.frames == []


def test_a_snapshot_between_two_ticks_is_that_of_the_last_tick() -> None:
    exchange = Market()
    publisher = exchange.publisher
    exchange.subscriber("book.BTC-KRW.5.1s")
    publisher.apply([bid(1, 990, 1)])
    publisher.on_tick(0)
    publisher.apply([private(2)])
    late = Inbox()
    publisher.subscribe("book.BTC-KRW.5.1s", late)
    publisher.apply([bid(3, 991, 1)])
    later = Inbox()
    publisher.subscribe("book.BTC-KRW.5.1s", later)
    publisher.on_tick(S)
    pushes = [late.take(), later.take()]
    assert [(push["eseq"], push["bids"]) for push, _ in pushes] == [(2, [[990, 1]])] * 2
    assert [brief(push)[1:] for _, push in pushes] == [("delta", 3, 1)] * 2


def test_many_changes_between_two_ticks_are_thrown_together() -> None:
    exchange = Market()
    inbox = exchange.subscriber("book.BTC-KRW.5.1s")
    publisher = exchange.publisher
    publisher.on_tick(0)
    for eseq in range(1, MAX_PENDING + 3):
        publisher.apply([bid(eseq, 990 + eseq % 2, eseq)])
    [group] = publisher._markets[BTC].timed.values()  # the bound is not seen from outside
    assert len(group.pending) <= 3
    publisher.on_tick(S)
    [push] = inbox.take()
    assert push["bids"] == [[991, MAX_PENDING + 1], [990, MAX_PENDING + 2]]


@pytest.mark.parametrize("channel", ["book.BTC-KRW", "book.BTC-KRW.5.raw", "book.BTC-KRW.5.20ms"])
def test_a_checksum_is_there_when_it_is_asked_for(channel: str) -> None:
    exchange = Market()
    publisher = exchange.publisher
    plain, checked = Inbox(), Inbox()
    publisher.subscribe(channel, plain)
    publisher.subscribe(channel, checked, Subscription(checksum=True))
    publisher.apply([bid(1, 990, 1), ask(1, 1000, 2)])
    publisher.on_tick(0)
    assert ["checksum" in push for push in plain.take()] == [False, False]
    empty, whole = checked.take()
    assert (empty["checksum"], whole["checksum"]) == (0, book_checksum([(990, 1)], [(1000, 2)]))
    assert brief(whole) == (channel, "delta", 1, 0)


# ---- trades summed up


def test_ticker_and_candles_follow_a_trade_behind_the_book() -> None:
    exchange = Market()
    names = ("candles.BTC-KRW.1s", "ticker.BTC-KRW", "trades.BTC-KRW", "bbo.BTC-KRW", "book.BTC-KRW")
    inbox = exchange.subscriber(*names)
    exchange.publisher.apply([trade(1, 1, 1000, 5), trade(1, 2, 1002, 1), bid(1, 990, 1)])
    pushes = {push["ch"]: push for push in inbox.take()}
    assert list(pushes) == [
        "trades.BTC-KRW",
        "book.BTC-KRW",
        "bbo.BTC-KRW",
        "candles.BTC-KRW.1s",
        "ticker.BTC-KRW",
    ]
    ticker, candles = pushes["ticker.BTC-KRW"], pushes["candles.BTC-KRW.1s"]
    assert [ticker[name] for name in ("open", "last", "change", "volume", "trades", "bid", "ask")] == [
        *(1000, 1002, 2, 6, 2),
        *([990, 1], None),
    ]
    assert candles["candles"] == [[TS, 1000, 1002, 1000, 1002, 6, 5 * 1000 + 1002, 2]]
    assert candles["is_open"] is True


def test_a_ticker_is_pushed_for_a_trade_or_another_best_price() -> None:
    exchange = Market()
    inbox = exchange.subscriber("ticker.BTC-KRW")
    for events in ([bid(1, 990, 1)], [bid(2, 980, 1)], [trade(3)], [status(4, TradingStatus.OPEN)]):
        exchange.publisher.apply(events)
    assert [brief(push)[2:] for push in inbox.take()] == [(1, 0), (3, 1)]


def test_a_candle_closes_with_the_next_command_on_the_instrument() -> None:
    exchange = Market()
    inbox = exchange.subscriber("candles.BTC-KRW.1s", "candles.BTC-KRW.1m")
    late = msgspec.structs.replace(bid(3, 990, 1), transact_time=TS + 2 * S)
    exchange.publisher.apply([trade(1)])
    exchange.publisher.apply([bid(2, 989, 1)])
    inbox.take()
    exchange.publisher.apply([late])
    [push] = inbox.take()
    assert brief(push) == ("candles.BTC-KRW.1s", "event", 3, 1)
    assert (len(push["candles"]), push["is_open"]) == (1, False)
    reader = Inbox()
    exchange.publisher.subscribe("candles.BTC-KRW.1m", reader)
    exchange.publisher.unsubscribe("candles.BTC-KRW.1s", inbox)
    exchange.publisher.subscribe("candles.BTC-KRW.1s", reader)
    minute, second = reader.take()
    assert (minute["is_open"], second["is_open"]) == (True, False)


def test_trades_nobody_asks_for_are_summed_up_now_and_then() -> None:
    exchange = Market()
    for eseq in range(1, MAX_TRADES + 10):
        exchange.publisher.apply([trade(eseq)])
    inbox = Inbox()
    exchange.publisher.subscribe("ticker.BTC-KRW", inbox)
    [push] = inbox.take()
    assert push["trades"] == MAX_TRADES + 9


def test_a_stamp_that_steps_back_counts_in_what_runs() -> None:
    exchange = Market()
    early = msgspec.structs.replace(trade(2), transact_time=TS - 90 * S)
    exchange.publisher.apply([trade(1)])
    exchange.publisher.apply([early])
    inbox = Inbox()
    exchange.publisher.subscribe("candles.BTC-KRW.1m", inbox)
    [push] = inbox.take()
    assert [candle[-1] for candle in push["candles"]] == [2]


# ---- instruments


def test_the_list_of_instruments_is_told_and_each_change_in_it() -> None:
    exchange = Market()
    exchange.publisher.apply([status(3, TradingStatus.HALTED, ETH)])
    inbox = Inbox()
    exchange.publisher.subscribe("instruments", inbox)
    exchange.publisher.apply([status(5, TradingStatus.OPEN, ETH)])
    first, second = inbox.take()
    assert (brief(first), first["instruments"]) == (
        ("instruments", "snapshot", 3, 0),
        [[BTC, "OPEN"], [ETH, "HALTED"]],
    )
    assert (brief(second), second["instruments"]) == (("instruments", "event", 5, 3), [[ETH, "OPEN"]])


# ---- orders


def accepted(eseq: int, price: int, quantity: int) -> list[Event]:
    order = OrderAccepted(
        eseq,
        1,
        TS + eseq,
        "S",
        1,
        "A",
        b"c%d" % eseq,
        eseq,
        BTC,
        Side.BUY,
        OrdType.LIMIT,
        TimeInForce.GTC,
        quantity,
        price,
        False,  # the event's own order of fields
    )
    return [order, bid(eseq, price, quantity)]


def replaced(eseq: int, order_id: int, price: int, quantity: int) -> list[Event]:
    """Return a replace that leaves price and quantity: the order loses its place and no level changes."""
    return [
        OrderReplaced(
            eseq, 1, TS + eseq, "S", "A", order_id, "S", 1, b"d", b"c", quantity, price, 0, quantity
        )
    ]


class Orders:
    """The engine's open orders, at an engine sequence of its own."""

    def __init__(self) -> None:
        self.eseq = 0
        self.bids: list[tuple[int, int, int]] = []
        self.asked = 0

    def __call__(self) -> tuple[int, list[Any]]:
        self.asked += 1
        return self.eseq, [(BTC, self.bids, []), (ETH, [], [])]


def test_without_orders_to_follow_there_is_no_such_channel() -> None:
    with pytest.raises(ChannelError, match="kind is 'l3'"):
        Market().publisher.subscribe("l3.BTC-KRW", Inbox())


def test_orders_begin_when_what_the_engine_has_worked_is_published() -> None:
    exchange, orders = Market(), Orders()
    publisher = exchange.publisher
    publisher.follow_orders(orders, OrderIds(bytes(16)))
    publisher.apply(accepted(1, 990, 5))
    # The engine is at its third command, the publisher at the first.
    orders.eseq, orders.bids = 3, [(1, 990, 5), (2, 990, 7), (3, 980, 1)]
    inbox, second = Inbox(), Inbox()
    assert publisher.subscribe("l3.BTC-KRW", inbox) is not None
    assert publisher.subscribe("l3.BTC-KRW", second, resumed(0, "")) is not None
    with pytest.raises(ChannelError, match="state"):
        publisher.snapshot("l3.BTC-KRW")
    publisher.apply(accepted(2, 990, 7))
    assert inbox.frames == []
    publisher.apply([*accepted(3, 980, 1), *accepted(4, 980, 2)])
    publisher.apply(replaced(5, 1, 990, 5))
    pushes = inbox.take()
    assert [brief(push)[1:] for push in pushes] == [("snapshot", 3, 0), ("delta", 4, 3), ("delta", 5, 4)]
    assert [order[1:] for order in pushes[0]["bids"]] == [[990, 5], [990, 7], [980, 1]]
    assert [change[0] for change in pushes[2]["changes"]] == ["remove", "add"]
    assert second.take() == pushes
    assert orders.asked == 1
    other = Inbox()
    publisher.subscribe("l3.ETH-KRW", other)
    assert [brief(push)[1:] for push in other.take()] == [("snapshot", 5, 0)]
    assert orders.asked == 1


def test_orders_are_followed_only_while_somebody_does() -> None:
    exchange, orders = bounded(idle_ns=S), Orders()
    publisher = exchange.publisher
    publisher.follow_orders(orders, OrderIds(bytes(16)))
    inbox = exchange.subscriber("l3.BTC-KRW", "l3.ETH-KRW")
    for name in ("l3.BTC-KRW", "l3.ETH-KRW"):
        publisher.unsubscribe(name, inbox)
    publisher.on_tick(0)
    publisher.on_tick(S)
    assert publisher.streams == 0
    # Not a word of these orders is known now, and nothing fails.
    publisher.apply(replaced(1, 77, 990, 5))
    orders.eseq, orders.bids = 1, [(77, 990, 5)]
    exchange.subscriber("l3.BTC-KRW")
    assert orders.asked == 2


@pytest.mark.parametrize("mode", [Mode.EVERY, Mode.CONFLATE])
def test_who_missed_pushes_is_told_of_trades_before_the_book_that_they_made(mode: Mode) -> None:
    exchange = Market()
    exchange.publisher.follow_orders(lambda: (0, []), OrderIds(bytes(32)))
    names = ("status", "candles", "ticker", "bbo", "book", "l3", "trades")
    inbox = Inbox()
    for name in names:
        channel = f"{name}.{BTC}" + (".1m" if name == "candles" else "")
        exchange.publisher.subscribe(channel, inbox, Subscription(mode=mode))
    inbox.take()
    inbox.full = True
    exchange.publisher.apply([*accepted(1, 990, 5), trade(1), status(1, TradingStatus.HALTED)])
    inbox.full = False
    assert exchange.hub.resync(inbox, 0)
    told = [push["ch"].split(".")[0] for push in inbox.take() if push["type"] == "snapshot"]
    assert told == ["trades", "l3", "book", "bbo", *names[1:3], "status"]
