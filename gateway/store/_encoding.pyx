"""Encode a batch as a record, and hash events, compiled: what ``plain_encoding`` gives, byte for byte.

What is usual in a batch is written as msgpack straight from where the structs have their fields. NOT here: any
other value (negative numbers, text that is not ASCII, other classes), which msgspec encodes.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_Next, PyDict_Size
from cpython.object cimport PyTypeObject
from cpython.ref cimport PyObject
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

from gateway.model._msgpack cimport LEAD, Layout, put_number, put_short, put_size, set_layout, whole
from gateway.model._slots cimport peek, slot
from gateway.store._checksum cimport can_fold_crc32, crc32, prepare_crc32

import msgspec

from gateway.model import BookDelta, CancelOrder, CancelRejected, InstrumentStatus, MassCancel, MassCanceled, NewOrder
from gateway.model import OrderAccepted, OrderCanceled, OrderFilled, OrderRejected, OrderReplaced, Refusal, Refuse
from gateway.model import ReplaceOrder, SetTradingStatus, Trade
from gateway.ports import Batch, SessionNumbers, StoredExecution, StoredMessage
from gateway.store.plain_encoding import MAGIC

cdef extern from *:  # for what is borrowed
    PyObject* field "BDAX_SLOT"(PyObject* holder, Py_ssize_t offset)

cdef extern from "Python.h":
    PyObject* Py_None
    PyObject* Py_True
    PyObject* Py_False
    PyTypeObject* KIND "Py_TYPE"(PyObject* value)
    PyTypeObject PyLong_Type, PyBytes_Type, PyUnicode_Type, PyList_Type, PyDict_Type
    bint PyLong_Check(PyObject* number)
    Py_ssize_t PyBytes_GET_SIZE(PyObject* text)
    char* PyBytes_AS_STRING(PyObject* text)
    bint PyUnicode_IS_COMPACT_ASCII(PyObject* text)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject* text)
    void* PyUnicode_DATA(PyObject* text)
    Py_ssize_t PyList_GET_SIZE(PyObject* items)
    PyObject* PyList_GET_ITEM(PyObject* items, Py_ssize_t n)

cdef enum:
    HEADER = 36
    LEAD_ENDS = 8  # magic and checksum, which the checksum does not cover
    FIRST_ROOM = 16384
    KINDS_KNOWN = 20
    NUMBER = 9  # a number at its longest, or the header of a text
    SHORT = 32  # texts below this are short
    SHORT_FIELD = 2 + SHORT

# The frequent ones first: they are looked for in this order.
cdef Layout[KINDS_KNOWN] LAYOUTS
cdef list KINDS = [
    StoredMessage, StoredExecution, NewOrder, OrderAccepted, BookDelta, OrderFilled, Trade, SessionNumbers,
    CancelOrder, OrderCanceled, ReplaceOrder, OrderReplaced, Refuse, Refusal, OrderRejected, CancelRejected,
    MassCancel, MassCanceled, SetTradingStatus, InstrumentStatus,
]
for _n, _kind in enumerate(KINDS):
    set_layout(&LAYOUTS[_n], _kind)

cdef Py_ssize_t COMMANDS = slot(Batch, "commands"), MESSAGES = slot(Batch, "messages")
cdef Py_ssize_t SESSIONS = slot(Batch, "sessions"), EXECUTIONS = slot(Batch, "executions")
cdef Py_ssize_t EVENTS = slot(Batch, "events")

cdef object encode = msgspec.msgpack.Encoder().encode
cdef bytes LEADING = MAGIC
cdef bint CAN_FOLD = can_fold_crc32()
prepare_crc32()


def checksum(const unsigned char[::1] content not None, start=0):
    """Return zlib's CRC-32 of ``content``, going on from ``start``."""
    cdef uint32_t first = start
    return crc32(first, <const char*>&content[0], content.shape[0], CAN_FOLD) if content.shape[0] else first


