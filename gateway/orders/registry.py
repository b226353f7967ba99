"""What the gateway knows of every order: open ones, recently closed ones, and the ClOrdIDs used before.

The registry changes by events alone, but for ``reserve``, ``refuse`` and ``ask``, which mark an order or a
replace as on its way until its event comes. NOT here: whether a request is allowed (``risk``), who is told
(``router``), what is known of older orders (``past_orders``).
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
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
)
from gateway.orders.closed import Closed, FormerId, closed_item, closed_state
from gateway.orders.idempotency import UsedIds
from gateway.orders.limits import OrderLimits
from gateway.orders.order import EnteredTerms, Order, ReplaceTerms
from gateway.orders.past_orders import UNREGISTERED, PastOrders, is_refused_replace
from gateway.orders.snapshot import AccountState, RegistryState, SnapshotError

# Members as globals: a look-up on the class costs as much as applying an event.
_PENDING_NEW: Final = OrdStatus.PENDING_NEW
_NEW: Final = OrdStatus.NEW
_PARTIALLY_FILLED: Final = OrdStatus.PARTIALLY_FILLED
_FILLED: Final = OrdStatus.FILLED
_CANCELED: Final = OrdStatus.CANCELED
_REJECTED: Final = OrdStatus.REJECTED


_LET_GO_AT_ONCE: Final = 8
"""How many closed orders are let go of when one closes: time, or another limit, may make many too many."""


class AccountOrders:
    """The orders of one account: by ClOrdID (open and recently closed) and by OrderID (open ones).

    ``by_cl_ord_id`` also has the ClOrdIDs that a replace took from these orders. ``replaces`` has, by the
    ClOrdID that it asked for, each replace that was refused, each whose ClOrdID another one took, and, as it
    was submitted, each that is on its way to the engine.
    ``pending`` counts orders on their way to the engine, ``exec_id`` executions.
    """

    __slots__ = ("by_cl_ord_id", "exec_id", "open_by_id", "pending", "replaces")

    def __init__(self) -> None:
        self.by_cl_ord_id: dict[bytes, Order] = {}
        self.replaces: dict[bytes, FormerId | CancelRejected | ReplaceOrder | Refuse] = {}
        self.open_by_id: dict[int, Order] = {}
        self.pending = 0
        self.exec_id = 0

    @property
    def open_count(self) -> int:
        """Orders that can trade or are on their way to the engine."""
        return len(self.open_by_id) + self.pending


class OrderRegistry:
    """Orders by account. ``accounts`` has the orders of each account, empty at first.

    Open orders are known as long as they are open. Of what has closed, of ClOrdIDs that a replace has left,
    and of refused replaces, the last ``closed_max`` are known unless they are older than ``idempotency_ns``
    by the times of the events. After that their ClOrdIDs are remembered in ``past``.
    """

    def __init__(self, limits: OrderLimits) -> None:
        self.accounts: defaultdict[str, AccountOrders] = defaultdict(AccountOrders)
        self.past = PastOrders(UsedIds(capacity=limits.idempotency_max, keep_ns=limits.idempotency_ns))
        self._closed: deque[Closed] = deque()
        self._closed_by_id: dict[int, Order] = {}
        self._closed_max = limits.closed_max
        self._keep_ns = limits.idempotency_ns
        self.appliers: Final[Mapping[type, Callable[[Any], Order | None]]] = {
            OrderAccepted: self._accepted,
            OrderRejected: self._rejected,
            OrderFilled: self._filled,
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
            CancelRejected: self._cancel_rejected,
        }

    def is_used(self, account: str, cl_ord_id: bytes) -> bool:
        """Whether the account has used this ClOrdID before, as far as is remembered."""
        orders = self.accounts[account]
        return (
            cl_ord_id in orders.by_cl_ord_id
            or cl_ord_id in orders.replaces
            or self.past.find(account, cl_ord_id) is not None
        )

    def order(self, account: str, cl_ord_id: bytes) -> Order | None:
        """Return the open or recently closed order of the account with this ClOrdID."""
        order = self.accounts[account].by_cl_ord_id.get(cl_ord_id)
        return order if order is not None and order.cl_ord_id == cl_ord_id else None

    def symbol_of(self, account: str, cl_ord_id: bytes) -> str:
        """Return the instrument of what has this ClOrdID, had it, or asks for it; empty: not remembered."""
        orders = self.accounts[account]
        order = orders.by_cl_ord_id.get(cl_ord_id)
        if order is None:
            asked = orders.replaces.get(cl_ord_id)
            replace = asked.request if isinstance(asked, Refuse) else asked
            if isinstance(replace, ReplaceOrder):
                return replace.symbol
            past = self.past.find(account, cl_ord_id)
            order = None if past is None else past.order
        return "" if order is None else order.symbol

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

    @property
    def evicted(self) -> int:
        """ClOrdIDs forgotten because too many were remembered."""
        return self.past.used.evicted

    def reserve(self, command: NewOrder, orders: AccountOrders) -> None:
        """Record a new order that is handed to the engine: its ClOrdID is used, its status PENDING_NEW.

        ``orders`` are its account's.
        """
        orders.pending += 1
        orders.by_cl_ord_id[command.cl_ord_id] = _record(command)

    def refuse(self, command: NewOrder, refusal: Refusal) -> None:
        """Record a new order whose refusal is handed to the engine: as a rule its ClOrdID is used."""
        if refusal.reason not in UNREGISTERED:
            order = _record(command)
            order.ord_status = _REJECTED
            self.accounts[command.account].by_cl_ord_id[command.cl_ord_id] = order

    def ask(self, command: ReplaceOrder | Refuse) -> None:
        """Record a replace, or its refusal, that is handed to the engine: the ClOrdID it asks for is used."""
        request = command.request if isinstance(command, Refuse) else command
        self.accounts[request.account].replaces[request.cl_ord_id] = command

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
        cl_ord_id = event.cl_ord_id
        reason = event.refusal.reason
        order = orders.by_cl_ord_id.get(cl_ord_id)
        if order is not None and (order.order_id or reason is RejectReason.THROTTLED):
            # The ClOrdID is another order's, which may still be on its way.
            return _unregistered(event)
        if order is not None and order.ord_status is _PENDING_NEW:
            orders.pending -= 1
        if reason in UNREGISTERED:
            orders.by_cl_ord_id.pop(cl_ord_id, None)
            return _unregistered(event)
        if order is None:
            order = orders.by_cl_ord_id[cl_ord_id] = _record(event)
        order.order_id = event.order_id
        order.ord_status = _REJECTED
        order.refusal = event.refusal
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
        if order.entered is None:
            order.entered = EnteredTerms(order.cl_ord_id, order.order_qty, order.price)
        if event.cl_ord_id != order.cl_ord_id:
            self._rename(orders, order, event)
        order.order_qty = event.order_qty
        order.price = event.price
        order.leaves_qty = event.leaves_qty
        _stamp(order, event)
        return order

    def _cancel_rejected(self, event: CancelRejected) -> Order | None:
        if is_refused_replace(event):
            _arrive(self.accounts[event.account], event.cl_ord_id)
            self._remember_refused(event)
        if event.order_id:
            return self.order_by_id(event.account, event.order_id)
        order = self.order(event.account, event.orig_cl_ord_id)
        # One that is still on its way came after the request.
        return order if order is not None and order.order_id else None

    def _remember_refused(self, event: CancelRejected) -> None:
        orders = self.accounts[event.account]
        if event.cl_ord_id not in orders.by_cl_ord_id and event.cl_ord_id not in orders.replaces:
            orders.replaces[event.cl_ord_id] = event
            self._closed.append(event)
            self._let_go(event.transact_time)

    def _rename(self, orders: AccountOrders, order: Order, event: OrderReplaced) -> None:
        cl_ord_id = event.cl_ord_id
        _arrive(orders, cl_ord_id)
        orders.by_cl_ord_id[cl_ord_id] = order
        before = order.cl_ord_id
        entered = order.entered or EnteredTerms(before, order.order_qty, order.price)
        left = FormerId(order, before, event.eseq, event.transact_time, entered.renamed)
        orders.replaces[before] = left
        self._closed.append(left)
        terms = ReplaceTerms(before, event.order_qty, event.price)
        order.entered = EnteredTerms(
            entered.cl_ord_id, entered.order_qty, entered.price, terms, entered.renamed
        )
        order.orig_cl_ord_id = before
        order.cl_ord_id = cl_ord_id
        self._let_go(event.transact_time)

    def _close(self, orders: AccountOrders, order: Order) -> None:
        order_id = order.order_id
        orders.open_by_id.pop(order_id, None)
        self._closed_by_id[order_id] = order
        closed = self._closed
        closed.append(order)
        if len(closed) > self._closed_max or closed[0].transact_time < order.transact_time - self._keep_ns:
            self._let_go(order.transact_time)

    def _let_go(self, now: int) -> None:
        """Let go of the oldest of what has closed: what exceeds ``closed_max``, and what is too old."""
        closed, used = self._closed, self.past.used
        closed_max, old = self._closed_max, now - self._keep_ns
        for _ in range(_LET_GO_AT_ONCE):
            if not closed:
                break
            oldest = closed[0]
            is_old = oldest.transact_time < old
            if not is_old and len(closed) <= closed_max:
                break
            closed.popleft()
            account, cl_ord_id = oldest.account, oldest.cl_ord_id
            orders = self.accounts[account]
            if isinstance(oldest, Order):
                del self._closed_by_id[oldest.order_id]
                if orders.by_cl_ord_id.get(cl_ord_id) is oldest:
                    del orders.by_cl_ord_id[cl_ord_id]
            else:
                _let_go_of_replace(orders, oldest)
            if not is_old:
                used.add(account, cl_ord_id, oldest.eseq, oldest.transact_time)
        used.expire(now)

    def snapshot(self) -> RegistryState:
        """Return the state as the events left it; orders on their way are not in it."""
        accounts = [
            AccountState(account, orders.exec_id, list(orders.open_by_id.values()))
            for account, orders in sorted(self.accounts.items())
            if orders.exec_id or orders.open_by_id
        ]
        return RegistryState(
            accounts, [closed_state(item) for item in self._closed], self.past.used.snapshot()
        )

    def restore(self, state: RegistryState) -> None:
        """Take over ``state`` in place of what is known. Raises ``ValueError``."""
        self.accounts.clear()
        by_id: dict[int, Order] = {}
        for saved in state.accounts:
            orders = self.accounts[saved.account]
            orders.exec_id = saved.exec_id
            orders.open_by_id = {order.order_id: order for order in saved.orders}
            by_id.update(orders.open_by_id)
        closed = [item.order for item in state.closed if item.order is not None]
        # In place: the compiled form of ``usual`` holds these two.
        self._closed_by_id.clear()
        self._closed_by_id.update((order.order_id, order) for order in closed)
        known = len(by_id) + len(closed)
        by_id.update(self._closed_by_id)
        if len(by_id) != known or known != len(closed) + sum(len(saved.orders) for saved in state.accounts):
            raise SnapshotError("order snapshot has an order twice")
        self._closed.clear()
        self._closed.extend(closed_item(item, by_id) for item in state.closed)
        # Where a ClOrdID was used again, the later use counts, so open orders come last.
        for item in self._closed:
            if not isinstance(item, CancelRejected):
                order = item if isinstance(item, Order) else item.order
                self.accounts[order.account].by_cl_ord_id[item.cl_ord_id] = order
            if not isinstance(item, Order):
                self.accounts[item.account].replaces[item.cl_ord_id] = item
        for orders in self.accounts.values():
            orders.by_cl_ord_id.update((order.cl_ord_id, order) for order in orders.open_by_id.values())
        try:
            self.past.used.restore(state.used)
        except ValueError as error:
            raise SnapshotError(f"order snapshot is damaged: {error}") from error


def _arrive(orders: AccountOrders, cl_ord_id: bytes) -> None:
    """Forget that the replace that asked for ``cl_ord_id`` is on its way; its event is here."""
    if isinstance(orders.replaces.get(cl_ord_id), ReplaceOrder | Refuse):
        del orders.replaces[cl_ord_id]


def _let_go_of_replace(orders: AccountOrders, oldest: FormerId | CancelRejected) -> None:
    cl_ord_id = oldest.cl_ord_id
    if isinstance(oldest, FormerId):
        order, names = oldest.order, orders.by_cl_ord_id
        if order.cl_ord_id != cl_ord_id and names.get(cl_ord_id) is order:
            del names[cl_ord_id]
    if orders.replaces.get(cl_ord_id) is oldest:
        del orders.replaces[cl_ord_id]


def _unregistered(event: OrderRejected) -> Order:
    order = _record(event)
    order.ord_status = _REJECTED
    order.refusal = event.refusal
    return order


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
