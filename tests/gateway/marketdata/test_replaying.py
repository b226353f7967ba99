"""What was missed comes in slices, between which all others go on; then the pushes go on behind it."""

from collections.abc import Iterable

import msgspec
import pytest

from gateway.marketdata import Hub, HubSettings, Mode, Subscription
from gateway.marketdata.replaying import MOST_AT_ONCE
from tests.gateway.marketdata.market import BTC, ETH, Inbox, Market, S, bid, bounded, resumed, trade

BOOK = f"book.{BTC}"
TRADES = f"trades.{BTC}"
FEW = {"most": 1_000, "changes": 6, "pushes": 3, "rush": 0}
"""Bounds of replays: three pushes a slice."""


def pumped(**bounds: int) -> tuple[Market, list[str]]:
    """Return a market whose hub works when it is told to, and where it says when it has work."""
    market = bounded(**(FEW | bounds))
    market.publisher.set_epoch("e1")
    wakes: list[str] = []
    market.hub.pumped_by(lambda: wakes.append("wake"))
    return market, wakes


def change(market: Market, eseqs: Iterable[int], symbol: str = BTC) -> None:
    for eseq in eseqs:
        market.publisher.apply([trade(eseq, symbol=symbol), bid(eseq, 900 + eseq % 50, eseq, symbol)])


def links(inbox: Inbox, channel: str = BOOK) -> list[tuple[str, int, int]]:
    """Return what came on a channel: kind, ``prev`` and ``seq``."""
    return [(push["type"], push["prev"], push["seq"]) for push in inbox.take() if push["ch"] == channel]


def chain(first: int, last: int, kind: str = "delta") -> list[tuple[str, int, int]]:
    return [(kind, seq - 1, seq) for seq in range(first, last + 1)]


def drain(hub: Hub) -> int:
    """Work all off; return in how many goes."""
    count = 0
    while hub.queued:
        hub.work(8)
        count += 1
    return count


def taken(inbox: Inbox, kind: str = "delta") -> tuple[int, int]:
    """Return how many levels one go of work brought, and in how many pushes."""
    pushes = [push for push in inbox.take() if push["type"] == kind]
    return sum(len(push["bids"]) + len(push["asks"]) for push in pushes), len(pushes)


@pytest.mark.parametrize(("channel", "kind"), [(BOOK, "delta"), (TRADES, "event")])
def test_a_long_replay_comes_in_slices_and_the_pushes_go_on_behind_it(channel: str, kind: str) -> None:
    market, wakes = pumped()
    change(market, range(1, 101))
    inbox = Inbox()
    joined = market.publisher.subscribe(channel, inbox, resumed(40))
    assert joined == (100, True)
    assert links(inbox, channel) == chain(41, 43, kind)
    assert wakes == ["wake"]
    for first in range(44, 101, 3):
        assert market.hub.queued == 1
        assert market.hub.work(8)
        assert links(inbox, channel) == chain(first, first + 2, kind)
    assert market.hub.queued == 0
    change(market, [101])
    assert links(inbox, channel) == chain(101, 101, kind)


def test_no_slice_has_more_than_its_share_however_far_back() -> None:
    market, _ = pumped(most=100, changes=64, pushes=8)
    change(market, range(1, 6_001))
    inbox = Inbox()
    market.publisher.subscribe(BOOK, inbox, resumed(0))
    parts = [taken(inbox)]
    while market.hub.queued:
        before = market.hub.replaying.slices
        market.hub.work(1_024)
        assert market.hub.replaying.slices == before + 1
        parts.append(taken(inbox))
    # Of each 60 changes one push is made: of 50 levels, for the other changes are of the same.
    assert parts == [(50, 1)] * 100


def test_without_a_pump_all_slices_come_at_once() -> None:
    market = bounded(**FEW)
    market.publisher.set_epoch("e1")
    change(market, range(1, 5_001))
    inbox = Inbox()
    market.publisher.subscribe(BOOK, inbox, resumed(0))
    assert market.hub.queued == 0
    change(market, [5_001])
    assert links(inbox)[-1] == ("delta", 5_000, 5_001)
    assert market.hub.replaying.slices > 800


def test_what_comes_while_it_catches_up_is_replayed_too_and_once() -> None:
    market, _ = pumped()
    change(market, range(1, 31))
    inbox, other = Inbox(), market.subscriber(BOOK)
    market.publisher.subscribe(BOOK, inbox, resumed(3))
    eseq = 30
    while market.hub.queued:
        change(market, [eseq + 1, eseq + 2])
        eseq += 2
        market.hub.work(8)
    assert eseq > 60
    change(market, [eseq + 1])
    assert links(inbox) == chain(4, eseq + 1)
    assert links(other) == chain(31, eseq + 1)


def test_orders_of_others_and_their_pushes_come_in_between() -> None:
    market, _ = pumped()
    change(market, range(1, 31))
    inbox = market.subscriber(TRADES)
    market.publisher.subscribe(BOOK, inbox, resumed(0))
    change(market, [31])
    assert [(push["ch"], push["seq"]) for push in inbox.take()] == [
        *((BOOK, 1), (BOOK, 2), (BOOK, 3)),
        (TRADES, 31),
    ]


