"""What a FIX order can ask for beyond this exchange's orders, and which values of it mean nothing more.

An order with such a field is refused by name, never worked as something else. Fields that inform only
(Text(58), OrderCapacity(528), parties …) are not listed and have no effect.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from gateway.dialects.native.terms import shown
from gateway.model import Instrument, Refusal, RejectReason


class Feature(NamedTuple):
    """A field with its model-style name, the rule its harmless values obey, and that rule in words."""

    field: str
    allows: Callable[[bytes, Instrument], bool]
    limit: str


_Rule: TypeAlias = Callable[[bytes, Instrument], bool]


def _never(_value: bytes, _instrument: Instrument) -> bool:
    return False


def _zero(value: bytes, _instrument: Instrument) -> bool:
    return not value.strip(b"0.")


def _only(allowed: bytes) -> _Rule:
    def allows(value: bytes, _instrument: Instrument) -> bool:
        return value == allowed

    return allows


def _quote(value: bytes, instrument: Instrument) -> bool:
    return value == instrument.quote.encode("ascii")


FEATURES: Final[dict[bytes, Feature]] = {
    b"15": Feature("currency", _quote, "the quote currency only"),
    b"21": Feature("handl_inst", _only(b"1"), "1 only"),
    b"63": Feature("settl_type", _only(b"0"), "0 only"),
    b"64": Feature("settl_date", _never, "trades settle at once"),
    b"78": Feature("no_allocs", _only(b"0"), "no allocations"),
    b"99": Feature("stop_px", _never, "no stop orders"),
    b"100": Feature("ex_destination", _only(b"BDAX"), "BDAX only"),
    b"110": Feature("min_qty", _zero, "0 only"),
    b"111": Feature("max_floor", _zero, "0 only"),
    b"114": Feature("locate_reqd", _only(b"N"), "N only"),
    b"120": Feature("settl_currency", _quote, "the quote currency only"),
    b"121": Feature("forex_req", _only(b"N"), "N only"),
    b"126": Feature("expire_time", _never, "orders do not expire"),
    b"152": Feature("cash_order_qty", _never, "quantities in OrderQty(38) only"),
    b"168": Feature("effective_time", _never, "orders are worked at once"),
    b"192": Feature("order_qty2", _never, "no swaps"),
    b"210": Feature("max_show", _zero, "0 only"),
    b"211": Feature("peg_offset_value", _never, "no pegged orders"),
    b"388": Feature("discretion_inst", _never, "no discretionary orders"),
    b"389": Feature("discretion_offset_value", _never, "no discretionary orders"),
    b"423": Feature("price_type", _only(b"2"), "2 only"),
    b"432": Feature("expire_date", _never, "orders do not expire"),
    b"516": Feature("order_percent", _never, "quantities in OrderQty(38) only"),
    b"544": Feature("cash_margin", _only(b"1"), "1 only"),
    b"640": Feature("price2", _never, "no swaps"),
    b"847": Feature("target_strategy", _never, "no strategies"),
    b"854": Feature("qty_type", _only(b"0"), "0 only"),
}
"""By tag."""

TAGS: Final = frozenset(FEATURES) - {b"21"}
"""Tags that an ordinary order does not have; HandlInst(21) is on most of them."""


def feature_refusal(fields: dict[bytes, bytes], instrument: Instrument) -> Refusal | None:
    """Return why an order with these fields asks for more than there is, or ``None``."""
    for tag, value in fields.items():
        feature = FEATURES.get(tag)
        if feature is not None and not feature.allows(value, instrument):
            return Refusal(RejectReason.UNSUPPORTED, feature.field, feature.limit, shown(value))
    return None
