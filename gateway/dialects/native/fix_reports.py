"""Order events as FIX says them: ExecutionReport(8) and OrderCancelReject(9), FIX 4.4.

Bodies are what ``Session.send`` takes: fields without header and trailer, ending in SOH. ExecID(17) is
``<eseq>-<n>``, so it is the engine sequence that every other client sees too; OrderID(37) is the engine
sequence of the order's first command. Only tags of the FIX 4.4 dictionary are sent.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from gateway.dialects.native.origin import OrderQuery
from gateway.dialects.native.reasons import REASONS, fix_text, ord_rej_reason
from gateway.dialects.native.terms import Places
from gateway.model import (
    CancelCause,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrdStatus,
    OrdType,
    RequestKind,
    Side,
    TimeInForce,
    encode_scaled,
)
from gateway.orders import Order
from protocols.fix.msg_types import EXECUTION_REPORT, ORDER_CANCEL_REJECT
from protocols.fix.timestamps import utc_text

NO_ORDER: Final = b"NONE"
"""OrderID(37) where the exchange knows no order, as FIX 4.4 asks of a cancel reject for an unknown order."""

SIDES: Final = {Side.BUY: b"1", Side.SELL: b"2"}
ORD_TYPES: Final = {OrdType.MARKET: b"1", OrdType.LIMIT: b"2"}
TIMES_IN_FORCE: Final = {TimeInForce.GTC: b"1", TimeInForce.IOC: b"3", TimeInForce.FOK: b"4"}
ORD_STATUSES: Final = {
    OrdStatus.NEW: b"0",
    OrdStatus.PARTIALLY_FILLED: b"1",
    OrdStatus.FILLED: b"2",
    OrdStatus.CANCELED: b"4",
    OrdStatus.REJECTED: b"8",
    OrdStatus.PENDING_NEW: b"A",
}
RESPONSES_TO: Final = {RequestKind.CANCEL: b"1", RequestKind.REPLACE: b"2"}
"""CxlRejResponseTo(434)."""

RESTATEMENTS: Final = {
    CancelCause.REQUESTED: b"378=99\x0158=canceled by another session of the account\x01",
    CancelCause.IMMEDIATE_OR_CANCEL: b"378=99\x0158=TimeInForce(59) 3: the rest could not trade at once\x01",
    CancelCause.FILL_OR_KILL: b"378=99\x0158=TimeInForce(59) 4: the whole could not trade at once\x01",
    CancelCause.NO_LIQUIDITY: b"378=8\x0158=OrdType(40) 1: no more quantity to trade with\x01",
    CancelCause.MASS_CANCEL: b"378=99\x0158=mass cancel\x01",
    CancelCause.DISCONNECT: b"378=99\x0158=cancel on disconnect\x01",
}
"""ExecRestatementReason(378) and Text(58) of a cancel that its reader did not ask for."""

_ACCEPTED: Final = b"37=%d\x0117=%d-%d\x01150=0\x0139=0\x0111=%b\x01%b%b151=%b\x0114=0\x016=0\x0160=%b\x01"
_FILLED: Final = (
    b"37=%d\x0117=%d-%d\x01150=F\x0139=%b\x0111=%b\x01%b%b32=%b\x0131=%b\x01"
    b"151=%b\x0114=%b\x016=%b\x01851=%b\x0160=%b\x01"
)
_REPORT: Final = b"37=%b\x0117=%b\x01150=%b\x0139=%b\x0111=%b\x01%b%b%b151=%b\x0114=%b\x016=%b\x0160=%b\x01%b"
_CANCEL_REJECT: Final = b"37=%b\x0111=%b\x0141=%b\x0139=%b\x011=%b\x01434=%b\x01102=%d\x0160=%b\x0158=%b\x01"
_UNKNOWN: Final = (
    b"37=NONE\x0117=0\x01150=I\x0139=8\x0111=%b\x01%b55=%b\x0154=%b\x01"
    b"151=0\x0114=0\x016=0\x01103=5\x0158=%b\x0160=%b\x01"
)


def encode_report(event: OrderEvent, order: Order | None, places: Places) -> tuple[bytes, bytes] | None:
    """Return MsgType and body of the report of one event, ``None`` for what has no report of its own.

    ``order`` is the record after the event's whole command: it gives what does not change within a command,
    the event gives the numbers. It may be ``None`` for a ``CancelRejected`` only. ``places`` are the
    decimals of prices and quantities. ``MassCanceled`` has none: each order's cancel was reported.
    """
    encode = _ENCODE.get(type(event))
    return None if encode is None else encode(event, order, places)


def encode_status(order: Order, places: Places, transact_time: int, request_id: bytes = b"") -> bytes:
    """Return the body of the ExecutionReport that answers OrderStatusRequest(H).

    ExecType(150) I; ExecID(17) is 0, as FIX 4.4 says for a report of no execution. ``transact_time`` is the
    time of the answer (UTC ns), ``request_id`` the OrdStatusReqID(790) to repeat.
    """
    price_places, qty_places = places
    return _REPORT % (
        b"%d" % order.order_id if order.order_id else NO_ORDER,
        b"0",
        b"I",
        ORD_STATUSES[order.ord_status],
        order.cl_ord_id,
        b"41=%b\x01" % order.orig_cl_ord_id if order.orig_cl_ord_id else b"",
        _terms_of(order),
        _amounts(order.order_qty, order.price, places),
        encode_scaled(order.leaves_qty, qty_places),
        encode_scaled(order.cum_qty, qty_places),
        encode_scaled(order.avg_px, price_places),
        utc_text(transact_time),
        b"790=%b\x01" % request_id if request_id else b"",
    )


def encode_unknown_status(query: OrderQuery, transact_time: int) -> bytes:
    """Return the body that answers OrderStatusRequest(H) for an order that is not known.

    ExecType(150) I, OrdStatus(39) 8, OrdRejReason(103) 5 (unknown order), OrderID(37) NONE. ``query.side`` is
    given: H requires Side(54).
    """
    request_id = query.request_id
    return _UNKNOWN % (
        query.cl_ord_id,
        b"790=%b\x01" % request_id if request_id else b"",
        query.symbol.encode("ascii"),
        b"1" if query.side is None else SIDES[query.side],
        b"ClOrdID(11) %b names no order of the account" % query.cl_ord_id,
        utc_text(transact_time),
    )


@lru_cache(maxsize=4096)
def _terms(
    account: str,
    symbol: str,
    side: Side,
    ord_type: OrdType,
    time_in_force: TimeInForce,
    post_only: bool,  # noqa: FBT001 - a keyword doubles the cost of the cache's key
) -> bytes:
    """Return the fields that an order keeps for life."""
    return b"1=%b\x0155=%b\x0154=%b\x0140=%b\x0159=%b\x01%b" % (
        account.encode(),
        symbol.encode("ascii"),
        SIDES[side],
        ORD_TYPES[ord_type],
        TIMES_IN_FORCE[time_in_force],
        b"18=6\x01" if post_only else b"",
    )


def _terms_of(order: Order) -> bytes:
    return _terms(
        order.account, order.symbol, order.side, order.ord_type, order.time_in_force, order.post_only
    )


@lru_cache(maxsize=65536)
def _amounts(order_qty: int, price: int, places: Places) -> bytes:
    """Return OrderQty(38) and Price(44), each left out when 0: a market order, or what could not be read."""
    price_places, qty_places = places
    order_qty_field = b"38=%b\x01" % encode_scaled(order_qty, qty_places) if order_qty else b""
    return order_qty_field + b"44=%b\x01" % encode_scaled(price, price_places) if price else order_qty_field


def _accepted(event: OrderAccepted, _order: Order, places: Places) -> tuple[bytes, bytes]:
    return EXECUTION_REPORT, _ACCEPTED % (
        event.order_id,
        event.eseq,
        event.n,
        event.cl_ord_id,
        _terms(event.account, event.symbol, event.side, event.ord_type, event.time_in_force, event.post_only),
        _amounts(event.order_qty, event.price, places),
        encode_scaled(event.order_qty, places[1]),
        utc_text(event.transact_time),
    )


def _filled(event: OrderFilled, order: Order, places: Places) -> tuple[bytes, bytes]:
    price_places, qty_places = places
    leaves_qty, cum_qty, avg_px = event.leaves_qty, event.cum_qty, event.avg_px
    last_qty = encode_scaled(event.last_qty, qty_places)
    last_px = encode_scaled(event.last_px, price_places)
    return EXECUTION_REPORT, _FILLED % (
        event.order_id,
        event.eseq,
        event.n,
        b"1" if leaves_qty else b"2",
        order.cl_ord_id,
        _terms(order.account, order.symbol, order.side, order.ord_type, order.time_in_force, order.post_only),
        _amounts(order.order_qty, order.price, places),
        last_qty,
        last_px,
        encode_scaled(leaves_qty, qty_places) if leaves_qty else b"0",
        # Most fills are an order's only one: what is said twice is encoded once.
        last_qty if cum_qty == event.last_qty else encode_scaled(cum_qty, qty_places),
        last_px if avg_px == event.last_px else encode_scaled(avg_px, price_places),
        # LastLiquidityInd(851): 1 added, 2 removed.
        b"2" if event.aggressor else b"1",
        utc_text(event.transact_time),
    )


def _rejected(event: OrderRejected, _order: Order | None, places: Places) -> tuple[bytes, bytes]:
    refusal = event.refusal
    # What the model could not take over is left out rather than reported as something else.
    terms = b"1=%b\x0155=%b\x0154=%b\x01" % (event.account.encode(), event.symbol.encode(), SIDES[event.side])
    if refusal.field != "ord_type":
        terms += b"40=%b\x01" % ORD_TYPES[event.ord_type]
    if refusal.field != "time_in_force":
        terms += b"59=%b\x01" % TIMES_IN_FORCE[event.time_in_force]
    return EXECUTION_REPORT, _REPORT % (
        b"%d" % event.order_id,
        b"%d-%d" % (event.eseq, event.n),
        b"8",
        b"8",
        event.cl_ord_id,
        b"",
        terms + b"18=6\x01" if event.post_only else terms,
        _amounts(event.order_qty, event.price, places),
        b"0",
        b"0",
        b"0",
        utc_text(event.transact_time),
        b"103=%d\x0158=%b\x01" % (ord_rej_reason(refusal), fix_text(refusal)),
    )


def _canceled(event: OrderCanceled, order: Order, places: Places) -> tuple[bytes, bytes]:
    price_places, qty_places = places
    # FIX requests have a ClOrdID: without one, the order's owner is told of what it did not ask for.
    cl_ord_id = event.cl_ord_id
    if cl_ord_id:
        orig, why = b"41=%b\x01" % (event.orig_cl_ord_id or order.cl_ord_id), b""
    else:
        orig, why = b"", RESTATEMENTS[event.cause]
    return EXECUTION_REPORT, _REPORT % (
        b"%d" % event.order_id,
        b"%d-%d" % (event.eseq, event.n),
        b"4",
        b"4",
        cl_ord_id or order.cl_ord_id,
        orig,
        _terms_of(order),
        _amounts(order.order_qty, order.price, places),
        b"0",
        encode_scaled(event.cum_qty, qty_places),
        encode_scaled(order.avg_px, price_places),
        utc_text(event.transact_time),
        why,
    )


def _replaced(event: OrderReplaced, order: Order, places: Places) -> tuple[bytes, bytes]:
    price_places, qty_places = places
    return EXECUTION_REPORT, _REPORT % (
        b"%d" % event.order_id,
        b"%d-%d" % (event.eseq, event.n),
        b"5",
        b"1" if event.cum_qty else b"0",
        event.cl_ord_id,
        b"41=%b\x01" % event.orig_cl_ord_id,
        _terms_of(order),
        _amounts(event.order_qty, event.price, places),
        encode_scaled(event.leaves_qty, qty_places),
        encode_scaled(event.cum_qty, qty_places),
        encode_scaled(event.avg_px, price_places),
        utc_text(event.transact_time),
        b"",
    )


def _cancel_rejected(event: CancelRejected, order: Order | None, _places: Places) -> tuple[bytes, bytes]:
    refusal = event.refusal
    orig_cl_ord_id = event.orig_cl_ord_id or (NO_ORDER if order is None else order.cl_ord_id)
    return ORDER_CANCEL_REJECT, _CANCEL_REJECT % (
        b"%d" % event.order_id if event.order_id else NO_ORDER,
        event.cl_ord_id,
        orig_cl_ord_id,
        ORD_STATUSES[event.ord_status],
        event.account.encode(),
        RESPONSES_TO[event.kind],
        REASONS[refusal.reason].cxl_rej_reason,
        utc_text(event.transact_time),
        fix_text(refusal),
    )


_ENCODE: Final[dict[type[OrderEvent], Callable[[Any, Any, Places], tuple[bytes, bytes]]]] = {
    OrderAccepted: _accepted,
    OrderRejected: _rejected,
    OrderFilled: _filled,
    OrderCanceled: _canceled,
    OrderReplaced: _replaced,
    CancelRejected: _cancel_rejected,
}
