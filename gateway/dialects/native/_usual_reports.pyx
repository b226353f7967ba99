"""Encode the reports that nearly every order has, compiled: the same bytes as in plain Python.

The twins are in ``usual_reports``; they also encode what is too long or too large to be usual, or of another
class. NOT here: every other report (``fix_reports``).
"""

import re

from cpython.bytes cimport PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.string cimport memcpy

from gateway.model._slots cimport get, slot
from protocols.fix._codec cimport put, put_number
from protocols.fix._usual cimport Stamp

from gateway.dialects.native import usual_reports
from gateway.dialects.native.fix_versions import ReportStyle
from gateway.model import OrderAccepted, OrderCanceled, OrderFilled, OrderReplaced
from gateway.orders import Order
from protocols.fix.msg_types import EXECUTION_REPORT

cdef enum:
    ROOM = 2048
    MOST_PLACES = 18
    MOST_OF_NUMBERS = 12 * 24  # twelve numbers with a point each, and the tags between them

cdef object _Accepted = OrderAccepted, _Canceled = OrderCanceled, _Filled = OrderFilled, _Order = Order
cdef object _Replaced = OrderReplaced, _Style = ReportStyle, MSG_TYPE = EXECUTION_REPORT

cdef Py_ssize_t ACCEPTED_STYLE = slot(ReportStyle, "accepted"), FILL_STYLE = slot(ReportStyle, "fill")
cdef Py_ssize_t PART_FILLED_STYLE = slot(ReportStyle, "part_filled"), FILLED_STYLE = slot(ReportStyle, "filled")
cdef Py_ssize_t TAKER_STYLE = slot(ReportStyle, "taker"), MAKER_STYLE = slot(ReportStyle, "maker")
cdef Py_ssize_t REPORT_STYLE = slot(ReportStyle, "report"), REPLACED_STYLE = slot(ReportStyle, "replaced")

cdef struct Terms:
    # Where a class has what its orders keep for life.
    Py_ssize_t account, symbol, side, ord_type, time_in_force, post_only

cdef struct Head:
    # Where an event has its names and its time.
    Py_ssize_t order_id, eseq, n, transact_time


cdef Terms terms_of(object kind):
    cdef Terms terms
    terms.account, terms.symbol = slot(kind, "account"), slot(kind, "symbol")
    terms.side, terms.ord_type = slot(kind, "side"), slot(kind, "ord_type")
    terms.time_in_force, terms.post_only = slot(kind, "time_in_force"), slot(kind, "post_only")
    return terms


cdef Head head_of(object kind):
    cdef Head head
    head.order_id, head.eseq = slot(kind, "order_id"), slot(kind, "eseq")
    head.n, head.transact_time = slot(kind, "n"), slot(kind, "transact_time")
    return head


cdef Terms ORDER_TERMS = terms_of(Order), ACCEPTED_TERMS = terms_of(OrderAccepted)
cdef Py_ssize_t NAME = slot(Order, "cl_ord_id"), ORDER_QTY = slot(Order, "order_qty")
cdef Py_ssize_t PRICE = slot(Order, "price"), AVG_PX = slot(Order, "avg_px")