def test_a_fan_out_that_waits_and_a_replay_take_turns() -> None:
    market, _ = pumped()
    market.hub.settings = HubSettings(max_inline=0)
    change(market, range(1, 21))
    crowd = [market.subscriber(f"bbo.{BTC}") for _ in range(6)]
    drain(market.hub)
    for each in crowd:
        each.take()
    inbox = Inbox()
    market.publisher.subscribe(BOOK, inbox, resumed(0))
    market.publisher.apply([bid(21, 9_999, 1)])
    told = []
    for _ in range(6):
        before = market.hub.replaying.slices
        market.hub.work(2)
        told.append(market.hub.replaying.slices - before)
    # A slice waits behind what was published before it.
    assert told == [0, 1, 0, 0, 0, 1]
    drain(market.hub)
    assert links(inbox) == chain(1, 21)
    assert [len(each.take()) for each in crowd] == [1] * 6


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        (Mode.EVERY, [("gap", 3, 400), ("snapshot", 0, 400)]),
        (Mode.CONFLATE, [("snapshot", 0, 400)]),
        (Mode.INTERVAL, [("snapshot", 0, 400)]),
    ],
)
def test_where_the_ring_has_moved_on_a_gap_and_a_snapshot_end_the_replay(
    mode: Mode, told: list[tuple[str, int, int]]
) -> None:
    market, _ = pumped(ring_changes=100)
    change(market, range(1, 51))
    inbox = Inbox()
    wish = msgspec.structs.replace(resumed(0), mode=mode, interval_ns=S)
    assert market.publisher.subscribe(BOOK, inbox, wish) == (50, True)
    assert links(inbox) == chain(1, 3)
    change(market, range(51, 401))
    market.hub.work(8)
    pushes = inbox.take()
    assert [(push["type"], push["prev"], push["seq"]) for push in pushes] == told
    assert market.hub.queued == 0
    change(market, [401])
    assert len(links(inbox)) == (0 if mode is Mode.INTERVAL else 1)
    market.publisher.on_tick(10 * S)
    drain(market.hub)
    assert [push for push in links(inbox) if push[0] != "heartbeat"] == (
        [("snapshot", 0, 401)] if mode is Mode.INTERVAL else []
    )


def test_who_is_at_an_interval_gets_the_snapshot_though_the_view_is_the_same_as_when_it_came() -> None:
    market, _ = pumped(ring_changes=100)
    name = f"book.{BTC}.1.raw"
    for eseq in range(1, 51):
        market.publisher.apply([bid(eseq, 2_000 + eseq, 1)])
    inboxes = [Inbox() for _ in range(3)]
    for inbox in inboxes:
        wish = msgspec.structs.replace(resumed(40), mode=Mode.INTERVAL, interval_ns=S)
        assert market.publisher.subscribe(name, inbox, wish) == (50, True)
    # Below what the view shows.
    change(market, range(51, 401))
    drain(market.hub)
    assert [links(inbox, name) for inbox in inboxes] == [[("snapshot", 0, 50)]] * 3


def test_who_leaves_gets_no_further_slice() -> None:
    market, _ = pumped()
    change(market, range(1, 31))
    gone, left, back = Inbox(), Inbox(), Inbox()
    for inbox in (gone, left, back):
        market.publisher.subscribe(BOOK, inbox, resumed(0))
    market.hub.drop(gone)
    assert market.publisher.unsubscribe(BOOK, left)
    market.publisher.unsubscribe(BOOK, back)
    market.publisher.subscribe(BOOK, back, resumed(10))
    assert (links(gone), links(left)) == (chain(1, 3), [])
    drain(market.hub)
    assert (links(gone), links(left)) == ([], [])
    assert links(back) == chain(11, 30)


def test_who_does_not_read_goes_on_where_it_was_and_is_not_blamed() -> None:
    market, _ = pumped()
    market.hub.settings = HubSettings(max_lags=2)
    change(market, range(1, 31))
    inbox = market.subscriber(f"bbo.{BTC}")
    market.publisher.subscribe(BOOK, inbox, resumed(0))
    for eseq in range(31, 37):
        inbox.full = True
        change(market, [eseq])
        assert market.hub.is_lagging(inbox)
        # Nobody makes slices for nothing.
        drain(market.hub)
        inbox.full = False
        assert market.hub.resync(inbox, eseq)
    drain(market.hub)
    pushes = inbox.take()
    books = [(push["type"], push["prev"], push["seq"]) for push in pushes if push["ch"] == BOOK]
    assert books == chain(1, 36)
    # What it has missed of what is not replayed it is told as ever.
    assert [push["type"] for push in pushes if push["ch"] != BOOK].count("gap") > 2
    for eseq in (37, 38, 39):
        inbox.full = True
        change(market, [eseq])
        inbox.full = False
        assert market.hub.resync(inbox, eseq) == (eseq < 39)


