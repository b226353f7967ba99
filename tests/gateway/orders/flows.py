"""Turns of random commands for the order path, and a place that takes them: few names, so that they meet."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from gateway.engine import EmbeddedEngine
from gateway.model import (
    CancelOrder,
    Command,
    Event,
    Instruments,
    MassCancel,
    MassCancelScope,
    NewOrder,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    SetTradingStatus,
    Side,
    TimeInForce,
    TradingStatus,
)
from gateway.orders import OrderLimits, OrderRouter
from tests.gateway.orders.floor import BTC, ETH, order
from tests.gateway.orders.kept import Kept

NAMES = st.sampled_from([b"a", b"b", b"c", b"d", b"e"])
SESSIONS = st.sampled_from([("S1", "A"), ("S2", "A"), ("S3", "B")])
UNSUPPORTED = Refusal(RejectReason.UNSUPPORTED, "stop_px")


def new_of(who: tuple[str, str], name: bytes, side: Side, price: int, qty: int, **terms: Any) -> NewOrder:
    return order(name.decode(), side, price, qty, session=who[0], account=who[1], **terms)


def replace_of(who: tuple[str, str], name: bytes, orig: bytes, qty: int, price: int) -> ReplaceOrder:
    return ReplaceOrder(who[0], 1, who[1], 1, name, orig, 0, "BTC-KRW", qty, price)


PRICES = st.sampled_from([1, 5_000, 5_010])
QTYS = st.sampled_from([20, 50, 100])
NEW = st.builds(
    new_of, SESSIONS, NAMES, st.sampled_from(Side), PRICES, QTYS, time_in_force=st.sampled_from(TimeInForce)
)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    NEW,
    NEW,
    st.builds(Refuse, NEW, st.just(UNSUPPORTED)),
    st.builds(replace_of, SESSIONS, NAMES | st.just(b""), NAMES, QTYS, PRICES),
    st.builds(replace_of, SESSIONS, NAMES, NAMES, QTYS, PRICES),
    st.builds(lambda who, name: CancelOrder(who[0], 1, who[1], 1, b"x", name, 0, "BTC-KRW"), SESSIONS, NAMES),
    st.builds(
        lambda who, scope: MassCancel(who[0], 1, who[1], 1, b"", scope, "BTC-KRW", who[0]),
        SESSIONS,
        st.sampled_from(MassCancelScope),
    ),
    st.builds(
        SetTradingStatus,
        st.just(1),
        st.sampled_from(["BTC-KRW", "ETH-KRW", "X"]),
        st.sampled_from(TradingStatus),
    ),
)
TURNS = st.lists(
    st.tuples(st.integers(-5, 60), st.lists(COMMANDS, min_size=1, max_size=5)), min_size=1, max_size=12
)
LIMITS = st.builds(
    OrderLimits,
    throttle_rate=st.sampled_from([0, 1]),
    throttle_burst=st.just(4),
    max_open_orders=st.sampled_from([0, 2]),
    closed_max=st.sampled_from([1, 3, 100]),
    idempotency_max=st.sampled_from([1, 5, 10_000]),
    idempotency_ns=st.sampled_from([50, 10**15]),
)


class Place:
    """A router, its engine and what it kept, that can be taken down and set up again from snapshots."""

    def __init__(self, limits: OrderLimits, instruments: Sequence[Any] = (BTC, ETH)) -> None:
        self.limits, self.instruments = limits, Instruments(instruments)
        self.kept = Kept()
        self.recorded: list[Command] = []
        self.events: list[Event] = []
        self.engine = EmbeddedEngine(self.instruments)
        self._open()

    def _open(self) -> None:
        self.router = OrderRouter(self.engine, self.instruments, self.limits, self.recorded.append)
        self.router.record_executions(self.kept.executions.append)
        self.router.find_executions(self.kept.executions_at)

    def reopen(self) -> None:
        engine, orders = self.engine.snapshot(), self.router.snapshot()
        self.engine = EmbeddedEngine.restore(self.instruments, engine)
        self._open()
        self.router.restore(orders)
        assert self.router.snapshot() == orders

    def deliver(self) -> None:
        events = self.engine.drain()
        self.events += events
        self.router.deliver(events)


def at_time(time: int, command: Command) -> Command:
    if isinstance(command, Refuse):
        return Refuse(msgspec.structs.replace(command.request, transact_time=time), command.refusal)
    return msgspec.structs.replace(command, transact_time=time)
