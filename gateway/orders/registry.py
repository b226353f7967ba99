"""What the gateway knows of every order: open ones, recently closed ones, and the ClOrdIDs ever used.

The registry changes by events alone, but for ``reserve``, which marks an order as on its way.
NOT here: whether a request is allowed (``risk``), who is told (``router``).
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from gateway.model import (
    CancelRejected,
    NewOrder,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrdStatus,
    RejectReason,
)
from gateway.orders.order import Order

UNREGISTERED = frozenset({RejectReason.DUPLICATE_CL_ORD_ID, RejectReason.THROTTLED})
"""Refusals that leave no trace: the ClOrdID belongs to another order, or may be sent again."""


# Members as globals: a look-up on the class costs as much as applying an event.
_PENDING_NEW: Final = OrdStatus.PENDING_NEW
_NEW: Final = OrdStatus.NEW
_PARTIALLY_FILLED: Final = OrdStatus.PARTIALLY_FILLED
_FILLED: Final = OrdStatus.FILLED
_CANCELED: Final = OrdStatus.CANCELED
_REJECTED: Final = OrdStatus.REJECTED


class AccountOrders:
    """The orders of one account: by ClOrdID (open and recently closed) and by OrderID (open ones).

    ``seen`` holds every ClOrdID that is remembered as used.
    """

    __slots__ = ("by_cl_ord_id", "exec_id", "open_by_id", "pending", "seen")

    def __init__(self) -> None:
        self.by_cl_ord_id: dict[bytes, Order] = {}
        self.open_by_id: dict[int, Order] = {}
        self.seen: set[bytes] = set()
        self.pending = 0
        self.exec_id = 0

    @property
    def open_count(self) -> int:
        """Orders that can trade or are on their way to the engine."""
        return len(self.open_by_id) + self.pending


class OrderRegistry:
    """Orders by account.

    ``closed_max`` closed orders and ``seen_max`` ClOrdIDs are remembered, the oldest forgotten first.
    ``accounts`` has the orders of each account, empty at first.
    """

    def __init__(self, *, closed_max: int, seen_max: int) -> None:
        self.accounts: defaultdict[str, AccountOrders] = defaultdict(AccountOrders)
        self._closed: deque[Order] = deque()
        self._closed_by_id: dict[int, Order] = {}
        self._closed_max = closed_max
        self._seen_order: deque[tuple[set[bytes], bytes]] = deque()
        self._seen_max = seen_max
        self.forgotten = 0
        self.appliers: Final[Mapping[type, Callable[[Any], Order | None]]] = {
            OrderAccepted: self._accepted,
            OrderRejected: self._rejected,
            OrderFilled: self._filled,
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
            CancelRejected: self._cancel_rejected,
        }

    def is_seen(self, account: str, cl_ord_id: bytes) -> bool:
        """Whether the account has used this ClOrdID before."""
        return cl_ord_id in self.accounts[account].seen

    def order(self, account: str, cl_ord_id: bytes) -> Order | None:
        """Return the open or recently closed order of the account with this ClOrdID."""
        return self.accounts[account].by_cl_ord_id.get(cl_ord_id)

    def order_by_id(self, account: str, order_id: int) -> Order | None:
        """Return the open or recently closed order of the account with this OrderID."""
        order = self.accounts[account].open_by_id.get(order_id) or self._closed_by_id.get(order_id)
        return order if order is not None and order.account == account else None

    def open_orders(self, account: str) -> Iterator[Order]:
        """Yield the account's open orders, oldest first."""
        yield from self.accounts[account].open_by_id.values()

    @property
    def open_total(self) -> int:
        """Open orders over all accounts."""
        return sum(len(orders.open_by_id) for orders in self.accounts.values())

    def reserve(self, command: NewOrder, orders: AccountOrders) -> None:
        """Record a new order that is handed to the engine: its ClOrdID is used, its status PENDING_NEW.

        ``orders`` are its account's.
        """
        cl_ord_id = command.cl_ord_id
        orders.pending += 1
        orders.by_cl_ord_id[cl_ord_id] = _record(command)
        self.remember(orders, cl_ord_id)

    def remember(self, orders: AccountOrders, cl_ord_id: bytes) -> None:
        """Mark a ClOrdID as used in the account of ``orders``."""
        seen = orders.seen
        if cl_ord_id in seen:
            return
        seen.add(cl_ord_id)
        self._seen_order.append((seen, cl_ord_id))
        if len(self._seen_order) > self._seen_max:
            oldest, forgotten = self._seen_order.popleft()
            oldest.discard(forgotten)
            self.forgotten += 1

    def apply(self, event: OrderEvent) -> Order | None:
        """Apply one engine event; return the order it is about, ``None`` where there is none."""
        apply = self.appliers.get(type(event))
        return None if apply is None else apply(event)

    def _accepted(self, event: OrderAccepted) -> Order:
        orders = self.accounts[event.account]
        cl_ord_id = event.cl_ord_id
        order = orders.by_cl_ord_id.get(cl_ord_id)
        if order is not None and order.ord_status is _PENDING_NEW:
            orders.pending -= 1
        else:
            order = orders.by_cl_ord_id[cl_ord_id] = _record(event)
            self.remember(orders, cl_ord_id)
        order_id = event.order_id
        order.order_id = order_id
        order.leaves_qty = event.order_qty
        order.ord_status = _NEW
        order.transact_time = event.transact_time
        order.eseq = event.eseq
        orders.open_by_id[order_id] = order
        return order

    def _rejected(self, event: OrderRejected) -> Order:
        orders = self.accounts[event.account]
        order = orders.by_cl_ord_id.get(event.cl_ord_id)
        if order is not None and order.ord_status is _PENDING_NEW:
            orders.pending -= 1
        else:
            order = _record(event)
            if event.refusal.reason in UNREGISTERED:
                order.ord_status = _REJECTED
                return order
            orders.by_cl_ord_id[event.cl_ord_id] = order
            self.remember(orders, event.cl_ord_id)
        order.order_id = event.order_id
        order.ord_status = _REJECTED
        _stamp(order, event)
        self._close(orders, order)
        return order

    def _filled(self, event: OrderFilled) -> Order:
        orders = self.accounts[event.account]
        order = orders.open_by_id[event.order_id]
        leaves_qty = event.leaves_qty
        order.cum_qty = event.cum_qty
        order.leaves_qty = leaves_qty
        order.avg_px = event.avg_px
        order.transact_time = event.transact_time
        order.eseq = event.eseq
        if leaves_qty:
            order.ord_status = _PARTIALLY_FILLED
        else:
            order.ord_status = _FILLED
            self._close(orders, order)
        return order

    def _canceled(self, event: OrderCanceled) -> Order:
        orders = self.accounts[event.account]
        order = orders.open_by_id[event.order_id]
        order.leaves_qty = 0
        order.ord_status = _CANCELED
        _stamp(order, event)
        self._close(orders, order)
        return order

    def _replaced(self, event: OrderReplaced) -> Order:
        orders = self.accounts[event.account]
        order = orders.open_by_id[event.order_id]
        if event.cl_ord_id != order.cl_ord_id:
            orders.by_cl_ord_id.pop(order.cl_ord_id, None)
            orders.by_cl_ord_id[event.cl_ord_id] = order
            order.orig_cl_ord_id = order.cl_ord_id
            order.cl_ord_id = event.cl_ord_id
            self.remember(orders, event.cl_ord_id)
        order.order_qty = event.order_qty
        order.price = event.price
        order.leaves_qty = event.leaves_qty
        _stamp(order, event)
        return order

    def _cancel_rejected(self, event: CancelRejected) -> Order | None:
        if event.order_id:
            return self.order_by_id(event.account, event.order_id)
        return self.order(event.account, event.orig_cl_ord_id)

    def _close(self, orders: AccountOrders, order: Order) -> None:
        order_id = order.order_id
        orders.open_by_id.pop(order_id, None)
        self._closed_by_id[order_id] = order
        closed = self._closed
        closed.append(order)
        if len(closed) > self._closed_max:
            oldest = closed.popleft()
            self._closed_by_id.pop(oldest.order_id, None)
            by_cl_ord_id = self.accounts[oldest.account].by_cl_ord_id
            if by_cl_ord_id.get(oldest.cl_ord_id) is oldest:
                del by_cl_ord_id[oldest.cl_ord_id]


def _record(source: NewOrder | OrderAccepted | OrderRejected) -> Order:
    # By position: a dozen keywords cost as much as the rest of what is done with an order here.
    return Order(
        source.account,
        source.session,
        source.cl_ord_id,
        source.symbol,
        source.side,
        source.ord_type,
        source.time_in_force,
        source.price,
        source.order_qty,
        source.post_only,
        source.transact_time,
    )


def _stamp(order: Order, event: OrderEvent) -> None:
    order.transact_time = event.transact_time
    order.eseq = event.eseq
