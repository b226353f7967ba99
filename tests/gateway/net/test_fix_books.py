"""What W and X say is what the WebSocket book says, at every engine sequence, over random sessions."""

from collections.abc import Sequence
from random import Random

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects.native.fix_market_data import Wanted
from gateway.dialects.native.fix_refreshes import FixRefreshEncoder
from gateway.dialects.native.ws_market_data import NativeEncoder
from gateway.marketdata import Hub, Mode, Publisher, Subscription
from gateway.matching import MatchingEngine
from gateway.model import Command
from gateway.net.fix_subscription import MarketDataSubscription
from gateway.ports.market_data import FIRST_FIX_FORM, JSON
from tests.gateway.matching.flows import FLOWS, random_flow
from tests.gateway.matching.trading_floor import BTC, two_instruments
from tests.gateway.net.fix_books import Follower, Speaker, begin

CHANGES = Subscription(mode=Mode.CONFLATE)
VERSIONS = [(b"FIX.4.2", False), (b"FIX.4.4", False), (b"FIX.4.4", True), (b"FIXT.1.1", False)]
WHOLE = Wanted(bids=True, offers=True, trades=True, depth=0)
TOP_5 = Wanted(bids=True, offers=True, trades=False, depth=5)
TOP = Wanted(bids=True, offers=True, trades=False, depth=1)
OFFERS = Wanted(bids=False, offers=True, trades=False, depth=0)
NOW = 1_767_225_600_000_000_000


class WsReader:
    """A WebSocket subscriber that keeps the book and the trades."""

    form = JSON

    def __init__(self) -> None:
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.trades: list[str] = []
        self.eseq = 0

    def push(self, frame: bytes) -> bool:
        push = orjson.loads(frame[frame.index(b'{"ch"') :])
        data = push["data"]
        if push["ch"].startswith("trades"):
            self.trades += [trade["trade_id"] for trade in data]
            return True
        if push["type"] == "snapshot":
            self.bids, self.asks = {}, {}
        for side, levels in ((self.bids, data["bids"]), (self.asks, data["asks"])):
            for price, quantity in levels:
                side.pop(price, None)
                if quantity != "0":
                    side[price] = quantity
        self.eseq = push["seq"]
        return True


class Exchange:
    """An engine, its market data, a WebSocket reader, and FIX followers that come when told."""

    def __init__(self) -> None:
        instruments = two_instruments()
        self.engine = MatchingEngine(instruments)
        self.hub = Hub()
        self.publisher = Publisher(instruments, NativeEncoder(lambda: NOW), self.hub)
        for number, (begin_string, extra_tags) in enumerate(VERSIONS):
            encoder = FixRefreshEncoder(begin_string, extra_tags=extra_tags, clock=lambda: NOW)
            self.publisher.add_encoder(FIRST_FIX_FORM + number, encoder)
        self.ws = WsReader()
        self.publisher.subscribe(f"book.{BTC}", self.ws)
        self.publisher.subscribe(f"trades.{BTC}", self.ws)
        self.followers: list[tuple[Wanted, Follower]] = []

    def follow(self, version: int, wanted: Wanted) -> Speaker:
        """Let a follower come."""
        begin_string, extra_tags = VERSIONS[version]
        speaker = Speaker(begin_string, extra_tags=extra_tags)
        subscription = MarketDataSubscription(
            speaker, FIRST_FIX_FORM + version, b"md-1", BTC, wanted, "changes"
        )
        begin(self.publisher, subscription, CHANGES)
        sides = ("0" if wanted.bids else "") + ("1" if wanted.offers else "")
        self.followers.append((wanted, Follower(speaker, sides)))
        return speaker

    def work(self, command: Command) -> None:
        self.publisher.apply(self.engine.work(command))

    def check(self) -> None:
        """Compare everybody who reads with the WebSocket reader, at the same engine sequence."""
        for wanted, follower in self.followers:
            if not follower.speaker.can_say:
                continue
            follower.follow()
            depth = wanted.depth or None
            sides = {"0": best(self.ws.bids, depth, reverse=True), "1": best(self.ws.asks, depth)}
            assert follower.book == {side: sides[side] for side in follower.book}
            if not wanted.depth and len(follower.book) == 2:
                assert follower.eseq == self.ws.eseq
            if wanted.trades:
                assert follower.trades == self.ws.trades


