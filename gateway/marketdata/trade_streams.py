"""The streams of an instrument's trades: the trades themselves, ticker and candles.

NOT here: how trades are summed up (``tally``), and when streams are made and dropped (``catalog``).
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from gateway.marketdata.book_streams import BboStream
from gateway.marketdata.candles import Candle, ClosedCandle
from gateway.marketdata.raw_ring import RawRing
from gateway.marketdata.stream import Imprint, Stream
from gateway.marketdata.tally import Tally
from gateway.model import Instrument, Trade
from gateway.ports.market_data import EVENT, CandleContent, CandlesContent, TickerContent, TradesContent

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
    """A stream of what trades are summed up to, of which it is told after each command."""

    __slots__ = ()

    @abstractmethod
    def follow(
        self, trades: Sequence[Trade], closed: Sequence[ClosedCandle], position: tuple[int, int, int]
    ) -> None:
        """Push if anything of the stream changed with a command: its trades, and candles that closed."""

    @abstractmethod
    def pass_time(
        self, closed: Sequence[ClosedCandle], position: tuple[int, int, int], *, is_other: bool
    ) -> None:
        """Push if anything changed without a command: candles that closed, a ticker that ``is_other``."""


class TickerStream(SummaryStream):
    """The last 24 hours and the best prices, pushed when there is a trade or another best price.

    Or when trades leave the 24 hours.
    """

    __slots__ = ("_bbo", "_told", "tally")

    def __init__(
        self, name: str, instrument: Instrument, imprint: Imprint, tally: Tally, bbo: BboStream
    ) -> None:
        super().__init__(name, instrument, imprint)
        self.tally = tally
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
        self, trades: Sequence[Trade], closed: Sequence[ClosedCandle], position: tuple[int, int, int]
    ) -> None:
        """Push the ticker after a trade, or when the best prices are others."""
        del closed
        if trades or self._told != self._bbo.best:
            self._told = self._bbo.best
            self.tell(EVENT, position, self.content(), 1)

    def pass_time(
        self, closed: Sequence[ClosedCandle], position: tuple[int, int, int], *, is_other: bool
    ) -> None:
        """Push the ticker when trades left its 24 hours."""
        del closed
        if is_other:
            self.tell(EVENT, position, self.content(), 1)


class CandlesStream(SummaryStream):
    """The candles of one interval: the open one after each command that traded, and each that closed.

    A candle closes with the first command on the instrument, trade or not, after its time, or by itself.
    """

    __slots__ = ("_interval", "tally")

    def __init__(
        self, name: str, instrument: Instrument, imprint: Imprint, tally: Tally, interval: str
    ) -> None:
        super().__init__(name, instrument, imprint)
        self.tally = tally
        self._interval = interval

    def content(self) -> CandlesContent:
        """Return the recent closed candles and the open one."""
        self.tally.fold()
        return self._content(self.tally.candles.closed(self._interval, RECENT_CANDLES))

    def follow(
        self, trades: Sequence[Trade], closed: Sequence[ClosedCandle], position: tuple[int, int, int]
    ) -> None:
        """Push what closed, and the open candle if there was a trade."""
        mine = [candle for interval, candle in closed if interval == self._interval]
        if trades or mine:
            content = self._content(mine)
            self.tell(EVENT, position, content, len(content.candles))

    def pass_time(
        self, closed: Sequence[ClosedCandle], position: tuple[int, int, int], *, is_other: bool
    ) -> None:
        """Push what closed."""
        del is_other
        self.follow((), closed, position)

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