cdef Head ACCEPTED_HEAD = head_of(OrderAccepted), FILLED_HEAD = head_of(OrderFilled)
cdef Head CANCELED_HEAD = head_of(OrderCanceled), REPLACED_HEAD = head_of(OrderReplaced)
cdef Py_ssize_t ACCEPTED_NAME = slot(OrderAccepted, "cl_ord_id")
cdef Py_ssize_t ACCEPTED_QTY = slot(OrderAccepted, "order_qty"), ACCEPTED_PRICE = slot(OrderAccepted, "price")
cdef Py_ssize_t LAST_QTY = slot(OrderFilled, "last_qty"), LAST_PX = slot(OrderFilled, "last_px")
cdef Py_ssize_t FILLED_CUM = slot(OrderFilled, "cum_qty"), FILLED_LEAVES = slot(OrderFilled, "leaves_qty")
cdef Py_ssize_t FILLED_AVG_PX = slot(OrderFilled, "avg_px"), AGGRESSOR = slot(OrderFilled, "aggressor")
cdef Py_ssize_t CANCELED_NAME = slot(OrderCanceled, "cl_ord_id"), CANCELED_CUM = slot(OrderCanceled, "cum_qty")
cdef Py_ssize_t CANCELED_ORIG_NAME = slot(OrderCanceled, "orig_cl_ord_id")
cdef Py_ssize_t REPLACED_NAME = slot(OrderReplaced, "cl_ord_id"), REPLACED_PRICE = slot(OrderReplaced, "price")
cdef Py_ssize_t REPLACED_ORIG_NAME = slot(OrderReplaced, "orig_cl_ord_id")
cdef Py_ssize_t REPLACED_QTY = slot(OrderReplaced, "order_qty"), REPLACED_CUM = slot(OrderReplaced, "cum_qty")
cdef Py_ssize_t REPLACED_LEAVES = slot(OrderReplaced, "leaves_qty"), REPLACED_AVG_PX = slot(OrderReplaced, "avg_px")

cdef char[10] SIDES, ORD_TYPES, TIMES_IN_FORCE  # the code of each member of the model's enumerations
for _member, _code in usual_reports.SIDES.items():
    SIDES[<int>int(_member)] = ord(_code)
for _member, _code in usual_reports.ORD_TYPES.items():
    ORD_TYPES[<int>int(_member)] = ord(_code)
for _member, _code in usual_reports.TIMES_IN_FORCE.items():
    TIMES_IN_FORCE[<int>int(_member)] = ord(_code)

cdef long long[MOST_PLACES + 1] UNITS
UNITS[0] = 1
for _power in range(MOST_PLACES):
    UNITS[_power + 1] = 10 * UNITS[_power]

cdef dict PIECES = {}  # each template to what stands between its places
cdef Stamp STAMP = Stamp()
cdef object SAID_TIME = None
cdef bytes SAID_TEXT = b""


def accepted(style, event, order, tuple places not None):
    """Return MsgType and body of the report of an ``OrderAccepted``."""
    cdef bytes body = body_of(style, event, order, places) if type(event) is _Accepted else None
    return usual_reports.accepted(style, event, order, places) if body is None else (MSG_TYPE, body)


def filled(style, event, order, tuple places not None):
    """Return MsgType and body of the report of an ``OrderFilled``."""
    cdef bytes body = body_of(style, event, order, places) if type(event) is _Filled else None
    return usual_reports.filled(style, event, order, places) if body is None else (MSG_TYPE, body)


def canceled(style, event, order, tuple places not None):
    """Return MsgType and body of the report of an ``OrderCanceled``."""
    cdef bytes body = body_of(style, event, order, places) if type(event) is _Canceled else None
    return usual_reports.canceled(style, event, order, places) if body is None else (MSG_TYPE, body)


def replaced(style, event, order, tuple places not None):
    """Return MsgType and body of the report of an ``OrderReplaced``."""
    cdef bytes body = body_of(style, event, order, places) if type(event) is _Replaced else None
    return usual_reports.replaced(style, event, order, places) if body is None else (MSG_TYPE, body)


cdef bytes body_of(style, event, order, tuple places):
    """Return the body of the ExecutionReport of an event, ``None`` for what is not usual."""
    kind = type(event)
    if type(style) is not _Style:
        return None
    if kind is _Accepted:
        return accepted_body(style, event, places)
    if type(order) is not _Order:
        return None
    if kind is _Filled:
        return filled_body(style, event, order, places)
    if kind is _Canceled:
        return canceled_body(style, event, order, places)
    return replaced_body(style, event, order, places) if kind is _Replaced else None


