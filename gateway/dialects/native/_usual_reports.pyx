"""Encode the two reports that nearly every order has, compiled: the same bytes as in plain Python.

The twins are in ``usual_reports``; they also encode what is too long or too large to be usual. NOT here: every
other report (``fix_reports``).
"""

import re

from cpython.bytes cimport PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.string cimport memcpy

from protocols.fix._codec cimport put, put_number

from gateway.dialects.native import usual_reports
from protocols.fix.msg_types import EXECUTION_REPORT
from protocols.fix.timestamps import utc_text

cdef enum:
    ROOM = 2048
    MOST_PLACES = 18
    MOST_OF_NUMBERS = 12 * 24  # twelve numbers with a point each, and the tags between them

cdef char[10] SIDES, ORD_TYPES, TIMES_IN_FORCE  # the code of each member of the model's enumerations
for _member, _code in usual_reports.SIDES.items():
    SIDES[<int>int(_member)] = ord(_code)
for _member, _code in usual_reports.ORD_TYPES.items():
    ORD_TYPES[<int>int(_member)] = ord(_code)
for _member, _code in usual_reports.TIMES_IN_FORCE.items():
    TIMES_IN_FORCE[<int>int(_member)] = ord(_code)

cdef dict PIECES = {}  # each template to what stands between its places
cdef object SAID_TIME = None
cdef bytes SAID_TEXT = b""


def accepted(style, event, order, tuple places not None):
    """Return MsgType and body of the report of an ``OrderAccepted``."""
    cdef char room[ROOM]
    cdef bytes cl_ord_id = event.cl_ord_id
    cdef bytes template = style.accepted
    cdef list pieces = pieces_of(template)
    cdef int price_places = places[0], qty_places = places[1]
    cdef long long order_id = small(event.order_id), eseq = small(event.eseq), n = small(event.n)
    cdef long long order_qty = small(event.order_qty), price = small(event.price)
    if (
        order_id < 0 or eseq < 0 or n < 0 or order_qty < 0 or price < 0
        or not is_short(PyBytes_GET_SIZE(template) + PyBytes_GET_SIZE(cl_ord_id), event, places)
    ):
        return usual_reports.accepted(style, event, order, places)
    cdef char* at = put_number(put(room, <bytes>pieces[0]), order_id)
    at = put_number(put(at, <bytes>pieces[1]), eseq)
    at = put_number(put(at, <bytes>pieces[2]), n)
    at = put(put(at, <bytes>pieces[3]), cl_ord_id)
    at = put_terms(put(at, <bytes>pieces[4]), event)
    at = put_amounts(put(at, <bytes>pieces[5]), order_qty, qty_places, price, price_places)
    at = put_scaled(put(at, <bytes>pieces[6]), order_qty, qty_places)
    at = put(put(at, <bytes>pieces[7]), text_of(event.transact_time))
    at = put(at, <bytes>pieces[8])
    return EXECUTION_REPORT, PyBytes_FromStringAndSize(room, at - room)


def filled(style, event, order, tuple places not None):
    """Return MsgType and body of the report of an ``OrderFilled``."""
    cdef char room[ROOM]
    cdef bytes cl_ord_id = order.cl_ord_id
    cdef bytes template = style.fill
    cdef list pieces = pieces_of(template)
    cdef int price_places = places[0], qty_places = places[1]
    cdef long long order_id = small(event.order_id), eseq = small(event.eseq), n = small(event.n)
    cdef long long order_qty = small(order.order_qty), price = small(order.price)
    cdef long long last_qty = small(event.last_qty), last_px = small(event.last_px)
    cdef long long leaves_qty = small(event.leaves_qty), cum_qty = small(event.cum_qty), avg_px = small(event.avg_px)
    cdef bytes kind = style.part_filled if leaves_qty else style.filled
    cdef bytes role = style.taker if event.aggressor else style.maker
    cdef Py_ssize_t size = PyBytes_GET_SIZE(template) + PyBytes_GET_SIZE(cl_ord_id)
    size += PyBytes_GET_SIZE(kind) + PyBytes_GET_SIZE(role)
    if (
        order_id < 0 or eseq < 0 or n < 0 or order_qty < 0 or price < 0 or last_qty < 0 or last_px < 0
        or leaves_qty < 0 or cum_qty < 0 or avg_px < 0 or not is_short(size, order, places)
    ):
        return usual_reports.filled(style, event, order, places)
    cdef char* at = put_number(put(room, <bytes>pieces[0]), order_id)
    at = put_number(put(at, <bytes>pieces[1]), eseq)
    at = put_number(put(at, <bytes>pieces[2]), n)
    at = put(put(at, <bytes>pieces[3]), kind)
    at = put(put(at, <bytes>pieces[4]), cl_ord_id)
    at = put_terms(put(at, <bytes>pieces[5]), order)
    at = put_amounts(put(at, <bytes>pieces[6]), order_qty, qty_places, price, price_places)
    at = put_scaled(put(at, <bytes>pieces[7]), last_qty, qty_places)
    at = put_scaled(put(at, <bytes>pieces[8]), last_px, price_places)
    at = put_scaled(put(at, <bytes>pieces[9]), leaves_qty, qty_places)
    at = put_scaled(put(at, <bytes>pieces[10]), cum_qty, qty_places)
    at = put_scaled(put(at, <bytes>pieces[11]), avg_px, price_places)
    at = put(put(at, <bytes>pieces[12]), role)
    at = put(put(at, <bytes>pieces[13]), text_of(event.transact_time))
    at = put(at, <bytes>pieces[14])
    return EXECUTION_REPORT, PyBytes_FromStringAndSize(room, at - room)


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
        SAID_TEXT = utc_text(transact_time)
        SAID_TIME = transact_time
    return SAID_TEXT


cdef bint is_short(Py_ssize_t size, order, tuple places) except -1:
    """Tell whether a report with ``size`` bytes of its own fits, and its decimals are those of 64 bits."""
    cdef Py_ssize_t account = 0, symbol = 0
    PyUnicode_AsUTF8AndSize(order.account, &account)
    PyUnicode_AsUTF8AndSize(order.symbol, &symbol)
    return (
        size + account + symbol + MOST_OF_NUMBERS + 64 <= ROOM
        and 0 <= places[0] <= MOST_PLACES
        and 0 <= places[1] <= MOST_PLACES
    )


cdef char* put_terms(char* at, order) except NULL:
    """Write the fields that an order keeps for life."""
    cdef Py_ssize_t size = 0
    cdef const char* text = PyUnicode_AsUTF8AndSize(order.account, &size)
    memcpy(at, b"1=", 2)
    memcpy(at + 2, text, size)
    at += 2 + size
    text = PyUnicode_AsUTF8AndSize(order.symbol, &size)
    memcpy(at, b"\x0155=", 4)
    memcpy(at + 4, text, size)
    at += 4 + size
    memcpy(at, b"\x0154=?\x0140=?\x0159=?\x01", 16)
    at[4] = SIDES[<int>order.side]
    at[9] = ORD_TYPES[<int>order.ord_type]
    at[14] = TIMES_IN_FORCE[<int>order.time_in_force]
    at += 16
    if order.post_only:
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
    cdef long long unit = 1, fraction
    cdef char* end
    for _ in range(places):
        unit *= 10
    fraction = value % unit
    at = put_number(at, value // unit)
    if fraction == 0:
        return at
    at[0] = 46
    while unit > 10:
        at += 1
        unit //= 10
        at[0] = <char>(48 + fraction // unit)
        fraction %= unit
        if fraction == 0:
            return at + 1
    at[1] = <char>(48 + fraction)
    return at + 2
