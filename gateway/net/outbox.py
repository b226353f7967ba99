"""The bytes that one connection still has to write."""

from gateway.net.broadcast import OpenSocket
from gateway.net.plain_send import HIGH_WATER, NO_SOCKET, plain_socket

__all__ = ["HIGH_WATER", "NO_SOCKET", "Outbox"]


class Outbox(OpenSocket):
    """Collects what a batch says to one connection and writes it in one call.

    ``paused`` is true while the peer does not read. ``backlog`` counts the bytes that wait in the transport;
    the owner decides what happens above its bound. Where the transport has nothing waiting, and is not
    closing, bytes go straight to its socket, and what that does not take to the transport.

    While nothing waits in front of it, a push to many may go straight to ``fd``, the connection's socket
    (``broadcast``). The owner says from when on (``open_socket``) and until when (``close_socket``, before
    the transport closes it); in between ``fd`` is ``NO_SOCKET`` where that is not known or not so.
    """

    __slots__ = ()

    @property
    def backlog(self) -> int:
        """Bytes handed to the transport that the kernel has not taken, and those not handed over yet."""
        return self._transport.get_write_buffer_size() + self.pending_bytes

    @property
    def mark(self) -> int:
        """The place behind all that was added, for ``insert``, until the next ``flush``."""
        return len(self._pending)

    def insert(self, mark: int, data: bytes) -> None:
        """Add bytes to the next write, in front of what was added since ``mark``."""
        self._pending.insert(mark, data)
        self.pending_bytes += len(data)
        self.fd = NO_SOCKET

    # ---- straight to the socket

    def open_socket(self) -> None:
        """Let pushes go straight to the socket from now on; nothing where it is not plain TCP."""
        self._socket = plain_socket(self._transport)

    def close_socket(self) -> None:
        """Let nothing more go straight to the socket."""
        self._socket = self.fd = NO_SOCKET
