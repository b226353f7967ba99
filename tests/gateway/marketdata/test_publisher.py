"""From events to pushes: what is said on which channel, in which order, at which position."""

from itertools import pairwise

import pytest

from gateway.marketdata import RECENT_TRADES, ChannelError
from gateway.model import Event, TradingStatus
from tests.gateway.marketdata.market import BTC, ETH, TS, Inbox, Market, ask, bid, private, status, trade


def test_each_instrument_has_its_four_channels() -> None:
    assert Market().publisher.channels == (
        "book.BTC-KRW",
        "bbo.BTC-KRW",
        "trades.BTC-KRW",
        "status.BTC-KRW",
        "book.ETH-KRW",
        "bbo.ETH-KRW",
        "trades.ETH-KRW",
        "status.ETH-KRW",
    )


def test_a_command_becomes_one_push_per_channel_trades_first() -> None:
    market = Market()
    inbox = market.subscriber("bbo.BTC-KRW", "book.BTC-KRW", "trades.BTC-KRW")
    market.publisher.apply([bid(1, 999, 7), ask(1, 1000, 5), ask(1, 1001, 5)])
    inbox.take()
    market.publisher.apply(
        [private(2), trade(2, 1, 1000), ask(2, 1000, 0), trade(2, 2, 1001, 2), ask(2, 1001, 3), private(2)]
    )
    at = {"seq": 2, "prev": 1, "eseq": 2, "ts": TS + 2}
    assert inbox.take() == [
        {
            "ch": "trades.BTC-KRW",
            "type": "event",
            **at,
            "prev": 0,
            "symbol": BTC,
            "trades": [[2, 1, 1000, 5], [2, 2, 1001, 2]],
        },
        {
            "ch": "book.BTC-KRW",
            "type": "delta",
            **at,
            "symbol": BTC,
            "bids": [],
            "asks": [[1000, 0], [1001, 3]],
        },
        {"ch": "bbo.BTC-KRW", "type": "event", **at, "symbol": BTC, "bid": [999, 7], "ask": [1001, 3]},
    ]


def test_changed_levels_come_best_first_and_once_with_the_last_quantity() -> None:
    market = Market()
    inbox = market.subscriber("book.BTC-KRW")
    market.publisher.apply(
        [bid(1, 998, 1), bid(1, 999, 2), bid(1, 998, 4), ask(1, 1002, 1), ask(1, 1001, 2), ask(1, 1002, 0)]
    )
    [push] = inbox.take()
    assert push["bids"] == [[999, 2], [998, 4]]
    assert push["asks"] == [[1001, 2], [1002, 0]]


def test_two_commands_in_one_batch_are_two_pushes() -> None:
    market = Market()
    inbox = market.subscriber("book.BTC-KRW")
    market.publisher.apply([bid(4, 999, 1), private(5), bid(7, 999, 2)])
    assert [(push["seq"], push["prev"], push["bids"]) for push in inbox.take()] == [
        (4, 0, [[999, 1]]),
        (7, 4, [[999, 2]]),
    ]
    assert market.publisher.eseq == 7


def test_best_prices_are_pushed_when_they_change_only() -> None:
    market = Market()
    inbox = market.subscriber("bbo.BTC-KRW")
    for events in ([bid(1, 999, 5)], [bid(2, 998, 5)], [bid(3, 999, 6)], [bid(4, 999, 0)], [bid(5, 998, 0)]):
        market.publisher.apply(events)
    assert [(push["seq"], push["prev"], push["bid"]) for push in inbox.take()] == [
        (1, 0, [999, 5]),
        (3, 1, [999, 6]),
        (4, 3, [998, 5]),
        (5, 4, None),
    ]


def test_a_command_may_touch_several_instruments() -> None:
    market = Market()
    inbox = market.subscriber("book.BTC-KRW", "book.ETH-KRW")
    market.publisher.apply([bid(3, 10, 1, ETH), bid(3, 20, 2, BTC), bid(3, 11, 1, ETH)])
    assert [(push["ch"], push["seq"], push["bids"]) for push in inbox.take()] == [
        ("book.ETH-KRW", 3, [[11, 1], [10, 1]]),
        ("book.BTC-KRW", 3, [[20, 2]]),
    ]


def test_a_status_is_pushed_when_it_changes() -> None:
    market = Market()
    inbox = Inbox()
    market.publisher.subscribe("status.BTC-KRW", inbox)
    market.publisher.apply([status(9, TradingStatus.HALTED)])
    market.publisher.apply([status(12, TradingStatus.OPEN)])
    pushes = [
        (push["type"], push["seq"], push["prev"], push["ts"], push["status"], push["since"])
        for push in inbox.take()
    ]
    assert pushes == [
        ("snapshot", 0, 0, 0, "OPEN", 0),
        ("event", 9, 0, TS + 9, "HALTED", 9),
        ("event", 12, 9, TS + 12, "OPEN", 12),
    ]
    late = Inbox()
    market.publisher.subscribe("status.BTC-KRW", late)
    assert late.take()[0]["seq"] == 12
    quiet = market.subscriber("status.ETH-KRW")
    market.publisher.apply([status(13, TradingStatus.CANCEL_ONLY)])
    assert quiet.take() == []


EVERYTHING: list[Event] = [
    trade(3),
    bid(3, 999, 5),
    ask(3, 1000, 5),
    status(3, TradingStatus.HALTED),
    bid(5, 998, 5),
    private(6),
]


