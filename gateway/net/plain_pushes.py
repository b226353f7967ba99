"""The twin in plain Python of the compiled pushes. NOT here: which of them works (``push_writes``)."""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from typing import Final, Protocol

from gateway.net.outbox import Outbox

MOST_HELD_NS: Final = 250_000
"""How long pushes wait at most while there always is something to read."""

log = logging.getLogger("gateway.net.push_writes")


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
        self.most_held_ns = MOST_HELD_NS
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._outboxes: dict[Outbox, None] = {}
        self._until = 0

    def later(self, outbox: Outbox) -> None:
        """Write what was added to ``outbox`` soon, unless it is written before."""
        outboxes = self._outboxes
        if not outboxes:
            self._until = time.monotonic_ns() + self.most_held_ns
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


class UsualSocket(ABC):
    """Takes public pushes for one connection; who derives from it says what it is, and sets ``outbox``."""

    outbox: Outbox

    def __init__(self, pushes: PushWrites, max_pending_bytes: int) -> None:
        self._pushes = pushes
        self._max_pending_bytes = max_pending_bytes
        self._is_open = False

    def push(self, frame: bytes) -> bool:
        """Take a public push, or not: a connection that does not read lags (``ports.Subscriber``)."""
        outbox = self.outbox
        if outbox.paused:
            return False
        if outbox.pending_bytes > self._max_pending_bytes:
            self._overflow()
            return False
        if self._is_open:
            outbox.add(frame)
            self._pushes.later(outbox)
        return True

    @abstractmethod
    def _overflow(self) -> None:
        """Write what waits, and bring the connection up to date behind it: it lags."""
