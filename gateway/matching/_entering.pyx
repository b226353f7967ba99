"""Work a new order as nearly every one is, compiled: a limit order that may rest, in an open instrument.

It does to the books and the index what ``engine`` and ``crossing`` do in plain Python, and says the same. NOT
here: every other order, and all that is refused (``engine``).
"""

from bisect import insort
from collections import OrderedDict

from gateway.matching._events cimport make_accepted, make_delta, make_filled, make_order, make_trade
from gateway.model._slots cimport get, put, slot

from gateway.matching.book import Book, BookSide, Level
from gateway.matching.order import Order
from gateway.model import NewOrder, OrdType, Side, TimeInForce, TradingStatus

cdef object _Level = Level, _OrderedDict = OrderedDict
cdef object BUY = Side.BUY, LIMIT = OrdType.LIMIT, GTC = TimeInForce.GTC, OPEN = TradingStatus.OPEN

cdef Py_ssize_t STATUS = slot(Book, "status"), BIDS = slot(Book, "bids"), ASKS = slot(Book, "asks")
cdef Py_ssize_t SIGN = slot(BookSide, "sign"), BOOK_SIDE = slot(BookSide, "side")
cdef Py_ssize_t KEYS = slot(BookSide, "keys"), LEVELS = slot(BookSide, "levels")
cdef Py_ssize_t LEVEL_PRICE = slot(Level, "price"), QUANTITY = slot(Level, "quantity")
cdef Py_ssize_t QUEUE = slot(Level, "orders")

cdef Py_ssize_t SESSION = slot(NewOrder, "session"), MSG_SEQ_NUM = slot(NewOrder, "msg_seq_num")
cdef Py_ssize_t ACCOUNT = slot(NewOrder, "account"), TRANSACT_TIME = slot(NewOrder, "transact_time")
cdef Py_ssize_t CL_ORD_ID = slot(NewOrder, "cl_ord_id"), SYMBOL = slot(NewOrder, "symbol")
cdef Py_ssize_t SIDE = slot(NewOrder, "side"), ORD_TYPE = slot(NewOrder, "ord_type")
cdef Py_ssize_t TIME_IN_FORCE = slot(NewOrder, "time_in_force"), ORDER_QTY = slot(NewOrder, "order_qty")
cdef Py_ssize_t PRICE = slot(NewOrder, "price"), POST_ONLY = slot(NewOrder, "post_only")

cdef Py_ssize_t KEPT_ID = slot(Order, "order_id"), KEPT_OWNER = slot(Order, "owner")
cdef Py_ssize_t KEPT_ACCOUNT = slot(Order, "account"), KEPT_NAME = slot(Order, "cl_ord_id")
cdef Py_ssize_t KEPT_LEAVES = slot(Order, "leaves_qty"), KEPT_CUM = slot(Order, "cum_qty")
cdef Py_ssize_t KEPT_NOTIONAL = slot(Order, "notional")


