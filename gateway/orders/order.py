"""The registry's record of one order, as the events so far left it."""

import msgspec

from gateway.model import OrdStatus, OrdType, Refusal, Side, TimeInForce


class ReplaceTerms(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a replace asked for that gave an order its ClOrdID; ``orig_cl_ord_id`` is the one from before."""

    orig_cl_ord_id: bytes
    order_qty: int
    price: int


class EnteredTerms(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What replaces have changed of an order, as it was when the order was entered.

    ``renamed`` is what the replace said that gave it its ClOrdID, ``renamed_before`` the one that gave it the
    ClOrdID before that; ``None`` when there was no such replace.
    """

    cl_ord_id: bytes
    order_qty: int
    price: int
    renamed: ReplaceTerms | None = None
    renamed_before: ReplaceTerms | None = None


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

    def replace_terms(self, cl_ord_id: bytes) -> ReplaceTerms | None:
        """Return what the replace said that gave the order this ClOrdID, its present one or the one before.

        ``None`` when it was entered with it, or never had it, or had it longer ago.
        """
        entered = self.entered
        if entered is None:
            return None
        if cl_ord_id == self.cl_ord_id:
            return entered.renamed
        return entered.renamed_before if cl_ord_id == self.orig_cl_ord_id else None
