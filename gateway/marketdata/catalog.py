"""The streams of a publisher: made when somebody follows them, dropped when nobody has for a while.

NOT here: what moves streams on (``market``, ``publisher``).
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.marketdata.alert import Alert
from gateway.marketdata.channels import RAW, SPEEDS, Channel, ChannelError, ChannelKind
from gateway.marketdata.l3_stream import L3Feed, L3Stream
from gateway.marketdata.market import Market
from gateway.marketdata.ring import ReplayRing
from gateway.marketdata.status_streams import InstrumentsStream
from gateway.marketdata.stream import Imprint, Stream
from gateway.marketdata.trade_streams import CandlesStream, TickerStream
from gateway.marketdata.view_replay import can_be_made_anew
from gateway.marketdata.view_streams import Pulse, ViewStream
from gateway.ports.market_data import Push

_BOOK: Final = ChannelKind.BOOK


GUEST_SHARE: Final = 2
"""The part of all streams, and of those of an instrument, up to which they are made for anybody."""
SCARCE: Final = 4
"""From this part of all streams on, one that nobody follows is kept not as long by ``HASTE``."""
HASTE: Final = 12

LONGER: Final = 10
"""How many times more pushes are kept where nothing else tells what they did."""

_CHECK_NS: Final = 1_000_000_000
"""How often what the recent pushes take is looked at."""


class StreamBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many streams there may be, how long one that nobody follows is kept, and its recent pushes.

    ``max_of_symbol`` of them are of one instrument. The pushes of a stream are up to ``ring_items`` and take
    up to ``ring_bytes``, or ``LONGER`` times that if they cannot be made anew from changes of a book; those
    of all streams together take up to ``all_ring_bytes``.
    """

    max_streams: int = 10_000
    max_of_symbol: int = 2_000
    idle_ns: int = 60_000_000_000
    ring_items: int = 10_000
    ring_bytes: int = 16_777_216
    ring_age_ns: int = 60_000_000_000
    all_ring_bytes: int = 268_435_456


