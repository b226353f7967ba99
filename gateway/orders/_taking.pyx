# cython: auto_pickle=False
"""Take a command as nearly every one is, compiled: a cancel, or a limit order that all checks let pass.

It checks and reserves what ``router``, ``risk`` and ``registry`` check and reserve in plain Python. NOT here:
every other command, and why one is refused.
"""

from cpython.dict cimport PyDict_Contains, PyDict_DelItem, PyDict_GetItemWithError, PyDict_SetDefault, PyDict_Size
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_FromLongLong
from cpython.ref cimport PyObject
from libc.limits cimport LLONG_MAX

from gateway.model._slots cimport carry, fill, get, make, plain, put, slot
from gateway.orders._used_ids cimport is_remembered
from gateway.ports._usual_engine cimport UsualEngine

from gateway.model import CancelOrder, NewOrder, OrdStatus, OrdType, TradingStatus
from gateway.orders.order import Order
from gateway.orders.past_orders import PastOrders
from gateway.orders.registry import AccountOrders
from gateway.orders.throttle import TokenBucket

cdef extern from *:
    ctypedef long long wide "__int128"

cdef enum:
    MOST_BANDS = 32
    HALF = 63  # bits of a number; what is wide has twice as many

cdef object LARGEST_HALF = 2**63 - 1, LARGEST = 2**126 - 1

cdef object RECORD = plain(Order), _NewOrder = NewOrder, _CancelOrder = CancelOrder
cdef object OPEN = TradingStatus.OPEN, LIMIT = OrdType.LIMIT, PENDING_NEW = OrdStatus.PENDING_NEW
cdef object NOTHING = 0, NO_NAME = b""

cdef Py_ssize_t SESSION = slot(NewOrder, "session"), ACCOUNT = slot(NewOrder, "account")
cdef Py_ssize_t TRANSACT_TIME = slot(NewOrder, "transact_time"), CL_ORD_ID = slot(NewOrder, "cl_ord_id")
cdef Py_ssize_t SYMBOL = slot(NewOrder, "symbol"), SIDE = slot(NewOrder, "side")
cdef Py_ssize_t ORD_TYPE = slot(NewOrder, "ord_type"), TIME_IN_FORCE = slot(NewOrder, "time_in_force")
cdef Py_ssize_t ORDER_QTY = slot(NewOrder, "order_qty"), PRICE = slot(NewOrder, "price")
cdef Py_ssize_t POST_ONLY = slot(NewOrder, "post_only")

cdef Py_ssize_t KEPT_ACCOUNT = slot(Order, "account"), KEPT_OWNER = slot(Order, "owner")
cdef Py_ssize_t KEPT_NAME = slot(Order, "cl_ord_id"), KEPT_SYMBOL = slot(Order, "symbol")
cdef Py_ssize_t KEPT_SIDE = slot(Order, "side"), KEPT_TYPE = slot(Order, "ord_type")
cdef Py_ssize_t KEPT_FORCE = slot(Order, "time_in_force"), KEPT_PRICE = slot(Order, "price")
cdef Py_ssize_t KEPT_QTY = slot(Order, "order_qty"), KEPT_POST_ONLY = slot(Order, "post_only")
cdef Py_ssize_t KEPT_TIME = slot(Order, "transact_time"), KEPT_ID = slot(Order, "order_id")
cdef Py_ssize_t KEPT_FORMER_NAME = slot(Order, "orig_cl_ord_id"), KEPT_CUM = slot(Order, "cum_qty")
cdef Py_ssize_t KEPT_LEAVES = slot(Order, "leaves_qty"), KEPT_AVG_PX = slot(Order, "avg_px")
cdef Py_ssize_t KEPT_STATUS = slot(Order, "ord_status"), KEPT_ESEQ = slot(Order, "eseq")
cdef Py_ssize_t KEPT_REFUSAL = slot(Order, "refusal"), KEPT_ENTERED = slot(Order, "entered")

cdef Py_ssize_t NAMES = slot(AccountOrders, "by_cl_ord_id"), OPEN_ORDERS = slot(AccountOrders, "open_by_id")
cdef Py_ssize_t REPLACES = slot(AccountOrders, "replaces"), PENDING = slot(AccountOrders, "pending")
cdef Py_ssize_t USED = slot(PastOrders, "used")
cdef Py_ssize_t INTERVAL = slot(TokenBucket, "_interval"), WINDOW = slot(TokenBucket, "_window")
cdef Py_ssize_t FULL_AT = slot(TokenBucket, "full_at")


