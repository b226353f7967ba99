"""The resting orders of one instrument: price levels, each a queue in time order.

NOT here: who trades with whom (``crossing``), finding an order by its names (``order_index``).
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.matching.order import Order
from gateway.model import Instrument, Side, TradingStatus

ANY_PRICE: Final = -(2**63)
"""The limit key of an order that trades at any price."""

ROOM: Final = 16
"""How many places a level has at first."""

_BUY: Final = Side.BUY


class Level(msgspec.Struct, gc=False):
    """The orders at one price, oldest first, and their total open ``quantity``, which is 0 only without any.

    An order stands in ``orders`` at its ``place``, so that it leaves in O(1), ``None`` behind it. No order
    stands before ``head``. When ``room`` is taken, the next order that comes has the empty places taken out
    first, and room made for as many orders again.
    """

    price: int
    quantity: int
    orders: list[Order | None]
    head: int = 0
    room: int = ROOM

    def append(self, order: Order) -> None:
        """Put ``order`` at the end of the queue."""
        orders = self.orders
        if len(orders) >= self.room:
            orders[:] = waiting = [order for order in orders if order is not None]
            for place, moved in enumerate(waiting):
                moved.place = place
            self.head = 0
            self.room = 2 * len(waiting) + ROOM
        order.place = len(orders)
        orders.append(order)


class BookSide:
    """The levels of one side.

    A level's key is its price for bids and the negated price for asks: on both sides a larger key is a
    better price. ``keys`` ascends, so that the best key stands last, where lists are cheap. A new level
    costs a binary search and the move of the keys better than it (8 bytes each); all else is O(1).
    """

    __slots__ = ("keys", "levels", "side", "sign")

    def __init__(self, side: Side) -> None:
        self.side = side
        self.sign = 1 if side is _BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def rest(self, order: Order) -> Level:
        """Put ``order`` at the end of the queue at its price. Return the level."""
        key = self.sign * order.price
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(order.price, 0, [])
            keys = self.keys
            if keys and key < keys[-1]:
                insort(keys, key)
            else:
                keys.append(key)
        level.append(order)
        level.quantity += order.leaves_qty
        return level

    def remove(self, order: Order) -> Level:
        """Take a resting ``order`` out. Return its level, empty if it was the last one."""
        key = self.sign * order.price
        level = self.levels[key]
        level.quantity -= order.leaves_qty
        level.orders[order.place] = None
        if not level.quantity:
            del self.levels[key]
            keys = self.keys
            if keys[-1] == key:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]
        return level

    def resize(self, order: Order, leaves_qty: int) -> Level:
        """Give a resting ``order`` another open quantity. Return its level.

        Less keeps its place in the queue; as much or more moves it to the end.
        """
        level = self.levels[self.sign * order.price]
        change = leaves_qty - order.leaves_qty
        if change >= 0:
            level.orders[order.place] = None
            level.append(order)
        level.quantity += change
        order.leaves_qty = leaves_qty
        return level

    def reaches(self, limit: int) -> bool:
        """Return whether an incoming order with the limit key ``limit`` would trade here."""
        keys = self.keys
        return bool(keys) and keys[-1] >= limit

    def holds(self, limit: int, quantity: int) -> bool:
        """Return whether at least ``quantity`` rests at ``limit`` or better."""
        levels = self.levels
        for key in reversed(self.keys):
            if key < limit:
                return False
            quantity -= levels[key].quantity
            if quantity <= 0:
                return True
        return False

    def depth(self) -> Iterator[Level]:
        """Iterate over the levels, best first. The book must not change meanwhile."""
        return (self.levels[key] for key in reversed(self.keys))

    def orders(self) -> Iterator[Order]:
        """Iterate over the orders in priority: best price first, oldest first."""
        return (order for level in self.depth() for order in level.orders if order is not None)


class Book:
    """Both sides of one instrument and its trading status."""

    __slots__ = ("asks", "bids", "instrument", "status")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.status: TradingStatus = instrument.status
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)

    def sides(self, side: Side) -> tuple[BookSide, BookSide]:
        """Return where an order of ``side`` rests, and what it trades against."""
        return (self.bids, self.asks) if side is _BUY else (self.asks, self.bids)
