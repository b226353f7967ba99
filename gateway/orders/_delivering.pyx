# cython: auto_pickle=False
"""Apply and tell the events that nearly every order has, compiled: entered, filled, canceled.

It does to the registry what ``registry`` does, and says what ``router`` says, in plain Python. NOT here: every
other event, which goes through the appliers of the registry and the router's own telling.
"""

from cpython.dict cimport PyDict_DelItem, PyDict_GetItemWithError, PyDict_SetItem
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.ref cimport PyObject

from gateway.model._slots cimport carry, fill, get, make, plain, put, slot
from gateway.orders._executions cimport encoded
from gateway.orders._used_ids cimport let_expire, remember

from gateway.model import BookDelta, CancelRejected, MassCanceled, OrderAccepted, OrderCanceled, OrderFilled
from gateway.model import OrderRejected, OrdStatus, Trade
from gateway.orders.executions import encode_execution
from gateway.orders.order import Order
from gateway.orders.past_orders import PastOrders
from gateway.orders.registry import _LET_GO_AT_ONCE, AccountOrders, _let_go_of_replace
from gateway.ports import StoredExecution

cdef object _BookDelta = BookDelta, _OrderAccepted = OrderAccepted, _OrderCanceled = OrderCanceled
cdef object _OrderFilled = OrderFilled, _Trade = Trade, _Order = Order, _MassCanceled = MassCanceled
cdef object STORED = plain(StoredExecution)
cdef object PENDING_NEW = OrdStatus.PENDING_NEW, NEW = OrdStatus.NEW, CANCELED = OrdStatus.CANCELED
cdef object PARTIALLY_FILLED = OrdStatus.PARTIALLY_FILLED, FILLED = OrdStatus.FILLED
cdef object NOTHING = 0
cdef object LONGEST_NS = 2**62
cdef Py_ssize_t AT_ONCE = _LET_GO_AT_ONCE

cdef Py_ssize_t ACCEPTED_ESEQ = slot(OrderAccepted, "eseq"), ACCEPTED_TIME = slot(OrderAccepted, "transact_time")
cdef Py_ssize_t ACCEPTED_SESSION = slot(OrderAccepted, "session"), ACCEPTED_ID = slot(OrderAccepted, "order_id")
cdef Py_ssize_t ACCEPTED_ACCOUNT = slot(OrderAccepted, "account"), ACCEPTED_QTY = slot(OrderAccepted, "order_qty")
cdef Py_ssize_t ACCEPTED_NAME = slot(OrderAccepted, "cl_ord_id")
cdef Py_ssize_t FILLED_ESEQ = slot(OrderFilled, "eseq"), FILLED_TIME = slot(OrderFilled, "transact_time")
cdef Py_ssize_t FILLED_OWNER = slot(OrderFilled, "owner"), FILLED_ACCOUNT = slot(OrderFilled, "account")
cdef Py_ssize_t FILLED_ID = slot(OrderFilled, "order_id"), FILLED_CUM = slot(OrderFilled, "cum_qty")
cdef Py_ssize_t FILLED_LEAVES = slot(OrderFilled, "leaves_qty"), FILLED_AVG_PX = slot(OrderFilled, "avg_px")
cdef Py_ssize_t CANCELED_ESEQ = slot(OrderCanceled, "eseq"), CANCELED_TIME = slot(OrderCanceled, "transact_time")
cdef Py_ssize_t CANCELED_OWNER = slot(OrderCanceled, "owner"), CANCELED_ID = slot(OrderCanceled, "order_id")
cdef Py_ssize_t CANCELED_ACCOUNT = slot(OrderCanceled, "account"), CANCELED_BY = slot(OrderCanceled, "session")
cdef Py_ssize_t TRADE_ESEQ = slot(Trade, "eseq"), TRADE_SYMBOL = slot(Trade, "symbol")
cdef Py_ssize_t TRADE_PRICE = slot(Trade, "price"), DELTA_ESEQ = slot(BookDelta, "eseq")