cdef class Terms:
    """What an instrument asks of an order, in numbers of 64 bits; notional amounts have twice as many."""

    cdef long long lot, min_qty, max_qty, reference_price, band_pct
    cdef wide min_notional, max_notional
    cdef Py_ssize_t bands
    cdef long long[MOST_BANDS] starts
    cdef long long[MOST_BANDS] ticks

    def __init__(self, instrument):
        """Raises ``OverflowError`` for what has no place here."""
        self.lot = instrument.lot
        self.min_qty = max(instrument.min_qty, 1)
        self.max_qty = instrument.max_qty
        self.reference_price = instrument.reference_price
        self.band_pct = instrument.band_pct
        set_wide(&self.min_notional, instrument.min_notional)
        set_wide(&self.max_notional, instrument.max_notional)
        bands = list(instrument.ticks)
        if len(bands) > MOST_BANDS or self.lot < 1:
            raise OverflowError("too many bands, or no lot")
        self.bands = len(bands)
        for n, (start, tick) in enumerate(bands):
            self.starts[n] = start
            self.ticks[n] = tick

    cdef bint holds(self, long long price, long long order_qty) noexcept:
        """Tell whether lot, tick and the bounds of quantity and notional hold, for a price above 0."""
        cdef Py_ssize_t band = self.bands - 1
        cdef wide notional = <wide>price * order_qty
        while self.starts[band] > price:
            band -= 1
        return (
            self.min_qty <= order_qty <= self.max_qty
            and order_qty % self.lot == 0
            and price % self.ticks[band] == 0
            and self.min_notional <= notional <= self.max_notional
        )


cdef class Taking:
    """What is asked and changed of a router's state."""

    cdef dict terms, status, last_px, own_limits
    cdef object accounts, past, engine, record, counter, look_closer
    cdef UsualEngine usual_engine  # the same engine, where it can be asked without a call of Python's
    cdef object last_symbol, last_terms, last_account, last_orders  # those of the order before
    cdef dict throttles
    cdef Py_ssize_t limit, entered, canceled  # how many are to be counted yet
    cdef bint has_bands

    def __init__(self, router, risk):
        registry = router.registry
        self.terms = {}
        for symbol, instrument in risk._instruments.items():
            try:
                self.terms[symbol] = Terms(instrument)
            except OverflowError:
                pass  # plain Python has numbers for it
        self.status, self.last_px = risk._status, risk._last_px
        self.accounts, self.past = registry.accounts, registry.past
        self.throttles, self.counter = router._throttles, router._commands
        self.engine, self.record, self.look_closer = router._engine, router._record, router._submit
        self.usual_engine = self.engine if isinstance(self.engine, UsualEngine) else None
        self.entered = self.canceled = 0
        self.last_symbol = self.last_terms = self.last_account = self.last_orders = None
        self.own_limits = dict(risk._limits.max_open_orders_of)
        self.limit = risk._limits.max_open_orders
        self.has_bands = risk._limits.price_bands

    def record_commands(self, record):
        """Hand each command to ``record`` from now on."""
        self.record = record

    def count_commands(self):
        """Count in the router's counter what was submitted since the last call."""
        if self.entered:
            self.counter[_NewOrder] += self.entered
        if self.canceled:
            self.counter[_CancelOrder] += self.canceled
        self.entered = self.canceled = 0

    def submit(self, command, now, *, once=False):
        """Check a command and hand it on, as ``OrderRouter`` does."""
        if type(command) is _CancelOrder:
            self.canceled += 1
        elif self.reserve(command, now):
            self.entered += 1
        else:
            return self.look_closer(command, now, once=once)
        self.record(command)
        if self.usual_engine is None or not self.usual_engine.take(command):
            self.engine.submit(command)
        return None

    cpdef bint reserve(self, command, now) except -1:
        """Reserve what a new order asks for; return ``False``, nothing changed, for what needs a closer look."""
        cdef PyObject* found
        cdef int overflow = 0, more = 0
        cdef long long price, order_qty
        cdef Py_ssize_t limit
        if type(command) is not _NewOrder or get(command, ORD_TYPE) is not LIMIT:
            return False
        symbol, account, cl_ord_id = get(command, SYMBOL), get(command, ACCOUNT), get(command, CL_ORD_ID)
        terms = self.terms_of(symbol)
        if terms is None or self.status[symbol] is not OPEN or type(cl_ord_id) is not bytes:
            return False
        price = PyLong_AsLongLongAndOverflow(get(command, PRICE), &overflow)
        order_qty = PyLong_AsLongLongAndOverflow(get(command, ORDER_QTY), &more)
        if overflow or more or price <= 0 or not (<Terms>terms).holds(price, order_qty):
            return False
        if self.has_bands and (<Terms>terms).band_pct and not self.is_in_band(<Terms>terms, symbol, price):
            return False

        orders = self.orders_of(account)
        if orders is None:
            return False
        names, replaces = get(orders, NAMES), get(orders, REPLACES)
        if PyDict_Size(replaces) and PyDict_Contains(replaces, cl_ord_id):
            return False
        pending = get(orders, PENDING)
        limit = self.limit
        if self.own_limits:
            limit = self.own_limits.get(account, limit)
        if limit and len(<dict>get(orders, OPEN_ORDERS)) + <Py_ssize_t>pending >= limit:
            return False
        if is_remembered(get(self.past, USED), account, cl_ord_id):
            return False
        order = recorded(command)
        if <object>PyDict_SetDefault(names, cl_ord_id, order) is not order:
            return False
        if PyDict_Size(self.throttles):
            found = PyDict_GetItemWithError(self.throttles, get(command, SESSION))
            if found != NULL and not has_token(<object>found, now):
                PyDict_DelItem(names, cl_ord_id)
                return False
        pending = pending + 1
        put(orders, PENDING, pending)
        return True

    cdef object terms_of(self, symbol):
        """Return the terms of an instrument, ``None`` when it has none here."""
        if symbol is not self.last_symbol:
            self.last_symbol, self.last_terms = symbol, self.terms.get(symbol)
        return self.last_terms

    cdef object orders_of(self, account):
        """Return the orders of an account, ``None`` when it has none yet."""
        cdef PyObject* orders
        if account is not self.last_account:
            orders = PyDict_GetItemWithError(self.accounts, account)
            if orders == NULL:
                return None
            self.last_account, self.last_orders = account, <object>orders
        return self.last_orders

    cdef bint is_in_band(self, Terms terms, symbol, long long price) except -1:
        """Tell whether the price is near enough to the last one, as ``PreTradeRisk`` does."""
        cdef long long last_px = terms.reference_price
        cdef wide width, away
        cdef int overflow = 0
        found = self.last_px.get(symbol)
        if found is not None:
            last_px = PyLong_AsLongLongAndOverflow(found, &overflow)
            if overflow:
                return False
        width = <wide>last_px * terms.band_pct // 100
        away = <wide>price - last_px
        return -width <= away <= width


