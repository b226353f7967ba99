"""What was missed of a view of a book, or of best prices, is made of the changes that the market keeps."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.marketdata import ReplayBounds, RingBounds, StreamBounds, Subscription, view_replay
from gateway.marketdata.subscription import PublisherSettings
from gateway.model import Event
from tests.gateway.marketdata.market import BTC, Inbox, Market, S, Told, ask, bid, resumed

DEPTH = f"book.{BTC}.5.raw"
BBO = f"bbo.{BTC}"
CHANNELS = [
    (DEPTH, False),
    (DEPTH, True),
    (f"book.{BTC}", True),
    (f"book.{BTC}.5.raw.g10", False),
    (BBO, False),
]


def a_market(changes: int = 4_000, most: int = 1_000, *, pushes: int = 10_000, slice_of: int = 128) -> Market:
    market = Market(
        PublisherSettings(
            ring=RingBounds(changes=changes),
            replay=ReplayBounds(most=most, changes=slice_of, rush=0),
            streams=StreamBounds(ring_items=pushes, idle_ns=S),
        )
    )
    market.publisher.set_epoch("e1")
    return market


def commands(first: int, last: int, seed: int = 1) -> list[list[Event]]:
    """Return the changes of commands: levels come and go, and let others into a view or push them out."""
    drawn = random.Random(seed * 1_000_003 + first)
    found: list[list[Event]] = []
    for eseq in range(first, last + 1):
        made: list[Event] = [
            bid(eseq, 900 + drawn.randrange(60), drawn.choice((0, 0, 1, 2)))
            for _ in range(drawn.randint(1, 3))
        ]
        if drawn.random() < 0.5:
            made.append(ask(eseq, 1_000 + drawn.randrange(60), drawn.choice((0, 0, 1, 2))))
        found.append(made)
    return found


def apply(market: Market, first: int, last: int, seed: int = 1) -> None:
    for command in commands(first, last, seed):
        market.publisher.apply(command)


def restarted(market: Market, **bounds: int) -> Market:
    """Return a market that goes on where ``market`` is, in another life."""
    other = a_market(**bounds)
    other.publisher.restore_state(market.publisher.snapshot_state())
    return other


def follow(market: Market, channel: str, wish: Subscription) -> Inbox:
    inbox = Inbox()
    assert market.publisher.subscribe(channel, inbox, wish) is not None
    return inbox


def wishes(*, checksum: bool, seq: int | None = None) -> Subscription:
    return Subscription(checksum=checksum, from_seq=seq, epoch="" if seq is None else "e1")


def state_after(pushes: list[Told], channel: str) -> object:
    """Return what one shows who takes over ``pushes``, each of which goes on where the one before ended."""
    sides: dict[str, dict[int, int]] = {"bids": {}, "asks": {}}
    best: object = None
    for push in pushes:
        if channel == BBO:
            best = push["bid"], push["ask"]
            continue
        if push["type"] == "snapshot":
            sides = {"bids": {}, "asks": {}}
        for side, levels in sides.items():
            for price, quantity in push[side]:
                levels[price] = quantity
                if not quantity:
                    del levels[price]
    return best if channel == BBO else sides


@pytest.mark.parametrize(("channel", "checksum"), CHANNELS)
@pytest.mark.parametrize("back", [3, 100, 390, 900])
def test_over_a_restart_it_is_what_was_pushed(channel: str, back: int, *, checksum: bool) -> None:
    market = a_market()
    apply(market, 1, 50)
    live = follow(market, channel, wishes(checksum=checksum))
    live.take()
    apply(market, 51, 1_000)
    pushed = live.take()
    seq = max((push["seq"] for push in pushed if push["seq"] <= 1_000 - back), default=pushed[0]["prev"])
    missed = [push for push in pushed if push["seq"] > seq]
    other = restarted(market, most=10_000)
    late = Inbox()
    joined = other.publisher.subscribe(channel, late, wishes(checksum=checksum, seq=seq))
    assert joined is not None
    assert joined.recovered
    told = late.take()
    if len(told) > len(missed):
        # The stream stands where the book does: a push says so that changes nothing.
        assert (told[-1]["prev"], told[-1]["seq"]) == (pushed[-1]["seq"], joined.seq)
        assert told[-1].get("bids", []) == []
        told.pop()
    assert told == missed
    other.publisher.apply([bid(1_001, 990, 7)])
    if channel != BBO:
        assert [push["prev"] for push in late.take()] == [joined.seq]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(CHANNELS),
    st.integers(1, 400),
    st.integers(0, 420),
    st.sampled_from([1_000, 10, 1]),
    st.integers(0, 1 << 20),
)
def test_from_any_place_it_leads_to_what_the_stream_shows(
    variant: tuple[str, bool], last: int, back: int, most: int, seed: int
) -> None:
    channel, checksum = variant
    seq = max(last - back, 0)
    market = a_market(most=most)
    apply(market, 1, seq, seed)
    known = follow(market, channel, wishes(checksum=checksum)).take()
    apply(market, seq + 1, last, seed)
    market = restarted(market, most=most)
    late = Inbox()
    joined = market.publisher.subscribe(channel, late, wishes(checksum=checksum, seq=seq))
    if channel == BBO and joined is not None and not joined.recovered:
        assert joined.seq < seq
        return
    assert joined is not None
    assert joined.recovered
    apply(market, last + 1, last + 20, seed)
    told = late.take()
    place = seq
    for push in told:
        assert push["prev"] == place
        place = push["seq"]
    now = follow(market, channel, wishes(checksum=checksum)).take()
    shown = state_after([*known, *told], channel)
    if channel == BBO and not told:
        return
    assert shown == state_after(now, channel)
    if checksum and told:
        assert told[-1]["checksum"] == now[-1]["checksum"]


def test_a_stream_whose_recent_pushes_do_not_go_so_far_is_replayed_from_the_changes() -> None:
    market = a_market(pushes=10, most=10_000)
    live = follow(market, DEPTH, wishes(checksum=False))
    live.take()
    apply(market, 1, 500)
    pushed = live.take()
    late = Inbox()
    seq = pushed[20]["seq"]
    assert market.publisher.subscribe(DEPTH, late, resumed(seq)) == (pushed[-1]["seq"], True)
    assert late.take() == pushed[21:]
    assert market.publisher.resume(DEPTH, seq, "e1")
    apply(market, 501, 510)
    assert late.take() == live.take() != []


def test_a_long_one_comes_in_slices_between_which_others_go_on() -> None:
    market = a_market(pushes=10, slice_of=16, most=100)
    live = follow(market, DEPTH, wishes(checksum=False))
    [begin] = live.take()
    apply(market, 1, 900)
    market.hub.pumped_by(lambda: None)
    late = Inbox()
    assert market.publisher.subscribe(DEPTH, late, resumed(0)) is not None
    eseq = 900
    slices = []
    while market.hub.queued:
        if eseq < 950:
            eseq += 1
            apply(market, eseq, eseq)
        market.hub.work(8)
        slices.append(late.take())
    assert max(map(len, slices)) <= 2
    told = [push for part in slices for push in part]
    assert len(told) <= 200
    assert [push["prev"] for push in told] == [0, *(push["seq"] for push in told[:-1])]
    assert sum(push.get("conflated", 1) for push in told) == len(live.take())
    now = follow(market, DEPTH, wishes(checksum=False)).take()
    assert state_after([begin, *told], DEPTH) == state_after(now, DEPTH)
    apply(market, eseq + 1, eseq + 30)
    assert late.take() == live.take() != []


def test_who_takes_only_some_of_a_slice_gets_the_others_later() -> None:
    market = a_market(pushes=10)
    live = follow(market, DEPTH, wishes(checksum=False))
    live.take()
    apply(market, 1, 300)
    pushed = live.take()
    late = Inbox()
    told: list[Told] = []

    def fill_up(inbox: Inbox, _: bytes) -> None:
        inbox.full = len(inbox.frames) % 5 == 0

    late.then = fill_up
    market.publisher.subscribe(DEPTH, late, resumed(0))
    while market.hub.is_lagging(late):
        told += late.take()
        late.full = False
        assert market.hub.resync(late, 0)
    told += late.take()
    assert told == pushed


def test_changes_that_go_while_it_is_under_way_are_a_gap_and_a_snapshot() -> None:
    market = a_market(changes=300, pushes=10)
    apply(market, 1, 100)
    market.hub.pumped_by(lambda: None)
    late = Inbox()
    market.publisher.subscribe(DEPTH, late, resumed(1))
    apply(market, 101, 2_000)
    while market.hub.queued:
        market.hub.work(8)
    assert [push["type"] for push in late.take()] == ["gap", "snapshot"]


@pytest.mark.parametrize(("channel", "seq"), [(DEPTH, 5), (f"book.{BTC}.5.1s", 990), (f"ticker.{BTC}", 990)])
def test_what_is_not_kept_is_a_snapshot(channel: str, seq: int) -> None:
    market = a_market(changes=300)
    apply(market, 1, 1_000)
    late = Inbox()
    joined = market.publisher.subscribe(channel, late, resumed(seq))
    assert joined is not None
    assert joined.recovered is False
    assert [push["type"] for push in late.take()] == ["snapshot"]


def test_no_more_go_on_at_a_time_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_replay, "MAX_LEVELS", 2_500)
    market = a_market()
    apply(market, 1, 300)
    market.hub.pumped_by(lambda: None)
    inboxes = [Inbox() for _ in range(3)]
    joined = [market.publisher.subscribe(DEPTH, inbox, resumed(10)) for inbox in inboxes]
    assert [found is not None and found.recovered for found in joined] == [True, True, False]
    while market.hub.queued:
        market.hub.work(8)
    assert market.publisher.subscribe(BBO, inboxes[2], resumed(10)) == (market.publisher.seq(BBO), True)


def test_of_channels_that_cannot_be_made_anew_more_pushes_are_kept() -> None:
    market = a_market(changes=300, pushes=10)
    names = [DEPTH, f"ticker.{BTC}"]
    for name in names:
        follow(market, name, wishes(checksum=False))
    for eseq in range(1, 2_001):
        market.publisher.apply([bid(eseq, 990, 1 + eseq % 3)])
    assert len(market.publisher.resume(names[1], 1_901, "e1") or ()) == 99
    assert market.publisher.resume(names[1], 1_899, "e1") is None
    assert len(market.publisher.resume(names[0], 1_995, "e1") or ()) == 5
    assert market.publisher.resume(names[0], 2, "e1") is None
