"""Decides what an account asks for: orders that cross those of others, cancels and replaces, in bursts.

The same seed and the same answers give the same requests. NOT here: how a request is sent.
"""

import random
from dataclasses import dataclass, replace
from typing import Final

from tests.system.chaos.records import Execution, Request

TICK: Final = 1000
MIDDLES: Final = {"BTC-KRW": 100_000_000, "ETH-KRW": 5_000_000}
WINDOW: Final = 60
"""Requests that may wait for an answer."""
MAX_RESTING: Final = 25

_HUNDREDTHS: Final = 100


@dataclass(slots=True)
class Resting:
    """An open order as its client knows it."""

    cl_ord_id: str
    symbol: str
    side: str
    is_changing: bool = False


class Trader:
    """One account's mind. ``unanswered`` are its requests without an answer, in the order of sending."""

    def __init__(self, account: str, seed: int) -> None:
        self.random = random.Random(f"{seed}-{account}")
        self.unanswered: dict[str, Request] = {}
        self.entered: list[Request] = []
        self._account = account
        self._number = 0
        self._resting: dict[str, Resting] = {}

    def pause_s(self) -> float:
        """Return how long to wait before the next burst."""
        return self.random.uniform(0.0, 0.03)

    def burst(self) -> list[Request]:
        """Return what to send now; nothing while the window is full."""
        room = WINDOW - len(self.unanswered)
        size = min(room, self.random.choice((1, 1, 1, 2, 3, 5, 20)))
        requests = [self._next() for _ in range(size)]
        self.unanswered.update((request.cl_ord_id, request) for request in requests)
        self.entered += [request for request in requests if request.kind == "new"]
        return requests

    def answered(self, cl_ord_id: str) -> bool:
        """Take note of an answer; whether it was waited for."""
        return self.unanswered.pop(cl_ord_id, None) is not None

    def take(self, event: Execution) -> None:
        """Take note of what happened to an order."""
        resting = self._resting
        if event.kind == "accepted":
            resting[event.order_id] = Resting(event.cl_ord_id, event.symbol, event.side)
        elif event.kind == "canceled" or (event.kind == "filled" and not event.remaining):
            resting.pop(event.order_id, None)
        elif event.order_id in resting:
            order = resting[event.order_id]
            order.is_changing = False
            if event.kind == "replaced":
                order.cl_ord_id = event.cl_ord_id

    def _next(self) -> Request:
        self._number += 1
        name = f"{self._account}-{self._number}"
        chance = self.random.random()
        free = [order for order in self._resting.values() if not order.is_changing]
        if free and (len(free) > MAX_RESTING or chance < 0.2):
            order = self.random.choice(free)
            order.is_changing = True
            request = Request("cancel", name, order.symbol, order.side, orig_cl_ord_id=order.cl_ord_id)
            if chance < 0.1:
                request = replace(
                    request,
                    kind="replace",
                    quantity=self._quantity(),
                    price=self._price(order.symbol, order.side),
                )
            return request
        symbol = self.random.choice(sorted(MIDDLES))
        side = self.random.choice(("buy", "sell"))
        order_request = Request("new", name, symbol, side, self._quantity(), self._price(symbol, side))
        if chance > 0.97:
            return replace(order_request, price="")
        if chance > 0.94:
            return replace(order_request, price=f"{order_request.price}.5")  # off the tick: rejected
        if chance > 0.85:
            return replace(order_request, time_in_force=self.random.choice(("ioc", "ioc", "fok")))
        return order_request

    def _price(self, symbol: str, side: str) -> str:
        away = self.random.randint(-2, 5) * TICK
        return str(MIDDLES[symbol] + (-away if side == "buy" else away))

    def _quantity(self) -> str:
        hundredths = self.random.randint(1, 2 * _HUNDREDTHS)
        return f"{hundredths // _HUNDREDTHS}.{hundredths % _HUNDREDTHS:02d}"
