"""When and how a taker trades: mostly across the spread, now and then a resting order of its own.

Deterministic: all chance comes from the ``random.Random`` that is passed in. NOT here: how orders are sent
(``ws_taker``).
"""

import random
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from gateway.demo.pairs import Pair
from gateway.demo.quoting import BUY, SELL

MAX_RESTING: Final = 3
"""Own orders that may rest at a time; the oldest is canceled before another one is entered."""

_MARKET_SHARE: Final = 0.1
_RESTING_SHARE: Final = 0.2


@dataclass(frozen=True)
class TakerStyle:
    """How a taker trades: mean time between orders, and what one is worth in whole quote currency."""

    interval_s: float = 0.8
    notional: int = 3_000_000


class Touch(NamedTuple):
    """The best prices; 0 stands for an empty side."""

    bid: int
    ask: int


class TakerOrder(NamedTuple):
    """An order to enter. ``price`` is 0 for a market order; ``time_in_force`` as the gateway names it."""

    cl_ord_id: str
    side: int
    price: int
    quantity: int
    time_in_force: str


class TakerCancel(NamedTuple):
    """The resting order to cancel."""

    cl_ord_id: str


Action: TypeAlias = TakerOrder | TakerCancel


class Taker:
    """Decides on one participant's next action. ``prefix`` makes its ClOrdIDs unique among all starts."""

    def __init__(self, pair: Pair, style: TakerStyle, prefix: str, chance: random.Random) -> None:
        self._pair = pair
        self._style = style
        self._prefix = prefix
        self._chance = chance
        self._count = 0
        self._resting: deque[str] = deque()

    def pause_s(self) -> float:
        """Return how long to wait before the next action: exponential, at most five times the mean."""
        mean = self._style.interval_s
        return min(self._chance.expovariate(1 / mean), 5 * mean)

    def next_action(self, touch: Touch) -> Action | None:
        """Return what to do at this touch; ``None`` in a market with an empty side."""
        if not touch.bid or not touch.ask:
            return None
        if len(self._resting) >= MAX_RESTING:
            return TakerCancel(self._resting.popleft())
        side = self._chance.choice((BUY, SELL))
        kind = self._chance.random()
        near, far = (touch.bid, touch.ask) if side == BUY else (touch.ask, touch.bid)
        if kind < _MARKET_SHARE:
            return self._order(side, 0, far, "ioc")
        if kind < _MARKET_SHARE + _RESTING_SHARE:
            order = self._order(side, near, near, "gtc")
            self._resting.append(order.cl_ord_id)
            return order
        through = self._chance.randint(0, 3)
        price = self._pair.shift(far, through if side == BUY else -through)
        return self._order(side, price, price, "ioc")

    def _order(self, side: int, price: int, worth_at: int, time_in_force: str) -> TakerOrder:
        self._count += 1
        places = self._pair.price_places + self._pair.qty_places
        notional = round(self._style.notional * 10**places * self._chance.uniform(0.1, 2))
        quantity = self._pair.quantity(notional, worth_at)
        return TakerOrder(f"{self._prefix}-{self._count}", side, price, quantity, time_in_force)
