"""Decode NewOrderSingle(D) as nearly every client sends it, in plain Python: the twin of the compiled one.

NOT here: every other order, and what is wrong with it (``fix_orders``), which twin works (``order_codec``).
"""

from typing import Final

from gateway.dialects.native.fix_features import TAGS
from gateway.dialects.native.origin import Origin
from gateway.dialects.native.terms import is_cl_ord_id
from gateway.model import Instruments, NewOrder, OrdType, ScaledError, Side, TimeInForce, parse_scaled
from protocols.fix import Message
from protocols.fix.tags import (
    ACCOUNT,
    CL_ORD_ID,
    EXEC_INST,
    HANDL_INST,
    ORD_TYPE,
    ORDER_QTY,
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