def test_the_status_of_an_instrument_that_is_not_listed_is_nobody_s_push() -> None:
    market = Market()
    inbox = market.subscriber("status.BTC-KRW")
    market.publisher.apply([status(1, TradingStatus.HALTED, "DOGE-KRW"), bid(2, 999, 7)])
    assert inbox.take() == []
    assert market.publisher.eseq == 2


def test_with_nobody_subscribed_nothing_is_encoded_and_positions_go_on() -> None:
    market = Market()
    market.publisher.apply(EVERYTHING)
    assert market.encoder.encoded == []
    inbox = Inbox()
    for channel in market.publisher.channels[:4]:
        market.publisher.subscribe(channel, inbox)
    assert [(push["ch"], push["seq"], push["prev"], push["eseq"], push["ts"]) for push in inbox.take()] == [
        ("book.BTC-KRW", 5, 0, 6, TS + 5),
        ("bbo.BTC-KRW", 3, 0, 6, TS + 3),
        ("trades.BTC-KRW", 3, 0, 6, TS + 3),
        ("status.BTC-KRW", 3, 0, 6, TS + 3),
    ]
    market.publisher.apply([trade(8), bid(8, 999, 4)])
    assert [(push["ch"], push["seq"], push["prev"]) for push in inbox.take()] == [
        ("trades.BTC-KRW", 8, 3),
        ("book.BTC-KRW", 8, 5),
        ("bbo.BTC-KRW", 8, 3),
    ]


def test_a_push_is_encoded_once_for_all_subscribers() -> None:
    market = Market()
    inboxes = [market.subscriber("book.BTC-KRW") for _ in range(3)]
    market.encoder.encoded.clear()
    market.publisher.apply([bid(1, 999, 5)])
    assert market.encoder.encoded == ["book.BTC-KRW"]
    assert len({id(inbox.frames[0]) for inbox in inboxes}) == 1


def test_snapshots_of_one_state_are_made_once() -> None:
    publisher = Market().publisher
    publisher.apply([bid(1, 999, 5)])
    first = publisher.snapshot("book.BTC-KRW")
    assert publisher.snapshot("book.BTC-KRW") is first
    publisher.apply([])
    assert publisher.snapshot("book.BTC-KRW") is first
    publisher.apply([private(2)])
    later = publisher.snapshot("book.BTC-KRW")
    assert (first.position.eseq, later.position.eseq) == (1, 2)
    assert later.content == first.content


def test_the_snapshot_of_trades_holds_the_last_hundred() -> None:
    market = Market()
    for eseq in range(1, RECENT_TRADES + 6):
        market.publisher.apply([trade(eseq)])
    inbox = Inbox()
    market.publisher.subscribe("trades.BTC-KRW", inbox)
    [push] = inbox.take()
    assert push["type"] == "snapshot"
    assert [told[0] for told in push["trades"]] == list(range(6, RECENT_TRADES + 6))


def test_subscribing_again_pushes_nothing() -> None:
    market = Market()
    inbox = market.subscriber("book.BTC-KRW")
    assert not market.publisher.subscribe("book.BTC-KRW", inbox)
    assert inbox.take() == []


def test_a_lagging_subscriber_gets_the_snapshot_of_a_new_channel_when_it_has_drained() -> None:
    market = Market()
    inbox = market.subscriber("book.BTC-KRW")
    inbox.full = True
    market.publisher.apply([bid(1, 999, 5)])
    assert market.publisher.subscribe("trades.BTC-KRW", inbox)
    inbox.full = False
    market.publisher.apply([trade(2), bid(2, 999, 4)])
    assert inbox.take() == []
    market.hub.resync(inbox, 0)
    assert [(push["ch"], push["type"], push["seq"]) for push in inbox.take()] == [
        ("trades.BTC-KRW", "snapshot", 2),
        ("book.BTC-KRW", "gap", 2),
        ("book.BTC-KRW", "snapshot", 2),
    ]


@pytest.mark.parametrize("channel", ["book", "book.DOGE-KRW", "candles.BTC-KRW", "book.BTC-KRW.10"])
def test_an_unknown_channel_is_refused(channel: str) -> None:
    market = Market()
    with pytest.raises(ChannelError):
        market.publisher.subscribe(channel, Inbox())
    with pytest.raises(ChannelError):
        market.publisher.snapshot(channel)
    assert market.hub.subscriptions == 0


def test_the_book_can_be_read() -> None:
    market = Market()
    market.publisher.apply([bid(1, 999, 5)])
    assert market.publisher.book(BTC).levels() == ([(999, 5)], [])


@pytest.mark.parametrize("channel", ["book.BTC-KRW", "bbo.BTC-KRW", "status.BTC-KRW", "trades.BTC-KRW"])
@pytest.mark.parametrize("trigger", ["trades.BTC-KRW", "book.BTC-KRW", "bbo.BTC-KRW", "status.BTC-KRW"])
def test_who_subscribes_amid_the_pushes_of_a_command_sees_a_whole_chain(channel: str, trigger: str) -> None:
    market = Market()
    publisher = market.publisher
    publisher.apply(EVERYTHING)
    late = Inbox()

    def join(_: Inbox, __: bytes) -> None:
        publisher.subscribe(channel, late)

    first = market.subscriber(trigger)
    first.then = join
    publisher.apply([trade(8), bid(8, 999, 4), status(8, TradingStatus.OPEN)])
    publisher.apply([trade(9), bid(9, 999, 3), status(9, TradingStatus.HALTED)])
    pushes = late.take()
    assert pushes[0]["type"] == "snapshot"
    assert len(pushes) in {2, 3}
    for before, after in pairwise(pushes):
        assert after["prev"] == before["seq"]
    assert pushes[-1]["seq"] == 9
