"""A trading hall without sockets: the real order path, and clients whose lines write down what is said.

Commits end when the test says so. It lives in a running event loop, as ``Turns`` does.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from gateway.auth import Guests
from gateway.dialects.native import ws_executions
from gateway.dialects.native.terms import places_of
from gateway.engine import EmbeddedEngine
from gateway.model import Event, Instruments, OrderEvent, TradingStatus
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.turns import Turns
from gateway.net.ws_services import WsLine
from gateway.net.ws_session import WsSession
from gateway.orders import Order, OrderLimits, OrderRouter
from gateway.ports import Batch, StoredExecution, StoreError
from gateway.settings import ApiKey, WsSettings
from gateway.store import MemoryStore
from tests.gateway.orders.floor import BTC, ETH

Done = Callable[[StoreError | None], None]
Push = dict[str, Any]


class HeldStore(MemoryStore):
    """Commits when the test says so, or at once; forgets executions and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = True
        self.reads = 0
        self.forgotten: dict[str, int] = {}
        self.broken = False
        self._under_way: list[tuple[Batch, Done]] = []

    def commit(self, batch: Batch, done: Done) -> None:
        if self.at_once:
            super().commit(batch, done)
        else:
            self._under_way.append((batch, done))

    def finish(self) -> None:
        """End the commit under way, if any."""
        if self._under_way:
            super().commit(*self._under_way.pop())

    def executions(self, account: str, after: int, limit: int) -> Sequence[StoredExecution]:
        self.reads += 1
        if self.broken:
            raise StoreError("data/log: Input/output error")
        kept = super().executions(account, max(after, self.forgotten.get(account, 0)), limit)
        assert len(kept) <= limit
        return kept


class Line:
    """A WebSocket line that writes down what is said, in order."""

    def __init__(self) -> None:
        self.address = "127.0.0.1"
        self.form = 0
        self.guest = Guests(WsSettings()).arrive(self.address)
        self.is_paused = False
        self.said: list[Push] = []
        self.closed: tuple[int, str] | None = None

    def push(self, frame: bytes) -> bool:
        raise AssertionError(frame)

    def send_text(self, payload: bytes) -> None:
        self.said.append(orjson.loads(payload))

    def send_framed(self, frame: bytes) -> None:
        self.said.append(pushed(frame))

    def answer_first(self, answer: Callable[[], None]) -> None:
        answer()

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def cut_off(self) -> None:
        raise AssertionError("loopback has no limits")


class Hall:
    """The desk of a gateway, and what its WebSocket sessions share (``WsServices``)."""

    def __init__(self, settings: WsSettings | None = None) -> None:
        self.settings = settings or WsSettings(requests_rate=0)
        self.instruments = Instruments([BTC, ETH])
        engine = EmbeddedEngine(self.instruments)
        self.store = HeldStore()
        self.failures: list[Exception] = []
        self.turns = Turns(engine, self.store, max_uncommitted_bytes=1 << 30, on_failure=self.failures.append)
        limits = OrderLimits(throttle_rate=0, price_bands=False)
        self.router = OrderRouter(engine, self.instruments, limits, self.turns.record)
        self.router.record_executions(self.turns.record_execution)
        self.turns.bind(self.router.deliver, self._publish)
        self.desk = Desk(self.instruments, self.router, self.store, self.turns)
        self.counters = FrontCounters()
        self.live: dict[str, list[Push]] = {}
        self._count = 0

    def on_execution(self, event: OrderEvent, order: Order | None, exec_id: int) -> None:
        """Keep the push that a follower gets (``ports.ExecutionListener``)."""
        frame = self.execution_frame(event, order, exec_id)
        assert frame is not None
        self.live.setdefault(event.account, []).append(pushed(frame))

    def _publish(self, events: Sequence[Event]) -> None:
        del events

    def verify(self, params: Any, address: str) -> ApiKey:
        del address
        return ApiKey(id=params.key, account=params.key, hmac_secret="x")

    eseq = 0
    epoch = "00000000"

    def trading_status(self, symbol: str) -> TradingStatus:
        return self.router.trading_status(symbol)

    def join(self, line: WsLine, *request: Any) -> list[str]:
        raise AssertionError(line, request)

    def leave(self, line: WsLine, channels: list[str]) -> None:
        assert channels == [], line

    def show_book(self, line: WsLine, *request: Any) -> None:
        raise AssertionError(line, request)

    def execution_frame(self, event: OrderEvent, order: Order | None, exec_id: int) -> bytes | None:
        symbol = "" if order is None else order.symbol
        return ws_executions.encode_execution(event, order, exec_id, places_of(self.instruments, symbol), 0)

    def client(self, account: str, **terms: object) -> "Client":
        """Return a client on a new connection, logged on."""
        self._count += 1
        if account not in self.live:
            self.live[account] = []
            self.router.listen(account, self)
        line = Line()
        client = Client(WsSession(f"ws:0.{self._count}", line, self), line, self)
        client.request("session.logon", key=account, timestamp=0, signature="x", **terms)
        return client


class Client:
    """One WebSocket connection."""

    def __init__(self, session: WsSession, line: Line, hall: Hall) -> None:
        self.session = session
        self.line = line
        self.hall = hall
        self.requests = 0

    def request(self, method: str, **params: object) -> int:
        """Send a request; return its id."""
        self.requests += 1
        payload = orjson.dumps({"id": self.requests, "method": method, "params": params})
        self.session.receive(payload, 0)
        self.hall.turns.wake()
        return self.requests

    def place(self, cl_ord_id: str, side: str = "buy", price: int = 5_000, quantity: str = "1") -> int:
        """Send a limit order."""
        terms = {"symbol": "BTC-KRW", "side": side, "type": "limit", "price": str(price)}
        return self.request("order.place", cl_ord_id=cl_ord_id, quantity=quantity, **terms)

    def pause(self) -> None:
        """Read nothing more."""
        self.line.is_paused = True

    def drain(self) -> None:
        """Read again."""
        self.line.is_paused = False
        self.hall.turns.after_commit(self.session.drained)

    def reply(self, request_id: int) -> Push:
        """Return the one reply to a request."""
        [reply] = [message for message in self.line.said if message.get("id") == request_id]
        return reply

    @property
    def pushes(self) -> list[Push]:
        """All pushes so far."""
        return [message for message in self.line.said if "ch" in message]


def pushed(frame: bytes) -> Push:
    """Return the push in a frame."""
    push: Push = orjson.loads(frame[frame.index(b'{"') :])
    return push


async def turn(count: int = 1) -> None:
    """Let the loop run what is due, ``count`` times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def settle(hall: Hall) -> None:
    """Commit and run until nothing is left to do."""
    hall.store.at_once = True
    await turn()
    for _ in range(10_000):
        hall.store.finish()
        await turn()
        if hall.turns.is_idle:
            return
    raise AssertionError("it does not come to rest")


def kinds(pushes: list[Push]) -> list[tuple[str, int]]:
    """Return type and number of each push."""
    return [(push["type"], push["seq"]) for push in pushes]


def replayed(first: int, last: int) -> list[tuple[str, int]]:
    """Return the kinds of a whole replay."""
    return [*(("replay", n) for n in range(first, last + 1)), ("replay.done", last)]
