"""What the registry has let go of: whether a ClOrdID was of it, and what became of it.

NOT here: the fingerprints' memory itself (``idempotency``), what the store keeps (``executions``).
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from gateway.model import CancelRejected, OrderEvent, OrderReplaced, RejectReason, RequestKind
from gateway.orders.executions import decode_execution
from gateway.orders.idempotency import UsedIds
from gateway.orders.order import Order
from gateway.ports import StoredExecution, StoreError

FindExecutions: TypeAlias = Callable[[str, int], Sequence[StoredExecution]]
"""The committed executions of an account by the command with an eseq (``Store.executions_at``)."""


UNREGISTERED: Final = frozenset({RejectReason.DUPLICATE_CL_ORD_ID, RejectReason.THROTTLED})
"""Refusals that leave no trace: the ClOrdID belongs to another order, or may be sent again."""


class PastOrder(msgspec.Struct, frozen=True, gc=False):
    """An order that had a ClOrdID, as its command left it, or the refused replace that asked for it.

    Both are ``None`` when the store cannot tell any more.
    """

    order: Order | None
    refused: CancelRejected | None = None


class PastOrders:
    """The ClOrdIDs in ``used``, each verified in the store when it is asked for.

    Without ``find_executions`` nothing can be verified. A ClOrdID that cannot be counts as used.
    """

    __slots__ = ("find_executions", "used")

    def __init__(self, used: UsedIds) -> None:
        self.used = used
        self.find_executions: FindExecutions | None = None

    def find(self, account: str, cl_ord_id: bytes) -> PastOrder | None:
        """Return what last had, or asked for, this ClOrdID of ``account``; ``None`` when nothing did."""
        eseqs = self.used.find(account, cl_ord_id)
        if not eseqs:
            return None
        unread = False
        for eseq in reversed(eseqs):
            executions = self._executions(account, eseq)
            unread = unread or not executions
            for execution in executions:
                # Looking for the bytes first spares decoding all that a mass cancel did.
                if cl_ord_id in execution.execution:
                    event, order = decode_execution(execution.execution)
                    if (
                        isinstance(event, CancelRejected)
                        and is_refused_replace(event)
                        and event.cl_ord_id == cl_ord_id
                    ):
                        return PastOrder(None, event)
                    order = _holder(event, order, cl_ord_id)
                    if order is not None:
                        return PastOrder(order)
        return PastOrder(None) if unread else None

    def as_ended(self, order: Order) -> Order | None:
        """Return the end of an ``order`` that the registry has let go of, ``None`` when it cannot be told.

        ``order`` may be as a replace left it; the ClOrdID that it got leads on.
        """
        while order.leaves_qty:
            found = self.find(order.account, order.cl_ord_id)
            later = None if found is None else found.order
            if later is None or later.order_id != order.order_id or later.eseq <= order.eseq:
                return None
            order = later
        return order

    def _executions(self, account: str, eseq: int) -> Sequence[StoredExecution]:
        if self.find_executions is None:
            return ()
        try:
            return self.find_executions(account, eseq)
        except StoreError:
            return ()


def is_refused_replace(event: CancelRejected) -> bool:
    """Whether the ClOrdID that ``event`` answers is that of a replace, and used by its refusal."""
    return (
        event.kind is RequestKind.REPLACE
        and event.cl_ord_id not in (b"", event.orig_cl_ord_id)
        and event.refusal.reason not in UNREGISTERED
    )


def _holder(event: OrderEvent, order: Order | None, cl_ord_id: bytes) -> Order | None:
    """Return ``order`` if the ClOrdID is its own, or the one that this event took from it."""
    is_left = isinstance(event, OrderReplaced) and event.orig_cl_ord_id == cl_ord_id
    return order if order is not None and (is_left or order.cl_ord_id == cl_ord_id) else None
