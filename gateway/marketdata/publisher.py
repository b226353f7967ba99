"""From engine events to pushes: what was committed, told on all streams with its place in the sequence.

NOT here: how a push is encoded (``ports.PushEncoder``, which a dialect implements), who receives it
(``hub``), what one instrument's streams say (``market``).
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from gateway.marketdata.applying import Apply, usual_apply, usual_joining
from gateway.marketdata.beginning import Beginning
from gateway.marketdata.book import Book
from gateway.marketdata.catalog import Catalog, StreamBounds, pulses
from gateway.marketdata.catch_up import catch_up
from gateway.marketdata.channels import Channel, ChannelError, ChannelKind, parse_channel
from gateway.marketdata.hub import Hub
from gateway.marketdata.l3_stream import L3Feed, OrderBooks, OrderSource
from gateway.marketdata.market import Market
from gateway.marketdata.membership import earlier
from gateway.marketdata.order_ids import OrderIds
from gateway.marketdata.publisher_state import (
    PackedChanges,
    encode_publisher,
    packed_changes,
    prepend_changes,
    restore_publisher,
)
from gateway.marketdata.replay import Replay, replay_book, replay_pushes, replay_trades, split_snapshot
from gateway.marketdata.stream import Imprint, Stream
from gateway.marketdata.subscription import Joined, PublisherSettings, Subscription
from gateway.marketdata.view_replay import ViewReplay, ViewReplays, is_logged
from gateway.model import BookDelta, Event, Instruments, InstrumentStatus, Trade, TradingStatus
from gateway.ports.market_data import FIRST_FIX_FORM, JSON, Push, PushEncoder, Subscriber

_PLAIN = Subscription()
_eseq = attrgetter("eseq")


class Publisher:
    """Applies engine events and pushes what they changed, one push per stream and engine sequence.

    Of each command and instrument the order is trades, orders, book, best prices, ticker and candles, status;
    so a book change is never seen before the trade that made it. Streams at a speed push on their tick.
    Positions of ``book``, ``bbo``, ``trades`` and ``status`` advance whether somebody follows or not; only
    then is anything encoded.

    ``apply`` takes committed events in ``eseq`` order, all events of a command in one call. ``encoder`` is
    for JSON. ``now`` is monotonic ns; ``on_tick`` is to be called at ``next_deadline``. It may have come
    nearer since it was last asked for only when ``alert`` is on.
    """

    def __init__(
        self,
        instruments: Instruments,
        encoder: PushEncoder,
        hub: Hub,
        settings: PublisherSettings | None = None,
    ) -> None:
        self._instruments = instruments
        self._settings = settings = settings or PublisherSettings()
        self._hub = hub
        self.alert = hub.alert
        self._joining = usual_joining(hub)
        self._imprint = imprint = Imprint(self._joining.publish, hub.stir)
        self._markets = {
            symbol: Market(instrument, imprint, settings.ring) for symbol, instrument in instruments.items()
        }
        self._pulses = pulses(hub.alert)
        self._catalog = catalog = Catalog(self._markets, self._pulses, imprint, settings.streams)
        self.apply: Final[Apply] = usual_apply(self._markets, imprint, catalog, self._joining, self._apply)
        self.channels = tuple(self._catalog.fixed)
        self._view_replays = ViewReplays()
        self.add_encoder(JSON, encoder)

    @property
    def eseq(self) -> int:
        """The engine sequence up to which all is applied."""
        return self._imprint.eseq

    @property
    def epoch(self) -> str:
        """The name of the log that the numbers belong to; none before ``set_epoch``."""
        return self._imprint.epoch

    @property
    def streams(self) -> int:
        """How many streams are there because somebody follows or followed them."""
        return self._catalog.count

    @property
    def ring_bytes(self) -> int:
        """How many bytes that takes which is kept for resume: packed changes, and recent pushes, about."""
        packed = sum(market.deltas.size + market.past_trades.size for market in self._markets.values())
        return packed + self._catalog.ring_bytes

    @property
    def rings_cut(self) -> int:
        """How often recent pushes of a stream were forgotten because those of all took too much."""
        return self._catalog.rings_cut

    def bound_streams(self, bounds: StreamBounds) -> None:
        """Have other bounds of streams from now on."""
        self._catalog.bounds = bounds

    def set_epoch(self, epoch: str) -> None:
        """Say which log the numbers belong to: after all of an earlier life, before anybody subscribes."""
        self._imprint.epoch = epoch
        self._imprint.began = self._imprint.eseq

    def add_encoder(self, form: int, encoder: PushEncoder) -> None:
        """Encode with ``encoder`` for subscribers of ``form``."""
        self._imprint.encoders[form] = encoder

    def follow_orders(self, source: OrderSource, ids: OrderIds) -> None:
        """Offer the books order by order; ``source`` is asked when somebody follows one."""
        self._catalog.l3 = L3Feed(tuple(self._instruments), ids, source)

    def orders_arrived(self, eseq: int, orders: OrderBooks) -> None:
        """Take over what the source of orders gives later than it was asked."""
        l3 = self._catalog.l3
        if l3 is not None:
            l3.restore(eseq, orders)
            self._begin_orders(l3)

    @property
    def follows_orders(self) -> bool:
        """Whether somebody follows, or did not long ago, a book order by order."""
        l3 = self._catalog.l3
        return l3 is not None and bool(l3.streams)

    # ---- what happened

    def follow(self, events: Sequence[Event]) -> None:
        """Apply events as ``apply`` does, but tell nobody: an earlier life did.

        Only before the first subscription.
        """
        if events:
            catch_up(self._markets, events)
            self._imprint.eseq = events[-1].eseq

    def _apply(self, events: Sequence[Event], /) -> None:
        """Apply events as ``apply`` says, in plain Python; the twin is in ``_applying.pyx``."""
        l3 = self._catalog.l3
        if l3 is not None and l3.streams:
            for eseq, command in groupby(events, _eseq):
                self._apply_with_orders(l3, eseq, list(command))
            return
        self._joining.open()
        try:
            self._apply_usual(events)
        finally:
            self._joining.close()

    def _apply_usual(self, events: Sequence[Event]) -> None:
        """Apply events while nobody follows a book order by order."""
        imprint, markets = self._imprint, self._markets
        dirty: dict[str, Market] = {}
        eseq = imprint.eseq
        for event in events:
            if event.eseq != eseq:
                if dirty:
                    for market in dirty.values():
                        market.flush(eseq)
                    dirty.clear()
                imprint.eseq = eseq
                eseq = event.eseq
            if type(event) is BookDelta:
                symbol = event.symbol
                market = dirty[symbol] = markets[symbol]
                market.changes.append(event)
            elif type(event) is Trade:
                market = dirty[event.symbol] = markets[event.symbol]
                market.new_trades.append(event)
            elif type(event) is InstrumentStatus and event.symbol in markets:
                market = dirty[event.symbol] = markets[event.symbol]
                market.new_status = event
        for market in dirty.values():
            market.flush(eseq)
        imprint.eseq = eseq

    def reach(self, eseq: int) -> None:
        """Note that all up to ``eseq`` is applied: what came since the last event changed no market."""
        if eseq > self._imprint.eseq:
            self._imprint.eseq = eseq
            if self._catalog.l3 is not None:
                self._begin_orders(self._catalog.l3)

    def _apply_with_orders(self, l3: L3Feed, eseq: int, events: Sequence[Event]) -> None:
        """Apply one command while somebody follows a book order by order."""
        # A book that has all before it begins with that, though of the last of them nothing was to be told.
        self.reach(eseq - 1)
        orders = l3.apply(events)
        markets = self._markets
        dirty: dict[str, Market] = {}
        for event in events:
            if isinstance(event, BookDelta | Trade | InstrumentStatus) and event.symbol in markets:
                market = dirty[event.symbol] = markets[event.symbol]
                if isinstance(event, BookDelta):
                    market.changes.append(event)
                elif isinstance(event, Trade):
                    market.new_trades.append(event)
                else:
                    market.new_status = event
        for symbol in orders:
            dirty[symbol] = markets[symbol]
        for symbol, market in dirty.items():
            market.flush(eseq, orders.get(symbol, ()), events[0].transact_time)
        self._imprint.eseq = eseq
        self._begin_orders(l3)

    def _begin_orders(self, l3: L3Feed) -> None:
        """Let the streams of orders begin that have waited for what was committed meanwhile."""
        eseq = self._imprint.eseq
        if not l3.is_ready(eseq):
            return
        for symbol, stream in l3.streams.items():
            if not stream.ready:
                stream.ready = True
                stream.place(eseq, self._markets[symbol].book.ts)
                if stream.ring is not None:
                    stream.ring.reset(eseq)
                self._hub.begin(stream)

    # ---- time

    def pass_time(self, utc_ns: int) -> None:
        """Push what changes by itself: all that was stamped before ``utc_ns`` is applied."""
        eseq = self._imprint.eseq
        for market in self._markets.values():
            market.pass_time(utc_ns, eseq)

    def on_tick(self, now: int) -> None:
        """Push what is due: streams at a speed, members at an interval, heartbeats. Drop unused streams."""
        hub = self._hub
        # In front of what is pushed now.
        hub.due.look(now, hub.settings.heartbeat_ns)
        for pulse in self._pulses.values():
            pulse.on_tick(now)
        hub.on_tick(now)
        abandoned, hub.abandoned = hub.abandoned, []
        for stream in abandoned:
            self._catalog.rest(stream, now)
        self._catalog.on_tick(now)

    def next_deadline(self) -> int | None:
        """Return when ``on_tick`` is to be called; ``None``: not before another call changes that."""
        self.alert.is_on = False
        if self._hub.abandoned:
            return 0
        deadline = earlier(self._hub.next_deadline(), self._catalog.next_deadline())
        for pulse in self._pulses.values():
            deadline = earlier(deadline, pulse.next_deadline())
        return deadline

    # ---- who follows

    def subscribe(
        self, channel: str, subscriber: Subscriber, wish: Subscription = _PLAIN, *, now: int = 0
    ) -> Joined | None:
        """Subscribe, and push what brings the subscriber to where the pushes go on.

        That is what it missed, if that is asked for and kept, else a snapshot. Much comes in slices, each
        when the hub works; then the pushes go on behind the last one. ``None``: it follows the channel
        already. Raises ``ChannelError``.
        """
        parsed = parse_channel(channel, self._instruments)
        if self._hub.follows(subscriber, channel):
            return None
        stream = self._catalog.open(parsed, checksum=wish.checksum, is_guest=wish.is_guest)
        if parsed.kind is ChannelKind.L3 and self._catalog.l3 is not None:
            self._begin_orders(self._catalog.l3)
        admits = self._hub.replaying.admits
        # FIX has its own bounds, and wants its first snapshot at once.
        may_wait = stream.ready and subscriber.form < FIRST_FIX_FORM
        is_late = stream.is_stale and may_wait and not admits(stream.effort)
        if not is_late:
            stream.refresh()
        from_seq, joined, pace = wish.from_seq, stream.seq, (wish.mode, wish.interval_ns)
        if from_seq is not None:
            replay = self._replay(parsed, stream, from_seq, wish.epoch)
            if replay is not None:
                member = self._hub.subscribe(stream, subscriber, *pace, replay)
                self._hub.replay(member, from_seq, now)
                return Joined(joined, recovered=True)
        recovered = None if from_seq is None else False
        is_wanted = wish.snapshot or from_seq is not None
        if is_late or (may_wait and is_wanted and not admits(stream.effort)):
            beginning = Beginning(stream, None if is_wanted else joined)
            self._hub.replaying.put_off(self._hub.subscribe(stream, subscriber, *pace, beginning), now)
            return Joined(joined, recovered)
        member = self._hub.subscribe(stream, subscriber, *pace)
        stream.refresh()
        if stream.ready:
            self._hub.send(member, [stream.snapshot()] if is_wanted else [], now)
        return Joined(joined, recovered)

    def unsubscribe(self, channel: str, subscriber: Subscriber) -> bool:
        """Push nothing more of ``channel``; return ``False`` when it was not followed."""
        return self._hub.unsubscribe(channel, subscriber)

    def seq(self, channel: str) -> int:
        """Return where ``channel`` stands. Raises ``ChannelError``."""
        return self._find(parse_channel(channel, self._instruments)).seq

    def snapshot(self, channel: str) -> Push:
        """Return the state of ``channel``; the next push on it has the snapshot's ``seq`` as ``prev``.

        Raises ``ChannelError``.
        """
        stream = self._find(parse_channel(channel, self._instruments))
        if not stream.ready:
            raise ChannelError("state", "a channel whose first snapshot is there", channel)
        return stream.snapshot()

    def snapshot_parts(self, channel: str, max_levels: int) -> list[Push]:
        """Return the snapshot of a book in parts of at most ``max_levels`` levels; at least one.

        Raises ``ChannelError``.
        """
        return split_snapshot(self.snapshot(channel), max_levels)

    def resume(self, channel: str, from_seq: int, epoch: str, *, checksum: bool = False) -> list[Push] | None:
        """Return the pushes of ``channel`` after ``from_seq``; ``None`` when not all of them are kept.

        Raises ``ChannelError``.
        """
        parsed = parse_channel(channel, self._instruments)
        stream = self._catalog.find(parsed, checksum=checksum)
        if stream is not None:
            stream.refresh()
        replay = None if stream is None else self._replay(parsed, stream, from_seq, epoch)
        if replay is None:
            return None
        pushes: list[Push] = []
        while (more := replay.read(from_seq)) or (isinstance(replay, ViewReplay) and replay.is_behind):
            if more is None:
                return None
            if more:
                pushes += more
                from_seq, prev = more[-1].position[:2]
                if stream is not None and prev == from_seq == stream.seq:
                    break
        return pushes

    def _replay(self, channel: Channel, stream: Stream, from_seq: int, epoch: str) -> Replay | None:
        if epoch != self._imprint.epoch or from_seq > stream.seq or not stream.ready:
            return None
        began = self._imprint.began
        if began and from_seq <= began and not is_logged(channel):
            # It may have been told by an earlier life, of which nothing is known here.
            return None
        bounds = self._settings.replay
        replay = None if stream.ring is None else replay_pushes(stream, stream.ring, from_seq, bounds)
        market = self._markets.get(channel.symbol)
        if replay is not None or market is None:
            return replay
        if channel.kind is ChannelKind.TRADES:
            return replay_trades(stream, market.past_trades, from_seq, bounds)
        if stream is market.book:
            return replay_book(stream, market.deltas, from_seq, bounds)
        return self._view_replays.begin(stream, channel, market, from_seq, bounds)

    def _find(self, channel: Channel) -> Stream:
        stream = self._catalog.find(channel)
        if stream is None:
            stream = self._catalog.open(channel, is_guest=True)
            self._hub.abandon(stream)
        stream.refresh()
        return stream

    # ---- state

    def book(self, symbol: str) -> Book:
        """Return the book of an instrument as published."""
        return self._markets[symbol].levels

    def trading_status(self, symbol: str) -> TradingStatus:
        """Return what an instrument accepts, as published."""
        return self._markets[symbol].status.status.status

    def snapshot_state(self) -> bytes:
        """Return the whole state between two calls; equal states give equal bytes."""
        return encode_publisher(self._imprint.eseq, self._markets)

    def state_in_parts(self) -> tuple[bytes, list[PackedChanges]]:
        """Return the state without most of the kept changes, and those in parts: nothing large is copied."""
        return encode_publisher(self._imprint.eseq, self._markets, packed=False), packed_changes(
            self._markets
        )

    def restore_state(self, state: bytes, parts: Iterable[PackedChanges] = ()) -> None:
        """Go on where ``state`` was taken; before the first event. Raises ``PublisherStateError``."""
        self._imprint.eseq = restore_publisher(state, self._markets)
        for part in parts:
            prepend_changes(part, self._markets)
