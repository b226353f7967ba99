"""Order events as pushes of the private channel ``executions``.

One push per event: ``kind`` and the fields that go with it say what happened, the rest is the order right
after it. ``seq`` is the ``exec_id``, which grows by one per account, so a client sees that it missed nothing;
``report_id`` is what FIX calls ExecID(17).
"""

from collections.abc import Callable
from typing import Any, Final

import orjson

from gateway.dialects.native.fields import ws_name
from gateway.dialects.native.reasons import REASONS, ws_text
from gateway.dialects.native.terms import Places
from gateway.dialects.native.ws_replies import ORD_STATUSES, order_object
from gateway.dialects.native.ws_requests import EXECUTIONS
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
    Refusal,
    RequestKind,
    format_scaled,
)
from gateway.orders import Order
from protocols.ws.frames import text_frame

CHANNEL: Final = EXECUTIONS

CAUSES: Final = {
    CancelCause.REQUESTED: "requested",
    CancelCause.IMMEDIATE_OR_CANCEL: "immediate_or_cancel",
    CancelCause.FILL_OR_KILL: "fill_or_kill",
    CancelCause.NO_LIQUIDITY: "no_liquidity",
    CancelCause.MASS_CANCEL: "mass_cancel",
    CancelCause.DISCONNECT: "disconnect",
}
REQUESTS: Final = {RequestKind.CANCEL: "cancel", RequestKind.REPLACE: "replace"}


def encode_execution(
    event: OrderEvent, order: Order | None, exec_id: int, places: Places, sent: int
) -> bytes | None:
    """Return the framed push of one event, ``None`` for ``MassCanceled``, which is about no one order.

    ``order`` is the record after the event's whole command; it may be ``None`` for a ``CancelRejected`` only.
    ``places`` are the decimals of prices and quantities, ``sent`` the time of encoding (UTC ns).
    """
    if type(event) not in _DESCRIBE:
        return None
    return _push("event", event, order, exec_id, places, sent)


def encode_replayed(event: OrderEvent, order: Order | None, exec_id: int, places: Places, sent: int) -> bytes:
    """Return the framed push of an event that was said before; all but ``type`` and ``sent`` is as it was."""
    return _push("replay", event, order, exec_id, places, sent)


def encode_gap(first: int, last: int, sent: int) -> bytes:
    """Return the framed push that stands for executions which are not kept any more, both inclusive."""
    return _frame("gap", last, first - 1, 0, 0, sent, {"from": first, "to": last})


def encode_replay_done(last: int, sent: int) -> bytes:
    """Return the framed push that ends a replay; ``last`` is the execution it has come to."""
    return _frame("replay.done", last, last, 0, 0, sent, {})


def _push(
    kind: str, event: OrderEvent, order: Order | None, exec_id: int, places: Places, sent: int
) -> bytes:
    members: dict[str, Any] = {"exec_id": exec_id, "report_id": f"{event.eseq}-{event.n}"}
    members.update(_DESCRIBE[type(event)](event, order, places))
    return _frame(kind, exec_id, exec_id - 1, event.eseq, event.transact_time, sent, members)


def _frame(kind: str, seq: int, prev: int, eseq: int, ts: int, sent: int, members: dict[str, Any]) -> bytes:
    push = {
        "ch": CHANNEL,
        "type": kind,
        "seq": seq,
        "prev": prev,
        "eseq": eseq,
        "ts": ts,
        "sent": sent,
        "data": members,
    }
    return text_frame(orjson.dumps(push))


def _accepted(event: OrderAccepted, order: Order, places: Places) -> dict[str, Any]:
    return {
        "kind": "accepted",
        **order_object(order, places),
        "filled_quantity": "0",
        "remaining_quantity": format_scaled(event.order_qty, places[1]),
        "average_price": None,
        "status": ORD_STATUSES[OrdStatus.NEW],
        **_stamp(event),
    }


def _rejected(event: OrderRejected, order: Order, places: Places) -> dict[str, Any]:
    return {
        "kind": "rejected",
        **order_object(order, places),
        "order_id": str(event.order_id),
        **_stamp(event),
        "error": _error(event.refusal),
    }


def _filled(event: OrderFilled, order: Order, places: Places) -> dict[str, Any]:
    price_places, qty_places = places
    status = OrdStatus.PARTIALLY_FILLED if event.leaves_qty else OrdStatus.FILLED
    return {
        "kind": "filled",
        **order_object(order, places),
        "filled_quantity": format_scaled(event.cum_qty, qty_places),
        "remaining_quantity": format_scaled(event.leaves_qty, qty_places),
        "average_price": format_scaled(event.avg_px, price_places),
        "status": ORD_STATUSES[status],
        **_stamp(event),
        "last_quantity": format_scaled(event.last_qty, qty_places),
        "last_price": format_scaled(event.last_px, price_places),
        "liquidity": "taker" if event.aggressor else "maker",
    }


def _canceled(event: OrderCanceled, order: Order, places: Places) -> dict[str, Any]:
    return {
        "kind": "canceled",
        **order_object(order, places),
        **_stamp(event),
        "canceled_quantity": format_scaled(event.canceled_qty, places[1]),
        "cause": CAUSES[event.cause],
    }


def _replaced(event: OrderReplaced, order: Order, places: Places) -> dict[str, Any]:
    price_places, qty_places = places
    status = OrdStatus.PARTIALLY_FILLED if event.cum_qty else OrdStatus.NEW
    return {
        "kind": "replaced",
        **order_object(order, places),
        "price": format_scaled(event.price, price_places),
        "quantity": format_scaled(event.order_qty, qty_places),
        "filled_quantity": format_scaled(event.cum_qty, qty_places),
        "remaining_quantity": format_scaled(event.leaves_qty, qty_places),
        "average_price": format_scaled(event.avg_px, price_places) if event.cum_qty else None,
        "status": ORD_STATUSES[status],
        **_stamp(event),
        "orig_cl_ord_id": event.orig_cl_ord_id.decode("ascii"),
    }


def _cancel_rejected(event: CancelRejected, order: Order | None, places: Places) -> dict[str, Any]:
    if order is None:
        known: dict[str, Any] = {"order_id": None, "cl_ord_id": _text(event.orig_cl_ord_id)}
    else:
        known = order_object(order, places)
    return {
        "kind": "cancel_rejected",
        **known,
        **_stamp(event),
        "request": REQUESTS[event.kind],
        "request_cl_ord_id": _text(event.cl_ord_id),
        "error": _error(event.refusal),
    }


def _stamp(event: OrderEvent) -> dict[str, int]:
    return {"eseq": event.eseq, "ts": event.transact_time}


def _text(cl_ord_id: bytes) -> str | None:
    return cl_ord_id.decode("ascii") or None


def _error(refusal: Refusal) -> dict[str, Any]:
    return {
        "code": REASONS[refusal.reason].code,
        "name": refusal.reason.name,
        "msg": ws_text(refusal),
        "field": ws_name(refusal.field) or None,
        "limit": refusal.limit or None,
        "value": refusal.value or None,
    }


_DESCRIBE: Final[dict[type[OrderEvent], Callable[[Any, Any, Places], dict[str, Any]]]] = {
    OrderAccepted: _accepted,
    OrderRejected: _rejected,
    OrderFilled: _filled,
    OrderCanceled: _canceled,
    OrderReplaced: _replaced,
    CancelRejected: _cancel_rejected,
}
