"""Orders, trades and books as the accounts' executions make them, worked out anew by plain arithmetic."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from tests.system.chaos.records import ZERO, Execution


class Violation(NamedTuple):
    """A promise that was broken: which, and the facts."""

    rule: str
    text: str


class Trade(NamedTuple):
    """One trade, put together from its two fills. ``side`` is that of the order that came in last."""

    eseq: int
    trade_id: str
    symbol: str
    side: str
    price: Decimal
    quantity: Decimal


@dataclass(slots=True)
class Order:
    """An order as its account's executions leave it."""

    account: str
    cl_ord_id: str
    symbol: str
    side: str
    price: Decimal
    quantity: Decimal
    filled: Decimal = ZERO
    remaining: Decimal = ZERO
    status: str = "new"

    @property
    def is_open(self) -> bool:
        """Whether it can still trade."""
        return self.status in ("new", "partially_filled")


class Level(NamedTuple):
    """A price level of one side of a book."""

    side: str
    price: Decimal


class LevelChange(NamedTuple):
    """How much quantity a command added to a level."""

    eseq: int
    level: Level
    quantity: Decimal


@dataclass(slots=True)
class Ledger:
    """All accounts together. ``level_changes`` are by symbol, in order of their engine sequence."""

    orders: dict[str, Order] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    level_changes: dict[str, list[LevelChange]] = field(default_factory=lambda: defaultdict(list))
    violations: list[Violation] = field(default_factory=list)

    @classmethod
    def of(cls, executions: Iterable[tuple[str, Execution]]) -> "Ledger":
        """Work all executions, each with its account, in the order of the engine."""
        ledger = cls()
        ordered = sorted(executions, key=lambda each: each[1].place)
        last = ""
        for account, event in ordered:
            if event.report_id == last:
                ledger.blame("event twice", f"{account} {event}")
            last = event.report_id
            ledger._work(account, event)
        ledger._match([event for _, event in ordered if event.kind == "filled"])
        return ledger

    def blame(self, rule: str, text: str) -> None:
        """Note a violation."""
        self.violations.append(Violation(rule, text))

    def _work(self, account: str, event: Execution) -> None:
        if event.kind in ("accepted", "rejected"):
            self._enter(account, event)
        elif event.kind in ("filled", "canceled", "replaced"):
            order = self.orders.get(event.order_id)
            if order is None or order.account != account or not order.is_open:
                self.blame("event of an order that is not open", f"{account} {event}, {order}")
                return
            self._change_level(event, order, -order.remaining)
            self._change(order, event)
            self._change_level(event, order, order.remaining)
            if (order.filled, order.remaining) != (event.filled, event.remaining):
                self.blame("quantities do not add up", f"{event}, worked out {order}")

    def _enter(self, account: str, event: Execution) -> None:
        if event.order_id in self.orders or event.order_id != str(event.place[0]):
            self.blame("order entered twice", f"{account} {event}")
            return
        order = Order(account, event.cl_ord_id, event.symbol, event.side, event.price, event.quantity)
        self.orders[event.order_id] = order
        if event.kind == "rejected":
            order.status = "rejected"
        else:
            order.remaining = order.quantity
            self._change_level(event, order, order.remaining)

    def _change(self, order: Order, event: Execution) -> None:
        if event.kind == "filled":
            order.filled += event.last_quantity
            order.remaining -= event.last_quantity
            order.status = "partially_filled" if order.remaining else "filled"
        elif event.kind == "canceled":
            order.remaining = ZERO
            order.status = "canceled"
        else:
            order.price, order.quantity = event.price, event.quantity
            order.cl_ord_id = event.cl_ord_id
            order.remaining = order.quantity - order.filled

    def _change_level(self, event: Execution, order: Order, quantity: Decimal) -> None:
        change = LevelChange(event.place[0], Level(order.side, order.price), quantity)
        self.level_changes[order.symbol].append(change)

    def _match(self, fills: list[Execution]) -> None:
        """Put the two fills of each trade together: the n-th of the incoming order, the n-th resting one."""
        commands: dict[int, tuple[list[Execution], list[Execution]]] = defaultdict(lambda: ([], []))
        for fill in fills:
            commands[fill.place[0]][fill.liquidity == "maker"].append(fill)
        for eseq, (takers, makers) in commands.items():
            if len(takers) != len(makers):
                self.blame("a trade without its two fills", f"eseq {eseq}: {takers}, {makers}")
                continue
            for taker, maker in zip(takers, makers, strict=True):
                terms = [(fill.symbol, fill.last_price, fill.last_quantity) for fill in (taker, maker)]
                if terms[0] != terms[1] or taker.side == maker.side:
                    self.blame("the two fills of a trade differ", f"{taker}, {maker}")
                trade_id = f"{eseq}-{maker.place[1] + 1}"
                self.trades.append(
                    Trade(eseq, trade_id, taker.symbol, taker.side, taker.last_price, taker.last_quantity)
                )
