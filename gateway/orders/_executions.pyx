"""Encode the executions that nearly every order has, compiled: the same bytes as ``executions`` gives.

A struct is written field by field, from where its slots are. NOT here: what has other structs within, numbers
below 0 or beyond 63 bits, text that is not ASCII, and what is long (``executions``).
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyTypeObject, Py_TYPE
from cpython.ref cimport PyObject
from libc.string cimport memcpy

from gateway.model._slots cimport peek, slot

from gateway.model import OrderAccepted, OrderCanceled, OrderFilled, OrderReplaced
from gateway.orders.order import Order

cdef extern from *:
    """
    /* Return a number from 0 on, of 63 bits at most; one below 0 for any other. */
    static inline long long bdax_number(PyObject *number) {
        int overflow;
    #if PY_VERSION_HEX < 0x030C0000
        const digit *digits = ((PyLongObject *)number)->ob_digit;
        switch (Py_SIZE(number)) {
            case 0: return 0;
            case 1: return digits[0];
            case 2: return (long long)digits[1] << PyLong_SHIFT | digits[0];
            case 3:
                if (PyLong_SHIFT == 30 && digits[2] < 8) {
                    return (long long)digits[2] << 60 | (long long)digits[1] << 30 | digits[0];
                }
        }
    #endif
        return PyLong_AsLongLongAndOverflow(number, &overflow);  /* -1 above 63 bits */
    }
    """
    long long bdax_number(PyObject* number)

cdef extern from "Python.h":  # for what is borrowed
    PyObject* Py_None
    PyObject* Py_True
    PyObject* Py_False
    PyTypeObject* KIND "Py_TYPE"(PyObject* value)
    PyTypeObject PyLong_Type, PyBytes_Type, PyUnicode_Type
    bint PyLong_Check(PyObject* number)
    Py_ssize_t PyBytes_GET_SIZE(PyObject* text)
    char* PyBytes_AS_STRING(PyObject* text)
    bint PyUnicode_IS_COMPACT_ASCII(PyObject* text)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject* text)
    void* PyUnicode_DATA(PyObject* text)

cdef enum:
    ROOM = 1024
    MOST_FIELDS = 24
    LEAD = 3 + 1 + 31  # the header of an array, and a tag of 31 characters
    NUMBER = 9  # a number at its longest, or the header of a text

cdef struct Layout:
    PyTypeObject* kind
    Py_ssize_t lead_size
    char[LEAD] lead
    Py_ssize_t count
    Py_ssize_t[MOST_FIELDS] fields

cdef Layout[5] LAYOUTS
cdef Py_ssize_t ORDER = 4  # the layouts before it are those of events
cdef list KINDS = [OrderAccepted, OrderFilled, OrderCanceled, OrderReplaced, Order]
for _n, _kind in enumerate(KINDS):
    set_layout(&LAYOUTS[_n], _kind)


cdef int set_layout(Layout* layout, kind) except -1:
    """Note where ``kind`` has its fields, and what stands before them: the array's header and the tag."""
    names = kind.__struct_fields__
    tag = kind.__struct_config__.tag
    cdef Py_ssize_t size = len(names) + (tag is not None)
    cdef bytes lead = bytes([0x90 | size]) if size < 16 else bytes([0xDC, 0, size])
    if tag is not None:
        lead += bytes([0xA0 | len(tag)]) + tag.encode("ascii")
    if len(lead) > LEAD or len(names) > MOST_FIELDS or (tag is not None and len(tag) > 31):
        raise ValueError(f"{kind.__name__} has no place here")
    layout.kind = <PyTypeObject*>kind
    layout.lead_size = len(lead)
    memcpy(layout.lead, <const char*>lead, len(lead))
    layout.count = len(names)
    for n, name in enumerate(names):
        layout.fields[n] = slot(kind, name)
    return 0


def encode(event, order):
    """Return the execution as msgpack, ``None`` for one that is not usual."""
    return encoded(event, order)


