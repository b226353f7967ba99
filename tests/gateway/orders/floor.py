"""A router over the real embedded engine, with one instrument and sessions that write down what they hear."""

from dataclasses import dataclass, field
from typing import Any

from gateway.engine import EmbeddedEngine
from gateway.model import (
    Command,
    Event,
    Instrument,
    Instruments,
    NewOrder,
    OrderEvent,
    OrdType,
    Side,
    TickTable,
    TimeInForce,
)
from gateway.orders import Order, OrderLimits, OrderRouter

BTC = Instrument(
    symbol="BTC-KRW",
    base="BTC",
    quote="KRW",
    price_places=0,
    qty_places=2,
    ticks=TickTable([(0, 1), (1000, 10)]),
    lot=5,
    min_qty=10,
    max_qty=10_000,
    min_notional=1_000,
    max_notional=50_000_000,
    reference_price=5_000,
    band_pct=50,
)
ETH = Instrument(
    symbol="ETH-KRW",
    base="ETH",
    quote="KRW",
    price_places=0,
    qty_places=2,
    ticks=TickTable([(0, 1)]),
    lot=1,
    min_qty=1,
    max_qty=1_000_000,
    min_notional=0,
    max_notional=2**63,
    reference_price=100,
    band_pct=0,
)


@dataclass
class Hearing:
    """A session that writes down its reports."""

    key: str
    account: str
    heard: list[tuple[OrderEvent, Order | None]] = field(default_factory=list)

    def report(self, event: OrderEvent, order: Any) -> None:
        self.heard.append((event, order))

    @property
    def events(self) -> list[OrderEvent]:
        return [event for event, _ in self.heard]

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for event, _ in self.heard]


@dataclass
class Following:
    """A listener of an account's executions."""

    heard: list[tuple[str, int]] = field(default_factory=list)

    def on_execution(self, event: OrderEvent, order: Any, exec_id: int) -> None:
        del order
        self.heard.append((type(event).__name__, exec_id))


class Floor:
    """A router, its engine, and time that the test moves."""

    def __init__(self, limits: OrderLimits | None = None) -> None:
        instruments = Instruments([BTC, ETH])
        self.recorded: list[Command] = []
        self.engine = EmbeddedEngine(instruments)
        self.router = OrderRouter(self.engine, instruments, limits or OrderLimits(), self.recorded.append)
        self.now = 0
        self.delivered: list[Event] = []

    def session(self, key: str, account: str = "A") -> Hearing:
        session = Hearing(key, account)
        self.router.attach(session)
        return session

    def submit(self, *commands: Command) -> None:
        """Submit commands in one batch, then deliver what the engine says."""
        for command in commands:
            self.router.submit(command, self.now)
        self.deliver()

    def deliver(self) -> None:
        events = self.engine.drain()
        self.delivered += events
        self.router.deliver(events)


def order(
    cl_ord_id: str, side: Side = Side.BUY, price: int = 5_000, qty: int = 100, **terms: Any
) -> NewOrder:
    fields: dict[str, Any] = {
        "session": "S1",
        "msg_seq_num": 1,
        "account": "A",
        "transact_time": 1,
        "cl_ord_id": cl_ord_id.encode(),
        "symbol": "BTC-KRW",
        "side": side,
        "ord_type": OrdType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "order_qty": qty,
        "price": price,
    }
    return NewOrder(**(fields | terms))
