"""Public pushes on their way to a few connections: written when nothing is read any more, or soon anyway.

To write to a connection wakes its client, and takes longer than to make the pushes of a turn. So answers go
first, and while turn follows turn their pushes share a write. NOT here: who gets what (``marketdata``), and
broadcasts to many (``broadcast``).
"""

import asyncio
import logging
import time
from typing import Final, Protocol

from gateway.net.outbox import Outbox

MOST_HELD_NS: Final = 250_000
"""How long pushes wait at most while there always is something to read."""

log = logging.getLogger(__name__)


class Work(Protocol):
    """What goes first (``turns.Turns``)."""

    failed: bool

    @property
    def is_ending(self) -> bool:
        """Whether something was worked in this turn, which waits for the turn's end."""

    def fail(self, error: Exception) -> None:
        """Say nothing more."""


class PushWrites:
    """Writes what was pushed to connections behind what is said to others; nothing when ``work`` failed."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._outboxes: dict[Outbox, None] = {}
        self._until = 0

    def later(self, outbox: Outbox) -> None:
        """Write what was added to ``outbox`` soon, unless it is written before."""
        outboxes = self._outboxes
        if not outboxes:
            self._until = time.monotonic_ns() + MOST_HELD_NS
            self._loop.call_soon(self._write)
        outboxes[outbox] = None

    def _write(self) -> None:
        work = self._work
        if work.is_ending and not work.failed and time.monotonic_ns() < self._until:
            # Since the pushes were made something was read: its answers go first, its pushes come along.
            self._loop.call_soon(self._write)
            return
        outboxes, self._outboxes = self._outboxes, {}
        if work.failed:
            return
        try:
            for outbox in outboxes:
                outbox.flush()
        except Exception as error:
            # As where a unit cannot be said: the pushes behind it would wait without a bound.
            log.exception("pushes could not be written")
            work.fail(error)
