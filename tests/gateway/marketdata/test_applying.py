"""Both forms of the publisher push and keep the same: compiled for usual events, and plain Python for all."""

import sys
from collections.abc import Sequence
from random import Random
from unittest import mock

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects.native.ws_market_data import NativeEncoder
from gateway.engine import EmbeddedEngine
from gateway.marketdata import (
    ChannelError,
    Hub,
    HubSettings,
    Mode,
    Publisher,
    PublisherSettings,
    ReplayBounds,
    RingBounds,
    StreamBounds,
    Subscription,
    applying,
)
from gateway.marketdata.joining import Joining
from gateway.model import BookDelta, Command, Event, Refuse, Side, Trade
from gateway.ports.market_data import JSON
from tests.gateway.marketdata.exchange import EPOCH, IDS, channels
from tests.gateway.marketdata.hub_floor import Broadcast
from tests.gateway.marketdata.market import TS, Inbox, S
from tests.gateway.matching.flows import FLOWS, random_flow
from tests.gateway.matching.trading_floor import BTC, two_instruments
from tests.other_form import BUILT, COMPILED

SETTINGS = PublisherSettings(
    ring=RingBounds(changes=30),
    replay=ReplayBounds(most=4),
    streams=StreamBounds(max_streams=14, idle_ns=2 * S, ring_items=6, ring_bytes=5_000, ring_age_ns=40 * S),
)
CHANNELS = channels()
# Most: while somebody follows a book order by order, plain Python works.
USUAL_CHANNELS = [name for name in CHANNELS if not name.startswith("l3.")]
SEEDS = st.randoms(use_true_random=True)
HUGE = 2**63 - 1


