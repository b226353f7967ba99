"""The twin in plain Python of the compiled ``Broadcast``. NOT here: which of them works (``broadcast``)."""

import os
from typing import Protocol

from gateway.net.counters import FrontCounters
from gateway.net.outbox import Outbox
from gateway.ports.market_data import Subscriber


class Receiver(Subscriber, Protocol):
    """A WebSocket connection that receives pushes."""

    outbox: Outbox


class Broadcast:
    """Pushes to connections of one front end, whose ``counters`` get the bytes (``ports.SendToAll``)."""

    __slots__ = ("_counters",)

    def __init__(self, counters: FrontCounters) -> None:
        self._counters = counters

    def __call__(self, receivers: list[Receiver], frame: bytes) -> list[Receiver]:
        """Do what ``push`` of each does, in order; return those that did not take the frame."""
        size, sent = len(frame), 0
        refused = []
        for receiver in receivers:
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
                sent += size
            elif not receiver.push(frame):
                refused.append(receiver)
        self._counters.bytes_out += sent
        return refused
