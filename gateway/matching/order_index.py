"""Finding orders by their names: OrderID, and ClOrdID within an account.

NOT here: whether a ClOrdID was ever used before (``gateway.orders``); this index knows the open orders and
the most recently closed ones only, so that its memory is bounded.
"""

from collections import deque
from typing import Final

from gateway.matching.order import Order

CLOSED_ORDERS_KEPT: Final = 4096
"""How many closed orders are remembered, to answer TOO_LATE rather than UNKNOWN_ORDER."""


class OrderIndex:
    """The open orders, and the last ``closed_kept`` closed ones, by name.

    A ClOrdID names at most one order of an account: the open one that has it, or else the closed one that
    had it last. What is remembered depends on the commands alone, never on memory or time.
    """

    __slots__ = ("_by_account", "_by_id", "_closed", "closed_kept")

    def __init__(self, closed_kept: int = CLOSED_ORDERS_KEPT) -> None:
        if closed_kept < 0:
            raise ValueError("closed_kept must not be negative")
        self._by_id: dict[int, Order] = {}
        self._by_account: dict[str, dict[bytes, Order]] = {}
        self._closed: deque[Order] = deque()
        self.closed_kept = closed_kept

    def find(self, account: str, order_id: int, cl_ord_id: bytes) -> Order | None:
        """Return the order of ``account`` with ``order_id`` or, when that is 0, with ``cl_ord_id``.

        The order may be closed. Orders of other accounts are never found.
        """
        if order_id:
            order = self._by_id.get(order_id)
            return order if order is not None and order.account == account else None
        names = self._by_account.get(account)
        return None if names is None else names.get(cl_ord_id)

    def add(self, order: Order) -> bool:
        """Add ``order``; return ``False``, changing nothing, if its ClOrdID names another open order."""
        cl_ord_id = order.cl_ord_id
        names = self._by_account.get(order.account)
        if names is None:
            names = self._by_account[order.account] = {}
        former = names.get(cl_ord_id)
        if former is not None:
            if former.leaves_qty:
                return False
            # A closed order loses its name to the new one for good, so that a snapshot, which keeps the
            # names that still hold, restores the same answers.
            former.cl_ord_id = b""
        names[cl_ord_id] = order
        self._by_id[order.order_id] = order
        return True

    def rename(self, order: Order, cl_ord_id: bytes) -> bool:
        """Name an open ``order`` anew; return ``False``, changing nothing, if that names another open one.

        An empty ``cl_ord_id`` leaves the order its name.
        """
        former_id = order.cl_ord_id
        if not cl_ord_id or cl_ord_id == former_id:
            return True
        order.cl_ord_id = cl_ord_id
        if not self.add(order):
            order.cl_ord_id = former_id
            return False
        del self._by_account[order.account][former_id]
        return True

    def close(self, order: Order) -> None:
        """Mark ``order`` closed; forget the order that closed ``closed_kept`` closings ago."""
        order.leaves_qty = 0
        closed = self._closed
        closed.append(order)
        if len(closed) > self.closed_kept:
            forgotten = closed.popleft()
            del self._by_id[forgotten.order_id]
            if forgotten.cl_ord_id:
                del self._by_account[forgotten.account][forgotten.cl_ord_id]

    def open_orders(self, account: str) -> list[Order]:
        """Return the open orders of ``account``, oldest first (by ``order_id``)."""
        orders = [order for order in self._by_account.get(account, {}).values() if order.leaves_qty]
        orders.sort(key=_order_id)
        return orders

    def closed_orders(self) -> list[Order]:
        """Return the closed orders that are remembered, in the order in which they closed."""
        return list(self._closed)

    def restore_closed(self, orders: list[Order]) -> None:
        """Take over ``closed_orders()`` of an earlier index; before any open order is added."""
        # Those that would be forgotten again have no name that is another's.
        kept = orders[max(len(orders) - self.closed_kept, 0) :]
        by_id, by_account = self._by_id, self._by_account
        for order in kept:
            order.leaves_qty = 0
            by_id[order.order_id] = order
            if order.cl_ord_id:
                names = by_account.get(order.account)
                if names is None:
                    names = by_account[order.account] = {}
                names[order.cl_ord_id] = order
        self._closed.extend(kept)


def _order_id(order: Order) -> int:
    return order.order_id