cdef bytes accepted_body(style, event, tuple places):
    cdef char room[ROOM]
    cdef bytes cl_ord_id = get(event, ACCEPTED_NAME)
    cdef bytes template = get(style, ACCEPTED_STYLE)
    cdef list pieces = pieces_of(template)
    cdef int price_places = places[0], qty_places = places[1]
    cdef long long order_qty = small(get(event, ACCEPTED_QTY)), price = small(get(event, ACCEPTED_PRICE))
    cdef Py_ssize_t size = PyBytes_GET_SIZE(template) + PyBytes_GET_SIZE(cl_ord_id)
    if order_qty < 0 or price < 0 or not is_short(size, event, &ACCEPTED_TERMS, price_places, qty_places):
        return None
    cdef char* at = put_head(room, pieces, event, &ACCEPTED_HEAD)
    if at is NULL:
        return None
    at = put(put(at, <bytes>pieces[3]), cl_ord_id)
    at = put_terms(put(at, <bytes>pieces[4]), event, &ACCEPTED_TERMS)
    at = put_amounts(put(at, <bytes>pieces[5]), order_qty, qty_places, price, price_places)
    at = put_scaled(put(at, <bytes>pieces[6]), order_qty, qty_places)
    at = put(put(at, <bytes>pieces[7]), text_of(get(event, ACCEPTED_HEAD.transact_time)))
    at = put(at, <bytes>pieces[8])
    return PyBytes_FromStringAndSize(room, at - room)


cdef bytes filled_body(style, event, order, tuple places):
    cdef char room[ROOM]
    cdef bytes cl_ord_id = get(order, NAME)
    cdef bytes template = get(style, FILL_STYLE)
    cdef list pieces = pieces_of(template)
    cdef int price_places = places[0], qty_places = places[1]
    cdef long long order_qty = small(get(order, ORDER_QTY)), price = small(get(order, PRICE))
    cdef long long last_qty = small(get(event, LAST_QTY)), last_px = small(get(event, LAST_PX))
    cdef long long leaves_qty = small(get(event, FILLED_LEAVES)), cum_qty = small(get(event, FILLED_CUM))
    cdef long long avg_px = small(get(event, FILLED_AVG_PX))
    cdef bytes kind = get(style, PART_FILLED_STYLE if leaves_qty else FILLED_STYLE)
    cdef bytes role = get(style, TAKER_STYLE if get(event, AGGRESSOR) else MAKER_STYLE)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(template) + PyBytes_GET_SIZE(cl_ord_id)
    size += PyBytes_GET_SIZE(kind) + PyBytes_GET_SIZE(role)
    if (
        order_qty < 0 or price < 0 or last_qty < 0 or last_px < 0 or leaves_qty < 0 or cum_qty < 0 or avg_px < 0
        or not is_short(size, order, &ORDER_TERMS, price_places, qty_places)
    ):
        return None
    cdef char* at = put_head(room, pieces, event, &FILLED_HEAD)
    if at is NULL:
        return None
    at = put(put(at, <bytes>pieces[3]), kind)
    at = put(put(at, <bytes>pieces[4]), cl_ord_id)
    at = put_terms(put(at, <bytes>pieces[5]), order, &ORDER_TERMS)
    at = put_amounts(put(at, <bytes>pieces[6]), order_qty, qty_places, price, price_places)
    at = put_scaled(put(at, <bytes>pieces[7]), last_qty, qty_places)
    at = put_scaled(put(at, <bytes>pieces[8]), last_px, price_places)
    at = put_scaled(put(at, <bytes>pieces[9]), leaves_qty, qty_places)
    at = put_scaled(put(at, <bytes>pieces[10]), cum_qty, qty_places)
    at = put_scaled(put(at, <bytes>pieces[11]), avg_px, price_places)
    at = put(put(at, <bytes>pieces[12]), role)
    at = put(put(at, <bytes>pieces[13]), text_of(get(event, FILLED_HEAD.transact_time)))
    at = put(at, <bytes>pieces[14])
    return PyBytes_FromStringAndSize(room, at - room)