def best(side: dict[str, str], depth: int | None, *, reverse: bool = False) -> dict[str, str]:
    """Return the best levels of a side."""
    return dict(sorted(side.items(), key=lambda level: float(level[0]), reverse=reverse)[:depth])


def play(flow: Sequence[Command], turns: Sequence[int]) -> None:
    """Work a flow; whoever's turn it is stops reading, or reads again, before each command."""
    exchange = Exchange()
    speakers = [
        exchange.follow(version, wanted)
        for version in range(len(VERSIONS))
        for wanted in (WHOLE, TOP_5, TOP, OFFERS)
    ]
    exchange.check()
    for number, command in enumerate(flow):
        speaker = speakers[turns[number % len(turns)] % len(speakers)]
        if speaker.can_say:
            speaker.can_say = False
        else:
            speaker.drain(exchange.hub)
        exchange.work(command)
        exchange.check()
    for speaker in speakers:
        speaker.drain(exchange.hub)
    # Whoever comes now is told the same as who was there from the beginning.
    exchange.follow(1, WHOLE._replace(trades=False))
    exchange.check()


@settings(max_examples=40)
@given(FLOWS, st.lists(st.integers(0, 15), min_size=1, max_size=8))
def test_fix_and_websocket_tell_the_same_book_at_every_engine_sequence(
    flow: list[Command], turns: list[int]
) -> None:
    play(flow, turns)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 15), min_size=1, max_size=40))
def test_so_they_do_over_long_sessions(seed: int, turns: list[int]) -> None:
    play(random_flow(Random(seed), 250), turns)


@pytest.mark.parametrize("version", range(len(VERSIONS)))
def test_a_follower_that_never_stops_reading_gets_one_refresh(version: int) -> None:
    exchange = Exchange()
    exchange.follow(version, WHOLE)
    for command in random_flow(Random(7), 400):
        exchange.work(command)
        exchange.check()
    [(_, follower)] = exchange.followers
    assert follower.refreshes == 1
    assert len(follower.trades) > 20


def test_full_refreshes_come_at_an_interval_and_are_whole() -> None:
    exchange = Exchange()
    speaker = Speaker(b"FIX.4.4")
    subscription = MarketDataSubscription(speaker, FIRST_FIX_FORM + 1, b"md-1", BTC, WHOLE, "full")
    begin(exchange.publisher, subscription, Subscription(mode=Mode.INTERVAL, interval_ns=100), now=1000)
    [first] = speaker.take()
    assert first.fields[268] == "2"
    flow = random_flow(Random(5), 200)
    for command in flow:
        exchange.work(command)
    assert speaker.take() == []
    exchange.publisher.on_tick(1099)
    assert speaker.take() == []
    exchange.publisher.on_tick(1100)
    follower = Follower(speaker)
    messages = speaker.told[:]
    follower.follow()
    # The book and the trades are told of one after the other; the second W is right with both.
    assert [message.msg_type for message in messages] == ["W", "W"]
    entries = list(messages[-1].entries(269))
    assert follower.book == {"0": exchange.ws.bids, "1": exchange.ws.asks}
    assert [entry[299] for entry in entries if entry[269] == "2"] == exchange.ws.trades


def test_a_change_before_the_first_refresh_is_not_taken() -> None:
    exchange = Exchange()
    speaker = Speaker(b"FIX.4.4")
    subscription = MarketDataSubscription(speaker, FIRST_FIX_FORM + 1, b"md-1", BTC, WHOLE, "changes")
    assert subscription.push(b"book\n55=BTC-KRW\x01\n\n0\n\n0\n")
    assert not subscription.push(b"book changes\n\n\n1\n279=0\x01\n0\n")
    assert speaker.behind == [subscription]
    assert speaker.take() == []
    exchange.publisher.on_tick(0)


def test_who_has_what_it_asked_for_is_told_nothing_more() -> None:
    exchange = Exchange()
    speaker = Speaker(b"FIX.4.4")
    once = MarketDataSubscription(speaker, FIRST_FIX_FORM + 1, b"md-1", BTC, WHOLE, "nothing")
    begin(exchange.publisher, once, CHANGES)
    assert [message.msg_type for message in speaker.take()] == ["W"]
    assert speaker.over == [once]
    for command in random_flow(Random(3), 30):
        exchange.work(command)
    assert speaker.take() == []