cdef Py_ssize_t NAME = slot(Order, "cl_ord_id"), ACCOUNT = slot(Order, "account"), TIME = slot(Order, "transact_time")
cdef Py_ssize_t ORDER_ID = slot(Order, "order_id"), LEAVES = slot(Order, "leaves_qty"), CUM = slot(Order, "cum_qty")
cdef Py_ssize_t AVG_PX = slot(Order, "avg_px"), STATUS = slot(Order, "ord_status"), ESEQ = slot(Order, "eseq")

cdef Py_ssize_t NAMES = slot(AccountOrders, "by_cl_ord_id"), OPEN_ORDERS = slot(AccountOrders, "open_by_id")
cdef Py_ssize_t PENDING = slot(AccountOrders, "pending"), EXEC_ID = slot(AccountOrders, "exec_id")
cdef Py_ssize_t USED = slot(PastOrders, "used")
cdef Py_ssize_t STORED_ACCOUNT = slot(StoredExecution, "account"), STORED_ID = slot(StoredExecution, "exec_id")
cdef Py_ssize_t STORED_ESEQ = slot(StoredExecution, "eseq"), STORED_BYTES = slot(StoredExecution, "execution")

cdef enum:  # what an event is here
    DELTA, TRADE, ENTRY, FILL, CANCEL, OTHER, KINDS = OTHER
cdef tuple COUNTED = (BookDelta, Trade, OrderAccepted, OrderFilled, OrderCanceled)


cdef inline int kind_of(event) noexcept:
    cdef object kind = type(event)
    if kind is _BookDelta:
        return DELTA
    if kind is _OrderAccepted:
        return ENTRY
    if kind is _OrderFilled:
        return FILL
    if kind is _Trade:
        return TRADE
    return CANCEL if kind is _OrderCanceled else OTHER


