"""Make the events of usual requests, and the engine's record of an order, field by field.

Each is what ``engine`` and ``crossing`` make by calling its class. NOT here: when they happen (``_usual``).
"""

from gateway.model._slots cimport carry, fill, make, plain, slot

from gateway.matching.order import Order
from gateway.model import BookDelta, CancelCause, CancelOrder, NewOrder, OrderAccepted, OrderCanceled, OrderFilled
from gateway.model import OrderReplaced, ReplaceOrder, Trade

cdef object ZERO = 0, ONE = 1, REQUESTED = CancelCause.REQUESTED

cdef Py_ssize_t SESSION = slot(NewOrder, "session"), MSG_SEQ_NUM = slot(NewOrder, "msg_seq_num")
cdef Py_ssize_t ACCOUNT = slot(NewOrder, "account"), TRANSACT_TIME = slot(NewOrder, "transact_time")
cdef Py_ssize_t CL_ORD_ID = slot(NewOrder, "cl_ord_id"), SYMBOL = slot(NewOrder, "symbol")
cdef Py_ssize_t SIDE = slot(NewOrder, "side"), ORD_TYPE = slot(NewOrder, "ord_type")
cdef Py_ssize_t TIME_IN_FORCE = slot(NewOrder, "time_in_force"), ORDER_QTY = slot(NewOrder, "order_qty")
cdef Py_ssize_t PRICE = slot(NewOrder, "price"), POST_ONLY = slot(NewOrder, "post_only")

cdef Py_ssize_t CANCEL_SESSION = slot(CancelOrder, "session"), CANCEL_NAME = slot(CancelOrder, "cl_ord_id")
cdef Py_ssize_t CANCEL_MSG_SEQ_NUM = slot(CancelOrder, "msg_seq_num")
cdef Py_ssize_t CANCEL_TIME = slot(CancelOrder, "transact_time")

cdef Py_ssize_t REPLACE_SESSION = slot(ReplaceOrder, "session")
cdef Py_ssize_t REPLACE_MSG_SEQ_NUM = slot(ReplaceOrder, "msg_seq_num")
cdef Py_ssize_t REPLACE_TIME = slot(ReplaceOrder, "transact_time")
cdef Py_ssize_t REPLACE_ORDER_QTY = slot(ReplaceOrder, "order_qty"), REPLACE_PRICE = slot(ReplaceOrder, "price")

cdef object ORDER = plain(Order)
cdef Py_ssize_t ORDER_ID = slot(Order, "order_id"), ORDER_OWNER = slot(Order, "owner")
cdef Py_ssize_t ORDER_ACCOUNT = slot(Order, "account"), ORDER_NAME = slot(Order, "cl_ord_id")
cdef Py_ssize_t ORDER_SYMBOL = slot(Order, "symbol"), ORDER_SIDE = slot(Order, "side")
cdef Py_ssize_t ORDER_PRICE = slot(Order, "price"), ORDER_ORDER_QTY = slot(Order, "order_qty")
cdef Py_ssize_t ORDER_LEAVES = slot(Order, "leaves_qty"), ORDER_POST_ONLY = slot(Order, "post_only")
cdef Py_ssize_t ORDER_CUM = slot(Order, "cum_qty"), ORDER_NOTIONAL = slot(Order, "notional")
cdef Py_ssize_t ORDER_PLACE = slot(Order, "place")

cdef object ACCEPTED = plain(OrderAccepted)
cdef Py_ssize_t ACCEPTED_ESEQ = slot(OrderAccepted, "eseq"), ACCEPTED_N = slot(OrderAccepted, "n")
cdef Py_ssize_t ACCEPTED_TIME = slot(OrderAccepted, "transact_time")
cdef Py_ssize_t ACCEPTED_SESSION = slot(OrderAccepted, "session")
cdef Py_ssize_t ACCEPTED_MSG_SEQ_NUM = slot(OrderAccepted, "msg_seq_num")
cdef Py_ssize_t ACCEPTED_ACCOUNT = slot(OrderAccepted, "account")
cdef Py_ssize_t ACCEPTED_NAME = slot(OrderAccepted, "cl_ord_id")
cdef Py_ssize_t ACCEPTED_ORDER_ID = slot(OrderAccepted, "order_id")
cdef Py_ssize_t ACCEPTED_SYMBOL = slot(OrderAccepted, "symbol"), ACCEPTED_SIDE = slot(OrderAccepted, "side")
cdef Py_ssize_t ACCEPTED_ORD_TYPE = slot(OrderAccepted, "ord_type")
cdef Py_ssize_t ACCEPTED_TIME_IN_FORCE = slot(OrderAccepted, "time_in_force")
cdef Py_ssize_t ACCEPTED_ORDER_QTY = slot(OrderAccepted, "order_qty")
cdef Py_ssize_t ACCEPTED_PRICE = slot(OrderAccepted, "price")
cdef Py_ssize_t ACCEPTED_POST_ONLY = slot(OrderAccepted, "post_only")

