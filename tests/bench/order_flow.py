"""Clients that trade over several FIX sessions: orders on time, or as many as the gateway answers.

Each session sends a buy and a sell of the same terms in turn, so every order is filled and the book stays
small: an order costs its session two reports. The bytes of a stretch are encoded before it begins. NOT here:
what is made of the figures.
"""

import gc
import re
import select
import time
from array import array
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final, NamedTuple, TypeAlias

from protocols.fix import utc_text
from tests.bench.fix_load import NS, READ_SIZE, Address, Line

PATIENCE_NS: Final = 60 * NS
SLOWEST: Final = 1_000
"""Orders a second, on the slowest machine that is waited for when they are sent as answers come."""

_NEW: Final = re.compile(rb"\x01150=0\x01[^\n]*?\x0111=N(\d+)\x01")
_NEW_REPORT: Final = b"\x01150=0\x01"
_FILL_REPORT: Final = b"\x01150=F\x01"
_END: Final = re.compile(rb"\x0110=\d\d\d\x01")


class Paced(NamedTuple):
    """Orders sent at planned times: ns from there to the acknowledgment, in the order of the plan."""

    rate: int
    latencies: list[int]

    @property
    def held(self) -> bool:
        """Whether the gateway kept up: at the end no queue had built up."""
        last = sorted(self.latencies[-len(self.latencies) // 5 :])
        return last[len(last) // 2] < NS // 10


class Windowed(NamedTuple):
    """Orders that were sent as answers came: how many were acknowledged in how many seconds of full load."""

    orders: int
    seconds: float

    @property
    def rate(self) -> float:
        """Orders acknowledged per second."""
        return self.orders / self.seconds


class _Trader:
    """One session: what it still has to send, and what the socket did not take yet."""

    def __init__(self, address: Address, comp_id: bytes) -> None:
        self.line = Line(address, comp_id)
        self.line.socket.setblocking(False)
        self.orders: list[bytes] = []
        self.sent = 0
        self.tail = b""
        self.waiting = bytearray()

    def prepare(self, numbers: range) -> None:
        """Encode the orders of the next stretch: buy and sell in turn."""
        self.sent = 0
        self.orders = [
            self.line.message(
                b"D",
                b"11=N%d\x0121=1\x0138=0.01\x0140=2\x0144=100000000\x0154=%d\x0155=BTC-KRW\x0159=1\x0160=%b\x01"
                % (number, 1 + at % 2, utc_text(time.time_ns())),
            )
            for at, number in enumerate(numbers)
        ]

    def send(self, count: int) -> None:
        """Send the next orders, at most ``count``."""
        first, self.sent = self.sent, min(self.sent + count, len(self.orders))
        if self.waiting:
            self.waiting += b"".join(self.orders[first : self.sent])
            self.flush()
        else:
            self._write(self.orders[first] if count == 1 else b"".join(self.orders[first : self.sent]))

    def flush(self) -> None:
        """Send what the socket did not take before."""
        rest = bytes(self.waiting)
        self.waiting.clear()
        self._write(rest)

    def receive(self) -> bytes:
        """Return what there is to read."""
        data = self.line.socket.recv(READ_SIZE)
        if not data:
            raise AssertionError("the gateway hung up")
        return data

    def _write(self, data: bytes) -> None:
        try:
            taken = self.line.socket.send(data)
        except BlockingIOError:
            taken = 0
        if taken < len(data):
            self.waiting += data[taken:]


class OrderFlow:
    """The sessions of one client process. Each stretch ends when all of its orders are filled."""

    def __init__(self, address: Address, comp_ids: list[bytes]) -> None:
        self._traders = [_Trader(address, comp_id) for comp_id in comp_ids]
        self._by_fd = {trader.line.socket.fileno(): trader for trader in self._traders}
        self._numbered = 0
        self._fills = 0

    def paced(self, rate: int, seconds: float, meanwhile: Callable[[], None] | None = None) -> Paced:
        """Send ``rate`` orders a second at planned times, whatever the answers do.

        No coordinated omission: latencies count from the plan. Waits without sleeping, since the time that
        the clients take to wake, to send and to receive, is not the gateway's; ``meanwhile`` is called then.
        """
        traders = self._traders
        lines = len(traders)
        first = self._prepare(int(rate * seconds / lines / 2) * 2)
        count = self._numbered - first
        latencies = array("q", bytes(8 * count))
        per_line = count // lines
        gap = NS / rate
        next_up = acknowledged = 0
        gc.disable()
        start = time.monotonic_ns() + NS // 1000
        deadline = start + int(count * gap) + PATIENCE_NS
        while self._fills < count or acknowledged < count:
            until = min(count, int((time.monotonic_ns() - start) // gap) + 1)
            if until - next_up == 1:
                traders[next_up % lines].send(1)
            elif until > next_up:
                # Late: what is due on one session goes in one write.
                for index, trader in enumerate(traders):
                    if share := _turns(until, index, lines) - _turns(next_up, index, lines):
                        trader.send(share)
            next_up = max(next_up, until)
            ready = self._wait(0, deadline)
            if not ready and meanwhile is not None:
                meanwhile()
            for trader in ready:
                data = trader.tail + trader.receive()
                now = time.monotonic_ns()
                whole = _whole(data)
                trader.tail = data[whole:]
                self._fills += data.count(_FILL_REPORT, 0, whole)
                for found in _NEW.finditer(data, 0, whole):
                    # Numbers run along each session; the plan goes round the sessions.
                    line, nth = divmod(int(found[1]) - first, per_line)
                    place = nth * lines + line
                    latencies[place] = now - start - int(place * gap)
                    acknowledged += 1
        gc.enable()
        return Paced(rate, latencies.tolist())

    def windowed(self, orders: int, window: int) -> Windowed:
        """Send ``orders`` in all, with ``window`` unacknowledged ones on each session.

        The clock runs from a tenth of the orders until the first session has no more to send.
        """
        traders = self._traders
        first = self._prepare(int(orders / len(traders) / 2) * 2)
        count = self._numbered - first
        acknowledged = from_orders = to_orders = started = ended = 0
        gc.disable()
        deadline = time.monotonic_ns() + PATIENCE_NS + count * NS // SLOWEST
        for trader in traders:
            trader.send(window)
        while self._fills < count or acknowledged < count:
            for trader in self._wait(0.1, deadline):
                data = trader.tail + trader.receive()
                whole = _whole(data)
                trader.tail = data[whole:]
                self._fills += data.count(_FILL_REPORT, 0, whole)
                answered = data.count(_NEW_REPORT, 0, whole)
                acknowledged += answered
                if answered and not ended:
                    trader.send(answered)
                    if not started and acknowledged >= count // 10:
                        started, from_orders = time.monotonic_ns(), acknowledged
                    if trader.sent == len(trader.orders):
                        ended, to_orders = time.monotonic_ns(), acknowledged
                elif answered:
                    trader.send(answered)
        gc.enable()
        return Windowed(to_orders - from_orders, (ended - started) / NS)

    def close(self) -> None:
        """Close all connections."""
        for trader in self._traders:
            trader.line.socket.close()

    def _prepare(self, per_line: int) -> int:
        """Encode ``per_line`` orders for each session; return the first number."""
        first = self._numbered
        for trader in self._traders:
            trader.prepare(range(self._numbered, self._numbered + per_line))
            self._numbered += per_line
        self._fills = 0
        return first

    def _wait(self, timeout_s: float, deadline: int) -> list[_Trader]:
        """Return the sessions that have something to read."""
        by_fd = self._by_fd
        blocked = [fd for fd, trader in by_fd.items() if trader.waiting]
        readable, writable, _ = select.select(by_fd, blocked, (), timeout_s)
        for fd in writable:
            by_fd[fd].flush()
        if time.monotonic_ns() > deadline:
            raise AssertionError("orders were not answered in time")
        return [by_fd[fd] for fd in readable]


Task: TypeAlias = tuple[str, int, float]


def trade(address: Address, comp_ids: list[bytes], tasks: Connection) -> None:
    """Be the clients, in a process of their own.

    Each task ("paced", rate, seconds) or ("windowed", orders, window) is answered with what was found;
    ``None`` ends it.
    """
    flow = OrderFlow(address, comp_ids)
    tasks.send("ready")
    while (task := tasks.recv()) is not None:
        kind, size, extent = task
        tasks.send(flow.paced(size, extent) if kind == "paced" else flow.windowed(size, int(extent)))
    flow.close()


def _turns(places: int, index: int, lines: int) -> int:
    """Return how many of the first ``places`` fall to one of ``lines`` that take turns."""
    return (places - index + lines - 1) // lines


def _whole(data: bytes) -> int:
    """Return where the last whole message ends."""
    end = data.rfind(b"\x0110=")
    while end >= 0:
        found = _END.match(data, end)
        if found is not None:
            return found.end()
        end = data.rfind(b"\x0110=", 0, end)
    return 0
