"""Where a market maker wants its quotes: a wandering reference price and a ladder around it.

Deterministic: all chance comes from the ``random.Random`` that is passed in. NOT here: which orders are
live (``maker``), and how they are sent (``fix_maker``).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.demo.pairs import Pair

BUY: Final = 1
SELL: Final = 2

_HOME: Final = 2e-6  # pull towards the anchor, per step
_REACH: Final = 0.02  # farthest the reference goes from the anchor


@dataclass(frozen=True)
class QuoteStyle:
    """How a maker quotes. ``notional`` is what one level is worth on average, in whole quote currency.

    ``levels`` per side, ``spacing`` and ``half_spread`` in ticks; ``tolerance`` is how many ticks a quote may
    be off its place before it is moved; ``volatility`` is the reference's relative deviation per step.
    """

    levels: int = 8
    spacing: int = 2
    half_spread: int = 2
    tolerance: int = 2
    notional: int = 5_000_000
    volatility: float = 1e-5
    cancel_share: float = 0.03


class Place(NamedTuple):
    """A place in the ladder: side and level, 0 nearest to the reference."""

    side: int
    level: int


class Quote(NamedTuple):
    """A resting quote: price and open quantity, scaled."""

    price: int
    quantity: int


class Wish(NamedTuple):
    """What the maker wants at one place: a quote, or none (``None`` cancels)."""

    place: Place
    quote: Quote | None


class ReferenceWalk:
    """A price that wanders at random, is drawn back to where it is at home, and never strays far from it."""

    def __init__(self, pair: Pair, volatility: float, chance: random.Random) -> None:
        self._pair = pair
        self._volatility = volatility
        self._chance = chance
        self._deviation = 0.0

    def step(self) -> int:
        """Move once and return the new reference price, a valid one."""
        moved = self._deviation * (1 - _HOME) + self._chance.gauss(0, self._volatility)
        self._deviation = max(-_REACH, min(_REACH, moved))
        anchor = self._pair.reference_price
        return self._pair.round_down(anchor + round(anchor * self._deviation))

    def resume(self, price: int) -> None:
        """Go on from ``price``, as near to it as the walk may be."""
        anchor = self._pair.reference_price
        self._deviation = max(-_REACH, min(_REACH, (price - anchor) / anchor))


class Quoter:
    """Compares live quotes with the ladder around the reference and says what to change next."""

    def __init__(self, pair: Pair, style: QuoteStyle, chance: random.Random) -> None:
        self._pair = pair
        self._style = style
        self._chance = chance
        self._walk = ReferenceWalk(pair, style.volatility, chance)
        self.places = tuple(Place(side, level) for side in (BUY, SELL) for level in range(style.levels))

    def resume(self, price: int) -> None:
        """Let the reference go on from ``price``."""
        self._walk.resume(price)

    def next_wishes(self, quotes: Mapping[Place, Quote], busy: frozenset[Place]) -> list[Wish]:
        """Move the reference and return the wishes of this step.

        ``quotes`` are the live quotes, those whose change is under way at their old price as well; ``busy``
        names places that must be left alone. All empty places are filled at once; then one quote a step is
        moved, resized or canceled.
        """
        targets = self._targets(self._walk.step())
        empty = [place for place in self.places if place not in quotes and place not in busy]
        if empty:
            return [self._wish(place, targets[place], quotes) for place in empty]
        free = [place for place in self.places if place not in busy]
        if not free:
            return []
        distance, worst = max((abs(quotes[place].price - targets[place]), place) for place in free)
        if distance > self._style.tolerance * self._pair.tick(targets[worst]):
            return [self._wish(worst, targets[worst], quotes)]
        place = self._chance.choice(free)
        if self._chance.random() < self._style.cancel_share:
            return [Wish(place, None)]
        return [Wish(place, Quote(quotes[place].price, self._size(quotes[place].price)))]

    def _targets(self, reference: int) -> dict[Place, int]:
        """Return the price of each place, from the reference outwards."""
        targets = {}
        for side, sign in ((BUY, -1), (SELL, 1)):
            price = self._pair.shift(reference, sign * self._style.half_spread)
            for level in range(self._style.levels):
                targets[Place(side, level)] = price
                price = self._pair.shift(price, sign * self._style.spacing)
        return targets

    def _wish(self, place: Place, price: int, quotes: Mapping[Place, Quote]) -> Wish:
        # A maker does not trade with itself: it stays one tick off its own other side.
        if place.side == BUY:
            asks = [quote.price for other, quote in quotes.items() if other.side == SELL]
            if asks:
                price = min(price, self._pair.shift(min(asks), -1))
        else:
            bids = [quote.price for other, quote in quotes.items() if other.side == BUY]
            if bids:
                price = max(price, self._pair.shift(max(bids), 1))
        return Wish(place, Quote(price, self._size(price)))

    def _size(self, price: int) -> int:
        places = self._pair.price_places + self._pair.qty_places
        notional = self._style.notional * 10**places
        return self._pair.quantity(round(notional * self._chance.uniform(0.2, 1.8)), price)
