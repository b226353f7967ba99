"""A storm of WebSocket clients, and orders on time, from one process and one thread.

Orders come first: when none is due and no answer is there, the storm goes a small step further. So what its
clients take of their core is not measured as the orders' waiting. NOT here: what is made of it (``storm``).
"""

import errno
import select
import socket
import time
from array import array
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

from tests.bench.fix_load import NS, READ_SIZE, Address
from tests.bench.order_flow import PATIENCE_NS, OrderFlow, Paced

CONNECTS: Final = 2
EVENTS: Final = 4
"""What is done in a step, about 0.1 ms in all."""

_HANDSHAKE: Final = (
    b"GET /v1 HTTP/1.1\r\nHost: bdax\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_WELCOME: Final = b"HTTP/1.1 101 "
_END_OF_HEAD: Final = b"\r\n\r\n"
_SNAPSHOT: Final = b'"type":"snapshot"'


class Told(NamedTuple):
    """ns from the storm's begin until each client had its first snapshot, in that order."""

    latencies: list[int]
    failed: int


class _Client:
    """One connection, and what has come on it that is not worked yet."""

    __slots__ = ("greeted", "heard", "line", "told")

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.heard = b""
        self.greeted = False
        self.told = False


class Storm:
    """``count`` clients that connect, shake hands and subscribe to ``channel``, as soon as they can.

    They stay, and read what comes, until ``close``.
    """

    def __init__(self, address: Address, count: int, channel: str) -> None:
        self._address = address
        self._count = count
        # As long as a frame with a length of two bytes must be at least; masked with zeros.
        payload = b'{"id":1,"method":"subscribe","params":{"channels":["%b"]}}' % channel.encode()
        payload = payload.ljust(126)
        self._subscription = b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload
        self._poll = select.epoll()
        self._clients: dict[int, _Client] = {}
        self._opened = 0
        self._begun_at = 0
        self._latencies = array("q")
        self._failed = 0

    @property
    def is_over(self) -> bool:
        """Whether each client has its snapshot, or has failed."""
        return len(self._latencies) + self._failed >= self._count

    @property
    def told(self) -> Told:
        """What was found so far."""
        return Told(self._latencies.tolist(), self._failed)

    def step(self) -> None:
        """Open some connections, and work some of what has come."""
        self._begun_at = self._begun_at or time.monotonic_ns()
        for _ in range(min(CONNECTS, self._count - self._opened)):
            self._open()
        for fd, _ in self._poll.poll(0, EVENTS):
            client = self._clients[fd]
            try:
                self._work(fd, client)
            except OSError:
                self._poll.unregister(fd)
                client.line.close()
                self._failed += not client.told

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.line.close()
        self._poll.close()

    def _open(self) -> None:
        self._opened += 1
        line = socket.socket()
        line.setblocking(False)
        if line.connect_ex(self._address) in {0, errno.EINPROGRESS}:
            self._clients[line.fileno()] = _Client(line)
            self._poll.register(line.fileno(), select.EPOLLOUT)
        else:
            self._failed += 1
            line.close()

    def _work(self, fd: int, client: _Client) -> None:
        if not client.greeted:
            client.greeted = True
            client.line.send(_HANDSHAKE)
            self._poll.modify(fd, select.EPOLLIN)
            return
        data = client.line.recv(READ_SIZE)
        if not data:
            raise ConnectionResetError
        if client.told:
            return
        client.heard += data
        if client.heard.startswith(b"H"):
            head, end, rest = client.heard.partition(_END_OF_HEAD)
            if not end:
                return
            if not head.startswith(_WELCOME):
                raise ConnectionRefusedError
            client.heard = rest
            client.line.send(self._subscription)
        if _is_told(client.heard):
            client.told, client.heard = True, b""
            self._latencies.append(time.monotonic_ns() - self._begun_at)


def _is_told(heard: bytes) -> bool:
    """Whether a whole snapshot is among the frames."""
    at, end = 0, len(heard)
    while end - at >= 2:
        start, length = at + 2, heard[at + 1]
        if length == 126:
            start, length = at + 4, int.from_bytes(heard[at + 2 : at + 4], "big")
        elif length == 127:
            start, length = at + 10, int.from_bytes(heard[at + 2 : at + 10], "big")
        at = start + length
        if at <= end and heard.find(_SNAPSHOT, start, at) >= 0:
            return True
    return False


class Beside(NamedTuple):
    """The orders while the storm came, those after it, and what it found."""

    during: Paced
    after: Paced
    told: Told


def trade_in_storm(fix: Address, ws: Address, comp_ids: list[bytes], tasks: Connection) -> None:
    """Be all clients, in a process of their own.

    ``(rate, seconds)`` sends orders and is answered with a ``Paced``; ``(rate, seconds, count, channel)``
    does so while a storm comes and goes, and is answered with a ``Beside``; ``None`` ends it.
    """
    flow = OrderFlow(fix, comp_ids)
    tasks.send("ready")
    while (task := tasks.recv()) is not None:
        rate, seconds, *of_storm = task
        if of_storm:
            tasks.send(_in_storm(flow, rate, seconds, Storm(ws, *of_storm)))
        else:
            tasks.send(flow.paced(rate, seconds))
    flow.close()


def _in_storm(flow: OrderFlow, rate: int, seconds: float, storm: Storm) -> Beside:
    paced = flow.paced(rate, seconds, meanwhile=storm.step)
    deadline = time.monotonic_ns() + PATIENCE_NS
    while not storm.is_over and time.monotonic_ns() < deadline:
        storm.step()
    told = storm.told
    storm.close()
    until = int(rate * max(told.latencies, default=0) / NS)
    return Beside(Paced(rate, paced.latencies[:until]), Paced(rate, paced.latencies[until:]), told)
