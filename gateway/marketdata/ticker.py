"""The ticker: the last 24 hours of an instrument's trades, and its best prices.

NOT here: how a ticker is shown, and when clients hear of it.
"""

from collections import deque
from typing import Final

import msgspec

from gateway.marketdata.candles import INTERVALS, Candle, SavedCandle, load_candle, save_candle
from gateway.model import Trade

TICKER_WINDOW: Final = INTERVALS["1d"]
"""The length of the window, in ns."""

_MINUTE: Final = INTERVALS["1m"]


class TickerView(msgspec.Struct, frozen=True, gc=False):
    """What a ticker says: the window's trades, the last trade, the best prices. Amounts are scaled.

    ``open`` is the first price in the window, ``change`` is ``last`` less ``open``; with no trade in the
    window ``open``, ``high``, ``low`` and ``change`` are ``None`` and ``last`` stays. ``turnover`` is the
    exact sum of price times quantity, scaled by the places of both. ``bid`` and ``ask`` are (price,
    quantity).
    """

    open: int | None
    high: int | None
    low: int | None
    last: int | None
    change: int | None
    volume: int
    turnover: int
    count: int
    bid: tuple[int, int] | None
    ask: tuple[int, int] | None


class TickerState(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """The state of a ``Ticker``. ``minutes`` are those with a trade, oldest first."""

    now: int
    last: int | None
    bid: tuple[int, int] | None
    ask: tuple[int, int] | None
    minutes: list[SavedCandle]


class Ticker:
    """Rolling 24 hours by whole UTC minutes: the minute that runs and the 1,439 before it.

    So a trade leaves between 23 h 59 min and 24 h after it. Time is that of the trades and of ``advance``,
    and never steps back: a trade from before the time reached counts in the minute that runs then. A trade
    costs O(1) on average; so does a minute that leaves. At most 1,440 minutes are held, those with trades.
    """

    __slots__ = (
        "_count",
        "_highs",
        "_last",
        "_lows",
        "_minutes",
        "_turnover",
        "_volume",
        "ask",
        "bid",
        "now",
    )

    def __init__(self) -> None:
        self.now = 0
        self.bid: tuple[int, int] | None = None
        self.ask: tuple[int, int] | None = None
        self._last: int | None = None
        self._minutes: deque[Candle] = deque()
        # Of the minutes, those with a higher high (lower low) than all after: the first has the window's.
        self._highs: deque[Candle] = deque()
        self._lows: deque[Candle] = deque()
        self._volume = 0
        self._turnover = 0
        self._count = 0

    def on_trade(self, trade: Trade) -> None:
        """Count a trade, after letting time come to it."""
        price, quantity = trade.price, trade.quantity
        self.on_run(Candle(trade.transact_time, price, price, price, price, quantity, price * quantity, 1))

    def on_run(self, run: Candle) -> None:
        """Count the trades of one second, summed up; ``run.start`` is the time reached with the last."""
        if run.start > self.now:
            self.advance(run.start)
        minutes = self._minutes
        start = self.now - self.now % _MINUTE
        if minutes and minutes[-1].start == start:
            minute = minutes[-1]
            is_high, is_low = run.high > minute.high, run.low < minute.low
            minute.fold(run)
        else:
            minute = run.starting(start)
            minutes.append(minute)
            is_high = is_low = True
        if is_high:
            _rank_high(self._highs, minute)
        if is_low:
            _rank_low(self._lows, minute)
        self._last = run.close
        self._volume += run.volume
        self._turnover += run.turnover
        self._count += run.count

    def on_best(self, bid: tuple[int, int] | None, ask: tuple[int, int] | None) -> bool:
        """Take over the best prices, each (price, quantity); return whether they are others than before."""
        if bid == self.bid and ask == self.ask:
            return False
        self.bid, self.ask = bid, ask
        return True

    def advance(self, utc_ns: int) -> bool:
        """Let time come to ``utc_ns``; return whether trades left the window."""
        if utc_ns > self.now:
            self.now = utc_ns
        minutes = self._minutes
        gone = self.now - TICKER_WINDOW
        if not minutes or minutes[0].start > gone:
            return False
        while minutes and minutes[0].start <= gone:
            minute = minutes.popleft()
            self._volume -= minute.volume
            self._turnover -= minute.turnover
            self._count -= minute.count
            if self._highs[0] is minute:
                self._highs.popleft()
            if self._lows[0] is minute:
                self._lows.popleft()
        return True

    @property
    def changes_at(self) -> int | None:
        """When the next trades leave the window (UTC ns); ``None`` when there are none."""
        return self._minutes[0].start + TICKER_WINDOW if self._minutes else None

    def view(self) -> TickerView:
        """Return what the ticker says now."""
        minutes, last = self._minutes, self._last
        if not minutes or last is None:
            return TickerView(None, None, None, last, None, 0, 0, 0, self.bid, self.ask)
        first = minutes[0].open
        return TickerView(
            first,
            self._highs[0].high,
            self._lows[0].low,
            last,
            last - first,
            self._volume,
            self._turnover,
            self._count,
            self.bid,
            self.ask,
        )

    def state(self) -> TickerState:
        """Return the whole state; equal states give equal bytes."""
        return TickerState(self.now, self._last, self.bid, self.ask, list(map(save_candle, self._minutes)))

    def restore(self, state: TickerState) -> None:
        """Go on where ``state`` was taken, whatever was before."""
        self.now, self._last, self.bid, self.ask = state.now, state.last, state.bid, state.ask
        self._minutes = deque(map(load_candle, state.minutes))
        self._highs.clear()
        self._lows.clear()
        for minute in self._minutes:
            _rank_high(self._highs, minute)
            _rank_low(self._lows, minute)
        self._volume = sum(minute.volume for minute in self._minutes)
        self._turnover = sum(minute.turnover for minute in self._minutes)
        self._count = sum(minute.count for minute in self._minutes)


def _rank_high(highs: deque[Candle], minute: Candle) -> None:
    """Put the newest ``minute`` behind those that are higher; it may be there already, lower than now."""
    while highs and highs[-1].high <= minute.high:
        highs.pop()
    highs.append(minute)


def _rank_low(lows: deque[Candle], minute: Candle) -> None:
    """Put the newest ``minute`` behind those that are lower; it may be there already, higher than now."""
    while lows and lows[-1].low >= minute.low:
        lows.pop()
    lows.append(minute)
