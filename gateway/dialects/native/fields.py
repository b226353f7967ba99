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
    "booking_type": "BookingType(775)",
    "cash_margin": "CashMargin(544)",
    "cash_order_qty": "CashOrderQty(152)",
    "currency": "Currency(15)",
    "discretion_inst": "DiscretionInst(388)",
    "discretion_offset_value": "DiscretionOffsetValue(389)",
    "display_high_qty": "DisplayHighQty(1086)",
    "display_low_qty": "DisplayLowQty(1085)",
    "display_method": "DisplayMethod(1084)",
    "display_min_incr": "DisplayMinIncr(1087)",
    "display_qty": "DisplayQty(1138)",
    "display_when": "DisplayWhen(1083)",
    "effective_time": "EffectiveTime(168)",
    "ex_destination": "ExDestination(100)",
    "exec_inst": "ExecInst(18)",
    "expire_date": "ExpireDate(432)",
    "expire_time": "ExpireTime(126)",
    "forex_req": "ForexReq(121)",
    "gt_booking_inst": "GTBookingInst(427)",
    "handl_inst": "HandlInst(21)",
    "locate_reqd": "LocateReqd(114)",
    "match_increment": "MatchIncrement(1089)",
    "maturity_date": "MaturityDate(541)",
    "maturity_day": "MaturityDay(205)",
    "maturity_month_year": "MaturityMonthYear(200)",
    "max_floor": "MaxFloor(111)",
    "max_price_levels": "MaxPriceLevels(1090)",
    "max_show": "MaxShow(210)",
    "min_qty": "MinQty(110)",
    "no_allocs": "NoAllocs(78)",
    "no_strategy_parameters": "NoStrategyParameters(957)",
    "no_target_party_ids": "NoTargetPartyIDs(1461)",
    "no_trading_sessions": "NoTradingSessions(386)",
    "no_underlyings": "NoUnderlyings(711)",
    "order_percent": "OrderPercent(516)",
    "order_qty2": "OrderQty2(192)",
    "participation_rate": "ParticipationRate(849)",
    "peg_offset_value": "PegOffsetValue(211)",
    "peg_price_type": "PegPriceType(1094)",
    "price2": "Price2(640)",
    "price_protection_scope": "PriceProtectionScope(1092)",
    "price_type": "PriceType(423)",
    "process_code": "ProcessCode(81)",
    "put_or_call": "PutOrCall(201)",
    "qty_type": "QtyType(854)",
    "refresh_qty": "RefreshQty(1088)",
    "secondary_display_qty": "SecondaryDisplayQty(1082)",
    "security_type": "SecurityType(167)",
    "settl_currency": "SettlCurrency(120)",
    "settl_date": "SettlDate(64)",
    "settl_date2": "SettlDate2(193)",
    "settl_type": "SettlType(63)",
    "stop_px": "StopPx(99)",
    "strike_price": "StrikePrice(202)",
    "symbol_sfx": "SymbolSfx(65)",
    "target_strategy": "TargetStrategy(847)",
    "target_strategy_parameters": "TargetStrategyParameters(848)",
    "trade_publish_indicator": "TradePublishIndicator(1390)",
    "trigger_action": "TriggerAction(1101)",
    "trigger_price": "TriggerPrice(1102)",
    "trigger_type": "TriggerType(1100)",
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
