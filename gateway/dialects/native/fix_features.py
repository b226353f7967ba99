"""What a FIX order can ask for beyond this exchange's orders, and which values of it mean nothing more.

An order with such a field is refused by name, never worked as something else. A tag means the same in every
version that has it, and the dictionary has already refused what a version lacks, so one table serves
FIX.4.2, FIX.4.4 and FIX.5.0SP2. Fields that inform only (Text(58), Rule80A(47), OrderCapacity(528), parties)
are not listed and have no effect.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from gateway.dialects.native.terms import is_decimal, shown
from gateway.model import Instrument, Refusal, RejectReason
from protocols.fix.tags import ORDER_QTY

_Fields: TypeAlias = Mapping[bytes, bytes]
_Rule: TypeAlias = Callable[[bytes, Instrument, _Fields], bool]


class Feature(NamedTuple):
    """A field with its model-style name, the rule its harmless values obey, and that rule in words."""

    field: str
    allows: _Rule
    limit: str


def _never(_value: bytes, _instrument: Instrument, _fields: _Fields) -> bool:
    return False


def _zero(value: bytes, _instrument: Instrument, _fields: _Fields) -> bool:
    return not value.strip(b"0.")


def _only(allowed: bytes) -> _Rule:
    def allows(value: bytes, _instrument: Instrument, _fields: _Fields) -> bool:
        return value == allowed

    return allows


def _quote(value: bytes, instrument: Instrument, _fields: _Fields) -> bool:
    return value == instrument.quote.encode("ascii")


def _no_derivative(value: bytes, _instrument: Instrument, _fields: _Fields) -> bool:
    return value not in _DERIVATIVES


def _whole(value: bytes, _instrument: Instrument, fields: _Fields) -> bool:
    order_qty = fields.get(ORDER_QTY, b"")
    return is_decimal(value) and is_decimal(order_qty) and _canonical(value) == _canonical(order_qty)


def _canonical(decimal: bytes) -> tuple[bytes, bytes]:
    whole, _, fraction = decimal.partition(b".")
    return whole.lstrip(b"0"), fraction.rstrip(b"0")


_DERIVATIVES: Final = frozenset({b"FUT", b"OPT", b"MLEG", b"WAR"})  # futures, options, multi-leg, warrants

FEATURES: Final[dict[bytes, Feature]] = {
    b"15": Feature("currency", _quote, "the quote currency only"),
    b"21": Feature("handl_inst", _only(b"1"), "1 only"),
    b"63": Feature("settl_type", _only(b"0"), "0 only"),
    b"64": Feature("settl_date", _never, "trades settle at once"),
    b"65": Feature("symbol_sfx", _never, "no variants of an instrument"),
    b"78": Feature("no_allocs", _only(b"0"), "no allocations"),
    b"81": Feature("process_code", _only(b"0"), "0 only"),
    b"99": Feature("stop_px", _never, "no stop orders"),
    b"100": Feature("ex_destination", _only(b"BDAX"), "BDAX only"),
    b"110": Feature("min_qty", _zero, "0 only"),
    b"111": Feature("max_floor", _zero, "0 only"),
    b"114": Feature("locate_reqd", _only(b"N"), "N only"),
    b"120": Feature("settl_currency", _quote, "the quote currency only"),
    b"121": Feature("forex_req", _only(b"N"), "N only"),
    b"126": Feature("expire_time", _never, "orders do not expire"),
    b"152": Feature("cash_order_qty", _never, "quantities in OrderQty(38) only"),
    b"167": Feature("security_type", _no_derivative, "no derivatives"),
    b"168": Feature("effective_time", _never, "orders are worked at once"),
    b"192": Feature("order_qty2", _never, "no swaps"),
    b"193": Feature("settl_date2", _never, "no swaps"),
    b"200": Feature("maturity_month_year", _never, "no derivatives"),
    b"201": Feature("put_or_call", _never, "no derivatives"),
    b"202": Feature("strike_price", _never, "no derivatives"),
    b"205": Feature("maturity_day", _never, "no derivatives"),
    b"210": Feature("max_show", _zero, "0 only"),
    b"211": Feature("peg_offset_value", _never, "no pegged orders"),
    b"386": Feature("no_trading_sessions", _only(b"0"), "the exchange never closes"),
    b"388": Feature("discretion_inst", _never, "no discretionary orders"),
    b"389": Feature("discretion_offset_value", _never, "no discretionary orders"),
    b"423": Feature("price_type", _only(b"2"), "2 only"),
    b"427": Feature("gt_booking_inst", _only(b"0"), "0 only"),
    b"432": Feature("expire_date", _never, "orders do not expire"),
    b"516": Feature("order_percent", _never, "quantities in OrderQty(38) only"),
    b"541": Feature("maturity_date", _never, "no derivatives"),
    b"544": Feature("cash_margin", _only(b"1"), "1 only"),
    b"640": Feature("price2", _never, "no swaps"),
    b"711": Feature("no_underlyings", _only(b"0"), "no derivatives"),
    b"775": Feature("booking_type", _only(b"0"), "0 only"),
    b"847": Feature("target_strategy", _never, "no strategies"),
    b"848": Feature("target_strategy_parameters", _never, "no strategies"),
    b"849": Feature("participation_rate", _never, "no strategies"),
    b"854": Feature("qty_type", _only(b"0"), "0 only"),
    b"957": Feature("no_strategy_parameters", _only(b"0"), "no strategies"),
    b"1082": Feature("secondary_display_qty", _never, "no hidden quantity"),
    b"1083": Feature("display_when", _never, "no hidden quantity"),
    b"1084": Feature("display_method", _only(b"1"), "1 only"),
    b"1085": Feature("display_low_qty", _never, "no hidden quantity"),
    b"1086": Feature("display_high_qty", _never, "no hidden quantity"),
    b"1087": Feature("display_min_incr", _never, "no hidden quantity"),
    b"1088": Feature("refresh_qty", _never, "no hidden quantity"),
    b"1089": Feature("match_increment", _zero, "0 only"),
    b"1090": Feature("max_price_levels", _only(b"0"), "0 only"),
    b"1092": Feature("price_protection_scope", _only(b"0"), "0 only"),
    b"1094": Feature("peg_price_type", _never, "no pegged orders"),
    b"1100": Feature("trigger_type", _never, "no triggers"),
    b"1101": Feature("trigger_action", _never, "no triggers"),
    b"1102": Feature("trigger_price", _never, "no triggers"),
    b"1138": Feature("display_qty", _whole, "the whole OrderQty(38) only"),
    b"1390": Feature("trade_publish_indicator", _only(b"1"), "1 only"),
    b"1461": Feature("no_target_party_ids", _only(b"0"), "orders are open to all"),
}
"""By tag."""

TAGS: Final = frozenset(FEATURES) - {b"21"}
"""Tags that an ordinary order does not have; HandlInst(21) is on most of them."""


def feature_refusal(fields: Mapping[bytes, bytes], instrument: Instrument) -> Refusal | None:
    """Return why an order with these fields asks for more than there is, or ``None``."""
    for tag, value in fields.items():
        feature = FEATURES.get(tag)
        if feature is not None and not feature.allows(value, instrument, fields):
            return Refusal(RejectReason.UNSUPPORTED, feature.field, feature.limit, shown(value))
    return None
