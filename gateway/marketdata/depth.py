"""A view of a book: its best levels to a depth, and what changed in it.

NOT here: grouped prices (``grouping``), when a view is looked at, and who is told (``view_streams``).
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from gateway.marketdata.book import BookSide

Levels: TypeAlias = list[tuple[int, int]]

# Beyond every key, and prices are 64 bits.
ABOVE_ALL: Final = 2**64
BELOW_ALL: Final = -(2**64)


class DepthView:
    """The best ``depth`` levels of each side of a book (``None``: all), which may change between two looks.

    A look is at the sides of the book, as ``Book.sides`` and ``Grouping.sides`` return them. A change in the
    book costs what it moves in the view; one that the view does not show costs two look-ups.
    """

    __slots__ = ("_asks", "_bids", "depth")

    def __init__(self, depth: int | None) -> None:
        if depth is not None and depth < 1:
            raise ValueError("a view has a depth of at least 1")
        self.depth = depth
        self._bids = Window(1, depth)
        self._asks = Window(-1, depth)

    def changes(
        self, sides: tuple[BookSide, BookSide], bid_prices: Sequence[int], ask_prices: Sequence[int]
    ) -> tuple[Levels, Levels]:
        """Look; return the bids and asks of the view that are not as at the look before.

        Each (price, quantity) best first, quantity 0 for a level that left the view; both empty when nothing
        in the view changed. ``bid_prices`` and ``ask_prices`` name at least each level of the book that
        changed since the look before, in any order and as often as they like; what counts is the book.
        """
        (bids, bid_keys), (asks, ask_keys) = sides
        return (
            self._bids.follow(bids, bid_keys, bid_prices),
            self._asks.follow(asks, ask_keys, ask_prices),
        )

    def compare(self, sides: tuple[BookSide, BookSide]) -> tuple[Levels, Levels]:
        """Look at each level that is shown; return what ``changes`` does. The first look returns them all."""
        (bids, bid_keys), (asks, ask_keys) = sides
        return self._bids.compare(bids, bid_keys), self._asks.compare(asks, ask_keys)

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

    def follow(self, levels: Mapping[int, int], keys: Sequence[int], prices: Sequence[int]) -> Levels:
        """Become the best of ``levels``, of which ``prices`` changed; return what changed, best first."""
        former = self.floor
        if not prices and former != ABOVE_ALL:
            return []
        sign, shown = self.sign, self.shown
        size = len(keys)
        first = self._cut(keys)
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

    def compare(self, levels: Mapping[int, int], keys: Sequence[int]) -> Levels:
        """Become the best of ``levels``, any of which may have changed; return what changed, best first."""
        sign, former = self.sign, self.shown
        best = keys[self._cut(keys) :]
        if sign > 0:
            shown = {price: levels[price] for price in reversed(best)}
        else:
            shown = {-key: levels[-key] for key in reversed(best)}
        self.shown = shown
        if not former:
            return list(shown.items())
        changes = list(shown.items() - former.items())
        changes += [(price, 0) for price in former.keys() - shown.keys()]
        changes.sort(reverse=sign > 0)
        return changes

    def sorted(self) -> Levels:
        """Return what is shown, best first."""
        return sorted(self.shown.items(), reverse=self.sign > 0)

    def _cut(self, keys: Sequence[int]) -> int:
        """Move the floor to the last of the best ``keys``; return the place of that."""
        depth, size = self.depth, len(keys)
        if depth is None or size < depth:
            self.floor = BELOW_ALL
            return 0
        self.floor = keys[size - depth]
        return size - depth

    def _show(self, price: int, quantity: int, changes: Levels) -> None:
        if quantity:
            self.shown[price] = quantity
        else:
            del self.shown[price]
        changes.append((price, quantity))
