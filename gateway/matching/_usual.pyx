"""Work usual requests, compiled: a limit order that may rest, a cancel, a replace, in an open instrument.

It does to the books and the index what ``engine`` and ``crossing`` do in plain Python, and says the same. NOT
here: every other command, and all that is refused (``engine``); the books (``_resting``), the events (``_events``).
"""

from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.list cimport PyList_GET_SIZE
from cpython.long cimport PyLong_AsSsize_t
from libc.limits cimport LLONG_MAX

from gateway.matching._events cimport make_accepted, make_canceled, make_delta, make_filled, make_order
from gateway.matching._events cimport make_replaced, make_trade
from gateway.matching._resting cimport reaches, remove, resize, rest, small
from gateway.model._slots cimport get, put, slot

from gateway.matching.book import Book, BookSide, Level
from gateway.matching.order import Order
from gateway.model import CancelOrder, NewOrder, OrdType, ReplaceOrder, Side, TimeInForce, TradingStatus

cdef object _CancelOrder = CancelOrder, _NewOrder = NewOrder, _ReplaceOrder = ReplaceOrder, ZERO = 0
cdef object BUY = Side.BUY, LIMIT = OrdType.LIMIT, GTC = TimeInForce.GTC, OPEN = TradingStatus.OPEN
cdef long long LARGE = LLONG_MAX // 4

cdef Py_ssize_t STATUS = slot(Book, "status"), BIDS = slot(Book, "bids"), ASKS = slot(Book, "asks")
cdef Py_ssize_t KEYS = slot(BookSide, "keys"), LEVELS = slot(BookSide, "levels")
cdef Py_ssize_t SIDE_OF_BOOK = slot(BookSide, "side")
cdef Py_ssize_t LEVEL_PRICE = slot(Level, "price"), QUANTITY = slot(Level, "quantity")
cdef Py_ssize_t ORDERS = slot(Level, "orders"), HEAD = slot(Level, "head")

cdef Py_ssize_t ENTER_ACCOUNT = slot(NewOrder, "account"), ENTER_TIME = slot(NewOrder, "transact_time")
cdef Py_ssize_t ENTER_NAME = slot(NewOrder, "cl_ord_id"), ENTER_SYMBOL = slot(NewOrder, "symbol")
cdef Py_ssize_t ENTER_SIDE = slot(NewOrder, "side"), ENTER_TYPE = slot(NewOrder, "ord_type")
cdef Py_ssize_t ENTER_TIME_IN_FORCE = slot(NewOrder, "time_in_force")
cdef Py_ssize_t ENTER_ORDER_QTY = slot(NewOrder, "order_qty"), ENTER_PRICE = slot(NewOrder, "price")
cdef Py_ssize_t ENTER_POST_ONLY = slot(NewOrder, "post_only")

cdef Py_ssize_t CANCEL_ACCOUNT = slot(CancelOrder, "account"), CANCEL_TIME = slot(CancelOrder, "transact_time")
cdef Py_ssize_t CANCEL_ORIG_NAME = slot(CancelOrder, "orig_cl_ord_id")
cdef Py_ssize_t CANCEL_ORDER_ID = slot(CancelOrder, "order_id"), CANCEL_SYMBOL = slot(CancelOrder, "symbol")

cdef Py_ssize_t REPLACE_ACCOUNT = slot(ReplaceOrder, "account"), REPLACE_NAME = slot(ReplaceOrder, "cl_ord_id")
cdef Py_ssize_t REPLACE_TIME = slot(ReplaceOrder, "transact_time")
cdef Py_ssize_t REPLACE_ORIG_NAME = slot(ReplaceOrder, "orig_cl_ord_id")
cdef Py_ssize_t REPLACE_ORDER_ID = slot(ReplaceOrder, "order_id"), REPLACE_SYMBOL = slot(ReplaceOrder, "symbol")
cdef Py_ssize_t REPLACE_ORDER_QTY = slot(ReplaceOrder, "order_qty"), REPLACE_PRICE = slot(ReplaceOrder, "price")