cdef object recorded(command):
    """Return the record of an order that is on its way, as ``OrderRegistry`` makes it."""
    order = make(RECORD)
    carry(order, KEPT_ACCOUNT, command, ACCOUNT)
    carry(order, KEPT_OWNER, command, SESSION)
    carry(order, KEPT_NAME, command, CL_ORD_ID)
    carry(order, KEPT_SYMBOL, command, SYMBOL)
    carry(order, KEPT_SIDE, command, SIDE)
    carry(order, KEPT_TYPE, command, ORD_TYPE)
    carry(order, KEPT_FORCE, command, TIME_IN_FORCE)
    carry(order, KEPT_PRICE, command, PRICE)
    carry(order, KEPT_QTY, command, ORDER_QTY)
    carry(order, KEPT_POST_ONLY, command, POST_ONLY)
    carry(order, KEPT_TIME, command, TRANSACT_TIME)
    fill(order, KEPT_ID, NOTHING)
    fill(order, KEPT_FORMER_NAME, NO_NAME)
    fill(order, KEPT_CUM, NOTHING)
    fill(order, KEPT_LEAVES, NOTHING)
    fill(order, KEPT_AVG_PX, NOTHING)
    fill(order, KEPT_STATUS, PENDING_NEW)
    fill(order, KEPT_ESEQ, NOTHING)
    fill(order, KEPT_REFUSAL, None)
    fill(order, KEPT_ENTERED, None)
    return order


cdef int set_wide(wide* number, amount) except -1:
    """Set a number of twice 63 bits; one that is larger becomes the largest."""
    amount = min(max(amount, 0), LARGEST)
    cdef long long high = amount >> HALF, low = amount & LARGEST_HALF
    number[0] = <wide>high << HALF | low
    return 0


cdef bint has_token(throttle, now) except -1:
    """Take a token, as ``TokenBucket.take`` does; tell whether there was one."""
    cdef long long time = now, full_at = get(throttle, FULL_AT), interval = get(throttle, INTERVAL)
    cdef int overflow = 0
    cdef long long window = PyLong_AsLongLongAndOverflow(get(throttle, WINDOW), &overflow)
    if overflow:
        window = LLONG_MAX  # longer than any time
    if full_at <= time:
        full_at = time
    elif full_at - time > window:
        return False
    after = PyLong_FromLongLong(full_at + interval)
    put(throttle, FULL_AT, after)
    return True
