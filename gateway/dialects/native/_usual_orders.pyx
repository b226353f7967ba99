"""Decode NewOrderSingle(D) as nearly every client sends it, compiled: the same order as in plain Python.

The twin is in ``usual_orders``. NOT here: every other order (``fix_orders``).
"""

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.tuple cimport PyTuple_Check, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.string cimport memcmp

from protocols.fix._codec cimport Bytes, Field, Message, is_digit

from gateway.dialects.native.fix_features import TAGS
from gateway.dialects.native.terms import MAX_CL_ORD_ID, is_cl_ord_id
from gateway.dialects.native.usual_orders import KINDS, usual_new_order as usual_new_order_of_fields
from gateway.model import NewOrder, OrdType, ScaledError, parse_scaled

cdef enum:
    ABSENT = 9
    MOST_DIGITS = 18

cdef object MARKET = OrdType.MARKET
cdef object ZERO = 0
cdef int LONGEST_ID = MAX_CL_ORD_ID

cdef unsigned char IS_FEATURE[65536]  # tags that an ordinary order does not have
for _tag in TAGS:
    IS_FEATURE[int(_tag)] = 1

cdef unsigned char IS_ID_BYTE[256]
for _byte in range(256):
    IS_ID_BYTE[_byte] = is_cl_ord_id(bytes((_byte,)))

cdef list KINDS_BY_CODES = [None] * 10_000  # a decimal digit for each of the four codes
for _codes, _kind in KINDS.items():
    _at = 0
    for _code in _codes:
        _at = _at * 10 + (ABSENT if _code is None else int(_code))
    KINDS_BY_CODES[_at] = _kind


def usual_new_order(Message message not None, origin not None, instruments):
    """Return the order, or ``None`` for a message that needs a closer look."""
    cdef Bytes start = <Bytes>PyBytes_AS_STRING(message.raw)
    cdef Field* field
    cdef Field* account = NULL
    cdef Field* cl_ord_id = NULL
    cdef Field* exec_inst = NULL
    cdef Field* handl_inst = NULL
    cdef Field* order_qty = NULL
    cdef Field* ord_type = NULL
    cdef Field* price = NULL
    cdef Field* side = NULL
    cdef Field* symbol = NULL
    cdef Field* time_in_force = NULL
    cdef Py_ssize_t i
    cdef int codes
    cdef tuple kind
    cdef object limit, session, account_name, transact_time
    if not message.is_indexed or not PyTuple_Check(origin) or PyTuple_GET_SIZE(origin) != 3:
        return usual_new_order_of_fields(message, origin, instruments)
    session, account_name, transact_time = (<tuple>origin)[0], (<tuple>origin)[1], (<tuple>origin)[2]
    for i in range(message.field_count):
        field = &message.index[i]
        if field.tag == 1:
            account = account or field
        elif field.tag == 11:
            cl_ord_id = cl_ord_id or field
        elif field.tag == 18:
            exec_inst = exec_inst or field
        elif field.tag == 21:
            handl_inst = handl_inst or field
        elif field.tag == 38:
            order_qty = order_qty or field
        elif field.tag == 40:
            ord_type = ord_type or field
        elif field.tag == 44:
            price = price or field
        elif field.tag == 54:
            side = side or field
        elif field.tag == 55:
            symbol = symbol or field
        elif field.tag == 59:
            time_in_force = time_in_force or field
        elif IS_FEATURE[field.tag]:
            return None
    codes = code(start, side) * 1000 + code(start, ord_type) * 100 + code(start, time_in_force) * 10
    codes += code(start, exec_inst)
    if codes < 0:
        return None
    kind = <tuple>KINDS_BY_CODES[codes]
    if (
        kind is None
        or symbol is NULL
        or order_qty is NULL
        or (price is NULL) != (kind[1] is MARKET)
        or (account is not NULL and not is_text(start, account, account_name))
        or (handl_inst is not NULL and code(start, handl_inst) != 1)
        or not is_id(start, cl_ord_id)
    ):
        return None
    instrument = (<dict?>instruments.by_wire).get(message.value_of(symbol))
    if instrument is None:
        return None
    try:
        limit = ZERO if price is NULL else scaled(message, price, instrument.price_places)
        return NewOrder(
            session,
            message.msg_seq_num,
            account_name,
            transact_time,
            message.value_of(cl_ord_id),
            instrument.symbol,
            kind[0],
            kind[1],
            kind[2],
            scaled(message, order_qty, instrument.qty_places),
            limit,
            kind[3],
        )
    except ScaledError:
        return None


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
