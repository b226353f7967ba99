"""What the model's fields are called on the wire: FIX tags by name and number, and WebSocket names."""

from typing import Final

FIX_NAMES: Final[dict[str, str]] = {
    "account": "Account(1)",
    "cl_ord_id": "ClOrdID(11)",
    "notional": "Price(44) times OrderQty(38)",
    "ord_type": "OrdType(40)",
    "order_id": "OrderID(37)",
    "order_qty": "OrderQty(38)",
    "orig_cl_ord_id": "OrigClOrdID(41)",
    "post_only": "ExecInst(18)",
    "price": "Price(44)",
    "side": "Side(54)",
    "symbol": "Symbol(55)",
    "time_in_force": "TimeInForce(59)",
    # What FIX can say and this exchange does not offer.
    "cash_margin": "CashMargin(544)",
    "cash_order_qty": "CashOrderQty(152)",
    "currency": "Currency(15)",
    "discretion_inst": "DiscretionInst(388)",
    "discretion_offset_value": "DiscretionOffsetValue(389)",
    "effective_time": "EffectiveTime(168)",
    "ex_destination": "ExDestination(100)",
    "exec_inst": "ExecInst(18)",
    "expire_date": "ExpireDate(432)",
    "expire_time": "ExpireTime(126)",
    "forex_req": "ForexReq(121)",
    "handl_inst": "HandlInst(21)",
    "locate_reqd": "LocateReqd(114)",
    "max_floor": "MaxFloor(111)",
    "max_show": "MaxShow(210)",
    "min_qty": "MinQty(110)",
    "no_allocs": "NoAllocs(78)",
    "order_percent": "OrderPercent(516)",
    "order_qty2": "OrderQty2(192)",
    "peg_offset_value": "PegOffsetValue(211)",
    "price2": "Price2(640)",
    "price_type": "PriceType(423)",
    "qty_type": "QtyType(854)",
    "settl_currency": "SettlCurrency(120)",
    "settl_date": "SettlDate(64)",
    "settl_type": "SettlType(63)",
    "stop_px": "StopPx(99)",
    "target_strategy": "TargetStrategy(847)",
}
"""FIX spelling of a field, as reject texts name it."""

WS_NAMES: Final[dict[str, str]] = {
    "account": "account",
    "cl_ord_id": "cl_ord_id",
    "notional": "price times quantity",
    "ord_type": "type",
    "order_id": "order_id",
    "order_qty": "quantity",
    "orig_cl_ord_id": "cl_ord_id",
    "post_only": "post_only",
    "price": "price",
    "side": "side",
    "symbol": "symbol",
    "time_in_force": "time_in_force",
}
"""WebSocket name of a field, as errors name it."""


def fix_name(field: str) -> str:
    """Return the FIX spelling of a model field; one without a tag keeps its own name."""
    return FIX_NAMES.get(field, field)


def ws_name(field: str) -> str:
    """Return the WebSocket name of a model field; one without another name keeps its own."""
    return WS_NAMES.get(field, field)
