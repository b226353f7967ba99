"""Why the engine refuses a request, and the events that say so.

Limits and values are decimal texts in the instrument's places, as a client would write them.
"""

from gateway.matching.book import Book, BookSide
from gateway.matching.order import Order, ord_status
from gateway.model import (
    CancelOrder,
    CancelRejected,
    NewOrder,
    OrderRejected,
    OrdStatus,
    Refusal,
    RejectReason,
    ReplaceOrder,
    RequestKind,
    format_scaled,
)


def rejected(eseq: int, command: NewOrder, refusal: Refusal) -> OrderRejected:
    """Return the answer to a refused order, whose OrderID is ``eseq``."""
    return OrderRejected(
        eseq,
        1,
        command.transact_time,
        command.session,
        command.msg_seq_num,
        command.account,
        command.cl_ord_id,
        eseq,
        command.symbol,
        command.side,
        command.ord_type,
        command.time_in_force,
        command.order_qty,
        command.price,
        command.post_only,
        refusal,
    )


def cancel_rejected(
    eseq: int, command: CancelOrder | ReplaceOrder, order: Order | None, refusal: Refusal
) -> CancelRejected:
    """Return the answer to a refused cancel or replace of ``order``, ``None`` if it names no order."""
    kind, symbol, order_qty, price = RequestKind.CANCEL, "", 0, 0
    if isinstance(command, ReplaceOrder):
        kind, symbol, order_qty, price = (
            RequestKind.REPLACE,
            command.symbol,
            command.order_qty,
            command.price,
        )
    return CancelRejected(
        eseq,
        1,
        command.transact_time,
        command.session,
        command.msg_seq_num,
        command.account,
        command.cl_ord_id,
        command.orig_cl_ord_id,
        0 if order is None else order.order_id,
        kind,
        OrdStatus.REJECTED if order is None else ord_status(order),
        refusal,
        symbol,
        order_qty,
        price,
    )


def missed(eseq: int, command: CancelOrder | ReplaceOrder, order: Order | None) -> CancelRejected:
    """Return the answer to a request for an order that is closed (TOO_LATE), or not there.

    An order in another symbol than the request names is not there.
    """
    if order is None or order.leaves_qty:
        reason, order = RejectReason.UNKNOWN_ORDER, None
    else:
        reason = RejectReason.TOO_LATE
    if command.order_id:
        refusal = Refusal(reason, "order_id", value=str(command.order_id))
    else:
        refusal = Refusal(reason, "orig_cl_ord_id", value=_text(command.orig_cl_ord_id))
    return cancel_rejected(eseq, command, order, refusal)


def unknown_symbol(symbol: str) -> Refusal:
    """The engine has no book of ``symbol``."""
    return Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value=symbol)


def not_open(book: Book) -> Refusal:
    """The instrument takes cancels only, or nothing."""
    return Refusal(
        RejectReason.INSTRUMENT_NOT_OPEN, "symbol", book.status.name.lower(), book.instrument.symbol
    )


def duplicate(cl_ord_id: bytes) -> Refusal:
    """Another open order of the account has this ClOrdID."""
    return Refusal(RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", value=_text(cl_ord_id))


def unnamed() -> Refusal:
    """A new order needs a ClOrdID."""
    return Refusal(RejectReason.INVALID_VALUE, "cl_ord_id")


def not_positive(book: Book, order_qty: int, price: int) -> Refusal:
    """The quantity, or else the price of a limit order, is not positive."""
    instrument = book.instrument
    if order_qty < 1:
        field, value, places = "order_qty", order_qty, instrument.qty_places
    else:
        field, value, places = "price", price, instrument.price_places
    return Refusal(RejectReason.INVALID_VALUE, field, format_scaled(1, places), format_scaled(value, places))


def below_filled(book: Book, order_qty: int, cum_qty: int) -> Refusal:
    """A replace leaves nothing to trade."""
    places = book.instrument.qty_places
    return Refusal(
        RejectReason.QUANTITY_BELOW_FILLED,
        "order_qty",
        format_scaled(cum_qty, places),
        format_scaled(order_qty, places),
    )


def would_trade(book: Book, opposite: BookSide, price: int) -> Refusal:
    """A post-only order at ``price`` would trade with the best level of ``opposite``."""
    places = book.instrument.price_places
    best = opposite.sign * opposite.keys[-1]
    return Refusal(
        RejectReason.POST_ONLY_WOULD_TRADE, "price", format_scaled(best, places), format_scaled(price, places)
    )


def _text(cl_ord_id: bytes) -> str:
    return cl_ord_id.decode("ascii", "replace")