def test_it_is_not_told_a_slice_twice_when_it_reads_again() -> None:
    market, _ = pumped()
    change(market, range(1, 31))
    crowd = [market.subscriber(f"bbo.{BTC}") for _ in range(5)]
    inbox = market.subscriber(f"bbo.{BTC}")
    # It waits for its next slice when it stops reading.
    market.publisher.subscribe(BOOK, inbox, resumed(0))
    inbox.full = True
    market.publisher.apply([bid(31, 2_000, 1)])
    market.hub.settings = HubSettings(max_inline=0)
    market.publisher.apply([bid(32, 2_001, 1)])
    # It gets that as soon as it reads again, but behind what waits for the others; and no other until then.
    inbox.full = False
    assert market.hub.resync(inbox, 0)
    while market.hub.queued:
        market.hub.work(1)
    assert links(inbox) == chain(1, 32)
    assert {len(each.take()) for each in crowd} == {2}


def test_a_replay_comes_to_its_end_though_other_pushes_fill_the_connection_each_time() -> None:
    market, _ = pumped()
    change(market, range(1, 31))
    inbox = market.subscriber(f"bbo.{BTC}")
    market.publisher.subscribe(BOOK, inbox, resumed(0))
    eseq = 30
    while market.hub._following[inbox].by_name[BOOK].replay is not None:
        eseq += 1
        inbox.full = True
        change(market, [eseq])
        drain(market.hub)
        inbox.full = False
        market.hub.resync(inbox, eseq * 100 * S)
        assert eseq < 60
    assert links(inbox) == chain(1, eseq)


def test_it_lags_between_its_last_slice_and_the_push_behind_it() -> None:
    market, _ = pumped()
    market.hub.settings = HubSettings(max_inline=0)
    change(market, range(1, 6))
    inbox = Inbox()
    # The only slice waits behind nothing, and in front of the next push.
    market.publisher.subscribe(BOOK, inbox, resumed(3))
    assert inbox.frames == []
    change(market, [6])
    inbox.full = True
    drain(market.hub)
    assert market.hub.is_lagging(inbox)
    change(market, [7])
    inbox.full = False
    assert market.hub.resync(inbox, 0)
    drain(market.hub)
    change(market, [8])
    drain(market.hub)
    assert links(inbox) == chain(4, 8)


def test_who_catches_up_gets_no_heartbeat_that_is_ahead_of_it() -> None:
    market, _ = pumped()
    change(market, range(1, 11))
    inbox = Inbox()
    market.publisher.subscribe(BOOK, inbox, resumed(0))
    market.publisher.on_tick(S)
    market.publisher.on_tick(2 * S)
    assert links(inbox) == chain(1, 3)
    drain(market.hub)
    assert links(inbox) == chain(4, 10)
    market.publisher.on_tick(3 * S)
    drain(market.hub)
    assert links(inbox) == [("heartbeat", 10, 10)]


def test_many_replays_of_one_request_begin_in_slices_too() -> None:
    market, _ = pumped()
    names = [f"book.{BTC}.{depth}.raw" for depth in (1, 5, 10, 20, 50, 100, 500, 1000, 5000)]
    names += [f"book.{ETH}.{depth}.raw" for depth in (1, 5, 10, 20, 50, 100, 500, 1000, 5000)]
    for name in names:
        market.subscriber(name)
    change(market, range(1, 3))
    change(market, range(3, 5), ETH)
    inbox = Inbox()
    for name in names:
        assert market.publisher.subscribe(name, inbox, resumed(0)) == (market.publisher.seq(name), True)
    assert market.hub.replaying.slices == MOST_AT_ONCE
    assert market.hub.queued == len(names) - MOST_AT_ONCE
    drain(market.hub)
    pushes = inbox.take()
    assert {push["ch"] for push in pushes} == set(names)
    for name in names:
        assert [push["seq"] for push in pushes if push["ch"] == name] == ([1, 2] if BTC in name else [3, 4])


def test_a_gateway_that_ends_says_how_far_each_replay_came() -> None:
    market, _ = pumped()
    change(market, range(1, 31))
    first, second = Inbox(), Inbox()
    for inbox in (first, second):
        market.publisher.subscribe(BOOK, inbox, resumed(10))
    market.hub.work(8)
    market.hub.replaying.end()
    assert drain(market.hub) == 0
    assert market.hub.standings(first) == {BOOK: 16}
    assert market.hub.standings(second) == {BOOK: 10}
    market.publisher.subscribe(TRADES, first, resumed(10))
    assert drain(market.hub) == 0
    assert market.hub.standings(first) == {BOOK: 16, TRADES: 13}


def test_at_an_interval_the_first_push_comes_after_the_replay() -> None:
    market, _ = pumped()
    change(market, range(1, 11))
    inbox = Inbox()
    wish = Subscription(mode=Mode.INTERVAL, interval_ns=S // 2, from_seq=5, epoch="e1")
    market.publisher.subscribe(BOOK, inbox, wish)
    change(market, [11])
    market.publisher.on_tick(0)
    drain(market.hub)
    assert links(inbox) == chain(6, 11)
    change(market, [12])
    assert links(inbox) == []
    market.publisher.on_tick(S // 2)
    drain(market.hub)
    assert [push for push in links(inbox) if push[0] != "heartbeat"] == [("snapshot", 0, 12)]
