"""A small exchange on FIX 4.4 that answers rightly, or wrongly in exactly the way that a test asks for.

It shares nothing with the harness. Orders match at equal prices, first come, first served.
"""

import contextlib
import heapq
import itertools
import re
import selectors
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

Fields = dict[int, str]
Tamper = Callable[[int, Fields], list[Fields]]
"""From the how-manieth report, counted from 1, and its fields to what is sent in its place."""

Change = Callable[[Fields], list[Fields]]

BUY, SELL = "1", "2"
_LAST_REPORT: Final = 200
_TIME: Final = "20261122-10:00:00.000"
_MESSAGE: Final = re.compile(rb"8=FIX\.4\.4\x019=.*?\x0110=\d\d\d\x01")


def honest(_: int, report: Fields) -> list[Fields]:
    """Send what there is to send."""
    return [report]


@dataclass(frozen=True)
class Habits:
    """What is odd about a venue. ``dies_after`` so many reports it hangs up, and is gone."""

    tamper: Tamper = honest
    delay_s: float = 0.0
    logon: str = "accept"  # accept, silence, logout, hang up
    dies_after: int = 0
    skips_number_at: int = 0
    says: bytes = b""
    says_last: bytes = b""
    """Behind the 200th report of each session."""
    beats: bool = False
    """Whether a heartbeat comes every 50 ms on each session."""
    tests_line_at: int = 0
    one_report: bool = False


@dataclass(eq=False)
class _Order:
    line: "Line"
    cl_ord_id: str
    order_id: str
    side: str
    price: str
    qty: Decimal
    cum: Decimal = Decimal(0)


@dataclass
class Line:
    connection: socket.socket
    unread: bytes = b""
    client: str = ""
    next_out: int = 1
    reports: int = 0


