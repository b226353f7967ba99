"""The twin in plain Python of the compiled broadcast. NOT here: which of them works (``broadcast``)."""

import os
import select
import time
from typing import TYPE_CHECKING, Final, Protocol

from gateway.net.counters import FrontCounters
from gateway.ports.market_data import Subscriber

if TYPE_CHECKING:
    from gateway.net.outbox import Outbox

CHECKED: Final = 8
"""How many receivers are served before the clock is looked at."""
LOOK_NS: Final = 60_000
"""How long it goes on before it looks again whether there is anything to read."""


class OpenSocket:
    """A connection's socket as pushes to many see it: ``fd`` while it is free, negative while it is not."""

    __slots__ = ("fd",)

    fd: int


class Receiver(Subscriber, Protocol):
    """A WebSocket connection that receives pushes, by the same ``outbox`` as long as it lives."""

    outbox: "Outbox"


class Broadcast:
    """Serves the connections of one front end, whose ``counters`` get the bytes (``ports.Broadcasting``)."""

    __slots__ = ("_edge", "_input", "_poll", "_until", "counters")

    def __init__(self, counters: FrontCounters) -> None:
        self.counters = counters
        self._input = -1
        self._poll = select.poll()
        self._edge = self._until = 0

    def watch(self, fd: int) -> None:
        """Stop at the end of a slice when ``fd`` can be read; while it is negative, in any case."""
        self._poll = select.poll()
        self._input = fd
        if fd >= 0:
            self._poll.register(fd, select.POLLIN)

    def open(self, end: int, until: int) -> None:
        """Serve until ``end`` (monotonic ns), and until ``until`` while there is nothing to read."""
        self._edge = end
        self._until = until

    def audience(self) -> "Audience":
        """Return a new audience, of nobody."""
        return Audience(self)

    def is_over(self) -> bool:
        """Return whether the time is up."""
        now = time.monotonic_ns()
        if now < self._edge:
            return False
        if now >= self._until or self._input < 0 or self._poll.poll(0):
            return True
        self._edge = min(now + LOOK_NS, self._until)
        return False


class Audience:
    """Connections that get the same frames (``ports.Audience``)."""

    __slots__ = ("_broadcast", "members", "refused", "taken")

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self.members: list[Receiver | None] = []
        self.refused: list[Receiver] = []
        self.taken = 0

    def add(self, receiver: Receiver) -> None:
        """Add ``receiver`` behind all others."""
        if not isinstance(receiver.outbox, OpenSocket):
            raise TypeError("a receiver without an outbox")
        self.members.append(receiver)

    def discard(self, place: int) -> None:
        """Let nobody be at ``place``."""
        self.members[place] = None

    def send(self, frame: bytes, start: int, stop: int) -> int:
        """Do what ``push`` of each from ``start`` to ``stop`` does, in order; return where it ended."""
        broadcast, members = self._broadcast, self.members
        size, at, tried, sent = len(frame), start, 0, 0
        self.taken = 0
        self.refused = []
        stop = min(stop, len(members))
        while at < stop:
            receiver = members[at]
            at += 1
            if receiver is None:
                continue
            outbox = receiver.outbox
            fd = outbox.fd
            if fd < 0:
                fd = outbox.look()
            if fd >= 0:
                try:
                    taken = os.write(fd, frame)
                except OSError:
                    # Full, or broken: the transport finds out which.
                    taken = 0
                if taken != size:
                    outbox.left(frame[taken:])
                sent += 1
            elif receiver.push(frame):
                self.taken += 1
            else:
                self.refused.append(receiver)
            tried += 1
            if tried % CHECKED == 0 and broadcast.is_over():
                break
        self.taken += sent
        broadcast.counters.bytes_out += sent * size
        return at
