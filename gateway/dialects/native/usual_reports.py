"""Encode the reports that nearly every order has, in plain Python: the twins of the compiled ones.

Bodies are what ``Session.send`` takes. NOT here: every other report (``fix_reports``), which twins work
(``order_codec``).
"""

from functools import lru_cache
from typing import Final

from gateway.dialects.native.fix_versions import ReportStyle
from gateway.dialects.native.terms import Places
from gateway.model import (
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    OrdType,
    Side,
    TimeInForce,
    encode_scaled,
)
from gateway.orders import Order
from protocols.fix.msg_types import EXECUTION_REPORT
from protocols.fix.timestamps import utc_text

SIDES: Final = {Side.BUY: b"1", Side.SELL: b"2"}
ORD_TYPES: Final = {OrdType.MARKET: b"1", OrdType.LIMIT: b"2"}
TIMES_IN_FORCE: Final = {TimeInForce.GTC: b"1", TimeInForce.IOC: b"3", TimeInForce.FOK: b"4"}


@lru_cache(maxsize=4096)
def terms(
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


@lru_cache(maxsize=65536)
def amounts(order_qty: int, price: int, places: Places) -> bytes:
    """Return OrderQty(38) and Price(44), each left out when 0: a market order, or what could not be read."""
    price_places, qty_places = places
    order_qty_field = b"38=%b\x01" % encode_scaled(order_qty, qty_places) if order_qty else b""
    return order_qty_field + b"44=%b\x01" % encode_scaled(price, price_places) if price else order_qty_field


def accepted(style: ReportStyle, event: OrderAccepted, _order: Order, places: Places) -> tuple[bytes, bytes]:
    """Return MsgType and body of the report of an ``OrderAccepted``."""
    return EXECUTION_REPORT, style.accepted % (
        event.order_id,
        event.eseq,
        event.n,
        event.cl_ord_id,
        terms(event.account, event.symbol, event.side, event.ord_type, event.time_in_force, event.post_only),
        amounts(event.order_qty, event.price, places),
        encode_scaled(event.order_qty, places[1]),
        utc_text(event.transact_time),
    )


def filled(style: ReportStyle, event: OrderFilled, order: Order, places: Places) -> tuple[bytes, bytes]:
    """Return MsgType and body of the report of an ``OrderFilled``."""
    price_places, qty_places = places
    leaves_qty, cum_qty, avg_px = event.leaves_qty, event.cum_qty, event.avg_px
    last_qty = encode_scaled(event.last_qty, qty_places)
    last_px = encode_scaled(event.last_px, price_places)
    return EXECUTION_REPORT, style.fill % (
        event.order_id,
        event.eseq,
        event.n,
        style.part_filled if leaves_qty else style.filled,
        order.cl_ord_id,
        terms(order.account, order.symbol, order.side, order.ord_type, order.time_in_force, order.post_only),
        amounts(order.order_qty, order.price, places),
        last_qty,
        last_px,
        encode_scaled(leaves_qty, qty_places) if leaves_qty else b"0",
        # Most fills are an order's only one: what is said twice is encoded once.
        last_qty if cum_qty == event.last_qty else encode_scaled(cum_qty, qty_places),
        last_px if avg_px == event.last_px else encode_scaled(avg_px, price_places),
        style.taker if event.aggressor else style.maker,
        utc_text(event.transact_time),
    )


def canceled(style: ReportStyle, event: OrderCanceled, order: Order, places: Places) -> tuple[bytes, bytes]:
    """Return MsgType and body of the report of an ``OrderCanceled``."""
    price_places, qty_places = places
    # FIX requests have a ClOrdID: without one, the order's owner is told of what it did not ask for.
    cl_ord_id = event.cl_ord_id
    if cl_ord_id:
        orig, why = b"41=%b\x01" % (event.orig_cl_ord_id or order.cl_ord_id), b""
    else:
        orig, why = b"", style.restatements[event.cause]
    return EXECUTION_REPORT, style.report % (
        b"%d" % event.order_id,
        b"%d-%d" % (event.eseq, event.n),
        b"4",
        b"4",
        cl_ord_id or order.cl_ord_id,
        orig,
        terms(order.account, order.symbol, order.side, order.ord_type, order.time_in_force, order.post_only),
        amounts(order.order_qty, order.price, places),
        b"0",
        encode_scaled(event.cum_qty, qty_places),
        encode_scaled(order.avg_px, price_places),
        utc_text(event.transact_time),
        why,
    )


def replaced(style: ReportStyle, event: OrderReplaced, order: Order, places: Places) -> tuple[bytes, bytes]:
    """Return MsgType and body of the report of an ``OrderReplaced``."""
    price_places, qty_places = places
    return EXECUTION_REPORT, style.report % (
        b"%d" % event.order_id,
        b"%d-%d" % (event.eseq, event.n),
        b"5",
        b"1" if event.cum_qty else style.replaced,
        event.cl_ord_id,
        b"41=%b\x01" % event.orig_cl_ord_id,
        terms(order.account, order.symbol, order.side, order.ord_type, order.time_in_force, order.post_only),
        amounts(event.order_qty, event.price, places),
        encode_scaled(event.leaves_qty, qty_places),
        encode_scaled(event.cum_qty, qty_places),
        encode_scaled(event.avg_px, price_places),
        utc_text(event.transact_time),
        b"",
    )