cdef class Delivering:
    """What is changed of a router's state, and who is told."""

    cdef object accounts, closed, past, recorder, counter
    cdef object last_account, last_orders  # of the accounts, while events are delivered
    cdef object close_behind, forget_first, follow_market, tell_other
    cdef dict closed_by_id, last_px, sessions, listeners, appliers
    cdef Py_ssize_t closed_max
    cdef Py_ssize_t[KINDS] counts  # of events that are to be counted yet
    cdef long long keep_ns

    def __init__(self, router, risk):
        registry = router.registry
        self.accounts, self.past = registry.accounts, registry.past
        self.closed, self.closed_by_id = registry._closed, registry._closed_by_id
        self.close_behind, self.forget_first = registry._closed.append, registry._closed.popleft
        self.closed_max, self.keep_ns = registry._closed_max, min(registry._keep_ns, LONGEST_NS)
        self.appliers, self.last_px = registry.appliers, risk._last_px
        self.sessions, self.listeners = router._sessions, router._listeners
        self.counter = router._events
        self.follow_market, self.tell_other = router._follow_market, router._tell
        self.recorder = self.last_account = self.last_orders = None

    def count_events(self):
        """Count in the router's counter what was delivered since the last call."""
        cdef int kind
        for kind in range(KINDS):
            if self.counts[kind]:
                self.counter[COUNTED[kind]] += self.counts[kind]
                self.counts[kind] = 0

    def record_executions(self, recorder):
        """Hand each execution to ``recorder`` from now on, unless it is ``None``."""
        self.recorder = recorder

    def deliver(self, events not None):
        """Apply the events and report them, as ``OrderRouter.deliver`` does."""
        cdef list counted = events if type(events) is list else list(events)
        cdef list told = []  # what each command led to that is told: an event, its order, and so on
        cdef Py_ssize_t first = 0
        cdef int kind
        self.last_account = self.last_orders = None
        eseq = NOTHING
        for event in counted:
            kind = kind_of(event)
            if kind == DELTA:
                self.counts[DELTA] += 1
                continue  # it changes nothing here
            at = eseq_of(event, kind)
            if at is not eseq and at != eseq:
                first = self.tell(told, first)
                eseq = at
            if kind == OTHER:
                self.counter[type(event)] += 1
                apply = self.appliers.get(type(event))
                if apply is not None:
                    told.append(event)
                    told.append(apply(event))
                elif type(event) is _MassCanceled:
                    told.append(event)
                    told.append(None)
                else:
                    self.follow_market(event)
                continue
            self.counts[kind] += 1
            if kind == TRADE:
                PyDict_SetItem(self.last_px, get(event, TRADE_SYMBOL), get(event, TRADE_PRICE))
            else:
                order = self.apply(event, kind)
                told.append(event)
                told.append(order)
        self.tell(told, first)

    def follow(self, events not None):
        """Apply the events, as ``OrderRouter.follow`` does."""
        cdef int kind
        self.last_account = self.last_orders = None
        for event in events:
            kind = kind_of(event)
            if kind == DELTA:
                continue
            if kind == TRADE:
                PyDict_SetItem(self.last_px, get(event, TRADE_SYMBOL), get(event, TRADE_PRICE))
                continue
            if kind == OTHER:
                apply = self.appliers.get(type(event))
                if apply is None:
                    self.follow_market(event)
                    continue
                apply(event)
                account = event.account
            else:
                account = get((<object>self.apply(event, kind)), ACCOUNT)
            orders = self.accounts[account]
            exec_id = get(orders, EXEC_ID) + 1
            put(orders, EXEC_ID, exec_id)

    # ---- applying

    cdef object apply(self, event, int kind):
        """Apply one event, as the registry's applier does; return its order."""
        if kind == FILL:
            orders = self.orders_of(get(event, FILLED_ACCOUNT))
            order = None if orders is None else (<dict>get(orders, OPEN_ORDERS)).get(get(event, FILLED_ID))
            if order is None:
                return self.appliers[_OrderFilled](event)
            leaves_qty = get(event, FILLED_LEAVES)
            put(order, CUM, get(event, FILLED_CUM))
            put(order, LEAVES, leaves_qty)
            put(order, AVG_PX, get(event, FILLED_AVG_PX))
            put(order, TIME, get(event, FILLED_TIME))
            put(order, ESEQ, get(event, FILLED_ESEQ))
            if leaves_qty:
                put(order, STATUS, PARTIALLY_FILLED)
            else:
                put(order, STATUS, FILLED)
                self.close(orders, order)
            return order
        if kind == ENTRY:
            orders = self.orders_of(get(event, ACCEPTED_ACCOUNT))
            order = None if orders is None else (<dict>get(orders, NAMES)).get(get(event, ACCEPTED_NAME))
            if order is None or get(order, STATUS) is not PENDING_NEW:
                return self.appliers[_OrderAccepted](event)
            pending = get(orders, PENDING) - 1
            put(orders, PENDING, pending)
            order_id = get(event, ACCEPTED_ID)
            put(order, ORDER_ID, order_id)
            put(order, LEAVES, get(event, ACCEPTED_QTY))
            put(order, STATUS, NEW)
            put(order, TIME, get(event, ACCEPTED_TIME))
            put(order, ESEQ, get(event, ACCEPTED_ESEQ))
            PyDict_SetItem(get(orders, OPEN_ORDERS), order_id, order)
            return order
        orders = self.orders_of(get(event, CANCELED_ACCOUNT))
        order = None if orders is None else (<dict>get(orders, OPEN_ORDERS)).get(get(event, CANCELED_ID))
        if order is None:
            return self.appliers[_OrderCanceled](event)
        put(order, LEAVES, NOTHING)
        put(order, STATUS, CANCELED)
        put(order, TIME, get(event, CANCELED_TIME))
        put(order, ESEQ, get(event, CANCELED_ESEQ))
        self.close(orders, order)
        return order

    cdef object orders_of(self, account):
        """Return the orders of an account, ``None`` when it has none yet."""
        cdef PyObject* orders
        if account is self.last_account:
            return self.last_orders
        orders = PyDict_GetItemWithError(self.accounts, account)
        if orders == NULL:
            return None
        self.last_account, self.last_orders = account, <object>orders
        return self.last_orders

    cdef int close(self, orders, order) except -1:
        """Move an order to the closed ones, as ``OrderRegistry`` does."""
        order_id = get(order, ORDER_ID)
        cdef dict open_orders = get(orders, OPEN_ORDERS)
        if order_id in open_orders:
            PyDict_DelItem(open_orders, order_id)
        PyDict_SetItem(self.closed_by_id, order_id, order)
        self.close_behind(order)
        cdef long long now = get(order, TIME)
        if len(self.closed) > self.closed_max or time_of(self.closed[0]) < now - self.keep_ns:
            self.let_go(now)
        return 0

    cdef int let_go(self, long long now) except -1:
        """Let go of what is too old or too much, as ``OrderRegistry`` does."""
        cdef Py_ssize_t turn, left = len(self.closed)
        cdef long long time, old = now - self.keep_ns
        used = get(self.past, USED)
        for turn in range(AT_ONCE):
            if not left:
                break
            oldest = self.closed[0]
            time = time_of(oldest)
            if time >= old and left <= self.closed_max:
                break
            self.forget_first()
            left -= 1
            if type(oldest) is _Order:
                account, cl_ord_id, eseq = get(oldest, ACCOUNT), get(oldest, NAME), get(oldest, ESEQ)
                PyDict_DelItem(self.closed_by_id, get(oldest, ORDER_ID))
                names = get(self.orders_of(account), NAMES)
                if (<dict>names).get(cl_ord_id) is oldest:
                    PyDict_DelItem(names, cl_ord_id)
            else:
                account, cl_ord_id, eseq = oldest.account, oldest.cl_ord_id, oldest.eseq
                _let_go_of_replace(self.accounts[account], oldest)
            if time >= old:
                remember(used, account, cl_ord_id, eseq, time)
        let_expire(used, now)
        return 0

    # ---- telling

    cdef Py_ssize_t tell(self, list told, Py_ssize_t first) except -1:
        """Tell what ``told`` has from ``first`` on, as ``OrderRouter`` does; return where it ends."""
        cdef Py_ssize_t n, end = len(told)
        cdef int kind
        cdef dict sessions = self.sessions
        for n in range(first, end, 2):
            event, order = told[n], told[n + 1]
            kind = kind_of(event)
            if kind == ENTRY:
                account, eseq = get(event, ACCEPTED_ACCOUNT), get(event, ACCEPTED_ESEQ)
                session = sessions.get(get(event, ACCEPTED_SESSION))
            elif kind == FILL:
                account, eseq = get(event, FILLED_ACCOUNT), get(event, FILLED_ESEQ)
                session = sessions.get(get(event, FILLED_OWNER))
            else:
                requester = get(event, CANCELED_BY) if kind == CANCEL else None
                if requester is None or (requester and requester != get(event, CANCELED_OWNER)):
                    self.tell_other(event, order)
                    continue
                account, eseq = get(event, CANCELED_ACCOUNT), get(event, CANCELED_ESEQ)
                session = sessions.get(get(event, CANCELED_OWNER))
            if session is not None:
                session.report(event, order)
            orders = self.orders_of(account)
            exec_id = get(orders, EXEC_ID) + 1
            put(orders, EXEC_ID, exec_id)
            if self.recorder is not None:
                execution = encoded(event, order)
                if execution is None:
                    execution = encode_execution(event, order)
                stored = make(STORED)
                fill(stored, STORED_ACCOUNT, account)
                fill(stored, STORED_ID, exec_id)
                fill(stored, STORED_ESEQ, eseq)
                fill(stored, STORED_BYTES, execution)
                self.recorder(stored)
            if self.listeners:
                for listener in self.listeners.get(account, ()):
                    listener.on_execution(event, order, exec_id)
        return end


cdef inline object eseq_of(event, int kind):
    """Return the engine sequence of an event."""
    if kind == ENTRY:
        return get(event, ACCEPTED_ESEQ)
    if kind == FILL:
        return get(event, FILLED_ESEQ)
    if kind == TRADE:
        return get(event, TRADE_ESEQ)
    return get(event, CANCELED_ESEQ) if kind == CANCEL else event.eseq


cdef inline long long time_of(item) except? -1:
    """Return the time of something closed."""
    return get(item, TIME) if type(item) is _Order else item.transact_time
