"""The L2 book of one instrument: total quantity by price level."""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from gateway.model import BookDelta, Instrument, Side

# As a global: a look-up on the class costs as much as setting a level.
_BUY: Final = Side.BUY


class BookSide(NamedTuple):
    """One side as a book keeps it: quantity by price; prices with the best last, asks negated."""

    levels: Mapping[int, int]
    keys: Sequence[int]


class Book:
    """The levels of one instrument, built from ``BookDelta`` events. Amounts are scaled integers.

    Best prices cost O(1); a change costs a dict access, and a bisection when a level comes or goes, near the
    end of its list as activity is near the best.
    """

    __slots__ = ("_ask_keys", "_asks", "_bid_keys", "_bids", "instrument")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        # Sorted with the best last; asks negated.
        self._bid_keys: list[int] = []
        self._ask_keys: list[int] = []

    def apply(self, delta: BookDelta) -> bool:
        """Set one level to its new total quantity; 0 removes it. Return whether it is or was the best."""
        price, quantity = delta.price, delta.quantity
        if delta.side is _BUY:
            levels, keys, key = self._bids, self._bid_keys, price
        else:
            levels, keys, key = self._asks, self._ask_keys, -price
        is_best = not keys or key >= keys[-1]
        if quantity:
            if price not in levels:
                if is_best:
                    keys.append(key)
                else:
                    insort(keys, key)
            levels[price] = quantity
        elif levels.pop(price, 0):
            if is_best:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]
        return is_best

    def fill(self, bids: dict[int, int], asks: dict[int, int]) -> None:
        """Have these levels, quantity by price, and no others."""
        self._bids, self._asks = bids, asks
        self._bid_keys = sorted(bids)
        self._ask_keys = sorted([-price for price in asks])

    def best(self) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        """Return best bid and best offer, each (price, quantity), or ``None`` for an empty side."""
        bid = ask = None
        if self._bid_keys:
            price = self._bid_keys[-1]
            bid = price, self._bids[price]
        if self._ask_keys:
            price = -self._ask_keys[-1]
            ask = price, self._asks[price]
        return bid, ask

    def levels(self, depth: int | None = None) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return bids and asks as (price, quantity), best first, at most ``depth`` a side (``None``: all)."""
        bids, asks = self._bids, self._asks
        return (
            [(price, bids[price]) for price in islice(reversed(self._bid_keys), depth)],
            [(-key, asks[-key]) for key in islice(reversed(self._ask_keys), depth)],
        )

    def sides(self) -> tuple[BookSide, BookSide]:
        """Return bids and asks as they are kept: to be read, at once, and not changed. No copy is made."""
        return BookSide(self._bids, self._bid_keys), BookSide(self._asks, self._ask_keys)

    def __len__(self) -> int:
        return len(self._bids) + len(self._asks)
