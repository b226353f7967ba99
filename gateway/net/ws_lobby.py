"""A storm of new connections in slices: what comes without a logon gets a part of each turn of the loop.

Handshakes and first subscriptions take a fraction of a millisecond each, and clients that all come back at
once send thousands of them. Orders are read in between, and what they led to can be written to the disk: its
thread is let through in front of each slice. NOT here: who may come in (``auth.Guests``).
"""

import asyncio
import time
from collections import deque
from typing import Final, Protocol

SLICE_NS: Final = 500_000
PAUSE_S: Final = 1e-6
"""The least that the kernel knows, about 60 us. A loop that never waits leaves the thread that commits no
interpreter and, where there is one core, no processor: a commit takes ten times as long.
"""


class Visitor(Protocol):
    """A connection without a logon."""

    def work(self, data: bytes) -> None:
        """Work input that has waited."""


class Lobby:
    """Lets visitors' input in, in the order in which it came, for about ``slice_ns`` in a turn of the loop.

    A visitor whose input waits is not to be read from. ``waited`` counts the pieces that did.
    """

    def __init__(self, slice_ns: int = SLICE_NS) -> None:
        self._loop = asyncio.get_running_loop()
        self._slice_ns = slice_ns
        self._queue: deque[tuple[Visitor, bytes]] = deque()
        # When this turn's slice ends; 0 before its first piece.
        self._until = 0
        self.waited = 0

    @property
    def waiting(self) -> int:
        """How many pieces wait."""
        return len(self._queue)

    def admit(self, visitor: Visitor, data: bytes) -> bool:
        """Return whether ``data`` may be worked now; else ``visitor`` is called in a later turn."""
        if not self._until:
            self._begin()
        elif self._queue or time.monotonic_ns() >= self._until:
            self._queue.append((visitor, data))
            self.waited += 1
            return False
        return True

    def _begin(self) -> int:
        self._until = until = time.monotonic_ns() + self._slice_ns
        self._loop.call_soon(self._turn)
        return until

    def _turn(self) -> None:
        """Begin another slice, if anything waits."""
        queue = self._queue
        if not queue:
            self._until = 0
            return
        # On purpose on the loop's thread: the thread that commits has the interpreter meanwhile.
        time.sleep(PAUSE_S)
        until = self._begin()
        while queue:
            visitor, data = queue.popleft()
            visitor.work(data)
            if time.monotonic_ns() >= until:
                return
