"""The rules that an order's terms obey on every wire: identifiers, amounts, and what goes together.

Both front ends decode through these functions, so the same order gives the same command. NOT here: the
instrument's limits and the market (``gateway.orders``).
"""

from typing import Final, TypeAlias

from gateway.model import (
    Instruments,
    OrdType,
    Refusal,
    RejectReason,
    ScaledError,
    TimeInForce,
    parse_scaled,
)

Places: TypeAlias = tuple[int, int]
"""Decimals of prices and of quantities."""

MAX_CL_ORD_ID: Final = 64
MAX_SYMBOL: Final = 32
MAX_ORDER_ID: Final = 2**63 - 1
_MAX_SHOWN: Final = 48

CL_ORD_ID_RULE: Final = "1 to 64 printable ASCII characters without space, quote and backslash"
SYMBOL_RULE: Final = "1 to 32 printable ASCII characters without space, quote and backslash"
ORDER_ID_RULE: Final = "a decimal number from 1"

# What may stand in an identifier can be embedded in JSON and FIX text as it is.
_PRINTABLE: Final = bytes(c for c in range(0x21, 0x7F) if c not in b'"\\')


def is_cl_ord_id(value: bytes) -> bool:
    """Whether ``value`` may be a ClOrdID(11)."""
    return 0 < len(value) <= MAX_CL_ORD_ID and not value.translate(None, _PRINTABLE)


def is_symbol(value: bytes) -> bool:
    """Whether ``value`` may be the name of an instrument, known or not."""
    return 0 < len(value) <= MAX_SYMBOL and not value.translate(None, _PRINTABLE)


def parse_order_id(value: bytes) -> int:
    """Return an OrderID(37) as the number it is; 0 for what no order of this exchange can be called."""
    if not value.isdigit() or len(value) > 19:
        return 0
    order_id = int(value)
    return order_id if order_id <= MAX_ORDER_ID else 0


def places_of(instruments: Instruments, symbol: str) -> Places:
    """Return the decimals of ``symbol``, also of a retired one.

    ``(0, 0)`` for an unknown one, whose amounts are all 0.
    """
    instrument = instruments.get(symbol) or instruments.retired.get(symbol)
    return (0, 0) if instrument is None else (instrument.price_places, instrument.qty_places)


def shown(value: bytes) -> str:
    """Return a sent value as a reject shows it: printable ASCII, cut when long."""
    text = "".join(chr(c) if 0x20 <= c <= 0x7E else "?" for c in value[: _MAX_SHOWN + 1])
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def is_decimal(text: bytes) -> bool:
    """Whether ``text`` is a decimal number at all, as FIX writes a float: digits, one point, a sign."""
    return text.removeprefix(b"-").replace(b".", b"", 1).isdigit()


def amount_refusal(field: str, text: bytes, places: int) -> Refusal | None:
    """Return why ``text`` is no amount with ``places`` decimals, or ``None``."""
    try:
        parse_scaled(text, places)
    except ScaledError as error:
        limit = _AMOUNT_LIMITS[error.rule].format(error.limit)
        return Refusal(RejectReason.INVALID_VALUE, field, limit, shown(text))
    return None


_AMOUNT_LIMITS: Final = {
    "too many characters": "at most {} characters",
    "too many decimals": "at most {} decimals",
    "too large": "at most {}",
    "negative": "at least 0",
    "not a decimal number": "a decimal number",
}


def amount_or_zero(text: bytes | None, places: int) -> int:
    """Return an amount, 0 where there is none or it is not valid: the terms of a refused request."""
    if text is None:
        return 0
    try:
        return parse_scaled(text, places)
    except ScaledError:
        return 0


def combination_refusal(
    ord_type: OrdType, time_in_force: TimeInForce, price: bytes | None, *, post_only: bool
) -> Refusal | None:
    """Return which terms contradict each other, or ``None``."""
    if ord_type is OrdType.MARKET and price is not None:
        return Refusal(RejectReason.UNSUPPORTED, "price", "a market order has no price", shown(price))
    if post_only and (ord_type is OrdType.MARKET or time_in_force is not TimeInForce.GTC):
        return Refusal(
            RejectReason.UNSUPPORTED, "post_only", "a post-only order is a limit order, good till cancel"
        )
    return None
