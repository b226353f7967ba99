"""Orders as FIX says them, made into commands: D, F, G and the question H, in every version.

Messages come validated by the dictionary of the session's version; what it cannot know is decided here. A tag
means the same in each version that has it, so one decoder serves all. A fault of form raises
(``SessionReject``, ``BusinessReject``); terms that are well formed but not offered or not valid become
``Refuse``, so that the answer is a report with its engine sequence. TimeInForce(59) absent means good till
cancel: the exchange never closes, so Day (0) has no end and is refused. NOT here: limits and the market
(``gateway.orders``).
"""

from typing import Final

from gateway.dialects.native.fields import fix_name
from gateway.dialects.native.fix_features import feature_refusal
from gateway.dialects.native.fix_values import incorrect
from gateway.dialects.native.order_codec import usual_cancel, usual_new_order, usual_replace
from gateway.dialects.native.origin import OrderQuery, Origin
from gateway.dialects.native.terms import (
    CL_ORD_ID_RULE,
    SYMBOL_RULE,
    amount_or_zero,
    amount_refusal,
    combination_refusal,
    is_cl_ord_id,
    is_decimal,
    is_symbol,
    parse_order_id,
    shown,
)
from gateway.dialects.native.usual_orders import ORD_TYPES, POST_ONLY, SIDES, TIMES_IN_FORCE
from gateway.model import (
    CancelOrder,
    Instrument,
    Instruments,
    NewOrder,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    TimeInForce,
)
from protocols.fix.codec import Message
from protocols.fix.errors import BusinessRejectReason, SessionReject, SessionRejectReason
from protocols.fix.tags import (
    ACCOUNT,
    CL_ORD_ID,
    EXEC_INST,
    ORD_STATUS_REQ_ID,
    ORD_TYPE,
    ORDER_ID,
    ORDER_QTY,
    ORIG_CL_ORD_ID,
    PRICE,
    SIDE,
    SYMBOL,
    TIME_IN_FORCE,
)

_OTHER_QUANTITIES: Final = frozenset({b"152", b"516"})  # CashOrderQty, OrderPercent: refused by name


class BusinessReject(Exception):  # noqa: N818 - named after the message that it becomes
    """A message is well formed and still cannot be worked: BusinessMessageReject(j) answers it.

    ``reason`` is BusinessRejectReason(380), ``text`` the Text(58): it names the tag.
    """

    def __init__(self, reason: BusinessRejectReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


def decode_new_order(message: Message, origin: Origin, instruments: Instruments) -> NewOrder | Refuse:
    """Decode NewOrderSingle(D).

    Raises ``SessionReject`` or ``BusinessReject`` for what is missing or malformed.
    """
    order = usual_new_order(message, origin, instruments)
    return _decode_unusual(message, origin, instruments) if order is None else order


def _decode_unusual(message: Message, origin: Origin, instruments: Instruments) -> NewOrder | Refuse:
    """Decode any NewOrderSingle(D), step by step, so that the first fault is the one that is named."""
    fields = message.fields
    cl_ord_id = _identifier(fields, CL_ORD_ID, "cl_ord_id")
    symbol = _symbol(fields)
    side = SIDES.get(_required(fields, SIDE, "side"))
    if side is None:
        # No command, and no report, can carry a side that the model does not have.
        raise _incorrect(fields, SIDE, "side", "1 (buy) or 2 (sell)")
    wire_ord_type = _required(fields, ORD_TYPE, "ord_type")
    order_qty, price = fields.get(ORDER_QTY), fields.get(PRICE)
    ord_type = ORD_TYPES.get(wire_ord_type)
    if order_qty is None and _OTHER_QUANTITIES.isdisjoint(fields):
        raise _conditionally_required("order_qty")
    if ord_type is OrdType.LIMIT and price is None:
        raise _conditionally_required("price")
    _require_number(fields, ORDER_QTY, "order_qty")
    _require_number(fields, PRICE, "price")
    wire_time = fields.get(TIME_IN_FORCE, b"1")
    time_in_force = TIMES_IN_FORCE.get(wire_time)
    post_only = POST_ONLY.get(fields.get(EXEC_INST))
    instrument = instruments.get(symbol)
    order = NewOrder(
        origin.session,
        message.msg_seq_num,
        origin.account,
        origin.transact_time,
        cl_ord_id,
        symbol,
        side,
        ord_type or (OrdType.MARKET if price is None else OrdType.LIMIT),
        time_in_force or TimeInForce.GTC,
        0 if instrument is None else amount_or_zero(order_qty, instrument.qty_places),
        0 if instrument is None else amount_or_zero(price, instrument.price_places),
        bool(post_only),
    )
    refusal: Refusal | None
    if instrument is None:
        refusal = Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value=symbol)
    elif ord_type is None:
        refusal = Refusal(RejectReason.UNSUPPORTED, "ord_type", "1 or 2 only", shown(wire_ord_type))
    elif time_in_force is None:
        refusal = Refusal(RejectReason.UNSUPPORTED, "time_in_force", "1, 3 or 4 only", shown(wire_time))
    else:
        refusal = (
            _account_refusal(fields, origin.account)
            or _exec_inst_refusal(fields, allowed=True)
            or feature_refusal(fields, instrument)
            or combination_refusal(order.ord_type, order.time_in_force, price, post_only=order.post_only)
            or _amounts_refusal(order_qty, price, instrument)
        )
    return order if refusal is None else Refuse(order, refusal)


