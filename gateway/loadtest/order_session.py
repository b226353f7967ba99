"""One session that sends orders, whichever wire it takes: prepares messages, sends them, records what comes.

What comes is only counted while the run goes on, and judged when there is time (``check``), so that judging
is no part of what is measured. NOT here: the wires' own languages (``fix_orders``, ``ws_orders``), and when
to send what.
"""

from abc import ABC, abstractmethod
from collections import deque
from itertools import islice
from typing import Final

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NEVER, Findings
from gateway.loadtest.flow import BUY, SELL, Flow, Kind, Order, Request
from gateway.loadtest.order_check import OrderCheck
from gateway.loadtest.recording import Recording
from gateway.loadtest.wires import Address, Wire, Wires

_LOG: Final = 1 << 20
_CROSS: Final = Kind.CROSS
_FEW: Final = 8


class OrderSession(ABC):
    """A session of the name ``name``; ``sent``, ``answered`` and ``fills`` are counts of what went by."""

    def __init__(self, name: str, flow: Flow, orders: OrderCheck, findings: Findings, wires: Wires) -> None:
        self.name = name
        self.flow = flow
        self.orders = orders
        self.sent = 0
        self.quota = NEVER
        """How many requests of the plan are its own."""
        self.answered = 0
        self.fills = 0
        self.swept = 0
        """How many of ``sent`` were no part of the plan."""
        self.kinds = [0] * len(Kind)
        """How many of the plan were of which kind."""
        self.left_over = 0
        """How much more it has bought than sold at the crossing price, by its own orders."""
        self.last_received = 0
        """When the last answer or report came. What only shows that the target lives is none."""
        self.last_sent = 0
        self.forgiven = 0
        """When it was last let go on without its answers."""
        self.recording = Recording()
        self.is_ready = False
        self._was_ready = False
        self.end = ""
        """Why the session has ended, empty while it has not."""
        self._is_closing = False
        self._connecting = 0
        self._findings = findings
        self._wire = Wire(wires, self)
        self._drawn: deque[Request] = deque()
        self._encoded: deque[bytes] = deque()
        self._out: list[bytes] = []

    @property
    def prepared(self) -> int:
        """Return how many requests are drawn and not sent."""
        return len(self._drawn)

    @property
    def is_away(self) -> bool:
        """Return whether it is not connected, and will be again."""
        return not self.is_ready and not self.end

    @property
    def in_flight(self) -> int:
        """Return how many requests wait for their answer."""
        return self.sent - self.answered

    @property
    def traffic(self) -> tuple[int, int]:
        """Return the bytes sent and received."""
        return self._wire.sent_bytes, self._wire.received_bytes

    def connect(self, address: Address, now: int) -> None:
        """Begin to connect and to log on."""
        self._connecting = now
        self._wire.connect(address)

    def prepare(self, count: int) -> None:
        """Draw and encode the next ``count`` requests."""
        self._encode_drawn(len(self._drawn))
        for _ in range(count):
            request = self.flow.draw()
            self._drawn.append(request)
            self._encoded.append(self._encode(request))

    def queue(self, planned: int) -> None:
        """Take the next request, planned for a time (ns), to be sent with ``flush``."""
        if not self._encoded:
            self._encode_drawn(_FEW)
            if not self._encoded:
                self.prepare(1)
        request = self._drawn.popleft()
        request.planned = planned
        self.orders.expect(request)
        kind = request.kind
        self.kinds[kind] += 1
        if kind is _CROSS:
            self.left_over += request.qty if request.order.side == BUY else -request.qty
        self._out.append(self._encoded.popleft())
        self.sent += 1

    def flush(self, now: int) -> None:
        """Send what was queued."""
        out = self._out
        self._wire.write(out[0] if len(out) == 1 else b"".join(out))
        out.clear()
        self.last_sent = now

    def send(self, most: int, now: int) -> int:
        """Send the next requests that are prepared, at most so many, as planned for now; return how many."""
        count = len(self._drawn)
        if most < count:
            count = most
        if count:
            for _ in range(count):
                self.queue(now)
            self.flush(now)
        return count

    def forgive(self, now: int) -> None:
        """Wait no longer for what is in flight; that it is missing comes out when all is judged."""
        self.answered = self.sent
        self.forgiven = now

    def cancel(self, order: Order) -> None:
        """Send a cancel beside the plan, not measured; nothing may be prepared."""
        self._send_extra(self.flow.cancel(order))

    def level_out(self, qty: int) -> None:
        """Sell ``qty`` (less than 0: buy) beside the plan, not measured; nothing may be prepared."""
        self._send_extra(self.flow.counterpart(SELL if qty > 0 else BUY, abs(qty)))

    def _send_extra(self, request: Request) -> None:
        self.orders.expect(request)
        self._out.append(self._encode(request))
        self.flush(self.last_sent)
        self.sent += 1
        self.swept += 1

    def drop_prepared(self) -> None:
        """Take back what is drawn and not sent, as if it had never been."""
        self._take_back(len(self._encoded))
        self._encoded.clear()
        while self._drawn:
            request = self._drawn.pop()
            if not request.kind.enters:
                request.order.named = request.named
                request.order.numbers.remove(request.number)

    def check(self, most: int = _LOG) -> bool:
        """Judge recorded chunks of at least ``most`` bytes together; return whether there are more."""
        for now, received in self.recording.take(most):
            self._judge(received, now)
        self._findings.fold_if_large()
        return self.recording.newest is not None

    def close(self) -> None:
        """Close the connection."""
        self._is_closing = True
        self._wire.close()

    def on_ended(self, why: str, now: int) -> None:
        """The connection is gone."""
        del now
        if self.end:
            return
        self.end = why
        if self._is_closing:
            return
        kind = FaultKind.LOST if self.is_ready else FaultKind.REFUSED
        self._findings.add(kind, f"{self.name}: {why}")

    def sample(self) -> int | None:
        """Return the latency of the last answer that came, ``None`` where there is none to tell."""
        if self.recording.newest is None:
            return None
        now, received = self.recording.newest
        request = self.orders.pending.get(self._last_number(received))
        return None if request is None or request.answered or not request.planned else now - request.planned

    @abstractmethod
    def _last_number(self, received: bytes) -> int:
        """Return the number of the request that the last answer of a chunk names, -1 without one."""

    @abstractmethod
    def on_connected(self, now: int) -> None:
        """The connection is there: log on."""

    @abstractmethod
    def on_bytes(self, received: bytes, now: int) -> None:
        """Count and record what came."""

    @abstractmethod
    def say_goodbye(self, now: int) -> None:
        """Begin to end the session in order."""

    @abstractmethod
    def judge_rest(self, *, is_complete: bool) -> None:
        """Judge what was kept back, when nothing more is to come; if ``is_complete``, also half a message."""

    @abstractmethod
    def on_tick(self, now: int) -> None:
        """Keep the session alive; called about once a second."""

    @abstractmethod
    def _encode(self, request: Request) -> bytes:
        """Return the message of a request, with the next number."""

    @abstractmethod
    def _judge(self, received: bytes, now: int) -> None:
        """Judge a recorded chunk."""

    def _ready(self, now: int) -> None:
        self.is_ready = True
        self._findings.connects.append(now - self._connecting)
        self._findings.counts["reconnections" if self._was_ready else "connections"] += 1
        self._was_ready = True

    def _encode_drawn(self, most: int) -> None:
        """Encode at most so many of what is drawn and is not encoded, or is no more."""
        encoded = self._encoded
        missing = len(self._drawn) - len(encoded)
        if missing:
            encoded.extend(
                map(self._encode, islice(self._drawn, len(encoded), len(encoded) + min(most, missing)))
            )

    def _take_back(self, count: int) -> None:
        """Take back the numbers of the last ``count`` messages that were encoded, where they have any."""
        del count
