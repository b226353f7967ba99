"""From engine events to pushes: books, best prices, trades and statuses with their place in the sequence.

Works after the commit of what it says. NOT here: how a push is encoded (``ports.PushEncoder``, which a
dialect implements), and who receives it (``hub``).
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from gateway.marketdata.book import Book
from gateway.marketdata.channels import Channel, ChannelKind, parse_channel
from gateway.marketdata.hub import Hub
from gateway.marketdata.publisher_state import encode_publisher, restore_publisher
from gateway.model import BookDelta, Event, Instrument, Instruments, InstrumentStatus, Side, Trade
from gateway.ports.market_data import (
    DELTA,
    EVENT,
    JSON,
    SNAPSHOT,
    BboContent,
    BookLevelsContent,
    Position,
    Push,
    PushContent,
    PushEncoder,
    StatusContent,
    Subscriber,
    TradesContent,
)

RECENT_TRADES: Final = 100


class _Feed:
    """A channel's name and place: ``seq`` and ``ts`` of its last push; its last snapshot."""

    __slots__ = ("name", "seq", "snapshot", "taken_at", "ts")

    def __init__(self, channel: Channel) -> None:
        self.name = channel.name
        self.seq = 0
        self.ts = 0
        self.snapshot: Push | None = None
        self.taken_at = -1

    def advance(self, eseq: int, ts: int) -> int:
        """Move to the push of ``eseq`` and return the ``seq`` of the one before it."""
        prev = self.seq
        self.seq = eseq
        self.ts = ts
        self.taken_at = -1
        return prev


class _Market:
    """One instrument: its state as published, and what the command at hand changes."""

    __slots__ = (
        "bbo",
        "best",
        "book",
        "changes",
        "instrument",
        "levels",
        "new_status",
        "new_trades",
        "recent",
        "status",
        "status_now",
        "trades",
    )

    def __init__(self, instrument: Instrument) -> None:
        symbol = instrument.symbol
        self.instrument = instrument
        self.levels = Book(instrument)
        self.best = self.levels.best()
        self.recent: deque[Trade] = deque(maxlen=RECENT_TRADES)
        self.status_now = InstrumentStatus(0, 0, 0, symbol, instrument.status)
        self.book = _Feed(Channel(ChannelKind.BOOK, symbol))
        self.bbo = _Feed(Channel(ChannelKind.BBO, symbol))
        self.trades = _Feed(Channel(ChannelKind.TRADES, symbol))
        self.status = _Feed(Channel(ChannelKind.STATUS, symbol))
        self.new_trades: list[Trade] = []
        self.changes: list[BookDelta] = []
        self.new_status: InstrumentStatus | None = None


