"""The engine's whole state as bytes, and back.

The bytes depend on the state alone: two engines that worked the same commands give the same. NOT here: where
snapshots are kept, and their checksum (``gateway.store``).
"""

from typing import Final

import msgspec

from gateway.matching.book import Book, BookSide
from gateway.matching.order import Order
from gateway.matching.order_index import OrderIndex
from gateway.model import EnvelopeError, Side, TradingStatus, decode_envelope, encode_envelope

FORM: Final = ("bdax-matching", 1)
"""Format and version."""


class SnapshotError(ValueError):
    """The bytes are no snapshot of this version, or do not fit the instruments. The message says why."""


class _OrderState(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One order. ``notional`` may exceed 64 bits, so it goes as big-endian bytes."""

    order_id: int
    owner: str
    account: str
    cl_ord_id: bytes
    symbol: str
    side: Side
    price: int
    order_qty: int
    leaves_qty: int
    post_only: bool
    cum_qty: int
    notional: bytes


class _BookState(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One book, its orders in priority (best price first, oldest first)."""

    symbol: str
    status: TradingStatus
    bids: list[_OrderState]
    asks: list[_OrderState]


class EngineState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """All that decides about the events to come. ``closed`` orders stand in the order of closing."""

    eseq: int
    closed_kept: int
    books: list[_BookState]
    closed: list[_OrderState]

    @classmethod
    def of(cls, eseq: int, books: dict[str, Book], index: OrderIndex) -> "EngineState":
        """Return the state of an engine; it shares nothing with it."""
        return cls(
            eseq,
            index.closed_kept,
            [
                _BookState(
                    symbol,
                    books[symbol].status,
                    [_order_state(order) for order in books[symbol].bids.orders()],
                    [_order_state(order) for order in books[symbol].asks.orders()],
                )
                for symbol in sorted(books)
            ],
            [_order_state(order) for order in index.closed_orders()],
        )


def encode_state(state: EngineState) -> bytes:
    """Return ``state`` as msgpack: ``[format, version, state]``."""
    return encode_envelope(FORM, state)


def decode_state(snapshot: bytes) -> EngineState:
    """Return the state in ``snapshot``. Raises ``SnapshotError``."""
    try:
        return decode_envelope(snapshot, FORM, EngineState)
    except EnvelopeError as error:
        raise SnapshotError(f"engine snapshot {error}") from error


def restore_state(state: EngineState, books: dict[str, Book], index: OrderIndex) -> None:
    """Put ``state`` into empty ``books`` and ``index``.

    Raises ``SnapshotError`` when the orders contradict each other, or when one is in a symbol that has no
    book any more (a book without open orders may go).
    """
    index.restore_closed([_order(closed) for closed in state.closed])
    for saved in state.books:
        book = books.get(saved.symbol)
        if book is None:
            if saved.bids or saved.asks:
                raise SnapshotError(f"engine snapshot has open orders in {saved.symbol}, not an instrument")
            continue
        book.status = saved.status
        _rest(saved.bids, book.bids, index)
        _rest(saved.asks, book.asks, index)


def _rest(orders: list[_OrderState], side: BookSide, index: OrderIndex) -> None:
    for saved in orders:
        order = _order(saved)
        if order.side is not side.side or order.leaves_qty < 1 or not index.add(order):
            raise SnapshotError(f"engine snapshot contradicts itself at order {order.order_id}")
        side.rest(order)


def _order_state(order: Order) -> _OrderState:
    notional = order.notional
    return _OrderState(
        order.order_id,
        order.owner,
        order.account,
        order.cl_ord_id,
        order.symbol,
        order.side,
        order.price,
        order.order_qty,
        order.leaves_qty,
        order.post_only,
        order.cum_qty,
        notional.to_bytes((notional.bit_length() + 7) // 8, "big"),
    )


def _order(saved: _OrderState) -> Order:
    return Order(
        saved.order_id,
        saved.owner,
        saved.account,
        saved.cl_ord_id,
        saved.symbol,
        saved.side,
        saved.price,
        saved.order_qty,
        saved.leaves_qty,
        saved.post_only,
        saved.cum_qty,
        int.from_bytes(saved.notional, "big"),
    )
