"""The registry's record of one order, as the events so far left it."""

import msgspec

from gateway.model import OrdStatus, OrdType, Refusal, Side, TimeInForce


class EnteredTerms(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a replace has changed of an order, as it was when the order was entered."""

    cl_ord_id: bytes
    order_qty: int
    price: int


class Order(msgspec.Struct, gc=False, array_like=True):
    """One order. Amounts are scaled integers, times UTC nanoseconds.

    ``order_id`` is 0 until the engine has accepted it. ``orig_cl_ord_id`` is the previous ClOrdID after a
    replace. ``eseq`` and ``transact_time`` are those of the last change; ``owner`` is the session that
    entered it. ``refusal`` says why a rejected order was refused; ``entered`` is set by the first replace.
    """

    account: str
    owner: str
    cl_ord_id: bytes
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    price: int
    order_qty: int
    post_only: bool = False
    transact_time: int = 0
    order_id: int = 0
    orig_cl_ord_id: bytes = b""
    cum_qty: int = 0
    leaves_qty: int = 0
    avg_px: int = 0
    ord_status: OrdStatus = OrdStatus.PENDING_NEW
    eseq: int = 0
    refusal: Refusal | None = None
    entered: EnteredTerms | None = None
