"""The books order by order (L3): who rests where in the queue, without saying who.

NOT here: how a change is shown, and the totals by price that the public book shows (``book``).
"""

import enum
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final, TypeAlias

import msgspec

from gateway.marketdata.order_ids import OrderIds
from gateway.model import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    Side,
)
from gateway.ports.market_data import L3Order


class L3Action(enum.Enum):
    """What happened to a resting order."""

    ADD = "add"
    EXECUTE = "execute"
    CHANGE = "change"
    REMOVE = "remove"


# As globals: a look-up on a class costs as much as a change.
_ADD: Final = L3Action.ADD
_EXECUTE: Final = L3Action.EXECUTE
_CHANGE: Final = L3Action.CHANGE
_REMOVE: Final = L3Action.REMOVE
_BUY: Final = Side.BUY

_price: Final = attrgetter("price")


class RestingOrder(msgspec.Struct, gc=False):
    """An order as the engine knows it, and its public ``id``, computed when first asked for.

    ``shown`` is what the public sees of it, if it was asked for since ``quantity`` or ``price`` changed.
    """

    order_id: int
    symbol: str
    side: Side
    price: int
    quantity: int
    ids: OrderIds
    public_id: int = 0
    shown: L3Order | None = None

    @property
    def id(self) -> int:
        """The public id: it says nothing of the order or its owner, and holds while the order rests."""
        if not self.public_id:
            self.public_id = self.ids.public(self.order_id)
        return self.public_id

    def show(self) -> L3Order:
        """Return the order as the public sees it; a book that is told again makes only those that changed."""
        self.shown = L3Order(self.id, self.price, self.quantity)
        return self.shown


class L3Change(msgspec.Struct, frozen=True, gc=False):
    """One thing that happened to an order, after which ``quantity`` of it rests.

    ``ADD``: it is the last at ``price``. ``EXECUTE``: ``last_qty`` of it traded, at its own price; with
    nothing left it is gone. ``CHANGE``: it is smaller and keeps its place. ``REMOVE``: it is gone, with
    ``quantity`` 0; an ``ADD`` of the same id after that is an order that lost its place.
    """

    action: L3Action
    order: RestingOrder
    price: int
    quantity: int
    last_qty: int = 0

    @property
    def id(self) -> int:
        """The order's public id."""
        return self.order.id

    @property
    def side(self) -> Side:
        """The order's side."""
        return self.order.side


_Saved: TypeAlias = list[tuple[int, int, int]]