cdef object FILLED = plain(OrderFilled)
cdef Py_ssize_t FILLED_ESEQ = slot(OrderFilled, "eseq"), FILLED_N = slot(OrderFilled, "n")
cdef Py_ssize_t FILLED_TIME = slot(OrderFilled, "transact_time"), FILLED_OWNER = slot(OrderFilled, "owner")
cdef Py_ssize_t FILLED_ACCOUNT = slot(OrderFilled, "account"), FILLED_ORDER_ID = slot(OrderFilled, "order_id")
cdef Py_ssize_t FILLED_LAST_QTY = slot(OrderFilled, "last_qty"), FILLED_LAST_PX = slot(OrderFilled, "last_px")
cdef Py_ssize_t FILLED_CUM = slot(OrderFilled, "cum_qty"), FILLED_LEAVES = slot(OrderFilled, "leaves_qty")
cdef Py_ssize_t FILLED_AVG_PX = slot(OrderFilled, "avg_px"), FILLED_AGGRESSOR = slot(OrderFilled, "aggressor")

cdef object CANCELED = plain(OrderCanceled)
cdef Py_ssize_t CANCELED_ESEQ = slot(OrderCanceled, "eseq"), CANCELED_N = slot(OrderCanceled, "n")
cdef Py_ssize_t CANCELED_TIME = slot(OrderCanceled, "transact_time")
cdef Py_ssize_t CANCELED_OWNER = slot(OrderCanceled, "owner"), CANCELED_ACCOUNT = slot(OrderCanceled, "account")
cdef Py_ssize_t CANCELED_ORDER_ID = slot(OrderCanceled, "order_id"), CANCELED_CUM = slot(OrderCanceled, "cum_qty")
cdef Py_ssize_t CANCELED_QTY = slot(OrderCanceled, "canceled_qty"), CANCELED_CAUSE = slot(OrderCanceled, "cause")
cdef Py_ssize_t CANCELED_SESSION = slot(OrderCanceled, "session")
cdef Py_ssize_t CANCELED_MSG_SEQ_NUM = slot(OrderCanceled, "msg_seq_num")
cdef Py_ssize_t CANCELED_NAME = slot(OrderCanceled, "cl_ord_id")
cdef Py_ssize_t CANCELED_ORIG_NAME = slot(OrderCanceled, "orig_cl_ord_id")

cdef object REPLACED = plain(OrderReplaced)
cdef Py_ssize_t REPLACED_ESEQ = slot(OrderReplaced, "eseq"), REPLACED_N = slot(OrderReplaced, "n")
cdef Py_ssize_t REPLACED_TIME = slot(OrderReplaced, "transact_time")
cdef Py_ssize_t REPLACED_OWNER = slot(OrderReplaced, "owner"), REPLACED_ACCOUNT = slot(OrderReplaced, "account")
cdef Py_ssize_t REPLACED_ORDER_ID = slot(OrderReplaced, "order_id")
cdef Py_ssize_t REPLACED_SESSION = slot(OrderReplaced, "session")
cdef Py_ssize_t REPLACED_MSG_SEQ_NUM = slot(OrderReplaced, "msg_seq_num")
cdef Py_ssize_t REPLACED_NAME = slot(OrderReplaced, "cl_ord_id")
cdef Py_ssize_t REPLACED_ORIG_NAME = slot(OrderReplaced, "orig_cl_ord_id")
cdef Py_ssize_t REPLACED_ORDER_QTY = slot(OrderReplaced, "order_qty"), REPLACED_PRICE = slot(OrderReplaced, "price")
cdef Py_ssize_t REPLACED_CUM = slot(OrderReplaced, "cum_qty"), REPLACED_LEAVES = slot(OrderReplaced, "leaves_qty")
cdef Py_ssize_t REPLACED_AVG_PX = slot(OrderReplaced, "avg_px")

