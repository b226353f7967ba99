"""Results and refusals of WebSocket requests, as the JSON values of a reply.

NOT here: the envelope around them (``protocols.ws``), pushes (``ws_executions``, ``ws_market_data``).
"""

from collections.abc import Iterable
from typing import Any, Final

from gateway.dialects.native.fields import ws_name
from gateway.dialects.native.reasons import REASONS, ws_text
from gateway.dialects.native.terms import Places, places_of
from gateway.model import (
    Instrument,
    Instruments,
    OrdStatus,
    OrdType,
    Refusal,
    RejectReason,
    Side,
    TimeInForce,
    TradingStatus,
    format_scaled,
)
from gateway.orders import Order
from protocols.ws.envelope import WireError

SIDES: Final = {Side.BUY: "buy", Side.SELL: "sell"}
ORD_TYPES: Final = {OrdType.LIMIT: "limit", OrdType.MARKET: "market"}
TIMES_IN_FORCE: Final = {TimeInForce.GTC: "gtc", TimeInForce.IOC: "ioc", TimeInForce.FOK: "fok"}
ORD_STATUSES: Final = {
    OrdStatus.NEW: "new",
    OrdStatus.PARTIALLY_FILLED: "partially_filled",
    OrdStatus.FILLED: "filled",
    OrdStatus.CANCELED: "canceled",
    OrdStatus.REJECTED: "rejected",
    OrdStatus.PENDING_NEW: "pending_new",
}
TRADING_STATUSES: Final = {
    TradingStatus.OPEN: "open",
    TradingStatus.CANCEL_ONLY: "cancel_only",
    TradingStatus.HALTED: "halted",
}


def order_object(order: Order, places: Places) -> dict[str, Any]:
    """Return an order as WebSocket shows it: amounts as decimal strings, ``null`` where there is none.

    ``eseq`` and ``ts`` (UTC ns) are those of its last change; ``order_id`` is ``null`` while ``pending_new``.
    """
    price_places, qty_places = places
    return {
        "order_id": str(order.order_id) if order.order_id else None,
        "cl_ord_id": order.cl_ord_id.decode("ascii"),
        "symbol": order.symbol,
        "side": SIDES[order.side],
        "type": ORD_TYPES[order.ord_type],
        "time_in_force": TIMES_IN_FORCE[order.time_in_force],
        "post_only": order.post_only,
        "price": format_scaled(order.price, price_places) if order.price else None,
        "quantity": format_scaled(order.order_qty, qty_places),
        "filled_quantity": format_scaled(order.cum_qty, qty_places),
        "remaining_quantity": format_scaled(order.leaves_qty, qty_places),
        "average_price": format_scaled(order.avg_px, price_places) if order.cum_qty else None,
        "status": ORD_STATUSES[order.ord_status],
        "eseq": order.eseq,
        "ts": order.transact_time,
    }


def duplicate_object(order: Order, places: Places) -> dict[str, Any]:
    """Return the result of an order request that was worked before: the order as it is now."""
    return {**order_object(order, places), "duplicate": True}


def open_orders_result(orders: Iterable[Order], instruments: Instruments) -> list[dict[str, Any]]:
    """Return the result of ``orders.open``, in the order given."""
    return [order_object(order, places_of(instruments, order.symbol)) for order in orders]


def instrument_object(instrument: Instrument, status: TradingStatus) -> dict[str, Any]:
    """Return what a client must know to trade an instrument; a limit of 0 is none.

    ``ticks`` are the price increments, each from its price up to the next one's. ``lot`` is the quantity
    increment. ``band_pct`` bounds a limit price to that percentage around the last trade,
    before the first one around ``reference_price``.
    """
    price_places, qty_places = instrument.price_places, instrument.qty_places
    notional_places = price_places + qty_places
    return {
        "symbol": instrument.symbol,
        "base": instrument.base,
        "quote": instrument.quote,
        "price_places": price_places,
        "qty_places": qty_places,
        "ticks": [
            {"from": format_scaled(start, price_places), "tick": format_scaled(tick, price_places)}
            for start, tick in instrument.ticks
        ],
        "lot": format_scaled(instrument.lot, qty_places),
        "min_quantity": format_scaled(instrument.min_qty, qty_places),
        "max_quantity": format_scaled(instrument.max_qty, qty_places),
        "min_notional": format_scaled(instrument.min_notional, notional_places),
        "max_notional": format_scaled(instrument.max_notional, notional_places),
        "reference_price": format_scaled(instrument.reference_price, price_places),
        "band_pct": instrument.band_pct,
        "status": TRADING_STATUSES[status],
    }


def refusal_error(refusal: Refusal) -> tuple[int, WireError]:
    """Return ``status`` and ``error`` of the reply to a refused request."""
    reason = REASONS[refusal.reason]
    return reason.status, WireError(
        reason.code,
        refusal.reason.name,
        ws_text(refusal),
        ws_name(refusal.field) or None,
        refusal.limit or None,
        refusal.value or None,
    )


def unknown_order(cl_ord_id: bytes, order_id: int) -> tuple[int, WireError]:
    """Return the answer to ``order.status`` for an order that is not known."""
    if order_id:
        return refusal_error(Refusal(RejectReason.UNKNOWN_ORDER, "order_id", value=str(order_id)))
    return refusal_error(Refusal(RejectReason.UNKNOWN_ORDER, "cl_ord_id", value=cl_ord_id.decode("ascii")))
