"""Encode recent changes as msgpack, compiled: what msgspec gives, byte for byte.

NOT here: what is not usual (negative numbers, texts that are not short ASCII, other classes), which msgspec encodes.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.ref cimport PyObject
from libc.stdlib cimport free, malloc

from gateway.model._msgpack cimport put_number, put_short, put_size, whole
from gateway.model._slots cimport peek, slot

from gateway.marketdata.packing import plain_pack
from gateway.model import BookDelta, Trade

cdef extern from "Python.h":
    bint PyLong_Check(PyObject* number)
    bint PyUnicode_Check(PyObject* text)
    bint PyUnicode_IS_COMPACT_ASCII(PyObject* text)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject* text)
    void* PyUnicode_DATA(PyObject* text)

cdef enum:
    MOST_FIELDS = 8
    LONGEST_TAG = 16
    SHORT = 32  # texts below this have a header of one byte
    EACH = 128  # a change at its longest: 1 + LONGEST_TAG + MOST_FIELDS * 9, and what a text takes more

cdef struct Layout:
    Py_ssize_t lead_size
    char[1 + LONGEST_TAG] lead
    Py_ssize_t count
    Py_ssize_t[MOST_FIELDS] fields

cdef object _BookDelta = BookDelta, _Trade = Trade, _plain_pack = plain_pack
cdef Layout OF_DELTA, OF_TRADE
set_layout(&OF_DELTA, BookDelta)
set_layout(&OF_TRADE, Trade)


cdef int set_layout(Layout* layout, kind) except -1:
    """Note what stands before the fields of ``kind``, and where these are."""
    names, tag = kind.__struct_fields__, kind.__struct_config__.tag.encode("ascii")
    if len(names) > MOST_FIELDS or len(tag) >= LONGEST_TAG:
        raise ValueError(f"{kind.__name__} has no place here")
    layout.lead_size = 2 + len(tag)
    for n, code in enumerate(bytes([0x90 | (1 + len(names)), 0xA0 | len(tag)]) + tag):
        layout.lead[n] = <char><unsigned char>code
    layout.count = len(names)
    for n, name in enumerate(names):
        layout.fields[n] = slot(kind, name)
    return 0


def pack(list changes not None):
    """Return ``changes``, all book changes or all trades, as msgpack."""
    cdef Py_ssize_t count = len(changes)
    if not count:
        return _plain_pack(changes)
    kind = type(changes[0])
    cdef Layout* layout = &OF_DELTA if kind is _BookDelta else &OF_TRADE
    if kind is not _BookDelta and kind is not _Trade:
        return _plain_pack(changes)
    cdef char* room = <char*>malloc(8 + count * EACH)
    if room == NULL:
        raise MemoryError()
    cdef char* at = room
    cdef bint is_usual = True
    try:
        if count < 16:
            at[0] = <char>(0x90 | count)
            at += 1
        else:
            at = put_size(at, 0xDC, count, 2)
        for change in changes:
            at = put(at, layout, change) if type(change) is kind else NULL
            if at == NULL:
                is_usual = False
                break
        return PyBytes_FromStringAndSize(room, at - room) if is_usual else _plain_pack(changes)
    finally:
        free(room)


cdef char* put(char* at, Layout* layout, change) noexcept:
    """Write a change; return the place behind it, ``NULL`` when it is not usual."""
    cdef Py_ssize_t n, size, texts = 0
    cdef long long number
    cdef PyObject* value
    at = put_short(at, layout.lead, layout.lead_size)
    for n in range(layout.count):
        value = peek(change, layout.fields[n])
        if value == NULL:
            return NULL
        if PyLong_Check(value):
            number = whole(value)
            if number < 0:
                return NULL
            at = put_number(at, <unsigned long long>number)
        elif PyUnicode_Check(value) and PyUnicode_IS_COMPACT_ASCII(value) and not texts:
            size = PyUnicode_GET_LENGTH(value)
            if size >= SHORT:
                return NULL
            at[0] = <char>(0xA0 | size)
            at = put_short(at + 1, <const char*>PyUnicode_DATA(value), size)
            texts += 1
        else:
            return NULL
    return at