def hash_events(events):
    """Return the CRC-32 of the events' msgpack, by which a replay is checked."""
    cdef Room room
    begin(&room)
    try:
        put(&room, <PyObject*>events)
        return crc32(0, room.start, room.at - room.start, CAN_FOLD)
    finally:
        free(room.start)


def encode_record(uint64_t number, uint64_t eseq, uint64_t utc_ns, batch not None, uint32_t seed=0):
    """Return the record of the batch ``number``, after which the engine sequence is ``eseq``."""
    cdef Room room
    begin(&room)
    try:
        put_record(&room, number, eseq, utc_ns, batch, seed)
        return PyBytes_FromStringAndSize(room.start, room.at - room.start)
    finally:
        free(room.start)


cdef int put_record(
    Room* room, uint64_t number, uint64_t eseq, uint64_t utc_ns, batch, uint32_t seed
) except -1:
    cdef uint32_t event_hash
    if type(batch) is not Batch:
        raise TypeError("not a batch")
    room.at = room.start
    put(room, peek(batch, EVENTS))
    event_hash = crc32(0, room.start, room.at - room.start, CAN_FOLD)
    room.at = room.start + HEADER
    room.at[0] = <char>0x95
    room.at += 1
    put(room, peek(batch, COMMANDS))
    reserve(room, NUMBER)
    room.at = put_number(room.at, event_hash)
    put(room, peek(batch, MESSAGES))
    put(room, peek(batch, SESSIONS))
    put(room, peek(batch, EXECUTIONS))
    put_header(room, number, eseq, utc_ns, seed)
    return 0


cdef int begin(Room* room) except -1:
    room.start = <char*>malloc(FIRST_ROOM)
    if room.start == NULL:
        raise MemoryError
    room.at = room.start
    room.end = room.start + FIRST_ROOM
    return 0


cdef inline int reserve(Room* room, Py_ssize_t size) except -1:
    """Have room for ``size`` bytes."""
    if room.end - room.at < size:
        grow(room, size)
    return 0


cdef int grow(Room* room, Py_ssize_t size) except -1:
    cdef Py_ssize_t used = room.at - room.start
    cdef Py_ssize_t whole_size = 2 * (room.end - room.start) + size
    cdef char* start = <char*>realloc(room.start, whole_size)
    if start == NULL:
        raise MemoryError
    room.start = start
    room.at = start + used
    room.end = start + whole_size
    return 0


cdef void put_header(Room* room, uint64_t number, uint64_t eseq, uint64_t utc_ns, uint32_t seed) noexcept:
    cdef char* start = room.start
    memcpy(start, PyBytes_AS_STRING(<PyObject*>LEADING), 4)
    little(start + 8, room.at - start - HEADER, 4)
    little(start + 12, number, 8)
    little(start + 20, eseq, 8)
    little(start + 28, utc_ns, 8)
    little(start + 4, crc32(seed, start + LEAD_ENDS, room.at - start - LEAD_ENDS, CAN_FOLD), 4)


cdef inline void little(char* at, uint64_t number, int size) noexcept:
    cdef int n
    for n in range(size):
        at[n] = <char>(number >> 8 * n)


cdef int put(Room* room, PyObject* value) except -1:
    """Write any value."""
    cdef PyTypeObject* kind
    cdef Py_ssize_t n
    if value == NULL:
        raise AttributeError("a field is empty")
    kind = KIND(value)
    if kind == &PyList_Type:
        return put_list(room, value)
    for n in range(KINDS_KNOWN):
        if LAYOUTS[n].kind == kind:
            return put_struct(room, value, &LAYOUTS[n])
    if kind == &PyDict_Type:
        return put_dict(room, <dict>value)
    return put_other(room, value, kind)


