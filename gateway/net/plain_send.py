"""The twin in plain Python of the compiled broadcast. NOT here: which of them works (``broadcast``)."""

import asyncio
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
MOST_GIVEN_NS: Final = 1_000_000
"""For how long the core may be given away: no thread of a commit needs more of it at once."""
KEPT_NS: Final = 100_000_000
"""For how long it is kept when it was given away for longer, to whomever else this core has."""


HIGH_WATER: Final = 64 * 1024
"""Bytes in the transport's buffer above which the connection counts as not reading."""
NO_SOCKET: Final = -1


class OpenSocket:
    """What waits for a connection, and its socket: ``fd`` while free for pushes to many, else negative."""

    __slots__ = ("_counters", "_direct", "_pending", "_socket", "_transport", "fd", "paused", "pending_bytes")

    def __init__(self, transport: asyncio.Transport, counters: FrontCounters) -> None:
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self._transport = transport
        self._counters = counters
        self._pending: list[bytes] = []
        self._direct = plain_socket(transport)
        self._socket = NO_SOCKET
        self.fd = NO_SOCKET
        self.paused = False
        self.pending_bytes = 0

    def add(self, data: bytes) -> None:
        """Add bytes to the next write."""
        self._pending.append(data)
        self.pending_bytes += len(data)
        self.fd = NO_SOCKET

    def flush(self) -> None:
        """Write everything added, in one call."""
        pending = self._pending
        if not pending:
            return
        joined = pending[0] if len(pending) == 1 else b"".join(pending)
        self._pending = []
        self.pending_bytes = 0
        if self._transport.is_closing():
            return
        self._counters.bytes_out += len(joined)
        if self._direct >= 0 and self._is_free():
            try:
                taken = os.write(self._direct, joined)
            except OSError:
                # Full, or broken: the transport finds out which.
                taken = 0
            if taken == len(joined):
                return
            joined = joined[taken:]
        self._transport.write(joined)

    def _is_free(self) -> bool:
        """Return whether the transport has written all it was given, and the peer reads."""
        return not self.paused and not self._transport.get_write_buffer_size()

    def look(self) -> int:
        """Return ``fd`` as it is now: after a write by the transport it is free again when all is taken."""
        if self._socket >= 0 and not self._pending and self._is_free() and not self._transport.is_closing():
            self.fd = self._socket
        return self.fd

    def left(self, data: bytes) -> None:
        """Write, through the transport, what the socket did not take of a push."""
        self.fd = NO_SOCKET
        if not self._transport.is_closing():
            self._transport.write(data)


def plain_socket(transport: asyncio.Transport) -> int:
    """Return the socket that ``transport`` writes to as it is; ``NO_SOCKET`` where there is TLS or none."""
    sock = transport.get_extra_info("socket")
    if sock is None or transport.get_extra_info("sslcontext") is not None:
        return NO_SOCKET
    return int(sock.fileno())


class Receiver(Subscriber, Protocol):
    """A WebSocket connection that receives pushes, by the same ``outbox`` as long as it lives."""

    outbox: "Outbox"


class Broadcast:
    """Serves the connections of one front end, whose ``counters`` get the bytes (``ports.Broadcasting``).

    A thread that makes a commit durable shares the core of a loop that never waits, and gets it late. So the
    core is offered to it, ``given`` times so far, whenever the clock is looked at behind the end of a slice.
    """

    __slots__ = (
        "_edge",
        "_gives_way",
        "_input",
        "_kept_until",
        "_poll",
        "_until",
        "counters",
        "given",
        "most_given_ns",
    )

    def __init__(self, counters: FrontCounters) -> None:
        self.counters = counters
        self._input = -1
        self._poll = select.poll()
        self._edge = self._until = self._kept_until = 0
        self._gives_way = False
        self.given = 0
        self.most_given_ns = MOST_GIVEN_NS

    def watch(self, fd: int) -> None:
        """Stop at the end of a slice when ``fd`` can be read; while it is negative, in any case."""
        self._poll = select.poll()
        self._input = fd
        if fd >= 0:
            self._poll.register(fd, select.POLLIN)

    def open(self, end: int, until: int, *, gives_way: bool = False) -> None:
        """Serve until ``end`` (monotonic ns), and until ``until`` while there is nothing to read.

        ``gives_way``: a commit is under way, whose thread may need the core.
        """
        self._edge = end
        self._until = until
        self._gives_way = gives_way

    def audience(self) -> "Audience":
        """Return a new audience, of nobody."""
        return Audience(self)

    def is_over(self) -> bool:
        """Return whether the time is up."""
        now = time.monotonic_ns()
        if now < self._edge:
            return False
        if self._gives_way and now >= self._kept_until:
            now = self._give_way(now)
        if now >= self._until or self._input < 0 or self._poll.poll(0):
            return True
        self._edge = min(now + LOOK_NS, self._until)
        return False

    def _give_way(self, began: int) -> int:
        """Let another thread that waits for the core have it; return when that was over."""
        os.sched_yield()
        self.given += 1
        now = time.monotonic_ns()
        if now - began > self.most_given_ns:
            self._kept_until = now + KEPT_NS
        return now


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