class Publisher:
    """Applies engine events and pushes what they changed, one push per channel and engine sequence.

    Of each command the order is trades, book, best prices, status; so a book change is never seen before the
    trade that made it. Positions advance whether somebody subscribes or not; only then is anything
    encoded. ``eseq`` is the engine sequence up to which all is applied.
    """

    def __init__(self, instruments: Instruments, encoder: PushEncoder, hub: Hub) -> None:
        self._instruments = instruments
        self._encoders = {JSON: encoder}
        self._hub = hub
        self._markets = {symbol: _Market(instrument) for symbol, instrument in instruments.items()}
        self._feeds = {
            feed.name: feed
            for market in self._markets.values()
            for feed in (market.book, market.bbo, market.trades, market.status)
        }
        self.channels = tuple(self._feeds)
        self.eseq = 0
        hub.snapshots_from(self.snapshot)

    def apply(self, events: Sequence[Event]) -> None:
        """Apply committed events in ``eseq`` order, all events of a command in one call."""
        markets = self._markets
        dirty: dict[str, _Market] = {}
        eseq = self.eseq
        for event in events:
            if event.eseq != eseq:
                if dirty:
                    self._flush(dirty, eseq)
                    dirty.clear()
                self.eseq = eseq
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
        if dirty:
            self._flush(dirty, eseq)
        self.eseq = eseq

    def subscribe(self, channel: str, subscriber: Subscriber) -> bool:
        """Subscribe and push the snapshot, from which the pushes go on; ``False``: was subscribed already.

        Raises ``ChannelError``.
        """
        name = parse_channel(channel, self._instruments).name
        if not self._hub.subscribe(name, subscriber):
            return False
        if not self._hub.is_lagging(subscriber):
            self._hub.send(subscriber, self.snapshot(name))
        return True

    def snapshot(self, channel: str) -> Push:
        """Return the state of ``channel``; the next push on it has the snapshot's ``seq`` as ``prev``.

        Raises ``ChannelError``.
        """
        kind, symbol = parse_channel(channel, self._instruments)
        feed, market = self._feeds[channel], self._markets[symbol]
        eseq = max(self.eseq, feed.seq)
        snapshot = feed.snapshot
        if snapshot is None or feed.taken_at != eseq:
            position = Position(feed.seq, 0, eseq, feed.ts)
            snapshot = self._push(feed, SNAPSHOT, market, position, _state(kind, market))
            feed.snapshot, feed.taken_at = snapshot, eseq
        return snapshot

    def add_encoder(self, form: int, encoder: PushEncoder) -> None:
        """Encode with ``encoder`` for subscribers of ``form``; JSON is there already."""
        self._encoders[form] = encoder

    def book(self, symbol: str) -> Book:
        """Return the book of an instrument as published."""
        return self._markets[symbol].levels

    def snapshot_state(self) -> bytes:
        """Return the whole state between two calls; equal states give equal bytes."""
        return encode_publisher(self.eseq, self._markets)

    def restore_state(self, state: bytes) -> None:
        """Go on where ``state`` was taken; before the first event. Raises ``PublisherStateError``."""
        self.eseq = restore_publisher(state, self._markets)

    def _push(
        self, feed: _Feed, kind: str, market: _Market, position: Position, content: PushContent
    ) -> Push:
        return Push(self._encoders, feed.name, kind, market.instrument, position, content)

    # Each step changes the state of one channel and pushes that change before the next step begins, so a
    # snapshot taken in between fits the pushes that follow it.

    def _flush(self, dirty: dict[str, _Market], eseq: int) -> None:
        for market in dirty.values():
            if market.new_trades:
                self._publish_trades(market, eseq)
            if market.changes:
                self._publish_book(market, eseq)
            if market.new_status is not None:
                self._publish_status(market, market.new_status)

    def _publish_trades(self, market: _Market, eseq: int) -> None:
        trades, market.new_trades = market.new_trades, []
        feed, hub = market.trades, self._hub
        ts = trades[-1].transact_time
        prev = feed.advance(eseq, ts)
        market.recent.extend(trades)
        if hub.is_wanted(feed.name):
            position = Position(eseq, prev, eseq, ts)
            hub.publish(feed.name, self._push(feed, EVENT, market, position, TradesContent(trades)))

    def _publish_book(self, market: _Market, eseq: int) -> None:
        changes, market.changes = market.changes, []
        feed, hub, book = market.book, self._hub, market.levels
        ts = changes[-1].transact_time
        prev = feed.advance(eseq, ts)
        is_best = False
        for change in changes:
            if book.apply(change):
                is_best = True
        if hub.is_wanted(feed.name):
            position = Position(eseq, prev, eseq, ts)
            hub.publish(feed.name, self._push(feed, DELTA, market, position, _changed_levels(changes)))
        if is_best and (best := book.best()) != market.best:
            market.best = best
            self._publish_bbo(market, eseq, ts)

    def _publish_bbo(self, market: _Market, eseq: int, ts: int) -> None:
        feed, hub = market.bbo, self._hub
        prev = feed.advance(eseq, ts)
        if hub.is_wanted(feed.name):
            position = Position(eseq, prev, eseq, ts)
            hub.publish(feed.name, self._push(feed, EVENT, market, position, BboContent(*market.best)))

    def _publish_status(self, market: _Market, status: InstrumentStatus) -> None:
        market.new_status = None
        market.status_now = status
        feed, hub = market.status, self._hub
        eseq, ts = status.eseq, status.transact_time
        prev = feed.advance(eseq, ts)
        if hub.is_wanted(feed.name):
            position = Position(eseq, prev, eseq, ts)
            hub.publish(feed.name, self._push(feed, EVENT, market, position, StatusContent(status)))


def _state(kind: ChannelKind, market: _Market) -> PushContent:
    """Return what a snapshot of the channel says."""
    if kind is ChannelKind.BOOK:
        return BookLevelsContent(*market.levels.levels())
    if kind is ChannelKind.BBO:
        return BboContent(*market.best)
    if kind is ChannelKind.TRADES:
        return TradesContent(tuple(market.recent))
    return StatusContent(market.status_now)


def _changed_levels(changes: Sequence[BookDelta]) -> BookLevelsContent:
    """Return the changed bids and asks, best first, each level once with its last quantity."""
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for change in changes:
        if change.side is Side.BUY:
            bids[change.price] = change.quantity
        else:
            asks[change.price] = change.quantity
    return BookLevelsContent(sorted(bids.items(), reverse=True), sorted(asks.items()))
