"""One timer per connection, re-armed from the protocol's next deadline."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_NS: Final = 1_000_000_000
_SLACK: Final = 0.001
"""The loop's clock has steps of 1 ms: firing a step late is better than a step early, and again."""


class DeadlineTimer:
    """Calls ``fire(now)`` when the deadline has passed (monotonic ns).

    Deadlines that move later cost nothing: the timer fires at the old one, ``fire`` finds nothing due, and
    its owner arms the next.
    """

    __slots__ = ("_deadline", "_fire", "_handle", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, fire: Callable[[int], None]) -> None:
        self._loop = loop
        self._fire = fire
        self._handle: asyncio.TimerHandle | None = None
        self._deadline = 0

    def arm(self, deadline: int | None, now: int) -> None:
        """Make sure that ``fire`` is called soon after ``deadline``; ``None`` asks for nothing new."""
        if deadline is None:
            return
        if self._handle is not None:
            if self._deadline <= deadline:
                return
            self._handle.cancel()
        self._deadline = deadline
        self._handle = self._loop.call_later(max(deadline - now, 0) / _NS + _SLACK, self._on_timer)

    def cancel(self) -> None:
        """Never call ``fire`` again."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._fire = _ignore

    def _on_timer(self) -> None:
        self._handle = None
        self._fire(time.monotonic_ns())


def _ignore(now: int) -> None:
    """Do nothing: the connection has gone."""