cdef int put_list(Room* room, PyObject* items) except -1:
    cdef Py_ssize_t n, size = PyList_GET_SIZE(items)
    reserve(room, NUMBER)
    if size < 16:
        room.at[0] = <char>(0x90 | size)
        room.at += 1
    else:
        room.at = put_size(room.at, 0xDC, size, 2)
    n = 0
    while n < size:
        put(room, PyList_GET_ITEM(items, n))
        n += 1
    return 0


cdef int put_dict(Room* room, dict items) except -1:
    cdef Py_ssize_t at = 0, size = PyDict_Size(items)
    cdef PyObject* key
    cdef PyObject* value
    reserve(room, NUMBER)
    if size < 16:
        room.at[0] = <char>(0x80 | size)
        room.at += 1
    else:
        room.at = put_size(room.at, 0xDE, size, 2)
    while PyDict_Next(items, &at, &key, &value):
        put(room, key)
        put(room, value)
    return 0


cdef int put_struct(Room* room, PyObject* holder, const Layout* layout) except -1:
    cdef PyObject* value
    cdef PyTypeObject* kind
    cdef char* at
    cdef long long number
    cdef Py_ssize_t n, size
    # For all that is short; behind what is long there is room for the rest again.
    cdef Py_ssize_t most = LEAD + SHORT_FIELD * layout.count
    reserve(room, most)
    at = room.at
    memcpy(at, layout.lead, LEAD)  # always all of it, which is quicker
    at += layout.lead_size
    for n in range(layout.count):
        value = field(holder, layout.fields[n])
        if value == NULL:
            raise AttributeError("a field is empty")
        kind = KIND(value)
        if kind == &PyLong_Type:
            number = whole(value)
            if number >= 0:
                at = put_number(at, number)
                continue
        elif kind == &PyUnicode_Type:
            size = PyUnicode_GET_LENGTH(value)
            if size < SHORT and PyUnicode_IS_COMPACT_ASCII(value):
                at[0] = <char>(0xA0 | size)
                at = put_short(at + 1, <const char*>PyUnicode_DATA(value), size)
                continue
        elif kind == &PyBytes_Type:
            size = PyBytes_GET_SIZE(value)
            if size < SHORT:
                at[0] = <char>0xC4
                at[1] = <char>size
                at = put_short(at + 2, PyBytes_AS_STRING(value), size)
                continue
        elif PyLong_Check(value) and value != Py_True and value != Py_False:  # a member of an enumeration
            number = whole(value)
            if number >= 0:
                at = put_number(at, number)
                continue
        room.at = at
        put_other(room, value, kind)
        reserve(room, most)
        at = room.at
    room.at = at
    return 0


cdef int put_other(Room* room, PyObject* value, PyTypeObject* kind) except -1:
    """Write what is no struct, list or dict, or a struct within a struct."""
    cdef const char* text
    cdef bytes encoded
    cdef Py_ssize_t n, size
    reserve(room, NUMBER)
    if value == Py_None or value == Py_True or value == Py_False:
        room.at[0] = <char>(0xC0 if value == Py_None else 0xC3 if value == Py_True else 0xC2)
        room.at += 1
        return 0
    if kind == &PyUnicode_Type and PyUnicode_IS_COMPACT_ASCII(value):
        text = <const char*>PyUnicode_DATA(value)
        size = PyUnicode_GET_LENGTH(value)
        if size < 32:
            room.at[0] = <char>(0xA0 | size)
            room.at += 1
        else:
            room.at = put_size(room.at, 0xD9, size, 1)
    elif kind == &PyBytes_Type:
        text = PyBytes_AS_STRING(value)
        size = PyBytes_GET_SIZE(value)
        room.at = put_size(room.at, 0xC4, size, 1)
    else:
        for n in range(KINDS_KNOWN):
            if LAYOUTS[n].kind == kind:
                return put_struct(room, value, &LAYOUTS[n])
        encoded = encode(<object>value)
        text = encoded
        size = len(encoded)
    reserve(room, size)
    memcpy(room.at, text, size)
    room.at += size
    return 0
