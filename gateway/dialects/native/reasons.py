"""Why a request is refused, in the words of each wire: one table for FIX and for WebSocket.

``docs/errors.md`` prints it. NOT here: faults of a message's form, which never become commands (session
rejects on FIX, ``ws_requests.RequestError`` on WebSocket).
"""

from typing import Final, NamedTuple

from gateway.dialects.native.fields import fix_name, ws_name
from gateway.model import Refusal, RejectReason


class WireReason(NamedTuple):
    """One reason on the wires.

    ``ord_rej_reason`` is OrdRejReason(103) and ``cxl_rej_reason`` CxlRejReason(102), both as FIX 4.4 knows
    them (99: other); ``code`` and ``status`` are those of a WebSocket error, whose name is the reason's own.
    ``text`` has the places ``{name}``, ``{limit}`` and ``{value}``.
    """

    ord_rej_reason: int
    cxl_rej_reason: int
    code: int
    status: int
    text: str


REASONS: Final[dict[RejectReason, WireReason]] = {
    RejectReason.UNKNOWN_SYMBOL: WireReason(1, 99, 2001, 404, "{name} {value} is not traded here"),
    RejectReason.INSTRUMENT_NOT_OPEN: WireReason(2, 99, 2002, 409, "{name} {value} takes no orders: {limit}"),
    RejectReason.INVALID_PRICE_TICK: WireReason(
        99, 99, 2003, 400, "{name} {value} is not a positive multiple of the tick {limit}"
    ),
    RejectReason.INVALID_QUANTITY_LOT: WireReason(
        13, 99, 2004, 400, "{name} {value} is not a multiple of the lot {limit}"
    ),
    RejectReason.QUANTITY_TOO_SMALL: WireReason(
        13, 99, 2005, 400, "{name} {value} is below the minimum {limit}"
    ),
    RejectReason.QUANTITY_TOO_LARGE: WireReason(
        3, 99, 2006, 400, "{name} {value} is above the maximum {limit}"
    ),
    RejectReason.NOTIONAL_TOO_SMALL: WireReason(
        99, 99, 2007, 400, "{name} {value} is below the minimum {limit}"
    ),
    RejectReason.NOTIONAL_TOO_LARGE: WireReason(
        3, 99, 2008, 400, "{name} {value} is above the maximum {limit}"
    ),
    RejectReason.PRICE_OUT_OF_BAND: WireReason(
        99, 99, 2009, 400, "{name} {value} is outside the price band, which ends at {limit}"
    ),
    RejectReason.TOO_MANY_OPEN_ORDERS: WireReason(
        3, 99, 2010, 409, "{name} {value} has its maximum of {limit} open orders"
    ),
    RejectReason.DUPLICATE_CL_ORD_ID: WireReason(6, 6, 2011, 409, "{name} {value} was used before"),
    RejectReason.THROTTLED: WireReason(
        99, 99, 2012, 429, "more requests than the session's limit of {limit}"
    ),
    RejectReason.POST_ONLY_WOULD_TRADE: WireReason(
        99, 99, 2013, 409, "{name} {value} would trade at once against {limit}, and the order is post-only"
    ),
    RejectReason.UNKNOWN_ORDER: WireReason(5, 1, 2014, 404, "{name} {value} names no order of the account"),
    RejectReason.TOO_LATE: WireReason(4, 0, 2015, 409, "{name} {value} names an order that is closed"),
    RejectReason.QUANTITY_BELOW_FILLED: WireReason(
        13, 99, 2016, 409, "{name} {value} is not above the filled quantity {limit}"
    ),
    RejectReason.UNSUPPORTED: WireReason(11, 99, 2017, 400, "{name} {value} is not supported: {limit}"),
    RejectReason.INVALID_VALUE: WireReason(99, 99, 2018, 400, "{name} {value} is not valid: {limit}"),
}
"""Every reason. Codes are stable: 2000 plus the reason's number in the model, never used again."""

ORD_REJ_REASON_BY_FIELD: Final[dict[tuple[RejectReason, str], int]] = {
    (RejectReason.INVALID_VALUE, "account"): 15,
    (RejectReason.INVALID_VALUE, "order_qty"): 13,
}
"""Where OrdRejReason(103) has a closer word for one field: unknown account, incorrect quantity."""


def ord_rej_reason(refusal: Refusal) -> int:
    """Return OrdRejReason(103)."""
    special = ORD_REJ_REASON_BY_FIELD.get((refusal.reason, refusal.field))
    return REASONS[refusal.reason].ord_rej_reason if special is None else special


def fix_text(refusal: Refusal) -> bytes:
    """Return Text(58): the tag by name and number, the value sent and the limit, printable ASCII."""
    text = _text(refusal, fix_name(refusal.field))
    return "".join(c if " " <= c <= "~" else "?" for c in text).encode("ascii")


def ws_text(refusal: Refusal) -> str:
    """Return the message of a WebSocket error: the field, the value sent and the limit."""
    return _text(refusal, ws_name(refusal.field))


def _text(refusal: Refusal, name: str) -> str:
    text = REASONS[refusal.reason].text.format(name=name, limit=refusal.limit, value=refusal.value)
    # Where a limit or a value does not apply, its place is empty.
    return " ".join(text.split()).removesuffix(":")
