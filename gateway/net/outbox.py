"""The bytes that one connection still has to write."""

import asyncio
from typing import Final

from gateway.net.counters import FrontCounters

HIGH_WATER: Final = 64 * 1024
"""Bytes in the transport's buffer above which the connection counts as not reading."""


class Outbox:
    """Collects what a batch says to one connection and writes it in one call.

    ``paused`` is true while the peer does not read. ``backlog`` counts the bytes that wait in the transport;
    the owner decides what happens above its bound.
    """

    __slots__ = ("_counters", "_pending", "_transport", "paused", "pending_bytes")

    def __init__(self, transport: asyncio.Transport, counters: FrontCounters) -> None:
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self._transport = transport
        self._counters = counters
        self._pending: list[bytes] = []
        self.paused = False
        self.pending_bytes = 0

    @property
    def backlog(self) -> int:
        """Bytes handed to the transport that the kernel has not taken, and those not handed over yet."""
        return self._transport.get_write_buffer_size() + self.pending_bytes

    def add(self, data: bytes) -> None:
        """Add bytes to the next write."""
        self._pending.append(data)
        self.pending_bytes += len(data)

    @property
    def mark(self) -> int:
        """The place behind all that was added, for ``insert``, until the next ``flush``."""
        return len(self._pending)

    def insert(self, mark: int, data: bytes) -> None:
        """Add bytes to the next write, in front of what was added since ``mark``."""
        self._pending.insert(mark, data)
        self.pending_bytes += len(data)

    def flush(self) -> None:
        """Write everything added, in one call."""
        pending = self._pending
        if not pending:
            return
        joined = pending[0] if len(pending) == 1 else b"".join(pending)
        self._pending = []
        self.pending_bytes = 0
        if not self._transport.is_closing():
            self._counters.bytes_out += len(joined)
            self._transport.write(joined)
