"""Whether a request that uses a ClOrdID again is the earlier request, sent again.

NOT here: which ClOrdIDs are known (``registry``, ``past_orders``), how a repeat is answered (the front ends).
"""

import msgspec

from gateway.model import NewOrder, Refuse, ReplaceOrder
from gateway.orders.order import EnteredTerms, Order


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """A request whose ClOrdID was used before.

    ``order`` is the order that has it or had it, as it is now (``None``: too long ago to tell).
    ``same_terms``: the request says what the earlier one said, so its outcome is the state of ``order``.
    """

    order: Order | None
    same_terms: bool


def has_same_terms(request: NewOrder | ReplaceOrder | Refuse, order: Order) -> bool:
    """Whether ``request`` says what ``order`` was entered with, or what its latest replace said.

    A request that the dialect refuses is the same if it was refused for the same reason before.
    """
    if isinstance(request, NewOrder):
        return _enters(request, order)
    if isinstance(request, ReplaceOrder):
        return _replaces(request, order)
    refused = request.request
    return isinstance(refused, NewOrder) and order.refusal == request.refusal and _enters(refused, order)


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


def _replaces(request: ReplaceOrder, order: Order) -> bool:
    # An order that no replace has renamed has no previous ClOrdID.
    orig_cl_ord_id = order.orig_cl_ord_id
    if request.order_id:
        is_of_order = bool(orig_cl_ord_id) and request.order_id == order.order_id
    else:
        is_of_order = bool(orig_cl_ord_id) and request.orig_cl_ord_id == orig_cl_ord_id
    return (
        is_of_order
        and request.cl_ord_id == order.cl_ord_id
        and request.symbol in ("", order.symbol)
        and request.order_qty == order.order_qty
        and request.price == order.price
    )
