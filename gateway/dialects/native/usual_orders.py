"""Decode D, F and G as nearly every client sends them, in plain Python: the twins of the compiled ones.

NOT here: every other request, and what is wrong with it (``fix_orders``), which twins work (``order_codec``).
"""

from typing import Final

from gateway.dialects.native.fix_features import TAGS
from gateway.dialects.native.origin import Origin
from gateway.dialects.native.terms import is_cl_ord_id, parse_order_id
from gateway.model import (
    CancelOrder,
    Instrument,
    Instruments,
    NewOrder,
    OrdType,
    ReplaceOrder,
    ScaledError,
    Side,
    TimeInForce,
    parse_scaled,
)
from protocols.fix import Message
from protocols.fix.tags import (
    ACCOUNT,
    CL_ORD_ID,
    EXEC_INST,
    HANDL_INST,
    ORD_TYPE,
    ORDER_ID,
    ORDER_QTY,
    ORIG_CL_ORD_ID,
    PRICE,
    SIDE,
    SYMBOL,
    TIME_IN_FORCE,
)

SIDES: Final = {b"1": Side.BUY, b"2": Side.SELL}
ORD_TYPES: Final = {b"1": OrdType.MARKET, b"2": OrdType.LIMIT}
TIMES_IN_FORCE: Final = {b"1": TimeInForce.GTC, b"3": TimeInForce.IOC, b"4": TimeInForce.FOK}
POST_ONLY: Final[dict[bytes | None, bool]] = {None: False, b"6": True}
"""By ExecInst(18)."""

_MARKET: Final = OrdType.MARKET
_MOST_DIGITS: Final = 18

KINDS: Final[dict[tuple[bytes | None, ...], tuple[Side, OrdType, TimeInForce, bool]]] = {
    (wire_side, wire_ord_type, wire_time, exec_inst): (side, ord_type, time_in_force, post_only)
    for wire_side, side in SIDES.items()
    for wire_ord_type, ord_type in ORD_TYPES.items()
    for wire_time, time_in_force in ((None, TimeInForce.GTC), *TIMES_IN_FORCE.items())
    for exec_inst, post_only in POST_ONLY.items()
    if not post_only or (ord_type is OrdType.LIMIT and time_in_force is TimeInForce.GTC)
}
"""What an order is, by Side(54), OrdType(40), TimeInForce(59) and ExecInst(18): all that are offered."""


def usual_new_order(message: Message, origin: Origin, instruments: Instruments) -> NewOrder | None:
    """Return the order, or ``None`` for a message that needs a closer look."""
    fields = message.fields
    get = fields.get
    session, account, transact_time = origin
    cl_ord_id = get(CL_ORD_ID, b"")
    instrument = instruments.by_wire.get(get(SYMBOL, b""))
    kind = KINDS.get((get(SIDE), get(ORD_TYPE), get(TIME_IN_FORCE), get(EXEC_INST)))
    order_qty = get(ORDER_QTY)
    price = get(PRICE)
    wire_account = get(ACCOUNT)
    if (
        instrument is None
        or kind is None
        or order_qty is None
        or (price is None) is not (kind[1] is _MARKET)
        or (wire_account is not None and wire_account != account.encode())
        or not TAGS.isdisjoint(fields)
        or get(HANDL_INST, b"1") != b"1"
        or not is_cl_ord_id(cl_ord_id)
    ):
        return None
    side, ord_type, time_in_force, post_only = kind
    try:
        return NewOrder(
            session,
            message.msg_seq_num,
            account,
            transact_time,
            cl_ord_id,
            instrument.symbol,
            side,
            ord_type,
            time_in_force,
            parse_scaled(order_qty, instrument.qty_places),
            0 if price is None else parse_scaled(price, instrument.price_places),
            post_only,
        )
    except ScaledError:
        return None


def usual_cancel(message: Message, origin: Origin, instruments: Instruments) -> CancelOrder | None:
    """Return the cancel, or ``None`` for a message that needs a closer look."""
    fields = message.fields
    session, account, transact_time = origin
    cl_ord_id = fields.get(CL_ORD_ID, b"")
    instrument = _instrument_of(fields, account, instruments)
    target = _target_of(fields)
    if instrument is None or target is None or not is_cl_ord_id(cl_ord_id):
        return None
    return CancelOrder(
        session, message.msg_seq_num, account, transact_time, cl_ord_id, *target, instrument.symbol
    )


def usual_replace(message: Message, origin: Origin, instruments: Instruments) -> ReplaceOrder | None:
    """Return the replace, or ``None`` for a message that needs a closer look."""
    fields = message.fields
    get = fields.get
    session, account, transact_time = origin
    cl_ord_id = get(CL_ORD_ID, b"")
    instrument = _instrument_of(fields, account, instruments)
    target = _target_of(fields)
    order_qty, price = get(ORDER_QTY), get(PRICE)
    if (
        instrument is None
        or target is None
        or order_qty is None
        or price is None
        or get(ORD_TYPE) != b"2"
        or get(TIME_IN_FORCE, b"1") != b"1"
        or EXEC_INST in fields
        or not TAGS.isdisjoint(fields)
        or get(HANDL_INST, b"1") != b"1"
        or not is_cl_ord_id(cl_ord_id)
    ):
        return None
    try:
        return ReplaceOrder(
            session,
            message.msg_seq_num,
            account,
            transact_time,
            cl_ord_id,
            *target,
            instrument.symbol,
            parse_scaled(order_qty, instrument.qty_places),
            parse_scaled(price, instrument.price_places),
        )
    except ScaledError:
        return None


def _instrument_of(fields: dict[bytes, bytes], account: str, instruments: Instruments) -> Instrument | None:
    """Return the instrument, ``None`` for none, or a request for another account."""
    wire_account = fields.get(ACCOUNT)
    if wire_account is not None and wire_account != account.encode():
        return None
    return instruments.by_wire.get(fields.get(SYMBOL, b""))


def _target_of(fields: dict[bytes, bytes]) -> tuple[bytes, int] | None:
    """Return OrigClOrdID(41) and OrderID(37), ``None`` where the order is not well named."""
    orig_cl_ord_id, wire_order_id = fields.get(ORIG_CL_ORD_ID), fields.get(ORDER_ID)
    if orig_cl_ord_id is not None and not is_cl_ord_id(orig_cl_ord_id):
        return None
    if wire_order_id is None:
        return None if orig_cl_ord_id is None else (orig_cl_ord_id, 0)
    order_id = parse_order_id(wire_order_id) if len(wire_order_id) <= _MOST_DIGITS else 0
    return (orig_cl_ord_id or b"", order_id) if order_id else None