class Venue:
    """The exchange, in a thread of its own, on a loopback port that the system chooses."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.habits = habits if habits is not None else Habits()
        self.received: list[Fields] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._orders: dict[tuple[str, str], _Order] = {}
        self._book: defaultdict[tuple[str, str], deque[_Order]] = defaultdict(deque)
        self._eseq = itertools.count(1)
        self._reports = 0
        self._later: list[tuple[float, int, socket.socket, bytes]] = []
        self._order = itertools.count()
        self._lines: list[Line] = []
        self._over = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        with contextlib.suppress(BrokenPipeError):  # it has died already
            self._wake.send(b"x")
        self._thread.join(10)
        self._wake.close()
        assert not self._thread.is_alive()

    @property
    def open_orders(self) -> int:
        """Return how many orders rest."""
        return sum(map(len, self._book.values()))

    def numbers(self, client: str) -> list[int]:
        """Return the MsgSeqNums that one client has used."""
        return [int(fields[34]) for fields in self.received if fields[49] == client]

    def _serve(self) -> None:
        while not self._over:
            timeout = max(0.0, self._later[0][0] - time.monotonic()) if self._later else None
            if self.habits.beats:
                timeout = 0.05
                for line in self._lines:
                    self._say(line, "0", {})
            for key, _ in self._selector.select(timeout):
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._selector.register(connection, selectors.EVENT_READ, Line(connection))
                elif key.data is not None:
                    self._read(key.data)
            while self._later and self._later[0][0] <= time.monotonic():
                self._put(*heapq.heappop(self._later)[2:])
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()

    def _read(self, line: Line) -> None:
        try:
            received = line.connection.recv(1 << 18)
        except OSError:
            received = b""
        if not received:
            self._drop(line)
            return
        line.unread += received
        end = 0
        for message in _MESSAGE.finditer(line.unread):
            end = message.end()
            pairs = (pair.split("=", 1) for pair in message[0].decode().split("\x01")[:-1])
            fields = {int(tag): value for tag, value in pairs}
            self.received.append(fields)
            self._work(line, fields)
            if line.connection.fileno() < 0:
                return
        line.unread = line.unread[end:]

    def _drop(self, line: Line) -> None:
        if line.connection.fileno() >= 0:
            self._selector.unregister(line.connection)
            line.connection.close()

    def _work(self, line: Line, fields: Fields) -> None:
        match fields[35]:
            case "A":
                self._log_on(line, fields)
            case "5":
                self._say(line, "5", {})
            case "1":
                self._say(line, "0", {112: fields[112]})
            case "D":
                self._enter(line, fields)
            case "F":
                self._cancel(line, fields)
            case "G":
                self._replace(line, fields)

    def _log_on(self, line: Line, fields: Fields) -> None:
        line.client = fields[49]
        match self.habits.logon:
            case "accept":
                self._say(line, "A", {98: "0", 108: fields[108], 141: "Y"})
                self._lines.append(line)
                if self.habits.says:
                    line.connection.send(self.habits.says)
            case "logout":
                self._say(line, "5", {58: "who are you"})
                self._drop(line)
            case "hang up":
                self._drop(line)

    def _enter(self, line: Line, fields: Fields) -> None:
        eseq = next(self._eseq)
        price, side = fields[44], fields[54]
        order = _Order(line, fields[11], str(eseq), side, price, Decimal(fields[38]))
        events = itertools.count(1)
        self._report(line, order, "0", "0", f"{eseq}-{next(events)}")
        if self.habits.one_report:
            return
        self._orders[line.client, order.cl_ord_id] = order
        others = self._book[price, SELL if side == BUY else BUY]
        while others and order.cum < order.qty:
            other = others[0]
            traded = min(order.qty - order.cum, other.qty - other.cum)
            for party in (order, other):
                party.cum += traded
                status = "2" if party.cum == party.qty else "1"
                fill = {31: price, 32: str(traded)}
                self._report(party.line, party, "F", status, f"{eseq}-{next(events)}", fill)
            if other.cum == other.qty:
                others.popleft()
        if order.cum < order.qty:
            self._book[price, side].append(order)

    def _cancel(self, line: Line, fields: Fields) -> None:
        eseq = next(self._eseq)
        order = self._orders.pop((line.client, fields[41]), None)
        if order is None or order.cum == order.qty:
            self._refuse(line, fields)
            return
        self._book[order.price, order.side].remove(order)
        order.cl_ord_id = fields[11]
        order.qty, left = order.cum, order.qty
        self._report(line, order, "4", "4", f"{eseq}-1", {38: str(left), 41: fields[41]})

    def _replace(self, line: Line, fields: Fields) -> None:
        eseq = next(self._eseq)
        order = self._orders.pop((line.client, fields[41]), None)
        if order is None:
            self._refuse(line, fields)
            return
        self._book[order.price, order.side].remove(order)
        order.cl_ord_id, order.price, order.qty = fields[11], fields[44], Decimal(fields[38])
        self._book[order.price, order.side].append(order)
        self._orders[line.client, order.cl_ord_id] = order
        self._report(line, order, "5", "0", f"{eseq}-1", {41: fields[41]})

    def _refuse(self, line: Line, fields: Fields) -> None:
        body = {11: fields[11], 41: fields[41], 37: "NONE", 39: "8", 434: "1", 102: "1", 58: "no such order"}
        self._say(line, "9", body)

    def _report(
        self,
        line: Line,
        order: _Order,
        exec_type: str,
        status: str,
        exec_id: str,
        more: Fields | None = None,
    ) -> None:
        report: Fields = {
            35: "8",
            1: line.client,
            40: "2",
            60: time.strftime("%Y%m%d-%H:%M:%S.000", time.gmtime()),
            37: order.order_id,
            17: exec_id,
            150: exec_type,
            39: status,
            11: order.cl_ord_id,
            55: "BTC-KRW",
            54: order.side,
            38: str(order.qty),
            44: order.price,
            151: str(order.qty - order.cum),
            14: str(order.cum),
            6: order.price if order.cum else "0",
            **(more or {}),
        }
        self._reports += 1
        habits = self.habits
        if self._reports == habits.skips_number_at:
            line.next_out += 1
        if self._reports == habits.tests_line_at:
            self._say(line, "1", {112: "still there?"})
        for tampered in habits.tamper(self._reports, report):
            self._say(line, tampered[35], tampered)
        line.reports += 1
        if line.reports == _LAST_REPORT and habits.says_last:
            line.connection.send(habits.says_last)
        if self._reports == habits.dies_after:
            self._over = True
            self._drop(line)

    def _say(self, line: Line, msg_type: str, body: Fields) -> None:
        number = body.get(34, str(line.next_out))
        if 34 not in body:
            line.next_out += 1
        text = f"35={msg_type}\x0134={number}\x0149=BDAX\x0152={_TIME}\x0156={line.client}\x01"
        text += "".join(f"{tag}={value}\x01" for tag, value in body.items() if tag not in (34, 35))
        text = f"8=FIX.4.4\x019={len(text)}\x01{text}"
        encoded = f"{text}10={sum(text.encode()) % 256:03}\x01".encode()
        if self.habits.delay_s and msg_type == "8":
            due = time.monotonic() + self.habits.delay_s
            heapq.heappush(self._later, (due, next(self._order), line.connection, encoded))
        else:
            self._put(line.connection, encoded)

    def _put(self, connection: socket.socket, encoded: bytes) -> None:
        try:
            connection.sendall(encoded)
        except OSError:
            return


def at(number: int, tampered: Change) -> Tamper:
    """Tamper with the report of a number."""

    def tamper(n: int, report: Fields) -> list[Fields]:
        return tampered(report) if n == number else [report]

    return tamper


def of_kind(exec_type: str, tampered: Change, nth: int = 20) -> Tamper:
    """Tamper with the ``nth`` report of an ExecType(150)."""
    seen = itertools.count(1)

    def tamper(_: int, report: Fields) -> list[Fields]:
        return tampered(report) if report[150] == exec_type and next(seen) == nth else [report]

    return tamper


def changed(**values: str) -> Change:
    """Change fields of a report."""
    return lambda report: [{**report, **{int(tag[1:]): value for tag, value in values.items()}}]


def dropped(_: Fields) -> list[Fields]:
    """Send nothing."""
    return []


def doubled(report: Fields) -> list[Fields]:
    """Send it twice."""
    return [report, report]