cdef bytes encoded(event, order):
    cdef char[ROOM] room
    cdef char* end = room + ROOM
    cdef char* at = room + 1
    cdef PyTypeObject* kind = Py_TYPE(event)
    cdef Py_ssize_t n = 0
    if type(order) is not Order:
        return None
    while LAYOUTS[n].kind != kind:
        n += 1
        if n == ORDER:
            return None
    room[0] = <char>0x92
    at = put_struct(at, end, event, &LAYOUTS[n])
    if at != NULL:
        at = put_struct(at, end, order, &LAYOUTS[ORDER])
    if at == NULL:
        return None
    return PyBytes_FromStringAndSize(room, at - room)


cdef char* put_struct(char* at, const char* end, holder, const Layout* layout) noexcept:
    """Write a struct; return the place behind it, ``NULL`` when it is not usual."""
    cdef PyObject* value
    cdef PyTypeObject* kind
    cdef const char* text
    cdef long long number
    cdef Py_ssize_t n, size
    cdef Py_ssize_t left = NUMBER * layout.count  # what the fields to come take at most, but for texts
    if end - at < layout.lead_size + left:
        return NULL
    memcpy(at, layout.lead, layout.lead_size)
    at += layout.lead_size
    for n in range(layout.count):
        value = peek(holder, layout.fields[n])
        if value == NULL:
            return NULL
        left -= NUMBER
        kind = KIND(value)
        if kind == &PyLong_Type:
            number = bdax_number(value)
            if number < 0:
                return NULL
            at = put_number(at, number)
            continue
        if kind == &PyUnicode_Type:
            if not PyUnicode_IS_COMPACT_ASCII(value):
                return NULL
            text = <const char*>PyUnicode_DATA(value)
            size = PyUnicode_GET_LENGTH(value)
            at = put_size(at, size, 0xD9, 32)
        elif kind == &PyBytes_Type:
            text = PyBytes_AS_STRING(value)
            size = PyBytes_GET_SIZE(value)
            at = put_size(at, size, 0xC4, 0)
        elif value == Py_None or value == Py_True or value == Py_False:
            at[0] = <char>(0xC0 if value == Py_None else 0xC3 if value == Py_True else 0xC2)
            at += 1
            continue
        elif PyLong_Check(value):  # a member of an enumeration
            number = bdax_number(value)
            if number < 0:
                return NULL
            at = put_number(at, number)
            continue
        else:
            return NULL
        if at == NULL or end - at < size + left:
            return NULL
        memcpy(at, text, size)
        at += size
    return at


cdef inline char* put_size(char* at, Py_ssize_t size, int code, int most) noexcept:
    """Write the header of a text, within its code when shorter than ``most``; ``NULL`` above 255 bytes."""
    if size < most:
        at[0] = <char>(0xA0 | size)
        return at + 1
    if size > 255:
        return NULL
    at[0] = <char>code
    at[1] = <char>size
    return at + 2


cdef inline char* put_number(char* at, long long number) noexcept:
    """Write a number as short as msgpack has it; return the place behind it."""
    if number < 0x80:
        at[0] = <char>number
        return at + 1
    if number <= 0xFF:
        at[0] = <char>0xCC
        at[1] = <char>number
        return at + 2
    if number <= 0xFFFF:
        at[0] = <char>0xCD
        at[1] = <char>(number >> 8)
        at[2] = <char>number
        return at + 3
    if number >> 32 == 0:
        at[0] = <char>0xCE
        at[1] = <char>(number >> 24)
        at[2] = <char>(number >> 16)
        at[3] = <char>(number >> 8)
        at[4] = <char>number
        return at + 5
    at[0] = <char>0xCF
    at[1] = <char>(number >> 56)
    at[2] = <char>(number >> 48)
    at[3] = <char>(number >> 40)
    at[4] = <char>(number >> 32)
    at[5] = <char>(number >> 24)
    at[6] = <char>(number >> 16)
    at[7] = <char>(number >> 8)
    at[8] = <char>number
    return at + 9
