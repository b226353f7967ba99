"""Whether a request that uses a ClOrdID again is the earlier request, sent again.

NOT here: which ClOrdIDs are known (``registry``, ``past_orders``), how a repeat is answered (the front ends).
"""

from typing import TypeAlias

import msgspec

from gateway.model import CancelOrder, CancelRejected, NewOrder, Refuse, ReplaceOrder
from gateway.orders.order import EnteredTerms, Order, ReplaceTerms

Outcome: TypeAlias = Order | CancelRejected | ReplaceOrder | Refuse
"""What became of a request: an order, the refusal of a replace, or a replace that is still on its way."""


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """A request whose ClOrdID was used before.

    ``order`` is the order that has it or had it, as it is now, ``refused`` the refused replace that asked for
    it, ``asked`` the replace that asks for it and is on its way; all are ``None`` when that is too long ago
    to tell. ``same_terms``: the request says what the earlier one said, so one of them is its outcome.
    """

    order: Order | None
    same_terms: bool
    refused: CancelRejected | None = None
    asked: ReplaceOrder | Refuse | None = None

    @property
    def outcome(self) -> Outcome | None:
        """What answers the request, ``None`` when it is another one."""
        return (self.order or self.refused or self.asked) if self.same_terms else None


def has_same_terms(
    request: NewOrder | ReplaceOrder | Refuse, order: Order, replaced: ReplaceTerms | None
) -> bool:
    """Whether ``request`` says what ``order`` was entered with, or what the replace of ``replaced`` said.

    ``replaced`` is what gave the order the ClOrdID of the request, ``None`` if it was entered with it. A
    request that the dialect refuses is the same if it was refused for the same reason before.
    """
    if isinstance(request, NewOrder):
        return _enters(request, order)
    if isinstance(request, ReplaceOrder):
        return replaced is not None and _replaces(request, order, replaced)
    refused = request.request
    return isinstance(refused, NewOrder) and order.refusal == request.refusal and _enters(refused, order)


def is_asked_again(request: NewOrder | ReplaceOrder | Refuse, asked: ReplaceOrder | Refuse) -> bool:
    """Whether ``request`` says what a replace said that is on its way."""
    if isinstance(request, Refuse) and isinstance(asked, Refuse):
        return request.refusal == asked.refusal and _terms(request.request) == _terms(asked.request)
    if isinstance(request, Refuse) or isinstance(asked, Refuse):
        return False
    return _terms(request) == _terms(asked)


def is_refused_again(request: NewOrder | ReplaceOrder | Refuse, refused: CancelRejected) -> bool:
    """Whether ``request`` says what the ``refused`` replace said; a dialect's refusal has to be the same.

    Without a symbol the amounts of the first one were never read.
    """
    if isinstance(request, Refuse):
        return (
            isinstance(request.request, ReplaceOrder)
            and request.refusal == refused.refusal
            and is_refused_again(request.request, refused)
        )
    return (
        isinstance(request, ReplaceOrder)
        and request.cl_ord_id == refused.cl_ord_id
        and request.orig_cl_ord_id == refused.orig_cl_ord_id
        and (request.order_id == refused.order_id or not (request.order_id and refused.order_id))
        and (not refused.symbol or (request.order_qty, request.price) == (refused.order_qty, refused.price))
    )


def _terms(request: NewOrder | CancelOrder | ReplaceOrder) -> tuple[object, ...] | None:
    if not isinstance(request, ReplaceOrder):
        return None
    names = request.cl_ord_id, request.orig_cl_ord_id, request.order_id, request.symbol
    return *names, request.order_qty, request.price


def _enters(request: NewOrder, order: Order) -> bool:
    entered = order.entered or EnteredTerms(order.cl_ord_id, order.order_qty, order.price)
    return (
        request.cl_ord_id == entered.cl_ord_id
        and request.symbol == order.symbol
        and request.side is order.side
        and request.ord_type is order.ord_type
        and request.time_in_force is order.time_in_force
        and request.order_qty == entered.order_qty
        and request.price == entered.price
        and request.post_only == order.post_only
    )


def _replaces(request: ReplaceOrder, order: Order, replaced: ReplaceTerms) -> bool:
    if request.order_id:
        is_of_order = request.order_id == order.order_id
    else:
        is_of_order = request.orig_cl_ord_id == replaced.orig_cl_ord_id
    return (
        is_of_order
        and request.symbol in ("", order.symbol)
        and request.order_qty == replaced.order_qty
        and request.price == replaced.price
    )
