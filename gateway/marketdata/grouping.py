"""A book with its prices grouped, by step: made once for all views that group by it, whatever their depth.

NOT here: how much of it a view shows (``depth``), and who asks for one (``view_streams``).
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.marketdata.book import Book, BookSide
from gateway.model import BookDelta, Side

MAX_NOTED: Final = 4096
"""Changes noted beyond which those who have not looked at the older half of them begin anew."""

# As a global: a look-up on the class costs as much as noting a change.
_BUY: Final = Side.BUY


class Groupings:
    """The groupings of one book, and what changed in it since each was last looked at.

    All that changes in the book is to be noted. A change costs what that takes, however many groupings there
    are.
    """

    __slots__ = ("_base", "_book", "_by_step", "_noted", "_seen", "_users")

    def __init__(self, book: Book) -> None:
        self._book = book
        self._by_step: dict[int, Grouping] = {}
        self._users: dict[int, int] = {}
        (bids, _), (asks, _) = book.sides()
        self._seen = dict(bids), dict(asks)
        # Side, price and change in quantity; behind ``base`` others.
        self._noted: list[tuple[Side, int, int]] = []
        self._base = 0

    def __len__(self) -> int:
        return len(self._by_step)

    def open(self, step: int) -> "Grouping":
        """Return the grouping by ``step``, for one more that uses it; it looks when it is asked to."""
        grouping = self._by_step.get(step)
        if grouping is None:
            grouping = self._by_step[step] = Grouping(self, step)
        self._users[step] = self._users.get(step, 0) + 1
        return grouping

    def close(self, step: int) -> None:
        """Keep the grouping by ``step`` for one less."""
        self._users[step] -= 1
        if not self._users[step]:
            del self._users[step], self._by_step[step]

    def note(self, changes: Sequence[BookDelta]) -> None:
        """Note what a command changed in the book."""
        (bids, _), (asks, _) = self._book.sides()
        seen_bids, seen_asks = self._seen
        for change in changes:
            side, price = change.side, change.price
            levels, seen = (bids, seen_bids) if side is _BUY else (asks, seen_asks)
            quantity = levels.get(price, 0)
            moved = quantity - seen.get(price, 0)
            if moved:
                if quantity:
                    seen[price] = quantity
                else:
                    del seen[price]
                self._noted.append((side, price, moved))
        if len(self._noted) > MAX_NOTED:
            older = len(self._noted) // 2
            del self._noted[:older]
            self._base += older

    def since(self, place: int) -> list[tuple[Side, int, int]] | None:
        """Return what was noted since ``place``; ``None``: it may be anything."""
        return self._noted[place - self._base :] if place >= self._base else None

    def effort(self, place: int) -> int:
        """About how many levels someone looks at who has looked at ``place``."""
        return self.place - place if place >= self._base else len(self._book)

    @property
    def place(self) -> int:
        """Where the book stands."""
        return self._base + len(self._noted)

    def sides(self) -> tuple[BookSide, BookSide]:
        """Return the book's own levels."""
        return self._book.sides()


class Grouping:
    """A book with its bids rounded down to multiples of a step, its asks up, and quantities summed.

    A bid below the first step counts at 0. ``sides`` are as in ``Book``, as of the place ``at``; between
    ``since`` and that, the groups of ``touched`` changed: bids, asks.
    """

    __slots__ = ("_asks", "_bids", "_of", "at", "since", "step", "touched")

    def __init__(self, of: Groupings, step: int) -> None:
        self._of = of
        self.step = step
        self.at = self.since = -1
        self._bids = _Groups(1, step)
        self._asks = _Groups(-1, step)
        self.touched: tuple[list[int], list[int]] = ([], [])

    @property
    def effort(self) -> int:
        """About how many levels a look is at."""
        return self._of.effort(self.at)

    def look(self) -> None:
        """Take over what changed in the book: a look at each change, or, after many, at each level once."""
        place = self._of.place
        if place == self.at:
            return
        noted = self._of.since(self.at)
        if noted is None:
            bid_side, ask_side = self._of.sides()
            self._bids.begin(*bid_side)
            self._asks.begin(*ask_side)
            self.at = self.since = place
            self.touched = ([], [])
            return
        bids: list[int] = []
        asks: list[int] = []
        for side, price, moved in noted:
            if side is _BUY:
                bids.append(self._bids.move(price, moved))
            else:
                asks.append(self._asks.move(price, moved))
        self.since, self.at = self.at, place
        self.touched = bids, asks

    def sides(self) -> tuple[BookSide, BookSide]:
        """Return bids and asks as they are kept: to be read, at once, and not changed."""
        return self._bids.side, self._asks.side


class _Groups:
    """The levels of one side with their prices grouped. Keys as in ``Book``: the larger the better."""

    __slots__ = ("_keys", "_levels", "side", "sign", "step")

    def __init__(self, sign: int, step: int) -> None:
        self.sign = sign
        self.step = step
        self._levels: dict[int, int] = {}
        self._keys: list[int] = []
        self.side = BookSide(self._levels, self._keys)

    def begin(self, levels: Mapping[int, int], keys: Iterable[int]) -> None:
        """Group ``levels``, whose ``keys`` are in order: so the groups come in order too."""
        sign, step = self.sign, self.step
        grouped: dict[int, int] = {}
        total_of = grouped.get
        for key in keys:
            # Away from the best: a key rounds down on both sides.
            group = sign * (key // step * step)
            grouped[group] = total_of(group, 0) + levels[sign * key]
        self._levels, self._keys = grouped, [sign * group for group in grouped]
        self.side = BookSide(self._levels, self._keys)

    def move(self, price: int, moved: int) -> int:
        """Change the quantity of the group of ``price``; return the group."""
        key = self.sign * price // self.step * self.step
        group = self.sign * key
        quantity = self._levels.get(group)
        if quantity is None:
            self._levels[group] = moved
            insort(self._keys, key)
        elif quantity + moved:
            self._levels[group] = quantity + moved
        else:
            del self._levels[group]
            del self._keys[bisect_left(self._keys, key)]
        return group
