"""What one session sends: requests drawn from the scenario's mix, in an order that is always the same.

Sessions stand in pairs: what an even one sells at the crossing price, the odd one beside it buys, in the same
quantities. NOT here: bytes, times and answers.
"""

from collections import deque
from enum import IntEnum
from itertools import accumulate
from random import Random
from typing import Final

from gateway.loadtest.scenario import Orders, scaled

BUY: Final = 1
SELL: Final = 2


class Kind(IntEnum):
    """What a request is."""

    REST = 0
    CROSS = 1
    CANCEL = 2
    REPLACE = 3

    @property
    def enters(self) -> bool:
        """Return whether it enters an order."""
        return self <= Kind.CROSS


class Order:
    """An order: as it was sent, and what its reports have said of it so far. Amounts are scaled integers.

    ``named`` is the number of the request that gave it the ClOrdID under which the next request names it;
    ``numbers`` are those of all its requests whose answers are not forgotten yet.
    """

    __slots__ = ("cum", "last_exec", "named", "numbers", "order_id", "price", "qty", "rests", "side")

    def __init__(self, number: int, side: int, price: int, qty: int, *, rests: bool) -> None:
        self.named = number
        self.numbers = [number]
        self.side = side
        self.price = price
        self.qty = qty
        self.rests = rests
        self.cum = 0
        self.order_id = b""
        self.last_exec = b""


class Request:
    """One request of a session. ``number`` counts them; ``named`` is the request whose ClOrdID it names.

    ``planned`` is when it was to leave (monotonic ns), 0 before; ``msg_seq_num`` is for FIX only. ``message``
    is kept, until it is answered, by sessions that may have to send it again.
    """

    __slots__ = (
        "answered",
        "kind",
        "message",
        "msg_seq_num",
        "named",
        "number",
        "order",
        "planned",
        "price",
        "qty",
        "reported",
    )

    def __init__(self, number: int, kind: Kind, order: Order) -> None:
        self.number = number
        self.kind = kind
        self.order = order
        self.named = order.named
        self.price = order.price
        self.qty = order.qty
        self.planned = 0
        self.msg_seq_num = 0
        self.message = b""
        self.answered = False
        self.reported = False


class Flow:
    """Draws the requests of the session with ``index`` of ``sessions`` in all."""

    def __init__(self, orders: Orders, index: int, sessions: int) -> None:
        self.drawn = 0
        self._random = Random(f"{orders.seed}:{index // 2}")  # noqa: S311 - a plan, no secret
        self._weights = list(accumulate((orders.rest, orders.cross, orders.cancel, orders.replace)))
        self._price = scaled(orders.price)
        self._tick = scaled(orders.tick)
        self._levels = orders.levels
        self._qty = scaled(orders.quantity)
        self._steps = orders.quantity_steps
        self._open_max = orders.open_max
        self._resting: deque[Order] = deque()
        self._is_alone = index == sessions - 1 and sessions % 2 == 1
        self._cross_side = BUY if index % 2 else SELL

    def draw(self) -> Request:
        """Return the next request."""
        draw = self._random.random() * self._weights[-1]
        kind = next((kind for kind in Kind if draw < self._weights[kind]), Kind.CROSS)
        if kind is Kind.CROSS:
            return self._enter(kind, self._next_cross_side(), self._price)
        if kind is Kind.REST and self._open_max and len(self._resting) >= self._open_max:
            kind = Kind.CANCEL
        if kind is Kind.REST or not self._resting:
            side = self._random.choice((BUY, SELL))
            return self._enter(Kind.REST, side, self._level(side))
        if kind is Kind.CANCEL:
            return self.cancel(self._resting.popleft())
        return self._replace()

    def cancel(self, order: Order) -> Request:
        """Return a cancel of an order."""
        return self._numbered(Kind.CANCEL, order)

    def counterpart(self, side: int, qty: int) -> Request:
        """Return an order beside the plan, that crosses with what is left over."""
        request = Request(self.drawn, Kind.CROSS, Order(self.drawn, side, self._price, qty, rests=False))
        self.drawn += 1
        return request

    def _enter(self, kind: Kind, side: int, price: int) -> Request:
        qty = self._qty * self._random.randint(1, self._steps) if self._steps > 1 else self._qty
        order = Order(self.drawn, side, price, qty, rests=kind is Kind.REST)
        if order.rests:
            self._resting.append(order)
        request = Request(self.drawn, kind, order)
        self.drawn += 1
        return request

    def _replace(self) -> Request:
        order = self._resting.popleft()
        self._resting.append(order)
        request = self._numbered(Kind.REPLACE, order)
        request.price = self._level(order.side)
        request.qty = self._qty * self._random.randint(1, self._steps)
        order.named = request.number
        return request

    def _numbered(self, kind: Kind, order: Order) -> Request:
        request = Request(self.drawn, kind, order)
        order.numbers.append(self.drawn)
        self.drawn += 1
        return request

    def _level(self, side: int) -> int:
        distance = self._tick * self._random.randint(1, self._levels)
        return self._price - distance if side == BUY else self._price + distance

    def _next_cross_side(self) -> int:
        if self._is_alone:
            self._cross_side = BUY + SELL - self._cross_side
        return self._cross_side
