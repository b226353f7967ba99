"""The streams of a publisher: made when somebody follows them, dropped when nobody has for a while.

NOT here: what moves streams on (``market``, ``publisher``).
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.marketdata.alert import Alert
from gateway.marketdata.book_streams import BookStream
from gateway.marketdata.channels import RAW, SPEEDS, Channel, ChannelError, ChannelKind
from gateway.marketdata.l3_stream import L3Feed, L3Stream
from gateway.marketdata.market import Market
from gateway.marketdata.ring import ReplayRing
from gateway.marketdata.status_streams import InstrumentsStream
from gateway.marketdata.stream import Imprint, Stream
from gateway.marketdata.trade_streams import CandlesStream, TickerStream
from gateway.marketdata.view_streams import Pulse, ViewStream

_BOOK: Final = ChannelKind.BOOK


class StreamBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many streams there may be, how long one that nobody follows is kept, and its recent pushes."""

    max_streams: int = 10_000
    idle_ns: int = 60_000_000_000
    ring_items: int = 10_000
    ring_bytes: int = 16_777_216
    ring_age_ns: int = 60_000_000_000


class Catalog:
    """Streams by channel name and whether they have checksums.

    Those of a market that always have their place are always there, and only their recent pushes come and
    go. ``count`` is the number of the others.
    """

    def __init__(
        self,
        markets: Mapping[str, Market],
        pulses: Mapping[str, Pulse],
        imprint: Imprint,
        bounds: StreamBounds,
    ) -> None:
        self._markets = markets
        self._pulses = pulses
        self._imprint = imprint
        self._bounds = bounds
        self._fixed: dict[str, Stream] = {
            stream.name: stream
            for market in markets.values()
            for stream in (market.book, market.bbo, market.trades, market.status)
        }
        self._made: dict[tuple[str, bool], tuple[Stream, Channel]] = {}
        self._idle: dict[Stream, int] = {}
        self.l3: L3Feed | None = None

    @property
    def fixed(self) -> Mapping[str, Stream]:
        """The streams that are always there, by name."""
        return self._fixed

    @property
    def count(self) -> int:
        """How many streams were made."""
        return len(self._made)

    def find(self, channel: Channel, *, checksum: bool = False) -> Stream | None:
        """Return the stream of ``channel`` if it is there."""
        if channel.name in self._fixed and not _is_checked(channel, checksum=checksum):
            return self._fixed[channel.name]
        found = self._made.get((channel.name, _is_checked(channel, checksum=checksum)))
        return None if found is None else found[0]

    def open(self, channel: Channel, *, checksum: bool = False) -> Stream:
        """Return the stream of ``channel``, made if need be, to be followed.

        Raises ``ChannelError`` when there are too many.
        """
        checked = _is_checked(channel, checksum=checksum)
        stream = self.find(channel, checksum=checked)
        if stream is None:
            self._make_room(channel)
            stream = self._make(channel, checked=checked)
            self._made[channel.name, checked] = stream, channel
        self._idle.pop(stream, None)
        if stream.ring is None and not self.is_raw(channel, checksum=checksum):
            bounds = self._bounds
            stream.ring = ReplayRing(bounds.ring_items, bounds.ring_age_ns, bounds.ring_bytes)
            stream.ring.reset(stream.seq)
        return stream

    def is_raw(self, channel: Channel, *, checksum: bool = False) -> bool:
        """Whether the market keeps the recent changes of the stream, followed or not."""
        whole = channel.kind is _BOOK and not channel.depth and not checksum
        return whole or channel.kind is ChannelKind.TRADES

    def rest(self, stream: Stream, now: int) -> None:
        """Note that nobody follows ``stream`` any more."""
        if not stream.members:
            self._idle[stream] = now

    def on_tick(self, now: int) -> None:
        """Drop what nobody has followed for long."""
        idle = self._idle
        while idle:
            stream, since = next(iter(idle.items()))
            if since + self._bounds.idle_ns > now:
                return
            self._drop(stream)

    def next_deadline(self) -> int | None:
        """Return when the next stream is to be dropped."""
        return next(iter(self._idle.values())) + self._bounds.idle_ns if self._idle else None

    def _make_room(self, channel: Channel) -> None:
        limit = self._bounds.max_streams
        if len(self._made) < limit:
            return
        oldest = next((stream for stream in self._idle if stream.name not in self._fixed), None)
        if oldest is None:
            raise ChannelError("variant", f"at most {limit} variants followed at a time", channel.name)
        self._drop(oldest)

    def _drop(self, stream: Stream) -> None:
        del self._idle[stream]
        stream.ring = None
        for key in ((stream.name, False), (stream.name, True)):
            made = self._made.get(key)
            if made is not None and made[0] is stream:
                del self._made[key]
                self._detach(*made)

    # ---- kinds

    def _make(self, channel: Channel, *, checked: bool) -> Stream:
        name, imprint = channel.name, self._imprint
        if channel.kind is ChannelKind.INSTRUMENTS:
            return self._make_instruments(name)
        market = self._markets[channel.symbol]
        instrument, kind = market.instrument, channel.kind
        if kind is _BOOK:
            return self._make_book(channel, market, checked=checked)
        if kind is ChannelKind.L3:
            return self._make_l3(name, market)
        if kind is ChannelKind.TICKER:
            ticker = TickerStream(name, instrument, imprint, market.tally, market.bbo)
            ticker.place(max(market.trades.seq, market.bbo.seq), max(market.trades.ts, market.bbo.ts))
            market.summaries.append(ticker)
            return ticker
        candles = CandlesStream(name, instrument, imprint, market.tally, channel.interval)
        # It may have closed candles up to now that a client has not been told of.
        candles.place(max(market.trades.seq, market.book.seq), max(market.trades.ts, market.book.ts))
        market.summaries.append(candles)
        return candles

    def _make_book(self, channel: Channel, market: Market, *, checked: bool) -> Stream:
        name, instrument, imprint = channel.name, market.instrument, self._imprint
        if not channel.depth:
            book = BookStream(name, instrument, imprint, market.levels, checked=checked)
            book.place(market.book.seq, market.book.ts)
            market.views.append(book)
            return book
        pulse = None if channel.speed == RAW else self._pulses[channel.speed]
        return ViewStream(channel, imprint, market, pulse, checked=checked)

    def _make_l3(self, name: str, market: Market) -> Stream:
        if self.l3 is None:
            raise ChannelError("kind", "a channel that this gateway has", "l3")
        stream = market.l3 = L3Stream(name, market.instrument, self._imprint)
        self.l3.add(market.instrument.symbol, stream)
        return stream

    def _make_instruments(self, name: str) -> Stream:
        statuses = [market.status for market in self._markets.values()]
        newest = max(statuses, key=lambda stream: stream.seq)
        stream = InstrumentsStream(name, self._imprint, statuses)
        stream.place(newest.seq, newest.ts)
        for market in self._markets.values():
            market.instruments = stream
        return stream

    def _detach(self, stream: Stream, channel: Channel) -> None:
        if channel.kind is ChannelKind.INSTRUMENTS:
            for market in self._markets.values():
                market.instruments = None
            return
        market = self._markets[channel.symbol]
        if channel.kind is ChannelKind.L3:
            market.l3 = None
            if self.l3 is not None:
                self.l3.remove(channel.symbol)
        elif channel.kind is not _BOOK:
            market.summaries = [other for other in market.summaries if other is not stream]
        elif isinstance(stream, ViewStream):
            stream.end()
        else:
            market.views = [view for view in market.views if view is not stream]


def _is_checked(channel: Channel, *, checksum: bool) -> bool:
    """Whether the variant with checksums is another stream than the one without."""
    return checksum and channel.kind is _BOOK


def pulses(alert: Alert) -> dict[str, Pulse]:
    """Return the ticks of all speeds, which turn ``alert`` on."""
    return {speed: Pulse(speed, period_ns, alert) for speed, period_ns in SPEEDS.items()}
