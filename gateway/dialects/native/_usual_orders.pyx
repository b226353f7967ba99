"""Decode D, F and G as nearly every client sends them, compiled: the same requests as in plain Python.

The twins are in ``usual_orders``. NOT here: every other request (``fix_orders``).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.tuple cimport PyTuple_Check, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.string cimport memcmp, memset

from gateway.model._slots cimport fill, get, make, plain, slot
from protocols.fix._codec cimport Bytes, Field, Message, is_digit

from gateway.dialects.native.fix_features import TAGS
from gateway.dialects.native.terms import MAX_CL_ORD_ID, is_cl_ord_id
from gateway.dialects.native import usual_orders
from gateway.model import CancelOrder, Instrument, NewOrder, OrdType, ReplaceOrder, ScaledError, parse_scaled

cdef enum:
    ABSENT = 9
    MOST_DIGITS = 18

cdef object MARKET = OrdType.MARKET, INSTRUMENT = Instrument
cdef object ZERO = 0, NO_ID = b""
cdef object LAST_OF = None, LAST_NAMED = None  # the instruments that were asked last, and for which of them
cdef bytes LAST_SYMBOL = b""

cdef Py_ssize_t INSTRUMENT_SYMBOL = slot(Instrument, "symbol")
cdef Py_ssize_t PRICE_PLACES = slot(Instrument, "price_places"), QTY_PLACES = slot(Instrument, "qty_places")

cdef struct Request:
    # Where a class has what every request has.
    Py_ssize_t session, msg_seq_num, account, transact_time, cl_ord_id, symbol

cdef struct Wire:
    # The first field of each tag that a usual request may have; and whether one asks for more.
    Field* account
    Field* cl_ord_id
    Field* exec_inst
    Field* handl_inst
    Field* order_id
    Field* order_qty
    Field* ord_type
    Field* orig_cl_ord_id
    Field* price
    Field* side
    Field* symbol
    Field* time_in_force
    bint has_feature


cdef Request request_of(object kind):
    cdef Request request
    request.session, request.msg_seq_num = slot(kind, "session"), slot(kind, "msg_seq_num")
    request.account, request.transact_time = slot(kind, "account"), slot(kind, "transact_time")
    request.cl_ord_id, request.symbol = slot(kind, "cl_ord_id"), slot(kind, "symbol")
    return request


cdef object NEW = plain(NewOrder), CANCEL = plain(CancelOrder), REPLACE = plain(ReplaceOrder)
cdef Request NEW_REQUEST = request_of(NewOrder), CANCEL_REQUEST = request_of(CancelOrder)
cdef Request REPLACE_REQUEST = request_of(ReplaceOrder)
cdef Py_ssize_t NEW_SIDE = slot(NewOrder, "side"), NEW_TYPE = slot(NewOrder, "ord_type")
cdef Py_ssize_t NEW_TIME_IN_FORCE = slot(NewOrder, "time_in_force"), NEW_QTY = slot(NewOrder, "order_qty")
cdef Py_ssize_t NEW_PRICE = slot(NewOrder, "price"), NEW_POST_ONLY = slot(NewOrder, "post_only")
cdef Py_ssize_t CANCEL_ORIG = slot(CancelOrder, "orig_cl_ord_id"), CANCEL_ID = slot(CancelOrder, "order_id")
cdef Py_ssize_t REPLACE_ORIG = slot(ReplaceOrder, "orig_cl_ord_id"), REPLACE_ID = slot(ReplaceOrder, "order_id")
cdef Py_ssize_t REPLACE_QTY = slot(ReplaceOrder, "order_qty"), REPLACE_PRICE = slot(ReplaceOrder, "price")
cdef int LONGEST_ID = MAX_CL_ORD_ID

cdef unsigned char IS_FEATURE[65536]  # tags that an ordinary order does not have
for _tag in TAGS:
    IS_FEATURE[int(_tag)] = 1

cdef unsigned char IS_ID_BYTE[256]
for _byte in range(256):
    IS_ID_BYTE[_byte] = is_cl_ord_id(bytes((_byte,)))

cdef list KINDS_BY_CODES = [None] * 10_000  # a decimal digit for each of the four codes
for _codes, _kind in usual_orders.KINDS.items():
    _at = 0
    for _code in _codes:
        _at = _at * 10 + (ABSENT if _code is None else int(_code))
    KINDS_BY_CODES[_at] = _kind


def usual_new_order(Message message not None, origin not None, instruments):
    """Return the order, or ``None`` for a message that needs a closer look."""
    if not is_ordinary(message, origin):
        return usual_orders.usual_new_order(message, origin, instruments)
    return new_order_of(message, <tuple>origin, instruments)


cdef object new_order_of(Message message, tuple origin, instruments):
    """Return the order of an indexed message, or ``None`` for one that needs a closer look."""
    cdef Bytes start = <Bytes>PyBytes_AS_STRING(message.raw)
    cdef Wire wire
    cdef int codes
    cdef tuple kind
    read(message, &wire)
    codes = code(start, wire.side) * 1000 + code(start, wire.ord_type) * 100 + code(start, wire.time_in_force) * 10
    codes += code(start, wire.exec_inst)
    if codes < 0 or wire.has_feature:
        return None
    kind = <tuple>KINDS_BY_CODES[codes]
    if (
        kind is None
        or wire.order_qty is NULL
        or (wire.price is NULL) != (kind[1] is MARKET)
        or (wire.handl_inst is not NULL and code(start, wire.handl_inst) != 1)
    ):
        return None
    instrument = instrument_of(message, &wire, origin, instruments)
    if instrument is None:
        return None
    try:
        order_qty = scaled(message, wire.order_qty, get(instrument, QTY_PLACES))
        price = ZERO if wire.price is NULL else scaled(message, wire.price, get(instrument, PRICE_PLACES))
    except ScaledError:
        return None
    order = requested(NEW, &NEW_REQUEST, message, &wire, origin, instrument)
    fill(order, NEW_SIDE, kind[0])
    fill(order, NEW_TYPE, kind[1])
    fill(order, NEW_TIME_IN_FORCE, kind[2])
    fill(order, NEW_QTY, order_qty)
    fill(order, NEW_PRICE, price)
    fill(order, NEW_POST_ONLY, kind[3])
    return order


def usual_cancel(Message message not None, origin not None, instruments):
    """Return the cancel, or ``None`` for a message that needs a closer look."""
    if not is_ordinary(message, origin):
        return usual_orders.usual_cancel(message, origin, instruments)
    return cancel_of(message, <tuple>origin, instruments)


cdef object cancel_of(Message message, tuple origin, instruments):
    """Return the cancel of an indexed message, or ``None`` for one that needs a closer look."""
    cdef Wire wire
    read(message, &wire)
    order_id = order_id_of(message, &wire)
    instrument = instrument_of(message, &wire, origin, instruments)
    if order_id is None or instrument is None:
        return None
    orig_cl_ord_id = NO_ID if wire.orig_cl_ord_id is NULL else message.value_of(wire.orig_cl_ord_id)
    cancel = requested(CANCEL, &CANCEL_REQUEST, message, &wire, origin, instrument)
    fill(cancel, CANCEL_ORIG, orig_cl_ord_id)
    fill(cancel, CANCEL_ID, order_id)
    return cancel


def usual_replace(Message message not None, origin not None, instruments):
    """Return the replace, or ``None`` for a message that needs a closer look."""
    if not is_ordinary(message, origin):
        return usual_orders.usual_replace(message, origin, instruments)
    return replace_of(message, <tuple>origin, instruments)


cdef object replace_of(Message message, tuple origin, instruments):
    """Return the replace of an indexed message, or ``None`` for one that needs a closer look."""
    cdef Bytes start = <Bytes>PyBytes_AS_STRING(message.raw)
    cdef Wire wire
    read(message, &wire)
    if (
        wire.has_feature
        or wire.exec_inst is not NULL
        or wire.order_qty is NULL
        or wire.price is NULL
        or code(start, wire.ord_type) != 2
        or (wire.time_in_force is not NULL and code(start, wire.time_in_force) != 1)
        or (wire.handl_inst is not NULL and code(start, wire.handl_inst) != 1)
    ):
        return None
    order_id = order_id_of(message, &wire)
    instrument = instrument_of(message, &wire, origin, instruments)
    if order_id is None or instrument is None:
        return None
    try:
        order_qty = scaled(message, wire.order_qty, get(instrument, QTY_PLACES))
        price = scaled(message, wire.price, get(instrument, PRICE_PLACES))
    except ScaledError:
        return None
    orig_cl_ord_id = NO_ID if wire.orig_cl_ord_id is NULL else message.value_of(wire.orig_cl_ord_id)
    replace = requested(REPLACE, &REPLACE_REQUEST, message, &wire, origin, instrument)
    fill(replace, REPLACE_ORIG, orig_cl_ord_id)
    fill(replace, REPLACE_ID, order_id)
    fill(replace, REPLACE_QTY, order_qty)
    fill(replace, REPLACE_PRICE, price)
    return replace


cdef inline bint is_ordinary(Message message, origin) noexcept:
    """Tell whether the fields can be read in place, and the origin as a tuple."""
    return message.is_indexed and PyTuple_Check(origin) and PyTuple_GET_SIZE(origin) == 3


cdef void read(Message message, Wire* wire) noexcept:
    """Find the fields of a message."""
    cdef Field* field
    cdef Py_ssize_t i
    cdef unsigned short tag
    memset(wire, 0, sizeof(Wire))
    for i in range(message.field_count):
        field = &message.index[i]
        tag = field.tag
        if tag == 1:
            wire.account = wire.account or field
        elif tag == 11:
            wire.cl_ord_id = wire.cl_ord_id or field
        elif tag == 18:
            wire.exec_inst = wire.exec_inst or field
        elif tag == 21:
            wire.handl_inst = wire.handl_inst or field
        elif tag == 37:
            wire.order_id = wire.order_id or field
        elif tag == 38:
            wire.order_qty = wire.order_qty or field
        elif tag == 40:
            wire.ord_type = wire.ord_type or field
        elif tag == 41:
            wire.orig_cl_ord_id = wire.orig_cl_ord_id or field
        elif tag == 44:
            wire.price = wire.price or field
        elif tag == 54:
            wire.side = wire.side or field
        elif tag == 55:
            wire.symbol = wire.symbol or field
        elif tag == 59:
            wire.time_in_force = wire.time_in_force or field
        elif IS_FEATURE[tag]:
            wire.has_feature = True


cdef object instrument_of(Message message, Wire* wire, tuple origin, instruments):
    """Return the instrument, ``None`` for none, or a request without a ClOrdID or for another account."""
    cdef Bytes start = <Bytes>PyBytes_AS_STRING(message.raw)
    if (
        wire.symbol is NULL
        or (wire.account is not NULL and not is_text(start, wire.account, origin[1]))
        or not is_id(start, wire.cl_ord_id)
    ):
        return None
    return named(instruments, message, wire.symbol)


cdef object named(instruments, Message message, Field* field):
    """Return the instrument with that symbol, ``None`` for none. It is often the one of the last message."""
    global LAST_OF, LAST_SYMBOL, LAST_NAMED
    cdef Py_ssize_t size = field.end - field.start
    if (
        instruments is LAST_OF
        and size == PyBytes_GET_SIZE(LAST_SYMBOL)
        and not memcmp(PyBytes_AS_STRING(message.raw) + field.start, PyBytes_AS_STRING(LAST_SYMBOL), size)
    ):
        return LAST_NAMED
    symbol = message.value_of(field)
    instrument = (<dict?>instruments.by_wire).get(symbol)
    if type(instrument) is not INSTRUMENT:
        return None
    LAST_OF, LAST_SYMBOL, LAST_NAMED = instruments, symbol, instrument
    return instrument


cdef object order_id_of(Message message, Wire* wire):
    """Return the OrderID(37), 0 without one, ``None`` where the order is not well named."""
    cdef Bytes start = <Bytes>PyBytes_AS_STRING(message.raw)
    cdef Py_ssize_t at
    cdef long long order_id = 0
    if wire.orig_cl_ord_id is not NULL and not is_id(start, wire.orig_cl_ord_id):
        return None
    if wire.order_id is NULL:
        return None if wire.orig_cl_ord_id is NULL else ZERO
    if wire.order_id.end - wire.order_id.start > MOST_DIGITS:
        return None
    for at in range(wire.order_id.start, wire.order_id.end):
        if not is_digit(start[at]):
            return None
        order_id = order_id * 10 + start[at] - 48
    return order_id if order_id else None


cdef object requested(kind, Request* slots, Message message, Wire* wire, tuple origin, instrument):
    """Return a request of ``kind`` with the fields that all have; the others are still empty."""
    number = message.msg_seq_num
    cl_ord_id = message.value_of(wire.cl_ord_id)
    symbol = get(instrument, INSTRUMENT_SYMBOL)
    request = make(kind)
    fill(request, slots.session, origin[0])
    fill(request, slots.msg_seq_num, number)
    fill(request, slots.account, origin[1])
    fill(request, slots.transact_time, origin[2])
    fill(request, slots.cl_ord_id, cl_ord_id)
    fill(request, slots.symbol, symbol)
    return request


cdef inline int code(Bytes start, Field* field) noexcept:
    """Return the value of a field with a code of one digit below 9, ``ABSENT``, or much less than 0."""
    if field is NULL:
        return ABSENT
    if field.end - field.start != 1 or not is_digit(start[field.start]) or start[field.start] == 57:
        return -10_000
    return start[field.start] - 48


cdef inline bint is_id(Bytes start, Field* field) noexcept:
    """Tell whether the value may be a ClOrdID(11)."""
    cdef Py_ssize_t at
    if field is NULL or field.start == field.end or field.end - field.start > LONGEST_ID:
        return False
    for at in range(field.start, field.end):
        if not IS_ID_BYTE[start[at]]:
            return False
    return True


cdef inline bint is_text(Bytes start, Field* field, text) except -1:
    """Tell whether the value is ``text``."""
    cdef Py_ssize_t size = 0
    cdef const char* content = PyUnicode_AsUTF8AndSize(text, &size)
    return size == field.end - field.start and not memcmp(start + field.start, content, size)


cdef object scaled(Message message, Field* field, int places):
    """Return an amount as ``parse_scaled`` does."""
    cdef Bytes at = <Bytes>PyBytes_AS_STRING(message.raw) + field.start
    cdef Bytes end = <Bytes>PyBytes_AS_STRING(message.raw) + field.end
    cdef long long value = 0
    cdef Py_ssize_t digits = 0, decimals = -1
    while at < end:
        if is_digit(at[0]) and decimals < places and digits < MOST_DIGITS:
            value = value * 10 + at[0] - 48
            digits += 1
            if decimals >= 0:
                decimals += 1
        elif at[0] == 46 and decimals < 0:
            decimals = 0
        else:
            return parse_scaled(message.value_of(field), places)
        at += 1
    if digits == 0 or digits + places > MOST_DIGITS:
        return parse_scaled(message.value_of(field), places)
    for _ in range(places - max(decimals, 0)):
        value *= 10
    return value