class SavedL3Book(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One book in a snapshot: (order_id, price, quantity) of each order, in priority."""

    symbol: str
    bids: _Saved
    asks: _Saved


class L3State(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The state of ``L3Books``. It names orders by their order ids: it is not for the public."""

    books: list[SavedL3Book]


class L3Book:
    """The resting orders of one instrument."""

    __slots__ = ("asks", "bids", "symbol")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        # By order id, in the order in which they took their place: in queue order within each price.
        self.bids: dict[int, RestingOrder] = {}
        self.asks: dict[int, RestingOrder] = {}

    def orders(self) -> tuple[list[L3Order], list[L3Order]]:
        """Return the bids and the asks in priority: best price first, oldest first."""
        bids, asks = self.resting()
        return (
            [order.shown or order.show() for order in bids],
            [order.shown or order.show() for order in asks],
        )

    def levels(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the bids and the asks by price, each (price, total quantity), best first."""
        bids, asks = self.resting()
        return _totals(bids), _totals(asks)

    def resting(self) -> tuple[list[RestingOrder], list[RestingOrder]]:
        """Return the bids and the asks as the engine knows them, in priority."""
        # Sorting is stable: orders of one price stay in queue order.
        return (
            sorted(self.bids.values(), key=_price, reverse=True),
            sorted(self.asks.values(), key=_price),
        )

    def __len__(self) -> int:
        return len(self.bids) + len(self.asks)


class L3Books:
    """The books of all instruments, built from the orders' events alone.

    A change costs O(1). ``ids`` gives the orders their public ids.
    """

    __slots__ = ("_books", "_ids", "_orders")

    def __init__(self, symbols: Iterable[str], ids: OrderIds) -> None:
        self._ids = ids
        self._books = {symbol: L3Book(symbol) for symbol in symbols}
        # Fills and cancels name the order only.
        self._orders: dict[int, RestingOrder] = {}

    def book(self, symbol: str) -> L3Book:
        """Return the book of ``symbol``, to be read and not changed. Raises ``KeyError``."""
        return self._books[symbol]

    def apply(self, events: Sequence[Event]) -> dict[str, list[L3Change]]:
        """Take over all events of one command; return its changes by symbol, in the order they happened.

        What an incoming order trades changes those that it meets; the order itself appears when it comes to
        rest. Raises ``KeyError`` for an order whose earlier events were left out.
        """
        changes: dict[str, list[L3Change]] = {}
        orders = self._orders
        incoming: RestingOrder | None = None
        for event in events:
            if type(event) is OrderAccepted:
                incoming = orders[event.order_id] = RestingOrder(
                    event.order_id, event.symbol, event.side, event.price, event.order_qty, self._ids
                )
            elif type(event) is OrderFilled:
                order = orders[event.order_id]
                order.quantity = leaves_qty = event.leaves_qty
                order.shown = None
                if not leaves_qty:
                    del orders[event.order_id]
                if not event.aggressor:
                    if not leaves_qty:
                        del self._queue(order)[order.order_id]
                    _append(
                        changes, order, L3Change(_EXECUTE, order, order.price, leaves_qty, event.last_qty)
                    )
            elif type(event) is OrderCanceled:
                order = orders.pop(event.order_id)
                order.quantity = 0
                if order is not incoming:
                    del self._queue(order)[order.order_id]
                    _append(changes, order, L3Change(_REMOVE, order, order.price, 0))
            elif type(event) is OrderReplaced:
                incoming = self._replace(event, changes)
        if incoming is not None and incoming.quantity:
            self._queue(incoming)[incoming.order_id] = incoming
            _append(changes, incoming, L3Change(_ADD, incoming, incoming.price, incoming.quantity))
        return changes

    def state(self) -> L3State:
        """Return the whole state between two commands; equal states give equal bytes."""
        saved = []
        for symbol in sorted(self._books):
            bids, asks = self._books[symbol].resting()
            saved.append(SavedL3Book(symbol, _save(bids), _save(asks)))
        return L3State(saved)

    def restore(self, state: L3State) -> None:
        """Go on where ``state`` was taken, whatever was before; books not listed any more are left out."""
        self._books = {symbol: L3Book(symbol) for symbol in self._books}
        self._orders = {}
        for saved in state.books:
            book = self._books.get(saved.symbol)
            if book is not None:
                self._load(book.bids, saved.symbol, Side.BUY, saved.bids)
                self._load(book.asks, saved.symbol, Side.SELL, saved.asks)

    def _replace(self, event: OrderReplaced, changes: dict[str, list[L3Change]]) -> RestingOrder | None:
        """Change a resting order; return it if it lost its place, to come in again."""
        order = self._orders[event.order_id]
        order.shown = None
        if event.price == order.price and event.leaves_qty < order.quantity:
            order.quantity = event.leaves_qty
            _append(changes, order, L3Change(_CHANGE, order, order.price, order.quantity))
            return None
        del self._queue(order)[order.order_id]
        _append(changes, order, L3Change(_REMOVE, order, order.price, 0))
        order.price, order.quantity = event.price, event.leaves_qty
        return order

    def _queue(self, order: RestingOrder) -> dict[int, RestingOrder]:
        book = self._books[order.symbol]
        return book.bids if order.side is _BUY else book.asks

    def _load(self, queue: dict[int, RestingOrder], symbol: str, side: Side, saved: _Saved) -> None:
        for order_id, price, quantity in saved:
            order = RestingOrder(order_id, symbol, side, price, quantity, self._ids)
            queue[order_id] = self._orders[order_id] = order


def _append(changes: dict[str, list[L3Change]], order: RestingOrder, change: L3Change) -> None:
    of_symbol = changes.get(order.symbol)
    if of_symbol is None:
        changes[order.symbol] = [change]
    else:
        of_symbol.append(change)


def _totals(orders: list[RestingOrder]) -> list[tuple[int, int]]:
    totals: dict[int, int] = {}
    for order in orders:
        totals[order.price] = totals.get(order.price, 0) + order.quantity
    return list(totals.items())


def _save(orders: list[RestingOrder]) -> _Saved:
    return [(order.order_id, order.price, order.quantity) for order in orders]