def decode_cancel(message: Message, origin: Origin, instruments: Instruments) -> CancelOrder | Refuse:
    """Decode OrderCancelRequest(F). OrderID(37), where sent, names the order before OrigClOrdID(41) does."""
    cancel = usual_cancel(message, origin, instruments)
    if cancel is not None:
        return cancel
    fields = message.fields
    cl_ord_id = _identifier(fields, CL_ORD_ID, "cl_ord_id")
    orig_cl_ord_id, order_id = _target(fields)
    symbol = _symbol(fields)
    cancel = CancelOrder(
        origin.session,
        message.msg_seq_num,
        origin.account,
        origin.transact_time,
        cl_ord_id,
        orig_cl_ord_id,
        order_id,
        symbol,
    )
    refusal = _account_refusal(fields, origin.account) or _order_id_refusal(fields, order_id)
    if refusal is None and symbol not in instruments:
        refusal = Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value=symbol)
    return cancel if refusal is None else Refuse(cancel, refusal)


def decode_replace(message: Message, origin: Origin, instruments: Instruments) -> ReplaceOrder | Refuse:
    """Decode OrderCancelReplaceRequest(G): a new price and a new total quantity, both required.

    Orders that rest are limit orders, good till cancel: other types are refused. ExecInst(18) stays as
    it was and is refused when sent.
    """
    replace = usual_replace(message, origin, instruments)
    if replace is not None:
        return replace
    fields = message.fields
    cl_ord_id = _identifier(fields, CL_ORD_ID, "cl_ord_id")
    orig_cl_ord_id, order_id = _target(fields)
    symbol = _symbol(fields)
    order_qty, price = fields.get(ORDER_QTY), fields.get(PRICE)
    if order_qty is None:
        raise _conditionally_required("order_qty")
    if price is None:
        raise _conditionally_required("price")
    _require_number(fields, ORDER_QTY, "order_qty")
    _require_number(fields, PRICE, "price")
    instrument = instruments.get(symbol)
    replace = ReplaceOrder(
        origin.session,
        message.msg_seq_num,
        origin.account,
        origin.transact_time,
        cl_ord_id,
        orig_cl_ord_id,
        order_id,
        symbol,
        0 if instrument is None else amount_or_zero(order_qty, instrument.qty_places),
        0 if instrument is None else amount_or_zero(price, instrument.price_places),
    )
    refusal = _account_refusal(fields, origin.account) or _order_id_refusal(fields, order_id)
    if refusal is None:
        if instrument is None:
            refusal = Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value=symbol)
        else:
            refusal = (
                _unchanged_refusal(fields)
                or feature_refusal(fields, instrument)
                or _amounts_refusal(order_qty, price, instrument)
            )
    return replace if refusal is None else Refuse(replace, refusal)


def decode_status(message: Message, origin: Origin) -> OrderQuery:
    """Decode OrderStatusRequest(H). OrderID(37), where it can be one of ours, goes before ClOrdID(11).

    FIX.5.0SP2 asks for one of them only.
    """
    fields = message.fields
    refusal = _account_refusal(fields, origin.account)
    if refusal is not None:
        raise BusinessReject(
            BusinessRejectReason.NOT_AUTHORIZED,
            f"{fix_name('account')} {refusal.value} is not the session's account {refusal.limit}",
        )
    side = SIDES.get(_required(fields, SIDE, "side"))
    if side is None:
        raise _incorrect(fields, SIDE, "side", "1 (buy) or 2 (sell)")
    return OrderQuery(
        _identifier_beside_order_id(fields, CL_ORD_ID, "cl_ord_id"),
        parse_order_id(fields.get(ORDER_ID, b"")),
        _symbol(fields),
        side,
        fields.get(ORD_STATUS_REQ_ID, b""),
    )


