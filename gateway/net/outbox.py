"""The bytes that one connection still has to write."""

import asyncio
from typing import Final

from gateway.net.broadcast import OpenSocket
from gateway.net.counters import FrontCounters

HIGH_WATER: Final = 64 * 1024
"""Bytes in the transport's buffer above which the connection counts as not reading."""
NO_SOCKET: Final = -1


class Outbox(OpenSocket):
    """Collects what a batch says to one connection and writes it in one call.

    ``paused`` is true while the peer does not read. ``backlog`` counts the bytes that wait in the transport;
    the owner decides what happens above its bound.

    While nothing waits in front of it, a push to many may go straight to ``fd``, the connection's socket
    (``broadcast``). The owner says from when on (``open_socket``) and until when (``close_socket``, before
    the transport closes it); in between ``fd`` is ``NO_SOCKET`` where that is not known or not so.
    """

    __slots__ = ("_counters", "_pending", "_socket", "_transport", "paused", "pending_bytes")

    def __init__(self, transport: asyncio.Transport, counters: FrontCounters) -> None:
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self._transport = transport
        self._counters = counters
        self._pending: list[bytes] = []
        self._socket = NO_SOCKET
        self.fd = NO_SOCKET
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
        self.fd = NO_SOCKET

    @property
    def mark(self) -> int:
        """The place behind all that was added, for ``insert``, until the next ``flush``."""
        return len(self._pending)

    def insert(self, mark: int, data: bytes) -> None:
        """Add bytes to the next write, in front of what was added since ``mark``."""
        self._pending.insert(mark, data)
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
        if not self._transport.is_closing():
            self._counters.bytes_out += len(joined)
            self._transport.write(joined)

    # ---- straight to the socket

    def open_socket(self) -> None:
        """Let pushes go straight to the socket from now on; nothing where it is not plain TCP."""
        transport = self._transport
        sock = transport.get_extra_info("socket")
        if sock is not None and transport.get_extra_info("sslcontext") is None:
            self._socket = sock.fileno()

    def close_socket(self) -> None:
        """Let nothing more go straight to the socket."""
        self._socket = self.fd = NO_SOCKET

    def look(self) -> int:
        """Return ``fd`` as it is now: after a write by the transport it is free again when all is taken."""
        transport = self._transport
        if self._socket != NO_SOCKET and not (
            self._pending or self.paused or transport.get_write_buffer_size() or transport.is_closing()
        ):
            self.fd = self._socket
        return self.fd

    def left(self, data: bytes) -> None:
        """Write, through the transport, what the socket did not take of a push."""
        self.fd = NO_SOCKET
        if not self._transport.is_closing():
            self._transport.write(data)