class Venue:
    """A publisher in one form with four subscribers, who are full at times; connections get pushes joined."""

    def __init__(self, engine: EmbeddedEngine, *, is_plain: bool, are_connections: bool = False) -> None:
        self.is_plain = is_plain
        self.are_connections = are_connections
        self.engine = engine
        self.now = 0
        self.open(None)

    def open(self, state: bytes | None) -> None:
        """Start a publisher, where another one was when it gave its ``state``."""
        self.inboxes = [Inbox(None if self.are_connections else self._look), *(Inbox() for _ in range(3))]
        self.hub = Hub(HubSettings(max_inline=2, max_queued=20, max_lags=1_000_000))
        self.hub.pumped_by(lambda: None)
        if self.are_connections:
            self.hub.sent_by(Broadcast())
        with mock.patch.object(applying, "IS_PLAIN", self.is_plain):
            self.publisher = Publisher(two_instruments(), NativeEncoder(lambda: TS), self.hub, SETTINGS)
        if state is not None:
            self.publisher.restore_state(state)
        self.publisher.set_epoch(EPOCH)
        self.publisher.follow_orders(self.engine.open_orders, IDS)

    def _look(self, inbox: Inbox, frame: bytes) -> None:
        """Look at a book from inside a push: what is published so far is in its snapshot."""
        del frame
        inbox.frames.append(self.publisher.snapshot(f"book.{BTC}").frame(JSON))

    def act(self, random: Random) -> None:
        """Let something happen to the subscribers, or let time pass."""
        inbox = random.choice(self.inboxes)
        act = random.choice(["subscribe"] * 5 + ["unsubscribe", "fill", "drain", "pump", "tick", "restart"])
        if act == "subscribe":
            wish = Subscription(
                mode=random.choice([Mode.EVERY, Mode.EVERY, Mode.CONFLATE, Mode.INTERVAL]),
                interval_ns=S,
                checksum=random.random() < 0.2,
                from_seq=random.choice([None, None, max(self.publisher.eseq - 3, 0)]),
                epoch=EPOCH,
            )
            channel = random.choice(USUAL_CHANNELS if random.random() < 0.98 else CHANNELS)
            try:
                self.publisher.subscribe(channel, inbox, wish, now=self.now)
            except ChannelError as error:
                inbox.frames.append(str(error).encode())
        elif act == "unsubscribe":
            for channel in list(self.hub.followed(inbox))[:1]:
                self.publisher.unsubscribe(channel, inbox)
        elif act == "fill":
            inbox.full = random.random() < 0.3
        elif act == "drain":
            inbox.full = False
            self.hub.resync(inbox, self.now)
        elif act == "pump":
            self.hub.work(random.randint(1, 9))
        elif act == "tick":
            self.now += random.choice([1, S // 100, S, 3 * S])
            self.publisher.on_tick(self.now)
        elif random.random() < 0.2:
            self.open(self.publisher.snapshot_state())

    def rings(self) -> dict[str, tuple[int, ...]]:
        """Return what is kept of each stream that is followed."""
        rings: dict[str, tuple[int, ...]] = {}
        for inbox in self.inboxes:
            for name in self.hub.followed(inbox):
                ring = self.hub._following[inbox].by_name[name].stream.ring
                if ring is not None:
                    rings[name] = (ring.base, ring.last, ring.bytes_held, ring.evicted, len(ring))
        return rings

    def told(self) -> list[list[bytes]]:
        """Return what each subscriber got since the last call."""
        self.hub.work(1_000)
        told = [inbox.frames for inbox in self.inboxes]
        for inbox in self.inboxes:
            inbox.frames = []
        return told


def at_time(command: Command, time: int) -> Command:
    """Return ``command`` as of ``time``."""
    if isinstance(command, Refuse):
        return msgspec.structs.replace(command, request=at_time(command.request, time))
    return msgspec.structs.replace(command, transact_time=time)


def assert_equal_forms(flow: Sequence[Command], random: Random) -> None:
    """Publish in batches, with acts in between; compare what is told and kept after each.

    Times jump: mostly on, now and then back.
    """
    engine = EmbeddedEngine(two_instruments())
    are_connections = random.random() < 0.5
    plain, compiled = (
        Venue(engine, is_plain=is_plain, are_connections=are_connections) for is_plain in (True, False)
    )
    at, time = 0, TS
    while at < len(flow):
        size = random.choice([1, 1, 2, 5, 20])
        for command in flow[at : at + size]:
            time = max(0, time + random.choice([0, 1, 1, S // 10, S, 100 * S, -S]))
            engine.submit(at_time(command, time))
        at += size
        events = engine.drain()
        acts = [random.randrange(2**32) for _ in range(random.randint(0, 3))]
        for venue in (plain, compiled):
            for act in acts:
                venue.act(Random(act))
            venue.publisher.apply(events)
        assert compiled.told() == plain.told()
        assert compiled.publisher.eseq == plain.publisher.eseq
        assert compiled.rings() == plain.rings()
    assert compiled.publisher.snapshot_state() == plain.publisher.snapshot_state()
    for count in ("published", "delivered", "lagged", "resynced", "conflated", "gaps", "overrun", "queued"):
        assert getattr(compiled.hub, count) == getattr(plain.hub, count), count
    assert compiled.publisher.ring_bytes == plain.publisher.ring_bytes


@settings(max_examples=60)
@given(FLOWS, SEEDS)
def test_any_flow(flow: list[Command], random: Random) -> None:
    assert_equal_forms(flow, random)


@settings(max_examples=15)
@given(SEEDS)
def test_long_flows(random: Random) -> None:
    assert_equal_forms(random_flow(random, 300), random)


def test_amounts_that_exceed_64_bits() -> None:
    said: list[list[Event]] = [
        [
            BookDelta(1, 1, TS, BTC, Side.BUY, HUGE - 1, HUGE),
            BookDelta(1, 2, TS, BTC, Side.SELL, HUGE, 5 * HUGE),
        ],
        [Trade(2, 1, TS, BTC, HUGE, HUGE, Side.BUY), BookDelta(2, 2, TS, BTC, Side.SELL, HUGE, 4 * HUGE)],
        [BookDelta(3, 1, TS, BTC, Side.SELL, HUGE, 0), BookDelta(3, 2, TS, BTC, Side.BUY, 1, 9 * HUGE)],
    ]
    told = []
    for is_plain in (True, False):
        venue = Venue(EmbeddedEngine(two_instruments()), is_plain=is_plain)
        for channel in (f"book.{BTC}", f"book.{BTC}.1.raw", f"bbo.{BTC}", f"trades.{BTC}"):
            venue.publisher.subscribe(channel, venue.inboxes[0])
        for events in said:
            venue.publisher.apply(events)
        told.append(venue.told())
    assert told[0] == told[1]
    assert len(told[0][0]) > 10


def test_a_publisher_takes_any_sequence_of_events() -> None:
    venue = Venue(EmbeddedEngine(two_instruments()), is_plain=False)
    venue.publisher.apply(())
    venue.publisher.apply((BookDelta(1, 1, TS, BTC, Side.BUY, 5, 7),))
    assert venue.publisher.book(BTC).levels() == ([(5, 7)], [])


@BUILT
@COMPILED
def test_the_compiled_form_is_used_where_it_is_built() -> None:
    for is_plain in (True, False):
        publisher = Venue(EmbeddedEngine(two_instruments()), is_plain=is_plain).publisher
        assert (publisher.apply == publisher._apply) is is_plain


def test_plain_python_works_where_nothing_was_compiled() -> None:
    with (
        mock.patch.object(applying, "IS_PLAIN", False),
        mock.patch.dict(
            sys.modules, {"gateway.marketdata._applying": None, "gateway.marketdata._publishing": None}
        ),
    ):
        assert type(applying.usual_joining(Hub())) is Joining
        publisher = Publisher(two_instruments(), NativeEncoder(lambda: TS), Hub())
        assert publisher.apply == publisher._apply