cdef Py_ssize_t ORDER_ID = slot(Order, "order_id"), ACCOUNT = slot(Order, "account")
cdef Py_ssize_t NAME = slot(Order, "cl_ord_id"), SYMBOL = slot(Order, "symbol"), SIDE = slot(Order, "side")
cdef Py_ssize_t PRICE = slot(Order, "price"), ORDER_QTY = slot(Order, "order_qty")
cdef Py_ssize_t LEAVES = slot(Order, "leaves_qty"), POST_ONLY = slot(Order, "post_only")
cdef Py_ssize_t CUM = slot(Order, "cum_qty"), NOTIONAL = slot(Order, "notional")


cdef class Usual:
    """What is changed of the engine's state: its books and its index of orders."""

    def __init__(self, dict books not None, index):
        self.books = books
        self.by_id = index._by_id
        self.by_account = index._by_account
        self.closed = index._closed
        self.close_behind = index._closed.append
        self.forget_first = index._closed.popleft
        self.closed_kept = index.closed_kept
        self.last_symbol = self.last_book = self.last_account = self.last_names = None

    def work(self, command, eseq):
        """Work the command; return its events, or ``None``, nothing changed, for one that needs a closer look."""
        cdef list events = []
        return events if self.take(command, eseq, events) else None

    cdef bint take(self, command, eseq, list events) except -1:
        """Work the command and append its events, or return ``False``, nothing changed."""
        kind = type(command)
        if kind is _NewOrder:
            return self.enter(command, eseq, events)
        if kind is _CancelOrder:
            return self.cancel(command, eseq, events)
        if kind is _ReplaceOrder:
            return self.replace(command, eseq, events)
        return False

    cdef bint enter(self, command, eseq, list events) except -1:
        if get(command, ENTER_TYPE) is not LIMIT or get(command, ENTER_TIME_IN_FORCE) is not GTC:
            return False
        book = self.book_of(get(command, ENTER_SYMBOL))
        if book is None or get(book, STATUS) is not OPEN:
            return False
        cl_ord_id = get(command, ENTER_NAME)
        cdef long long price = small(get(command, ENTER_PRICE))
        if not PyBytes_GET_SIZE(cl_ord_id) or small(get(command, ENTER_ORDER_QTY)) < 1 or price < 1:
            return False
        side = get(command, ENTER_SIDE)
        cdef bint is_buy = side is BUY
        own, opposite = get(book, BIDS if is_buy else ASKS), get(book, ASKS if is_buy else BIDS)
        cdef long long limit = -price if is_buy else price
        cdef bint crosses = reaches(opposite, limit)
        if crosses and get(command, ENTER_POST_ONLY):
            return False
        names = self.names_of(get(command, ENTER_ACCOUNT))
        order = make_order(command, eseq)
        former = (<dict>names).setdefault(cl_ord_id, order)
        if former is not order:
            if get(former, LEAVES):
                return False
            put(former, NAME, b"")
            (<dict>names)[cl_ord_id] = order
        self.by_id[eseq] = order
        events.append(make_accepted(command, eseq))
        transact_time = get(command, ENTER_TIME)
        if crosses:
            self.trade(events, order, own, opposite, limit, eseq, transact_time, None)
        else:
            events.append(delta_of(eseq, 2, transact_time, order, side, rest(own, is_buy, order)))
        return True

    cdef bint cancel(self, command, eseq, list events) except -1:
        order = self.find(
            get(command, CANCEL_ACCOUNT), get(command, CANCEL_ORDER_ID), get(command, CANCEL_ORIG_NAME)
        )
        if order is None or not is_in(order, get(command, CANCEL_SYMBOL)):
            return False
        canceled_qty = get(order, LEAVES)
        if not canceled_qty:
            return False
        side = get(order, SIDE)
        cdef bint is_bid = side is BUY
        book = self.books[get(order, SYMBOL)]
        level = remove(get(book, BIDS if is_bid else ASKS), is_bid, order)
        events.append(make_canceled(command, eseq, order, canceled_qty))
        self.close(order)
        events.append(delta_of(eseq, 2, get(command, CANCEL_TIME), order, side, level))
        return True

    cdef bint replace(self, command, eseq, list events) except -1:
        account = get(command, REPLACE_ACCOUNT)
        order = self.find(account, get(command, REPLACE_ORDER_ID), get(command, REPLACE_ORIG_NAME))
        if order is None or not is_in(order, get(command, REPLACE_SYMBOL)):
            return False
        book = self.books[get(order, SYMBOL)]
        price, order_qty = get(command, REPLACE_PRICE), get(command, REPLACE_ORDER_QTY)
        cdef long long limit = small(price), quantity = small(order_qty), cum_qty = small(get(order, CUM))
        cdef long long former_leaves = small(get(order, LEAVES)), leaves
        if get(book, STATUS) is not OPEN or limit < 1 or former_leaves < 1 or cum_qty < 0 or quantity <= cum_qty:
            return False
        leaves = quantity - cum_qty
        side = get(order, SIDE)
        cdef bint is_buy = side is BUY
        own, opposite = get(book, BIDS if is_buy else ASKS), get(book, ASKS if is_buy else BIDS)
        if is_buy:
            limit = -limit
        if get(order, POST_ONLY) and reaches(opposite, limit):
            return False
        former_id, cl_ord_id = get(order, NAME), get(command, REPLACE_NAME)
        if PyBytes_GET_SIZE(cl_ord_id) and cl_ord_id != former_id:
            names = self.by_account[account]
            former = (<dict>names).setdefault(cl_ord_id, order)
            if former is not order:
                if get(former, LEAVES):
                    return False
                put(former, NAME, b"")
                (<dict>names)[cl_ord_id] = order
            put(order, NAME, cl_ord_id)
            del (<dict>names)[former_id]

        leaves_qty = leaves
        put(order, ORDER_QTY, order_qty)
        notional = get(order, NOTIONAL)
        avg_px = average(notional, cum_qty) if cum_qty else ZERO
        events.append(make_replaced(command, eseq, order, former_id, leaves_qty, avg_px))
        transact_time = get(command, REPLACE_TIME)
        if price == get(order, PRICE):
            level = resize(own, is_buy, order, leaves_qty, leaves >= former_leaves)
            if leaves != former_leaves:
                events.append(delta_of(eseq, 2, transact_time, order, side, level))
            return True
        left = remove(own, is_buy, order)
        put(order, PRICE, price)
        put(order, LEAVES, leaves_qty)
        self.trade(events, order, own, opposite, limit, eseq, transact_time, left)
        return True

    cdef int trade(
        self, list events, order, own, opposite, long long limit, eseq, transact_time, left
    ) except -1:
        """Trade an incoming order, answered already, and rest its remainder, as ``MatchingEngine._trade`` does."""
        cdef Py_ssize_t n = 1
        side = get(order, SIDE)
        other_side = get(opposite, SIDE_OF_BOOK)
        cdef bint is_buy = side is BUY
        cdef list traded = []
        if reaches(opposite, limit):
            n = self.cross(traded, events, order, opposite, limit, eseq, transact_time)
        cdef bint rests = get(order, LEAVES)
        if not rests:
            self.close(order)
        if left is not None:
            n += 1
            events.append(delta_of(eseq, n, transact_time, order, side, left))
        for level in traded:
            n += 1
            events.append(delta_of(eseq, n, transact_time, order, other_side, level))
        if rests:
            level = rest(own, is_buy, order)
            events.append(delta_of(eseq, n + 1, transact_time, order, side, level))
        return 0

    cdef Py_ssize_t cross(
        self, list traded, list events, order, opposite, long long limit, eseq, transact_time
    ) except -1:
        """Trade ``order``, whose quantities are small, against ``opposite``, as ``crossing.cross`` does; return the last ``n``."""
        cdef list keys = get(opposite, KEYS), orders
        cdef dict levels = get(opposite, LEVELS)
        cdef Py_ssize_t n = 1, place = 0
        cdef long long leaves, cum, available, maker_leaves, quantity, last
        leaves_qty, cum_qty, notional = get(order, LEAVES), get(order, CUM), get(order, NOTIONAL)
        leaves, cum = small(leaves_qty), small(cum_qty)
        while leaves and reaches(opposite, limit):
            level = levels[keys[PyList_GET_SIZE(keys) - 1]]
            traded.append(level)
            price = get(level, LEVEL_PRICE)
            available = leaves
            orders = get(level, ORDERS)
            for place in range(PyLong_AsSsize_t(get(level, HEAD)), PyList_GET_SIZE(orders)):
                maker = orders[place]
                if maker is None:
                    continue
                last_qty = get(maker, LEAVES)
                maker_leaves = small(last_qty)
                maker_left = ZERO
                if maker_leaves < 0 or maker_leaves > leaves:
                    maker_left = last_qty - leaves_qty
                    last_qty = leaves_qty
                    maker_leaves = leaves
                last = maker_leaves
                amount = product(price, last)

                leaves -= last
                leaves_qty = leaves
                if cum:
                    cum += last
                    cum_qty = cum
                    notional = notional + amount
                    avg_px = average(notional, cum_qty)
                else:  # a first fill's average is its own price
                    cum, cum_qty, notional, avg_px = last, last_qty, amount, price
                put(order, LEAVES, leaves_qty)
                put(order, CUM, cum_qty)
                events.append(make_filled(eseq, n + 1, transact_time, order, last_qty, price, avg_px, True))

                put(maker, LEAVES, maker_left)
                maker_cum = get(maker, CUM)
                if maker_cum:
                    maker_cum = maker_cum + last_qty
                    amount = get(maker, NOTIONAL) + amount
                    avg_px = average(amount, maker_cum)
                    put(maker, CUM, maker_cum)
                else:
                    put(maker, CUM, last_qty)
                    avg_px = price
                put(maker, NOTIONAL, amount)
                events.append(make_filled(eseq, n + 2, transact_time, maker, last_qty, price, avg_px, False))
                n += 3
                events.append(make_trade(eseq, n, transact_time, order, price, last_qty))

                if not maker_left:
                    orders[place] = None
                    self.close(maker)
                if not leaves:
                    break
            remaining = get(level, QUANTITY) - (available - leaves)
            put(level, QUANTITY, remaining)
            if remaining:
                put(level, HEAD, place)
            else:
                del levels[keys.pop()]
        put(order, NOTIONAL, notional)
        return n

    cdef object book_of(self, symbol):
        """Return the book of an instrument, ``None`` for an unknown one."""
        if symbol is not self.last_symbol:
            self.last_symbol, self.last_book = symbol, self.books.get(symbol)
        return self.last_book

    cdef object names_of(self, account):
        """Return the orders of an account by ClOrdID."""
        if account is not self.last_account:
            names = self.by_account.get(account)
            if names is None:
                names = self.by_account[account] = {}
            self.last_account, self.last_names = account, names
        return self.last_names

    cdef object find(self, account, order_id, cl_ord_id):
        """Return the order that a request names, or ``None``."""
        if order_id:
            order = self.by_id.get(order_id)
            if order is None:
                return None
            found = get(order, ACCOUNT)
            return order if found is account or found == account else None
        names = self.by_account.get(account)
        return None if names is None else (<dict>names).get(cl_ord_id)

    cdef int close(self, order) except -1:
        """Mark ``order`` closed, as ``OrderIndex.close`` does."""
        put(order, LEAVES, ZERO)
        self.close_behind(order)
        if len(self.closed) > self.closed_kept:
            forgotten = self.forget_first()
            del self.by_id[get(forgotten, ORDER_ID)]
            cl_ord_id = get(forgotten, NAME)
            if cl_ord_id:
                del (<dict>self.by_account[get(forgotten, ACCOUNT)])[cl_ord_id]
        return 0


cdef inline object delta_of(eseq, Py_ssize_t n, transact_time, order, side, level):
    """Return the ``BookDelta`` of a level in the instrument of ``order``."""
    return make_delta(
        eseq, n, transact_time, get(order, SYMBOL), side, get(level, LEVEL_PRICE), get(level, QUANTITY)
    )


cdef inline bint is_in(order, symbol) except -1:
    """Tell whether the order is in the instrument that a request names, if it names one."""
    known = get(order, SYMBOL)
    return known is symbol or not symbol or known == symbol


cdef inline object product(price, long long quantity):
    cdef long long factor = small(price)
    if 0 <= factor < LARGE and quantity < LARGE // max(factor, 1):
        return factor * quantity
    return price * quantity


cdef inline object average(notional, cum_qty):
    """Return the average price, rounded half up."""
    cdef long long amount = small(notional), quantity = small(cum_qty)
    if 0 <= amount < LARGE and 0 < quantity < LARGE:
        return (2 * amount + quantity) // (2 * quantity)
    return (2 * notional + cum_qty) // (2 * cum_qty)
