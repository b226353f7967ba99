"""A view of a book: its best levels to a depth, with prices grouped if wanted, and what changed in it.

NOT here: when a view is looked at, and who is told (the streams).
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from gateway.marketdata.book import Book
from gateway.model import BookDelta, Side

Levels: TypeAlias = list[tuple[int, int]]

# As a global: a look-up on the class costs as much as looking at a level.
_BUY: Final = Side.BUY

# Beyond every key, and prices are 64 bits.
ABOVE_ALL: Final = 2**64
BELOW_ALL: Final = -(2**64)


class DepthView:
    """The best ``depth`` levels of each side of a book (``None``: all), which may change between two looks.

    With ``step`` above 0 (scaled as prices are) prices are grouped: bids down to a multiple of it, asks up,
    quantities summed; a bid below the first step counts at 0. A change in the book costs O(1) and what it
    moves in the view, a bisection when a group comes or goes; one that the view does not show costs two
    look-ups. It remembers the levels it shows; with ``step``, all levels of the book.
    """

    __slots__ = ("_ask_groups", "_asks", "_bid_groups", "_bids", "depth", "step")

    def __init__(self, depth: int | None, step: int = 0) -> None:
        if depth is not None and depth < 1:
            raise ValueError("a view has a depth of at least 1")
        if step < 0:
            raise ValueError("a price step must not be negative")
        self.depth = depth
        self.step = step
        self._bids = Window(1, depth)
        self._asks = Window(-1, depth)
        self._bid_groups = _Groups(1, step) if step else None
        self._ask_groups = _Groups(-1, step) if step else None

    def changes(self, book: Book, changed: Iterable[BookDelta | tuple[Side, int]]) -> tuple[Levels, Levels]:
        """Look at ``book``; return the bids and asks of the view that are not as at the look before.

        Each (price, quantity) best first, quantity 0 for a level that left the view; both empty when nothing
        in the view changed. ``changed`` names at least each level of the book that changed since, by its
        delta or by (side, price), in any order and as often as it likes; what counts is the book. The first
        look returns the whole view, whatever ``changed`` says.
        """
        bid_prices: list[int] = []
        ask_prices: list[int] = []
        for change in changed:
            if isinstance(change, BookDelta):
                side, price = change.side, change.price
            else:
                side, price = change
            (bid_prices if side is _BUY else ask_prices).append(price)
        # Not a copy of the levels: that would cost as much as the depth on every look.
        (bids, bid_keys), (asks, ask_keys) = book.sides()
        if self._bid_groups is not None and self._ask_groups is not None:
            bid_prices = self._bid_groups.follow(bids, bid_prices)
            ask_prices = self._ask_groups.follow(asks, ask_prices)
            bids, bid_keys = self._bid_groups.levels, self._bid_groups.keys
            asks, ask_keys = self._ask_groups.levels, self._ask_groups.keys
        return (
            self._bids.follow(bids, bid_keys, bid_prices),
            self._asks.follow(asks, ask_keys, ask_prices),
        )

    def levels(self) -> tuple[Levels, Levels]:
        """Return the bids and asks of the view at the last look, best first; empty before the first."""
        return self._bids.sorted(), self._asks.sorted()


class Window:
    """The best levels of one side as last seen. Keys as in ``Book``: the larger the better.

    Between two looks ``shown`` holds exactly the levels whose key is at least ``floor``.
    """

    __slots__ = ("depth", "floor", "shown", "sign")

    def __init__(self, sign: int, depth: int | None) -> None:
        self.sign = sign
        self.depth = depth
        self.floor = ABOVE_ALL
        self.shown: dict[int, int] = {}

    def follow(self, levels: Mapping[int, int], keys: Sequence[int], prices: list[int]) -> Levels:
        """Become the best of ``levels``, of which ``prices`` changed; return what changed, best first."""
        former = self.floor
        if not prices and former != ABOVE_ALL:
            return []
        depth, sign, shown = self.depth, self.sign, self.shown
        size = len(keys)
        self.floor = BELOW_ALL
        first = 0
        if depth is not None and size >= depth:
            first = size - depth
            self.floor = keys[first]
        floor = self.floor
        changes: Levels = []
        for price in prices:
            quantity = levels.get(price, 0) if sign * price >= floor else 0
            if quantity != shown.get(price, 0):
                self._show(price, quantity, changes)
        # Levels that did not change themselves, but that others push out of the view or let into it.
        while first and keys[first - 1] >= former:
            first -= 1
            price = sign * keys[first]
            if price in shown:
                self._show(price, 0, changes)
        if floor < former:
            while first < size and keys[first] < former:
                price = sign * keys[first]
                first += 1
                if price not in shown:
                    self._show(price, levels[price], changes)
        if len(changes) > 1:
            changes.sort(reverse=sign > 0)
        return changes

    def sorted(self) -> Levels:
        """Return what is shown, best first."""
        return sorted(self.shown.items(), reverse=self.sign > 0)

    def _show(self, price: int, quantity: int, changes: Levels) -> None:
        if quantity:
            self.shown[price] = quantity
        else:
            del self.shown[price]
        changes.append((price, quantity))


class _Groups:
    """The levels of one side with their prices grouped, as last seen. Keys as in ``Book``."""

    __slots__ = ("_seen", "keys", "levels", "sign", "step")

    def __init__(self, sign: int, step: int) -> None:
        self.sign = sign
        self.step = step
        self._seen: dict[int, int] | None = None
        self.levels: dict[int, int] = {}
        self.keys: list[int] = []

    def follow(self, levels: Mapping[int, int], prices: Iterable[int]) -> list[int]:
        """Take over the quantities of ``prices`` from ``levels`` (the first time all); return the groups."""
        seen = self._seen
        if seen is None:
            seen = self._seen = {}
            prices = levels
        sign, step = self.sign, self.step
        touched: list[int] = []
        for price in prices:
            quantity = levels.get(price, 0)
            change = quantity - seen.get(price, 0)
            if not change:
                continue
            if quantity:
                seen[price] = quantity
            else:
                del seen[price]
            # Away from the best: a key rounds down on both sides.
            group = sign * (sign * price // step * step)
            self._add(group, change)
            touched.append(group)
        return touched

    def _add(self, group: int, change: int) -> None:
        quantity = self.levels.get(group)
        if quantity is None:
            self.levels[group] = change
            insort(self.keys, self.sign * group)
        elif quantity + change:
            self.levels[group] = quantity + change
        else:
            del self.levels[group]
            del self.keys[bisect_left(self.keys, self.sign * group)]