cdef class Entering:
    """What is changed of the engine's state: its books and its index of orders."""

    cdef dict books, by_id, by_account
    cdef object closed, close_behind, forget_first
    cdef Py_ssize_t closed_kept

    def __init__(self, dict books not None, index):
        self.books = books
        self.by_id = index._by_id
        self.by_account = index._by_account
        self.closed = index._closed
        self.close_behind = index._closed.append
        self.forget_first = index._closed.popleft
        self.closed_kept = index.closed_kept

    def enter(self, command, eseq):
        """Work the order; return its events, or ``None``, nothing changed, for one that needs a closer look."""
        if type(command) is not NewOrder:
            return None
        if get(command, ORD_TYPE) is not LIMIT or get(command, TIME_IN_FORCE) is not GTC:
            return None
        symbol = get(command, SYMBOL)
        book = self.books.get(symbol)
        cl_ord_id = get(command, CL_ORD_ID)
        price = get(command, PRICE)
        order_qty = get(command, ORDER_QTY)
        if book is None or get(book, STATUS) is not OPEN or not cl_ord_id or order_qty < 1 or price < 1:
            return None
        side = get(command, SIDE)
        if side is BUY:
            own, opposite = get(book, BIDS), get(book, ASKS)
        else:
            own, opposite = get(book, ASKS), get(book, BIDS)
        cdef list keys = get(opposite, KEYS)
        limit = -price if side is BUY else price  # a key of the other side
        cdef bint crosses = len(keys) > 0 and keys[len(keys) - 1] >= limit
        post_only = get(command, POST_ONLY)
        if crosses and post_only:
            return None
        account = get(command, ACCOUNT)
        names = self.by_account.get(account)
        if names is None:
            names = self.by_account[account] = {}
        former = (<dict>names).get(cl_ord_id)
        if former is not None:
            if get(former, KEPT_LEAVES):
                return None
            put(former, KEPT_NAME, b"")
        order = make_order(command, eseq)
        (<dict>names)[cl_ord_id] = order
        self.by_id[eseq] = order

        transact_time = get(command, TRANSACT_TIME)
        cdef list events = [make_accepted(command, eseq)]
        leaves_qty = order_qty
        if crosses:
            leaves_qty = self.cross(order, command, opposite, limit, events)
        if leaves_qty:
            quantity = rest(own, order, price, leaves_qty, eseq)
            events.append(make_delta(eseq, len(events) + 1, transact_time, symbol, side, price, quantity))
        else:
            self.close(order)
        return events

    cdef object cross(self, order, command, opposite, limit, list events):
        """Trade ``order`` against ``opposite``, as ``crossing.cross`` does; return what is left of it."""
        cdef list keys = get(opposite, KEYS)
        cdef dict levels = get(opposite, LEVELS)
        cdef list traded = []
        cdef list spent
        cdef Py_ssize_t n = 1
        eseq = get(order, KEPT_ID)
        transact_time = get(command, TRANSACT_TIME)
        symbol = get(command, SYMBOL)
        leaves_qty = get(command, ORDER_QTY)
        cum_qty = notional = 0
        while leaves_qty and len(keys) and keys[len(keys) - 1] >= limit:
            level = levels[keys[len(keys) - 1]]
            traded.append(level)
            price = get(level, LEVEL_PRICE)
            queue = get(level, QUEUE)
            available = leaves_qty
            spent = []
            for maker in queue.values():
                maker_leaves = get(maker, KEPT_LEAVES)
                if maker_leaves <= leaves_qty:
                    last_qty = maker_leaves
                    spent.append(maker)
                else:
                    last_qty = leaves_qty
                amount = last_qty * price

                leaves_qty = leaves_qty - last_qty
                cum_qty = cum_qty + last_qty
                notional = notional + amount
                avg_px = average(notional, cum_qty, last_qty, price)
                put(order, KEPT_LEAVES, leaves_qty)
                put(order, KEPT_CUM, cum_qty)
                events.append(make_filled(eseq, n + 1, transact_time, order, last_qty, price, avg_px, True))

                maker_leaves = maker_leaves - last_qty
                maker_cum = get(maker, KEPT_CUM) + last_qty
                maker_notional = get(maker, KEPT_NOTIONAL) + amount
                put(maker, KEPT_LEAVES, maker_leaves)
                put(maker, KEPT_CUM, maker_cum)
                put(maker, KEPT_NOTIONAL, maker_notional)
                avg_px = average(maker_notional, maker_cum, last_qty, price)
                events.append(make_filled(eseq, n + 2, transact_time, maker, last_qty, price, avg_px, False))
                n += 3
                events.append(make_trade(eseq, n, command, price, last_qty))

                if not maker_leaves:
                    self.close(maker)
                if not leaves_qty:
                    break
            quantity = get(level, QUANTITY) - (available - leaves_qty)
            put(level, QUANTITY, quantity)
            if quantity:
                for maker in spent:
                    del queue[get(maker, KEPT_ID)]
            else:
                del levels[keys.pop()]
        put(order, KEPT_NOTIONAL, notional)
        other_side = get(opposite, BOOK_SIDE)
        for level in traded:
            n += 1
            price, quantity = get(level, LEVEL_PRICE), get(level, QUANTITY)
            events.append(make_delta(eseq, n, transact_time, symbol, other_side, price, quantity))
        return leaves_qty

    cdef int close(self, order) except -1:
        """Mark ``order`` closed, as ``OrderIndex.close`` does."""
        put(order, KEPT_LEAVES, 0)
        self.close_behind(order)
        if len(self.closed) > self.closed_kept:
            forgotten = self.forget_first()
            del self.by_id[get(forgotten, KEPT_ID)]
            cl_ord_id = get(forgotten, KEPT_NAME)
            if cl_ord_id:
                del (<dict>self.by_account[get(forgotten, KEPT_ACCOUNT)])[cl_ord_id]
        return 0


cdef inline object average(notional, cum_qty, last_qty, price):
    """Return the average price, rounded half up; a first fill's is its own."""
    if cum_qty == last_qty:
        return price
    return (2 * notional + cum_qty) // (2 * cum_qty)


cdef object rest(own, order, price, leaves_qty, order_id):
    """Put ``order`` at the end of the queue at its price, as ``BookSide.rest`` does; return the level's total."""
    cdef dict levels = get(own, LEVELS)
    cdef list keys
    key = get(own, SIGN) * price
    level = levels.get(key)
    if level is None:
        level = levels[key] = _Level(price, 0, _OrderedDict())
        keys = get(own, KEYS)
        if len(keys) and key < keys[len(keys) - 1]:
            insort(keys, key)
        else:
            keys.append(key)
    get(level, QUEUE)[order_id] = order
    quantity = get(level, QUANTITY) + leaves_qty
    put(level, QUANTITY, quantity)
    return quantity
