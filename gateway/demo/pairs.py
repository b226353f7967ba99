"""What a participant needs to know of an instrument: scales, ticks, lot, and where its price is at home."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Pair:
    """An instrument. Prices and quantities are scaled by ``price_places`` and ``qty_places``.

    ``bands`` are ``(from_price, tick)``, ascending, the first one from 0: a tick holds from its price up to
    the next band's. ``min_notional`` is scaled by the sum of both places.
    """

    symbol: str
    price_places: int
    qty_places: int
    bands: tuple[tuple[int, int], ...]
    lot: int
    min_qty: int
    min_notional: int
    reference_price: int

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(start for start, _ in self.bands)

    def tick(self, price: int) -> int:
        """Return the price increment that holds at ``price``."""
        return self.bands[bisect_right(self._starts, price) - 1][1]

    def round_down(self, price: int) -> int:
        """Return the highest valid price that is not above ``price``."""
        return price - price % self.tick(price)

    def round_up(self, price: int) -> int:
        """Return the lowest valid price that is not below ``price``."""
        return -(-price // self.tick(price)) * self.tick(price)

    def shift(self, price: int, ticks: int) -> int:
        """Return the valid price ``ticks`` increments above (below, when negative) the valid ``price``.

        Changes the increment where a band begins. Never goes below the lowest increment.
        """
        while ticks > 0:
            tick = self.tick(price)
            above = bisect_right(self._starts, price)
            room = (self.bands[above][0] - price) // tick if above < len(self.bands) else ticks
            step = min(ticks, max(room, 1))
            price += step * tick
            ticks -= step
        while ticks < 0:
            below = bisect_left(self._starts, price) - 1
            start, tick = self.bands[max(below, 0)]
            step = min(-ticks, max((price - start) // tick, 1))
            price -= step * tick
            ticks += step
            if price <= 0:
                return self.bands[0][1]
        return price

    def quantity(self, notional: int, price: int) -> int:
        """Return the quantity worth about ``notional`` at ``price``, never less than the instrument allows.

        Whole lots, rounded up to three significant digits, as people write quantities.
        """
        least = max(self.min_qty, -(-self.min_notional // price), self.lot)
        quantity = max(notional // price, least)
        unit = self.lot
        while quantity >= 1000 * unit:
            unit *= 10
        return -(-quantity // unit) * unit