cdef object TRADE = plain(Trade)
cdef Py_ssize_t TRADE_ESEQ = slot(Trade, "eseq"), TRADE_N = slot(Trade, "n")
cdef Py_ssize_t TRADE_TIME = slot(Trade, "transact_time"), TRADE_SYMBOL = slot(Trade, "symbol")
cdef Py_ssize_t TRADE_PRICE = slot(Trade, "price"), TRADE_QUANTITY = slot(Trade, "quantity")
cdef Py_ssize_t TRADE_SIDE = slot(Trade, "aggressor_side")

cdef object DELTA = plain(BookDelta)
cdef Py_ssize_t DELTA_ESEQ = slot(BookDelta, "eseq"), DELTA_N = slot(BookDelta, "n")
cdef Py_ssize_t DELTA_TIME = slot(BookDelta, "transact_time"), DELTA_SYMBOL = slot(BookDelta, "symbol")
cdef Py_ssize_t DELTA_SIDE = slot(BookDelta, "side"), DELTA_PRICE = slot(BookDelta, "price")
cdef Py_ssize_t DELTA_QUANTITY = slot(BookDelta, "quantity")


cdef object make_accepted(object command, object eseq):
    """Return the ``OrderAccepted`` that answers the ``NewOrder`` with the sequence ``eseq``."""
    event = make(ACCEPTED)
    fill(event, ACCEPTED_ESEQ, eseq)
    fill(event, ACCEPTED_N, ONE)
    carry(event, ACCEPTED_TIME, command, TRANSACT_TIME)
    carry(event, ACCEPTED_SESSION, command, SESSION)
    carry(event, ACCEPTED_MSG_SEQ_NUM, command, MSG_SEQ_NUM)
    carry(event, ACCEPTED_ACCOUNT, command, ACCOUNT)
    carry(event, ACCEPTED_NAME, command, CL_ORD_ID)
    fill(event, ACCEPTED_ORDER_ID, eseq)
    carry(event, ACCEPTED_SYMBOL, command, SYMBOL)
    carry(event, ACCEPTED_SIDE, command, SIDE)
    carry(event, ACCEPTED_ORD_TYPE, command, ORD_TYPE)
    carry(event, ACCEPTED_TIME_IN_FORCE, command, TIME_IN_FORCE)
    carry(event, ACCEPTED_ORDER_QTY, command, ORDER_QTY)
    carry(event, ACCEPTED_PRICE, command, PRICE)
    carry(event, ACCEPTED_POST_ONLY, command, POST_ONLY)
    return event


cdef object make_filled(
    object eseq, Py_ssize_t n, object transact_time, object order, object last_qty, object last_px, object avg_px,
    bint is_aggressor
):
    """Return the ``OrderFilled`` of ``order``, whose quantities are already those after the fill."""
    number = n
    event = make(FILLED)
    fill(event, FILLED_ESEQ, eseq)
    fill(event, FILLED_N, number)
    fill(event, FILLED_TIME, transact_time)
    carry(event, FILLED_OWNER, order, ORDER_OWNER)
    carry(event, FILLED_ACCOUNT, order, ORDER_ACCOUNT)
    carry(event, FILLED_ORDER_ID, order, ORDER_ID)
    fill(event, FILLED_LAST_QTY, last_qty)
    fill(event, FILLED_LAST_PX, last_px)
    carry(event, FILLED_CUM, order, ORDER_CUM)
    carry(event, FILLED_LEAVES, order, ORDER_LEAVES)
    fill(event, FILLED_AVG_PX, avg_px)
    fill(event, FILLED_AGGRESSOR, True if is_aggressor else False)
    return event


