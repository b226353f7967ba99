"""Views of a book that nobody is told of at once rest: they cost nothing until they are looked at."""

from typing import Any

import pytest

from gateway.marketdata import Mode, Subscription, book_checksum
from gateway.marketdata.depth import DepthView
from gateway.marketdata.grouping import Grouping
from tests.gateway.marketdata.market import Inbox, Market, S, ask, bid, brief, resumed

SLOW = Subscription(mode=Mode.INTERVAL, interval_ns=10 * S)
GROUPED = [f"book.BTC-KRW.{depth}.{speed}.g1" for depth in (1, 5, 10) for speed in ("raw", "100ms")]


class Looks:
    """Counts looks at views and groupings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        for owner, name in ((DepthView, "changes"), (DepthView, "compare"), (Grouping, "look")):
            monkeypatch.setattr(owner, name, self._counting(getattr(owner, name)))

    def _counting(self, look: Any) -> Any:
        def counted(*args: Any) -> Any:
            self.count += 1
            return look(*args)

        return counted

    def take(self) -> int:
        count, self.count = self.count, 0
        return count


def test_a_view_with_members_at_an_interval_only_is_looked_at_when_one_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    market, inbox = Market(), Inbox()
    market.publisher.apply([bid(1, 990, 1)])
    for name in GROUPED:
        market.publisher.subscribe(name, inbox, SLOW)
    assert [push["type"] for push in inbox.take()] == ["snapshot"] * len(GROUPED)
    looks = Looks(monkeypatch)
    for eseq in range(2, 50):
        market.publisher.apply([bid(eseq, 990, eseq)])
    assert looks.take() == 0
    market.publisher.on_tick(10 * S - 1)
    assert (looks.take(), inbox.take()) == (0, [])
    market.publisher.on_tick(10 * S)
    # The grouping for each view, and each view.
    assert looks.take() == 2 * len(GROUPED)
    pushes = inbox.take()
    assert [brief(push) for push in pushes] == [(name, "snapshot", 49, 0) for name in GROUPED]
    assert {(str(push["bids"]), push["eseq"]) for push in pushes} == {("[[990, 49]]", 49)}


def test_a_view_at_rest_that_shows_the_same_when_it_is_looked_at_says_nothing() -> None:
    market, inbox = Market(), Inbox()
    market.publisher.apply([bid(1, 990, 1), bid(1, 980, 1)])
    market.publisher.subscribe("book.BTC-KRW.1.raw", inbox, SLOW)
    inbox.take()
    market.publisher.apply([bid(2, 980, 5)])
    market.publisher.on_tick(10 * S)
    assert inbox.take() == []
    market.publisher.apply([bid(3, 990, 5)])
    market.publisher.on_tick(10 * S)
    [push] = (push for push in inbox.take() if push["type"] == "snapshot")
    assert (push["seq"], push["bids"], push["conflated"]) == (3, [[990, 5]], 1)


def test_a_snapshot_at_an_interval_stands_for_the_changes_of_the_book_since() -> None:
    market, inbox = Market(), Inbox()
    market.publisher.subscribe("book.BTC-KRW.5.raw", inbox, SLOW)
    inbox.take()
    for eseq in range(1, 8):
        market.publisher.apply([bid(eseq, 990, eseq)])
    market.publisher.on_tick(10 * S)
    [push] = inbox.take()
    assert (push["conflated"], push["seq"], push["bids"]) == (7, 7, [[990, 7]])


def test_a_heartbeat_of_a_view_at_rest_says_how_far_it_has_looked() -> None:
    market, inbox = Market(), Inbox()
    publisher = market.publisher
    publisher.subscribe("book.BTC-KRW.5.raw", inbox, SLOW)
    publisher.apply([bid(1, 990, 1)])
    stream = market.hub._following[inbox].by_name["book.BTC-KRW.5.raw"].stream
    assert stream.heartbeat().position.eseq == 0
    stream.refresh()
    assert stream.heartbeat().position.eseq == 1


def test_who_is_told_of_each_push_wakes_a_view_and_who_goes_lets_it_rest() -> None:
    market, slow, quick = Market(), Inbox(), Inbox()
    publisher = market.publisher
    name = "book.BTC-KRW.5.20ms"
    publisher.subscribe(name, slow, SLOW)
    publisher.apply([bid(1, 990, 1)])
    publisher.subscribe(name, quick)
    publisher.apply([bid(2, 991, 1)])
    publisher.on_tick(S)
    assert [brief(push)[1:] for push in quick.take()] == [("snapshot", 1, 0), ("delta", 2, 1)]
    publisher.unsubscribe(name, quick)
    publisher.apply([bid(3, 992, 1)])
    publisher.apply([bid(4, 993, 1)])
    assert publisher._markets["BTC-KRW"].timed == {}
    slow.take()
    publisher.on_tick(11 * S)
    [push] = (push for push in slow.take() if push["type"] == "snapshot")
    assert (push["seq"], push["bids"][0]) == (4, [993, 1])


def test_what_a_view_at_rest_missed_can_be_resumed_as_one_push() -> None:
    market, inbox = Market(), Inbox()
    publisher = market.publisher
    publisher.set_epoch("e1")
    for name in ("book.BTC-KRW.5.raw", "book.BTC-KRW.5.raw.g1"):
        market.hub.drop(inbox)
        start = publisher.eseq
        publisher.subscribe(name, inbox)
        publisher.apply([bid(start + 1, 990, 1 + start)])
        inbox.take()
        publisher.unsubscribe(name, inbox)
        for eseq in range(start + 2, start + 9):
            publisher.apply([bid(eseq, 990, eseq), ask(eseq, 1000 + eseq, 1)])
        joined = publisher.subscribe(name, inbox, resumed(start + 1))
        assert joined is not None
        assert joined.recovered
        [push] = inbox.take()
        assert brief(push) == (name, "delta", start + 8, start + 1)
        assert push["bids"] == [[990, start + 8]]


def test_the_checksum_of_a_view_is_of_what_it_shows() -> None:
    market = Market()
    inboxes = {
        name: Inbox() for name in ("book.BTC-KRW.20.raw", "book.BTC-KRW.20.raw.g1", "book.BTC-KRW.1.raw")
    }
    for name, inbox in inboxes.items():
        market.publisher.subscribe(name, inbox, Subscription(checksum=True))
    for eseq in range(1, 25):
        market.publisher.apply([bid(eseq, 900 + 7 * eseq, eseq), ask(eseq, 2000 - 7 * eseq, eseq)])
    for name, inbox in inboxes.items():
        books: tuple[dict[int, int], dict[int, int]] = {}, {}
        for push in inbox.take():
            for levels, changes in zip(books, (push["bids"], push["asks"]), strict=True):
                levels.update(dict(changes))
            bids, asks = (sorted((p, q) for p, q in levels.items() if q) for levels in books)
            assert push["checksum"] == book_checksum(bids[::-1], asks), name


@pytest.mark.parametrize(("speed", "pushes"), [("raw", 20), ("20ms", 10), ("100ms", 2)])
def test_at_an_interval_a_channel_is_not_faster_than_its_speed(speed: str, pushes: int) -> None:
    market, inbox = Market(), Inbox()
    publisher = market.publisher
    tick = S // 100
    wish = Subscription(mode=Mode.INTERVAL, interval_ns=tick)
    publisher.subscribe(f"book.BTC-KRW.5.{speed}", inbox, wish)
    publisher.on_tick(0)
    inbox.take()
    for eseq in range(1, 21):
        publisher.apply([bid(eseq, 990, eseq)])
        publisher.on_tick(eseq * tick)
    told = inbox.take()
    assert len(told) == pushes
    assert told[-1]["seq"] == 20
    # What was asked for is what is said to be in force.
    assert market.hub.followed(inbox)[f"book.BTC-KRW.5.{speed}"] == wish.options


def test_a_snapshot_says_where_a_view_stands_that_nobody_followed_for_a_moment() -> None:
    market, first, second = Market(), Inbox(), Inbox()
    publisher, name = market.publisher, "book.BTC-KRW.1.raw"
    publisher.apply([bid(1, 990, 1), bid(1, 980, 1)])
    publisher.subscribe(name, first)
    publisher.apply([bid(2, 980, 5)])
    publisher.subscribe(name, second)
    for inbox in (first, second):
        publisher.unsubscribe(name, inbox)
    publisher.subscribe(name, second)
    publisher.apply([bid(3, 990, 2)])
    *_, snapshot, delta = second.take()
    assert (snapshot["type"], delta["prev"]) == ("snapshot", snapshot["seq"])
