"""Two clients that do as little as they can: one that fetches a resend, one that sends orders on time.

Both write bytes that were encoded before, and look for a few marks in what they read.
"""

import gc
import re
import selectors
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final

from protocols.fix import utc_text
from tests.bench.order_path import framed

NS: Final = 1_000_000_000
READ_SIZE: Final = 1 << 16
"""Small enough for the allocator's own memory: more is mapped and unmapped with each read."""
HEART_BT_INT: Final = 120
_REPORT: Final = b"\x0135=8\x01"
_NEW: Final = re.compile(rb"\x01150=0\x01[^\n]*?\x0111=L(\d+)\x01")
_END: Final = re.compile(rb"\x0110=\d\d\d\x01")

Address = tuple[str, int]


class Line:
    """One FIX connection of a load-test session."""

    def __init__(self, address: Address, comp_id: bytes, next_out: int = 1) -> None:
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.comp_id = comp_id
        self.next_out = next_out
        self.socket.sendall(
            self.message(b"A", b"98=0\x01108=%d\x01553=%b\x01554=load\x01" % (HEART_BT_INT, comp_id))
        )
        answer = self.socket.recv(4096)
        if b"\x0135=A\x01" not in answer:
            raise AssertionError(f"{comp_id.decode()} was not let in: {answer!r}")

    def drop(self) -> None:
        """End the connection without a Logout; return when the gateway has ended it too."""
        self.socket.shutdown(socket.SHUT_WR)
        while self.socket.recv(READ_SIZE):
            pass
        self.socket.close()

    def message(self, msg_type: bytes, body: bytes, extra: bytes = b"") -> bytes:
        """Return a message with the next number."""
        number = self.next_out
        self.next_out += 1
        return framed(
            b"35=%b\x0134=%d\x0149=%b\x0152=%b\x0156=BDAX\x01%b%b"
            % (msg_type, number, self.comp_id, utc_text(time.time_ns()), extra, body)
        )

    def order(self, cl_ord_id: bytes) -> bytes:
        """Return an order that is accepted and at once canceled: two reports, and no order that rests."""
        return self.message(
            b"D",
            b"11=%b\x0121=1\x0138=0.01\x0140=2\x0144=1000000\x0154=1\x0155=BTC-KRW\x0159=3\x0160=%b\x01"
            % (cl_ord_id, utc_text(time.time_ns())),
        )


def fetch(address: Address, comp_id: bytes, stored: int, orders: Connection) -> None:
    """Be the client with the long history, in a process of its own.

    It has ``stored`` reports stored, drops the line, comes back and says "ready". For each number received it
    asks for everything so many times, one after the other, and answers with the seconds that each took;
    ``None`` ends it.
    """
    line = Line(address, comp_id)
    batch = 250
    for first in range(0, stored // 2, batch):
        line.socket.sendall(b"".join(line.order(b"F%07d" % n) for n in range(first, first + batch)))
        _read_reports(line.socket, 2 * batch)
    line.drop()
    line = Line(address, comp_id, line.next_out)
    orders.send("ready")
    while (times := orders.recv()) is not None:
        took = []
        for _ in range(times):
            started = time.monotonic()
            line.socket.sendall(line.message(b"2", b"7=1\x0116=0\x01"))
            _read_reports(line.socket, stored)
            took.append(time.monotonic() - started)
        orders.send(took)
    line.socket.close()


def _read_reports(connection: socket.socket, count: int) -> None:
    """Read until ``count`` ExecutionReports have come."""
    overlap = b""
    while count > 0:
        data = connection.recv(READ_SIZE)
        if not data:
            raise AssertionError(f"the gateway hung up with {count} reports to come")
        seen = overlap + data
        count -= seen.count(_REPORT)
        overlap = seen[1 - len(_REPORT) :]


class OpenLoop:
    """Sends orders at planned times over several sessions, whatever the answers do (no coordinated omission).

    ``sent`` are the planned times (monotonic ns), ``latencies`` the ns from there to the answer, by order.
    """

    def __init__(self, address: Address, comp_ids: list[bytes], rate: int, most_s: float) -> None:
        self._lines = [Line(address, comp_id) for comp_id in comp_ids]
        self._gap = NS // rate
        lines = len(self._lines)
        self._orders = [self._lines[n % lines].order(b"L%07d" % n) for n in range(int(rate * most_s))]
        self._tails = dict.fromkeys(range(lines), b"")
        self._selector = selectors.SelectSelector()  # waits to the microsecond; epoll to the ms
        for index, line in enumerate(self._lines):
            line.socket.setblocking(False)
            self._selector.register(line.socket, selectors.EVENT_READ, index)
        self._next = 0
        self._start = 0
        self.latencies: dict[int, int] = {}

    def planned(self, number: int) -> int:
        """Return when an order was to leave."""
        return self._start + number * self._gap

    def run(self, is_over: Callable[[], bool]) -> range:
        """Send until ``is_over``, which is asked about every ms; return the numbers that were sent."""
        first = self._next
        self._start = time.monotonic_ns() - first * self._gap
        gc.disable()
        while not is_over():
            if self._next >= len(self._orders):
                raise AssertionError("the prepared orders were not enough")
            self._send_due()
            wait = self.planned(self._next) - time.monotonic_ns()
            self._read(min(max(0, wait), NS // 1000) / NS)
        gc.enable()
        sent = range(first, self._next)
        deadline = time.monotonic_ns() + 10 * NS
        while any(number not in self.latencies for number in sent[-1000:]):
            if time.monotonic_ns() > deadline:
                raise AssertionError("orders were not answered within 10 s")
            self._read(0.01)
        return sent

    def close(self) -> None:
        """Close all connections."""
        self._selector.close()
        for line in self._lines:
            line.socket.close()

    def _send_due(self) -> None:
        now = time.monotonic_ns()
        while self.planned(self._next) <= now and self._next < len(self._orders):
            line = self._lines[self._next % len(self._lines)]
            line.socket.send(self._orders[self._next])
            self._next += 1

    def _read(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            data = key.fileobj.recv(READ_SIZE)  # type: ignore[union-attr]  # these are sockets
            now = time.monotonic_ns()
            if not data:
                raise AssertionError("the gateway hung up")
            data = self._tails[key.data] + data
            end = 0
            for found in _END.finditer(data):
                new = _NEW.search(data, end, found.end())
                if new is not None:
                    number = int(new[1])
                    self.latencies[number] = now - self.planned(number)
                end = found.end()
            self._tails[key.data] = data[end:]
