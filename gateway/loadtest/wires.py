"""Many TCP connections in one thread, waited for to the microsecond. NOT here: what is said over them."""

import ctypes
import errno
import os
import select
import socket
import struct
import time
from typing import Final, Protocol

from gateway.loadtest.findings import NS

READ_SIZE: Final = 1 << 16
"""Small enough for the allocator's own memory: more is mapped and unmapped with each read."""
_PR_SET_TIMERSLACK: Final = 29
_EVENTS_AT_ONCE: Final = 512
_OUT: Final[int] = select.EPOLLOUT
_NOW: Final = struct.pack("ii", 1, 0)
_MS: Final = NS // 1_000
_COARSE: Final = 3 * _MS

Address = tuple[str, int]


class Party(Protocol):
    """Whose connection it is. ``now`` is monotonic ns, taken right after the read."""

    def on_connected(self, now: int) -> None:
        """The connection is there."""

    def on_bytes(self, received: bytes, now: int) -> None:
        """Something came."""

    def on_ended(self, why: str, now: int) -> None:
        """The connection is gone, or never came; told once, and not after ``close``."""


class Wire:
    """One connection. What the socket does not take at once waits without bound: a plan is bounded itself."""

    def __init__(self, wires: "Wires", party: Party) -> None:
        self.party = party
        self.sent_bytes = 0
        self.received_bytes = 0
        self._wires = wires
        self._socket: socket.socket | None = None
        self._is_connected = False
        self._waiting = bytearray()

    @property
    def is_open(self) -> bool:
        """Return whether the connection is there or on its way."""
        return self._socket is not None

    def connect(self, address: Address, *, receive_buffer: int = 0) -> None:
        """Begin to connect. ``receive_buffer`` bounds what the kernel keeps for us (0: its own choice)."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket, self._is_connected = connection, False
        self._waiting.clear()
        error = connection.connect_ex(address)
        if error not in (0, errno.EINPROGRESS):
            self._end(os.strerror(error), time.monotonic_ns())
            return
        self._wires.add(connection.fileno(), self, select.EPOLLOUT)

    def write(self, message: bytes) -> None:
        """Send, or keep what cannot be sent yet."""
        if self._socket is None:
            return
        if self._waiting or not self._is_connected:
            self._waiting += message
            return
        taken = self._send(message)
        if taken < len(message):
            self._waiting += message[taken:]
            self._watch()

    def read(self, most: int, now: int) -> int:
        """Read at most ``most`` bytes now, of a connection that is paused; return how many."""
        before = self.received_bytes
        self._receive(most, now)
        return self.received_bytes - before

    def pause(self) -> None:
        """Do not read by itself any more."""
        if self._socket is not None:
            self._wires.change(self._socket.fileno(), 0)

    def close(self) -> None:
        """Close without a word to the party."""
        if self._socket is not None:
            self._wires.remove(self._socket.fileno())
            self._socket.close()
            self._socket, self._is_connected = None, False

    def abort(self) -> None:
        """Reset the connection: what is on its way is lost, both ways."""
        if self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW)
        self.close()

    def on_events(self, events: int) -> None:
        """Work what epoll has told."""
        if self._is_connected:
            if events & _OUT:
                self._flush()
            if events & ~_OUT:
                self._receive(READ_SIZE, 0)
        elif self._socket is not None:
            error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            now = time.monotonic_ns()
            if error:
                self._end(os.strerror(error), now)
                return
            self._is_connected = True
            self._flush()
            self.party.on_connected(now)

    def _receive(self, most: int, now: int) -> None:
        if self._socket is None:
            return
        try:
            received = self._socket.recv(most)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error.strerror or "connection error", now or time.monotonic_ns())
            return
        now = now or time.monotonic_ns()
        if not received:
            self._end("closed by the target", now)
            return
        self.received_bytes += len(received)
        self.party.on_bytes(received, now)

    def _send(self, message: bytes | bytearray) -> int:
        if self._socket is None:
            return 0
        try:
            taken = self._socket.send(message)
        except BlockingIOError:
            taken = 0
        except OSError:
            taken = len(message)  # the read that follows says what has happened
        self.sent_bytes += taken
        return taken

    def _flush(self) -> None:
        if self._waiting:
            del self._waiting[: self._send(self._waiting)]
        self._watch()

    def _watch(self) -> None:
        if self._socket is not None:
            wanted = select.EPOLLIN | (select.EPOLLOUT if self._waiting else 0)
            self._wires.change(self._socket.fileno(), wanted)

    def _end(self, why: str, now: int) -> None:
        self.close()
        self.party.on_ended(why, now)


class Wires:
    """All connections of a process."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._poll = self._epoll.poll
        self._fds = (self._epoll.fileno(),)
        self._by_fd: dict[int, Wire] = {}
        # The kernel wakes this process when it asked to be woken, not up to 50 us later.
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1)

    def add(self, fd: int, wire: Wire, events: int) -> None:
        """Watch a connection."""
        self._by_fd[fd] = wire
        self._epoll.register(fd, events)

    def change(self, fd: int, events: int) -> None:
        """Watch it for other events."""
        self._epoll.modify(fd, events)

    def remove(self, fd: int) -> None:
        """Watch it no more."""
        if self._by_fd.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def wait(self, until: int) -> list[Party]:
        """Wait until something comes, or until a time; work it, and return whose it was."""
        left = until - time.monotonic_ns()
        ready: list[tuple[int, int]] = []
        if left > _COARSE:
            # epoll itself waits whole milliseconds: what is left over is waited for below.
            ready = self._poll((left // _MS - 1) / 1_000, _EVENTS_AT_ONCE)
        if not ready:
            left = until - time.monotonic_ns()
            if left > 0 and not select.select(self._fds, (), (), left / NS)[0]:
                return []
            ready = self._poll(0, _EVENTS_AT_ONCE)
        parties = []
        by_fd = self._by_fd
        for fd, events in ready:
            wire = by_fd.get(fd)
            if wire is not None:
                wire.on_events(events)
                parties.append(wire.party)
        return parties

    def close(self) -> None:
        """Close all connections."""
        for wire in list(self._by_fd.values()):
            wire.close()
        self._epoll.close()
