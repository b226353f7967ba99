"""The pushes of a turn reach a few connections joined, in their order; nobody else notices."""

import re
from unittest import mock

import pytest

from gateway.dialects.native.ws_market_data import NativeEncoder
from gateway.marketdata import Hub, HubSettings, Publisher, applying, joining
from gateway.model import BookDelta, Event, Side, Trade
from gateway.ports.market_data import FIRST_FIX_FORM, JSON, PushEncoder
from tests.gateway.marketdata.hub_floor import Broadcast
from tests.gateway.marketdata.market import TS, Inbox, S
from tests.gateway.matching.trading_floor import BTC, two_instruments

CHANNELS = (f"book.{BTC}", f"bbo.{BTC}", f"trades.{BTC}")


class Venue:
    """A publisher whose subscribers, if they are ``joined``, get what a turn says in one piece."""

    def __init__(self, *, is_plain: bool, joined: bool = True) -> None:
        self.hub = Hub(HubSettings(max_inline=4))
        self.hub.pumped_by(lambda: None)
        if joined:
            self.hub.sent_by(Broadcast())
        encoder: PushEncoder = NativeEncoder(lambda: TS)
        with mock.patch.object(applying, "IS_PLAIN", is_plain):
            self.publisher = Publisher(two_instruments(), encoder, self.hub)
        self.publisher.add_encoder(FIRST_FIX_FORM, encoder)

    def following(self, *channels: str, form: int = JSON) -> Inbox:
        """Return who follows ``channels``, and has their snapshots."""
        inbox = Inbox()
        inbox.form = form
        for channel in channels:
            self.publisher.subscribe(channel, inbox)
        inbox.frames = []
        return inbox


def command(eseq: int) -> list[Event]:
    """Return the events of a command that trades."""
    return [
        Trade(eseq, 1, TS, BTC, 5, eseq, Side.BUY),
        BookDelta(eseq, 2, TS, BTC, Side.SELL, 5, 1_000 + eseq),
        BookDelta(eseq, 3, TS, BTC, Side.BUY, 4, 2_000 + eseq),
    ]


def turn(first: int, commands: int) -> list[Event]:
    return [event for eseq in range(first, first + commands) for event in command(eseq)]


FORMS = pytest.mark.parametrize("is_plain", [True, False])


@FORMS
def test_a_turn_is_one_piece_and_says_what_the_pushes_say(is_plain: bool) -> None:
    joined, single = Venue(is_plain=is_plain), Venue(is_plain=is_plain, joined=False)
    pairs = [(joined.following(*names), single.following(*names)) for names in (CHANNELS, CHANNELS[1:])]
    for venue in (joined, single):
        # The first push of a stream finds out who is there.
        for turn_of in (turn(1, 1), turn(2, 10), turn(12, 10)):
            venue.publisher.apply(turn_of)
    for one, other in pairs:
        assert b"".join(one.frames) == b"".join(other.frames)
        assert len(one.frames) - 2 == len(other.frames) / 21
    for count in ("published", "delivered"):
        assert getattr(joined.hub, count) == getattr(single.hub, count)


@FORMS
def test_who_refuses_has_missed_the_turn(is_plain: bool) -> None:
    venue = Venue(is_plain=is_plain)
    slow, quick = venue.following(*CHANNELS), venue.following(CHANNELS[0])
    venue.publisher.apply(turn(1, 10))
    slow.full = True
    slow.frames, quick.frames = [], []
    venue.publisher.apply(turn(11, 10))
    venue.publisher.apply(turn(21, 10))
    assert venue.hub.is_lagging(slow)
    assert not slow.frames
    assert len(quick.frames) == 2
    assert venue.hub.lagged == 1
    slow.full = False
    assert venue.hub.resync(slow, S)
    told = b"".join(slow.frames).decode("latin-1")
    gaps = re.findall(r'"ch":"([^"]+)","type":"gap"[^}]*"data":{"from":(\d+),"to":(\d+)}', told)
    assert gaps == [(f"{kind}.{BTC}", "10", "30") for kind in ("trades", "book", "bbo")]
    assert venue.hub.gaps == 3


@FORMS
def test_what_may_wait_to_be_joined_is_bounded(is_plain: bool) -> None:
    venue = Venue(is_plain=is_plain)
    inbox = venue.following(*CHANNELS)
    venue.publisher.apply(turn(1, 1))
    inbox.frames = []
    venue.publisher.apply(turn(2, 400))
    sizes = [len(frame) for frame in inbox.frames]
    assert len(sizes) > 2
    assert all(joining.MOST_JOINED < size < joining.MOST_JOINED + 500 for size in sizes[:-1])


@FORMS
def test_others_are_pushed_to_at_once_and_in_order(is_plain: bool) -> None:
    venue = Venue(is_plain=is_plain)
    both, fix = venue.following(*CHANNELS), venue.following(CHANNELS[0], form=FIRST_FIX_FORM)
    venue.publisher.apply(turn(1, 1))
    both.frames, fix.frames = [], []
    venue.publisher.apply(turn(2, 2))
    assert len(fix.frames) == 2
    assert [frame.count(b'"ch":"') for frame in both.frames] == [1, 1, 2, 1, 1]
    channels = [part.split(b'"', 1)[0] for frame in both.frames for part in frame.split(b'"ch":"')[1:]]
    trades, book, bbo = (channel.encode() for channel in (CHANNELS[2], CHANNELS[0], CHANNELS[1]))
    assert channels == [trades, book, bbo] * 2


@FORMS
def test_a_stream_whose_receivers_all_lag_cuts_no_piece_short(is_plain: bool) -> None:
    venue = Venue(is_plain=is_plain)
    both, fix = venue.following(*CHANNELS[::2]), venue.following(CHANNELS[1], form=FIRST_FIX_FORM)
    venue.publisher.apply(turn(1, 1))
    fix.full = True
    venue.publisher.apply(turn(2, 1))
    assert venue.hub.is_lagging(fix)
    both.frames = []
    venue.publisher.apply(turn(3, 5))
    assert [frame.count(b'"ch":"') for frame in both.frames] == [10]
    fix.full, fix.frames = False, []
    assert venue.hub.resync(fix, S)
    assert b'"data":{"from":1,"to":7}' in fix.frames[0]


@FORMS
def test_nothing_is_joined_outside_of_a_turn(is_plain: bool) -> None:
    venue = Venue(is_plain=is_plain)
    inbox = venue.following(f"book.{BTC}.10.100ms")
    venue.publisher.apply(turn(1, 2))
    assert not inbox.frames
    venue.publisher.on_tick(S)
    assert len(inbox.frames) == 1


@FORMS
def test_nothing_comes_after_a_failure(is_plain: bool) -> None:
    venue = Venue(is_plain=is_plain)
    inbox = venue.following(*CHANNELS)
    venue.publisher.apply(turn(1, 1))
    inbox.frames = []
    with pytest.raises(KeyError):
        venue.publisher.apply([*turn(2, 1), BookDelta(3, 1, TS, "NONE", Side.BUY, 4, 1)])
    before = inbox.frames
    inbox.frames = []
    venue.publisher.on_tick(S)
    assert not inbox.frames
    assert len(before) <= 1