cdef object make_canceled(object command, object eseq, object order, object canceled_qty):
    """Return the ``OrderCanceled`` that answers the ``CancelOrder`` with the sequence ``eseq``."""
    event = make(CANCELED)
    fill(event, CANCELED_ESEQ, eseq)
    fill(event, CANCELED_N, ONE)
    carry(event, CANCELED_TIME, command, CANCEL_TIME)
    carry(event, CANCELED_OWNER, order, ORDER_OWNER)
    carry(event, CANCELED_ACCOUNT, order, ORDER_ACCOUNT)
    carry(event, CANCELED_ORDER_ID, order, ORDER_ID)
    carry(event, CANCELED_CUM, order, ORDER_CUM)
    fill(event, CANCELED_QTY, canceled_qty)
    fill(event, CANCELED_CAUSE, REQUESTED)
    carry(event, CANCELED_SESSION, command, CANCEL_SESSION)
    carry(event, CANCELED_MSG_SEQ_NUM, command, CANCEL_MSG_SEQ_NUM)
    carry(event, CANCELED_NAME, command, CANCEL_NAME)
    carry(event, CANCELED_ORIG_NAME, order, ORDER_NAME)
    return event


cdef object make_replaced(
    object command, object eseq, object order, object orig_cl_ord_id, object leaves_qty, object avg_px
):
    """Return the ``OrderReplaced`` that answers the ``ReplaceOrder``; ``order`` has its new name already."""
    event = make(REPLACED)
    fill(event, REPLACED_ESEQ, eseq)
    fill(event, REPLACED_N, ONE)
    carry(event, REPLACED_TIME, command, REPLACE_TIME)
    carry(event, REPLACED_OWNER, order, ORDER_OWNER)
    carry(event, REPLACED_ACCOUNT, order, ORDER_ACCOUNT)
    carry(event, REPLACED_ORDER_ID, order, ORDER_ID)
    carry(event, REPLACED_SESSION, command, REPLACE_SESSION)
    carry(event, REPLACED_MSG_SEQ_NUM, command, REPLACE_MSG_SEQ_NUM)
    carry(event, REPLACED_NAME, order, ORDER_NAME)
    fill(event, REPLACED_ORIG_NAME, orig_cl_ord_id)
    carry(event, REPLACED_ORDER_QTY, command, REPLACE_ORDER_QTY)
    carry(event, REPLACED_PRICE, command, REPLACE_PRICE)
    carry(event, REPLACED_CUM, order, ORDER_CUM)
    fill(event, REPLACED_LEAVES, leaves_qty)
    fill(event, REPLACED_AVG_PX, avg_px)
    return event


cdef object make_trade(object eseq, Py_ssize_t n, object transact_time, object order, object price, object quantity):
    """Return the public ``Trade`` that the incoming ``order`` made."""
    number = n
    event = make(TRADE)
    fill(event, TRADE_ESEQ, eseq)
    fill(event, TRADE_N, number)
    fill(event, TRADE_TIME, transact_time)
    carry(event, TRADE_SYMBOL, order, ORDER_SYMBOL)
    fill(event, TRADE_PRICE, price)
    fill(event, TRADE_QUANTITY, quantity)
    carry(event, TRADE_SIDE, order, ORDER_SIDE)
    return event


cdef object make_delta(
    object eseq, Py_ssize_t n, object transact_time, object symbol, object side, object price, object quantity
):
    """Return the ``BookDelta`` of a level."""
    number = n
    event = make(DELTA)
    fill(event, DELTA_ESEQ, eseq)
    fill(event, DELTA_N, number)
    fill(event, DELTA_TIME, transact_time)
    fill(event, DELTA_SYMBOL, symbol)
    fill(event, DELTA_SIDE, side)
    fill(event, DELTA_PRICE, price)
    fill(event, DELTA_QUANTITY, quantity)
    return event


cdef object make_order(object command, object eseq):
    """Return the record of the order that the ``NewOrder`` enters."""
    order = make(ORDER)
    fill(order, ORDER_ID, eseq)
    carry(order, ORDER_OWNER, command, SESSION)
    carry(order, ORDER_ACCOUNT, command, ACCOUNT)
    carry(order, ORDER_NAME, command, CL_ORD_ID)
    carry(order, ORDER_SYMBOL, command, SYMBOL)
    carry(order, ORDER_SIDE, command, SIDE)
    carry(order, ORDER_PRICE, command, PRICE)
    carry(order, ORDER_ORDER_QTY, command, ORDER_QTY)
    carry(order, ORDER_LEAVES, command, ORDER_QTY)
    carry(order, ORDER_POST_ONLY, command, POST_ONLY)
    fill(order, ORDER_CUM, ZERO)
    fill(order, ORDER_NOTIONAL, ZERO)
    fill(order, ORDER_PLACE, ZERO)
    return order