cdef bytes canceled_body(style, event, order, tuple places):
    cdef bytes cl_ord_id = get(event, CANCELED_NAME)
    cdef bytes orig_cl_ord_id = get(event, CANCELED_ORIG_NAME) or get(order, NAME)
    if not cl_ord_id:
        return None
    return changed(
        style, b"4", b"4", cl_ord_id, orig_cl_ord_id, event, &CANCELED_HEAD, order, places,
        get(order, ORDER_QTY), get(order, PRICE), 0, get(event, CANCELED_CUM), get(order, AVG_PX),
    )


cdef bytes replaced_body(style, event, order, tuple places):
    cum_qty = get(event, REPLACED_CUM)
    return changed(
        style, b"5", b"1" if cum_qty else get(style, REPLACED_STYLE), get(event, REPLACED_NAME),
        get(event, REPLACED_ORIG_NAME), event, &REPLACED_HEAD, order, places, get(event, REPLACED_QTY),
        get(event, REPLACED_PRICE), get(event, REPLACED_LEAVES), cum_qty, get(event, REPLACED_AVG_PX),
    )


cdef bytes changed(
    style, bytes exec_type, bytes ord_status, bytes cl_ord_id, bytes orig_cl_ord_id, event, Head* head, order,
    tuple places, order_qty, price, leaves_qty, cum_qty, avg_px
):
    """Return the report of an order that a request has changed, ``None`` if it is not usual."""
    cdef char room[ROOM]
    cdef bytes template = get(style, REPORT_STYLE)
    cdef list pieces = pieces_of(template)
    cdef int price_places = places[0], qty_places = places[1]
    cdef long long order_size = small(order_qty), limit = small(price), leaves = small(leaves_qty)
    cdef long long cum = small(cum_qty), average = small(avg_px)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(template) + PyBytes_GET_SIZE(cl_ord_id) + PyBytes_GET_SIZE(orig_cl_ord_id)
    if (
        order_size < 0 or limit < 0 or leaves < 0 or cum < 0 or average < 0
        or not is_short(size + PyBytes_GET_SIZE(ord_status), order, &ORDER_TERMS, price_places, qty_places)
    ):
        return None
    cdef long long order_id = small(get(event, head.order_id)), eseq = small(get(event, head.eseq))
    cdef long long n = small(get(event, head.n))
    if order_id < 0 or eseq < 0 or n < 0:
        return None
    cdef char* at = put_number(put(room, <bytes>pieces[0]), order_id)
    at = put_number(put(at, <bytes>pieces[1]), eseq)
    at[0] = 45
    at = put_number(at + 1, n)
    at = put(put(at, <bytes>pieces[2]), exec_type)
    at = put(put(at, <bytes>pieces[3]), ord_status)
    at = put(put(at, <bytes>pieces[4]), cl_ord_id)
    at = put(at, <bytes>pieces[5])
    memcpy(at, b"41=", 3)
    at = put(at + 3, orig_cl_ord_id)
    at[0] = 1
    at = put_terms(put(at + 1, <bytes>pieces[6]), order, &ORDER_TERMS)
    at = put_amounts(put(at, <bytes>pieces[7]), order_size, qty_places, limit, price_places)
    at = put_scaled(put(at, <bytes>pieces[8]), leaves, qty_places)
    at = put_scaled(put(at, <bytes>pieces[9]), cum, qty_places)
    at = put_scaled(put(at, <bytes>pieces[10]), average, price_places)
    at = put(put(at, <bytes>pieces[11]), text_of(get(event, head.transact_time)))
    at = put(put(at, <bytes>pieces[12]), <bytes>pieces[13])
    return PyBytes_FromStringAndSize(room, at - room)


cdef inline long long small(number) except? -2:
    """Return a number of 64 bits, or one below 0: it is larger."""
    cdef int overflow = 0
    return PyLong_AsLongLongAndOverflow(number, &overflow)