class Catalog:
    """Streams by channel name and whether they have checksums.

    Those of a market that always have their place are always there, and only their recent pushes come and
    go. ``count`` is the number of the others. ``bounds`` may change any time. ``rings_cut`` counts how often
    recent pushes of a stream were forgotten because those of all took too much.
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
        self.bounds = bounds
        self._fixed: dict[str, Stream] = {
            stream.name: stream
            for market in markets.values()
            for stream in (market.book, market.bbo, market.trades, market.status)
        }
        self._made: dict[tuple[str, bool], Stream] = {}
        self._channels: dict[Stream, Channel] = {}
        self._of_symbol: Counter[str] = Counter()
        self._idle: dict[Stream, int] = {}
        self._none_idle: set[str] = set()
        self._rings: dict[Stream, ReplayRing[Push]] = {}
        self._checked_at = 0
        self.rings_cut = 0
        self.l3: L3Feed | None = None

    @property
    def fixed(self) -> Mapping[str, Stream]:
        """The streams that are always there, by name."""
        return self._fixed

    @property
    def count(self) -> int:
        """How many streams were made."""
        return len(self._made)

    @property
    def ring_bytes(self) -> int:
        """About how many bytes the recent pushes of all streams take."""
        return sum([ring.bytes_held for ring in self._rings.values()])

    def find(self, channel: Channel, *, checksum: bool = False) -> Stream | None:
        """Return the stream of ``channel`` if it is there."""
        if channel.name in self._fixed and not _is_checked(channel, checksum=checksum):
            return self._fixed[channel.name]
        return self._made.get((channel.name, _is_checked(channel, checksum=checksum)))

    def open(self, channel: Channel, *, checksum: bool = False, is_guest: bool = False) -> Stream:
        """Return the stream of ``channel``, made if need be, to be followed.

        Raises ``ChannelError`` when there are too many. For guests, who may be anybody, that is earlier.
        """
        checked = _is_checked(channel, checksum=checksum)
        stream = self.find(channel, checksum=checked)
        if stream is None:
            self._make_room(channel, GUEST_SHARE if is_guest else 1)
            stream = self._make(channel, checked=checked)
            self._made[channel.name, checked] = stream
            self._channels[stream] = channel
            self._of_symbol[channel.symbol] += 1
        self._idle.pop(stream, None)
        if stream.ring is None and not self.is_raw(channel, checksum=checksum):
            bounds, times = self.bounds, 1 if can_be_made_anew(channel) else LONGER
            # A subscript would double what it takes to make one.
            ring: ReplayRing[Push] = ReplayRing(
                bounds.ring_items * times, bounds.ring_age_ns, bounds.ring_bytes * times
            )
            stream.begin_ring(ring)
            self._rings[stream] = ring
        return stream

    def is_raw(self, channel: Channel, *, checksum: bool = False) -> bool:
        """Whether the market keeps the recent changes of the stream, followed or not."""
        whole = channel.kind is _BOOK and not channel.depth and not checksum
        return whole or channel.kind is ChannelKind.TRADES

    def rest(self, stream: Stream, now: int) -> None:
        """Note that nobody follows ``stream`` any more."""
        if not stream.members:
            self._idle[stream] = now
            self._none_idle.clear()

    def on_tick(self, now: int) -> None:
        """Drop what nobody has followed for long, and recent pushes where all together are too many."""
        idle = self._idle
        while idle:
            stream, since = next(iter(idle.items()))
            if since + self._idle_ns > now:
                break
            self._drop(stream)
        if now >= self._checked_at + _CHECK_NS:
            self._checked_at = now
            self._cut_rings()

    def next_deadline(self) -> int | None:
        """Return when the next stream is to be dropped."""
        return next(iter(self._idle.values())) + self._idle_ns if self._idle else None

    @property
    def _idle_ns(self) -> int:
        """How long a stream is kept that nobody follows: not as long where there are many."""
        is_scarce = len(self._made) * SCARCE > self.bounds.max_streams
        return self.bounds.idle_ns // HASTE if is_scarce else self.bounds.idle_ns

    def _make_room(self, channel: Channel, share: int) -> None:
        """Drop a stream that nobody follows, the oldest, where one more is beyond its ``share`` otherwise."""
        bounds, symbol = self.bounds, channel.symbol
        most, most_of_symbol = bounds.max_streams // share, bounds.max_of_symbol // share
        count = self._of_symbol[symbol]
        if count >= most_of_symbol and not (count == most_of_symbol and self._drop_oldest(symbol)):
            limit = f"at most {most_of_symbol} variants of an instrument followed at a time"
            raise ChannelError("variant", limit, channel.name)
        count = len(self._made)
        if count >= most and not (count == most and self._drop_oldest("")):
            raise ChannelError("variant", f"at most {most} variants followed at a time", channel.name)

    def _drop_oldest(self, symbol: str) -> bool:
        """Drop the oldest stream, of ``symbol`` unless that is empty, that nobody follows; is there any?"""
        if symbol in self._none_idle:
            return False
        for stream in self._idle:
            channel = self._channels.get(stream)
            if channel is not None and symbol in ("", channel.symbol):
                self._drop(stream)
                return True
        # Not to look again for each channel of a request.
        self._none_idle.add(symbol)
        return False

    def _cut_rings(self) -> None:
        """Forget recent pushes: first those of streams that nobody follows, the longest first; then the most.

        Who asks for what came after a place in them is told that it is not kept.
        """
        left = self.ring_bytes - self.bounds.all_ring_bytes
        if left <= 0:
            return
        rings = self._rings
        followed = [stream for stream in rings if stream not in self._idle]
        followed.sort(key=lambda stream: rings[stream].bytes_held, reverse=True)
        for stream in (*self._idle, *followed):
            if left <= 0:
                return
            ring = rings.get(stream)
            if ring is not None and len(ring):
                left -= ring.bytes_held
                stream.begin_ring(ring)
                self.rings_cut += 1

    def _drop(self, stream: Stream) -> None:
        del self._idle[stream]
        stream.ring = None
        self._rings.pop(stream, None)
        channel = self._channels.pop(stream, None)
        if channel is not None:
            checked = self._made.get((stream.name, True)) is stream
            del self._made[stream.name, checked]
            self._of_symbol[channel.symbol] -= 1
            self._detach(stream, channel)

    # ---- kinds

    def _make(self, channel: Channel, *, checked: bool) -> Stream:
        name, imprint = channel.name, self._imprint
        if channel.kind is ChannelKind.INSTRUMENTS:
            return self._make_instruments(name)
        market = self._markets[channel.symbol]
        instrument, kind = market.instrument, channel.kind
        if kind is _BOOK:
            pulse = None if channel.speed == RAW else self._pulses[channel.speed]
            return market.open_view(channel, pulse, checked=checked)
        if kind is ChannelKind.L3:
            return self._make_l3(name, market)
        if kind is ChannelKind.TICKER:
            ticker = TickerStream(name, instrument, imprint, market.tally, market.bbo)
            ticker.place(max(market.trades.seq, market.bbo.seq), max(market.trades.ts, market.bbo.ts))
            market.open_summary(ticker)
            return ticker
        candles = CandlesStream(name, instrument, imprint, market.tally, channel.interval)
        # It may have closed candles up to now that a client has not been told of.
        candles.place(max(market.trades.seq, market.book.seq), max(market.trades.ts, market.book.ts))
        market.open_summary(candles)
        return candles

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
