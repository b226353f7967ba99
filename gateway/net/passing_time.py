"""The passing of time, for market data that changes with it: candles that end, trades that leave 24 hours.

Time has passed only as far as all is published that was stamped before: nothing that a commit still holds
back may belong to a candle that closes. NOT here: what closes (``marketdata``), and stamps (``orders``).
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

_SECOND: Final = 1_000_000_000
MARGIN_NS: Final = 20_000_000
"""Time passes so much later than on the clock: stamps are taken from two clocks that are set one by one."""


class Committing(Protocol):
    """What knows which commands are published (``turns.Turns``)."""

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run ``action`` when all that was worked so far is durable, written and published."""


class PassingTime:
    """Calls ``pass_time`` with each second of UTC (ns) that has passed, for all that is published by then.

    ``utc`` is the clock of the stamps. A second may be left out: time has then passed further.
    """

    def __init__(self, turns: Committing, utc: Callable[[], int], pass_time: Callable[[int], None]) -> None:
        self._turns = turns
        self._utc = utc
        self._pass_time = pass_time
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Let time pass from now on, first as far as it is."""
        # Whatever is worked later is stamped later.
        passed = self._utc() - MARGIN_NS
        second = passed - passed % _SECOND
        self._turns.after_commit(partial(self._pass_time, second))
        delay_s = (second + _SECOND - passed) / _SECOND
        self._timer = asyncio.get_running_loop().call_later(delay_s, self.start)

    def stop(self) -> None:
        """Let time stand still."""
        if self._timer is not None:
            self._timer.cancel()
