"""What the registry remembers in full of the past, in the order of closing, and its form in a snapshot.

NOT here: how long it is remembered (``registry``), what is known of it after that (``past_orders``).
"""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from gateway.model import CancelRejected
from gateway.orders.order import Order, ReplaceTerms
from gateway.orders.snapshot import ClosedState, FormerIdState, SnapshotError


class FormerId(msgspec.Struct, frozen=True, gc=False):
    """A ClOrdID that a replace with ``eseq`` took from ``order``; ``terms`` are those that it came with."""

    order: Order
    cl_ord_id: bytes
    eseq: int
    transact_time: int
    terms: ReplaceTerms | None

    @property
    def account(self) -> str:
        """The account of the order."""
        return self.order.account


Closed: TypeAlias = Order | FormerId | CancelRejected
"""A closed order, a ClOrdID that a replace has left, or a refused replace."""


def closed_state(item: Closed) -> ClosedState:
    """Return ``item`` as a snapshot has it."""
    if isinstance(item, Order):
        return ClosedState(item, None)
    if isinstance(item, CancelRejected):
        return ClosedState(None, None, item)
    former_id = FormerIdState(item.order.order_id, item.cl_ord_id, item.eseq, item.transact_time, item.terms)
    return ClosedState(None, former_id)


def closed_item(saved: ClosedState, by_id: Mapping[int, Order]) -> Closed:
    """Return what was ``saved``; ``by_id`` are all orders of the snapshot. Raises ``SnapshotError``."""
    if saved.order is not None:
        return saved.order
    if saved.refused is not None:
        return saved.refused
    former_id = saved.former_id
    order = None if former_id is None else by_id.get(former_id.order_id)
    if former_id is None or order is None:
        raise SnapshotError("order snapshot has a ClOrdID of an order that it does not have")
    return FormerId(order, former_id.cl_ord_id, former_id.eseq, former_id.transact_time, former_id.terms)
