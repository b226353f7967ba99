"""The streams of an instrument's trades: the trades themselves, ticker and candles.

NOT here: how trades are summed up (``tally``), and when streams are made and dropped (``catalog``).
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from gateway.marketdata.book_streams import BboStream
from gateway.marketdata.candles import Candle, ClosedCandle
from gateway.marketdata.raw_ring import RawRing
from gateway.marketdata.ring import ReplayRing
from gateway.marketdata.stream import ENTRY_BYTES, PUSH_BYTES, Imprint, Stream
from gateway.marketdata.tally import Tally
from gateway.model import Instrument, Trade
from gateway.ports.market_data import (
    EVENT,
    CandleContent,
    CandlesContent,
    Position,
    Push,
    PushContent,
    TickerContent,
    TradesContent,
)

RECENT_TRADES: Final = 100
RECENT_CANDLES: Final = 100


class TradesStream(Stream):
    """The public trades; a snapshot has the last hundred."""

    __slots__ = ("_ring",)

    def __init__(self, name: str, instrument: Instrument, imprint: Imprint, ring: RawRing[Trade]) -> None:
        super().__init__(name, instrument, imprint)
        self._ring = ring

    def content(self) -> TradesContent:
        """Return the recent trades."""
        return TradesContent(self._ring.newest(RECENT_TRADES))


class SummaryStream(Stream):
    """A stream of what trades are summed up to, of which it is told after each command, and when time passes.

    What changed by itself keeps the stream's place, so who knows that place may not know the change: what is
    kept for resume begins with it.
    """

    __slots__ = ("tally",)

    rank = 4

    def __init__(self, name: str, instrument: Instrument, imprint: Imprint, tally: Tally) -> None:
        super().__init__(name, instrument, imprint)
        self.tally = tally

    @abstractmethod
    def follow(
        self,
        trades: Sequence[Trade],
        closed: Sequence[ClosedCandle],
        position: tuple[int, int, int],
        *,
        is_other: bool,
    ) -> None:
        """Push if anything of the stream changed: trades of a command, candles that closed.

        Or a ticker that ``is_other``: trades left it. Without a command ``position`` has the stream's place.
        """

    @abstractmethod
    def by_itself(self) -> PushContent:
        """Return what may have changed at the stream's place without a command; ``None``: nothing did."""

    def begin_ring(self, ring: ReplayRing[Push]) -> None:
        """Keep the pushes that come from now on, behind what may have changed by itself before."""
        super().begin_ring(ring)
        content = self.by_itself()
        if content is not None:
            seq, ts = self.seq, self.tally.candles.now
            push = self.push(EVENT, Position(seq, seq, self.as_of(), ts), content)
            ring.append(seq, seq, push, PUSH_BYTES + ENTRY_BYTES, ts)


class TickerStream(SummaryStream):
    """The last 24 hours and the best prices, pushed when there is a trade or another best price.

    Or when trades leave the 24 hours.
    """

    __slots__ = ("_bbo", "_told")

    def __init__(
        self, name: str, instrument: Instrument, imprint: Imprint, tally: Tally, bbo: BboStream
    ) -> None:
        super().__init__(name, instrument, imprint, tally)
        self._bbo = bbo
        self._told = bbo.best

    def content(self) -> TickerContent:
        """Return the ticker."""
        self.tally.fold()
        view = self.tally.ticker.view()
        return TickerContent(
            view.open,
            view.high,
            view.low,
            view.last,
            view.change,
            view.volume,
            view.turnover,
            view.count,
            *self._bbo.best,
        )

    def follow(
        self,
        trades: Sequence[Trade],
        closed: Sequence[ClosedCandle],
        position: tuple[int, int, int],
        *,
        is_other: bool,
    ) -> None:
        """Push the ticker after a trade, with other best prices, or when trades left its 24 hours."""
        del closed
        if trades or is_other or self._told != self._bbo.best:
            self._told = self._bbo.best
            self.tell(EVENT, position, self.content(), 1)

    def by_itself(self) -> TickerContent | None:
        """Return the ticker if trades left it since the stream's place."""
        return self.content() if self.tally.left_at >= self.seq else None


class CandlesStream(SummaryStream):
    """The candles of one interval: the open one after each command that traded, and each that closed.

    A candle closes with the first command on the instrument, trade or not, after its time, or by itself.
    """

    __slots__ = ("_interval",)

    def __init__(
        self, name: str, instrument: Instrument, imprint: Imprint, tally: Tally, interval: str
    ) -> None:
        super().__init__(name, instrument, imprint, tally)
        self._interval = interval

    def content(self) -> CandlesContent:
        """Return the recent closed candles and the open one."""
        self.tally.fold()
        return self._content(self.tally.candles.closed(self._interval, RECENT_CANDLES))

    def follow(
        self,
        trades: Sequence[Trade],
        closed: Sequence[ClosedCandle],
        position: tuple[int, int, int],
        *,
        is_other: bool,
    ) -> None:
        """Push what closed, and the open candle if there was a trade."""
        del is_other
        mine = [candle for interval, candle in closed if interval == self._interval]
        if trades or mine:
            content = self._content(mine)
            self.tell(EVENT, position, content, len(content.candles))

    def by_itself(self) -> CandlesContent | None:
        """Return the newest candle if it is closed, as it may be since the stream's place."""
        self.tally.fold()
        candles = self.tally.candles
        closed = candles.closed(self._interval, 1)
        return self._content(closed) if closed and candles.open(self._interval) is None else None

    def _content(self, closed: Sequence[Candle]) -> CandlesContent:
        candles = [_told(candle) for candle in closed]
        newest = self.tally.candles.open(self._interval)
        if newest is not None:
            candles.append(_told(newest))
        return CandlesContent(candles, newest is not None)


def _told(candle: Candle) -> CandleContent:
    return CandleContent(
        candle.start,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume,
        candle.turnover,
        candle.count,
    )
