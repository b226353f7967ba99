"""The trades of one instrument summed up: candles and ticker, brought up to date when somebody looks.

NOT here: how they are shown, and when clients hear of them (``trade_streams``).
"""

from operator import mul
from typing import Final

from gateway.marketdata.candles import Candle, Candles, ClosedCandle
from gateway.marketdata.ticker import Ticker
from gateway.model import Trade

MAX_PENDING: Final = 512
"""How many trades may wait to be summed up: in one go they cost a fraction of what they do one by one."""

_SECOND: Final = 1_000_000_000


class Tally:
    """Candles and ticker of the trades in ``pending``, which are added there, and of all before.

    What is summed up does not depend on when ``fold`` is called. ``left_at`` is the engine sequence at
    which trades left the ticker the last time, as far as it was told.
    """

    __slots__ = ("candles", "left_at", "pending", "ticker")

    def __init__(self) -> None:
        self.pending: list[Trade] = []
        self.candles = Candles()
        self.ticker = Ticker()
        self.left_at = -1

    def fold(self) -> list[ClosedCandle]:
        """Sum up the pending trades; return the candles that their times closed."""
        trades = self.pending
        if not trades:
            return []
        self.pending = []
        closed: list[ClosedCandle] = []
        start = 0
        times = [trade.transact_time for trade in trades]
        while start < len(trades):
            # A trade from before the time reached counts in the second that runs.
            second = max(times[start], self.candles.now)
            end = second - second % _SECOND + _SECOND
            stop = len(times)
            if max(times) >= end:
                stop = next((n for n in range(start, stop) if times[n] >= end), stop)
            run = _run(trades[start:stop], max(times[start:stop]))
            closed += self.candles.on_run(run)
            self.ticker.on_run(run)
            start = stop
        return closed

    def advance(self, utc_ns: int) -> None:
        """Let time come to ``utc_ns`` while nobody is told of it."""
        self.fold()
        self.candles.advance(utc_ns)
        self.ticker.advance(utc_ns)

    def pass_time(self, utc_ns: int, eseq: int) -> tuple[list[ClosedCandle], bool]:
        """Let time come to ``utc_ns`` with the command ``eseq`` or behind it.

        Returns the candles that closed, and whether trades left the ticker.
        """
        closed = self.fold()
        closed += self.candles.advance(utc_ns)
        have_left = self.ticker.advance(utc_ns)
        if have_left:
            self.left_at = eseq
        return closed, have_left


def _run(trades: list[Trade], last: int) -> Candle:
    """Return the trades of one second as a candle that starts at the time reached with the ``last`` one."""
    if len(trades) == 1:
        trade = trades[0]
        price, quantity = trade.price, trade.quantity
        return Candle(last, price, price, price, price, quantity, price * quantity, 1)
    prices = [trade.price for trade in trades]
    quantities = [trade.quantity for trade in trades]
    return Candle(
        last,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(quantities),
        sum(map(mul, prices, quantities)),
        len(prices),
    )