cdef list pieces_of(bytes template):
    """Return what stands between the places of a template; there are few templates."""
    pieces = PIECES.get(template)
    if pieces is None:
        pieces = PIECES[template] = re.split(rb"%[bd]", template)
    return <list>pieces


cdef bytes text_of(transact_time):
    """Return TransactTime(60): the events of one read have the same."""
    global SAID_TIME, SAID_TEXT
    if transact_time is not SAID_TIME:
        SAID_TEXT = STAMP.at(transact_time)
        SAID_TIME = transact_time
    return SAID_TEXT


cdef bint is_short(Py_ssize_t size, order, Terms* terms, int price_places, int qty_places) except -1:
    """Tell whether a report with ``size`` bytes of its own fits, and its decimals are those of 64 bits."""
    cdef Py_ssize_t account = 0, symbol = 0
    PyUnicode_AsUTF8AndSize(get(order, terms.account), &account)
    PyUnicode_AsUTF8AndSize(get(order, terms.symbol), &symbol)
    return (
        size + account + symbol + MOST_OF_NUMBERS + 64 <= ROOM
        and 0 <= price_places <= MOST_PLACES
        and 0 <= qty_places <= MOST_PLACES
    )


cdef char* put_head(char* at, list pieces, event, Head* head) except? NULL:
    """Write OrderID(37) and ExecID(17); ``NULL`` if they are too large."""
    cdef long long order_id = small(get(event, head.order_id)), eseq = small(get(event, head.eseq))
    cdef long long n = small(get(event, head.n))
    if order_id < 0 or eseq < 0 or n < 0:
        return NULL
    at = put_number(put(at, <bytes>pieces[0]), order_id)
    at = put_number(put(at, <bytes>pieces[1]), eseq)
    return put_number(put(at, <bytes>pieces[2]), n)


cdef char* put_terms(char* at, order, Terms* terms) except NULL:
    """Write the fields that an order keeps for life."""
    cdef Py_ssize_t size = 0
    cdef const char* text = PyUnicode_AsUTF8AndSize(get(order, terms.account), &size)
    memcpy(at, b"1=", 2)
    memcpy(at + 2, text, size)
    at += 2 + size
    text = PyUnicode_AsUTF8AndSize(get(order, terms.symbol), &size)
    memcpy(at, b"\x0155=", 4)
    memcpy(at + 4, text, size)
    at += 4 + size
    memcpy(at, b"\x0154=?\x0140=?\x0159=?\x01", 16)
    at[4] = SIDES[<int>get(order, terms.side)]
    at[9] = ORD_TYPES[<int>get(order, terms.ord_type)]
    at[14] = TIMES_IN_FORCE[<int>get(order, terms.time_in_force)]
    at += 16
    if get(order, terms.post_only):
        memcpy(at, b"18=6\x01", 5)
        at += 5
    return at


cdef char* put_amounts(
    char* at, long long order_qty, int qty_places, long long price, int price_places
) noexcept:
    """Write OrderQty(38) and Price(44), each left out when 0."""
    if order_qty:
        memcpy(at, b"38=", 3)
        at = put_scaled(at + 3, order_qty, qty_places)
        at[0] = 1
        at += 1
    if price:
        memcpy(at, b"44=", 3)
        at = put_scaled(at + 3, price, price_places)
        at[0] = 1
        at += 1
    return at


cdef char* put_scaled(char* at, long long value, int places) noexcept:
    """Write a scaled integer as a decimal without trailing zeros."""
    cdef long long unit = UNITS[places], fraction
    if unit == 1 or value == 0:
        return put_number(at, value)
    fraction = value % unit
    at = put_number(at, value // unit)
    if fraction == 0:
        return at
    at[0] = 46
    while fraction:
        at += 1
        unit //= 10
        at[0] = <char>(48 + fraction // unit)
        fraction %= unit
    return at + 1