def _required(fields: dict[bytes, bytes], tag: bytes, field: str) -> bytes:
    value = fields.get(tag)
    if value is None:
        raise SessionReject(
            SessionRejectReason.REQUIRED_TAG_MISSING, tag, f"required {fix_name(field)} is missing"
        )
    return value


def _incorrect(fields: dict[bytes, bytes], tag: bytes, field: str, rule: str) -> SessionReject:
    return incorrect(fix_name(field), tag, fields[tag], rule)


def _conditionally_required(field: str) -> BusinessReject:
    # FIX 4.4 vol. 1, "Business Message Reject": a field that the values of other fields make required.
    return BusinessReject(
        BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING, f"{fix_name(field)} is missing"
    )


def _identifier(fields: dict[bytes, bytes], tag: bytes, field: str) -> bytes:
    value = _required(fields, tag, field)
    if not is_cl_ord_id(value):
        raise _incorrect(fields, tag, field, CL_ORD_ID_RULE)
    return value


def _identifier_beside_order_id(fields: dict[bytes, bytes], tag: bytes, field: str) -> bytes:
    """Return an identifier that may be absent where OrderID(37) is sent; b"" when absent."""
    if tag in fields:
        return _identifier(fields, tag, field)
    if ORDER_ID not in fields:
        raise _conditionally_required(field)
    return b""


def _symbol(fields: dict[bytes, bytes]) -> str:
    value = _required(fields, SYMBOL, "symbol")
    if not is_symbol(value):
        raise _incorrect(fields, SYMBOL, "symbol", SYMBOL_RULE)
    return value.decode("ascii")


def _require_number(fields: dict[bytes, bytes], tag: bytes, field: str) -> None:
    value = fields.get(tag)
    if value is not None and not is_decimal(value):
        raise SessionReject(
            SessionRejectReason.INCORRECT_DATA_FORMAT_FOR_VALUE,
            tag,
            f"{fix_name(field)} {shown(value)} is not a decimal number",
        )


def _target(fields: dict[bytes, bytes]) -> tuple[bytes, int]:
    """Return what names the order: OrigClOrdID(41), b"" when absent, and OrderID(37), 0 when absent."""
    return (
        _identifier_beside_order_id(fields, ORIG_CL_ORD_ID, "orig_cl_ord_id"),
        parse_order_id(fields.get(ORDER_ID, b"")),
    )


def _order_id_refusal(fields: dict[bytes, bytes], order_id: int) -> Refusal | None:
    wire_order_id = fields.get(ORDER_ID)
    if wire_order_id is None or order_id:
        return None
    return Refusal(RejectReason.UNKNOWN_ORDER, "order_id", value=shown(wire_order_id))


def _account_refusal(fields: dict[bytes, bytes], account: str) -> Refusal | None:
    wire_account = fields.get(ACCOUNT)
    if wire_account is None or wire_account == account.encode():
        return None
    return Refusal(RejectReason.INVALID_VALUE, "account", account, shown(wire_account))


def _exec_inst_refusal(fields: dict[bytes, bytes], *, allowed: bool) -> Refusal | None:
    # ExecInst(18) is a list with spaces between; 6: participate, do not initiate.
    wire = fields.get(EXEC_INST)
    if wire is None or (allowed and wire == b"6"):
        return None
    limit = "6 only" if allowed else "a replace keeps it as it is"
    return Refusal(RejectReason.UNSUPPORTED, "exec_inst", limit, shown(wire))


def _unchanged_refusal(fields: dict[bytes, bytes]) -> Refusal | None:
    """Return which term of a replace would change what a resting order is."""
    ord_type = _required(fields, ORD_TYPE, "ord_type")
    if ord_type != b"2":
        return Refusal(RejectReason.UNSUPPORTED, "ord_type", "2 only in a replace", shown(ord_type))
    time_in_force = fields.get(TIME_IN_FORCE, b"1")
    if time_in_force != b"1":
        return Refusal(RejectReason.UNSUPPORTED, "time_in_force", "1 only in a replace", shown(time_in_force))
    return _exec_inst_refusal(fields, allowed=False)


def _amounts_refusal(order_qty: bytes | None, price: bytes | None, instrument: Instrument) -> Refusal | None:
    return (None if order_qty is None else amount_refusal("order_qty", order_qty, instrument.qty_places)) or (
        None if price is None else amount_refusal("price", price, instrument.price_places)
    )
