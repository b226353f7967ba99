"""Encode the executions that nearly every order has, compiled: the same bytes as ``executions`` gives.

A struct is written field by field, from where its slots are. NOT here: what has other structs within, numbers
below 0 or beyond 63 bits, text that is not ASCII, and what is long (``executions``).
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyTypeObject, Py_TYPE
from cpython.ref cimport PyObject
from libc.string cimport memcpy

from gateway.model._msgpack cimport LEAD, Layout, put_number, put_short, put_size, set_layout, whole
from gateway.model._slots cimport get, peek, slot

from gateway.model import OrderAccepted, OrderCanceled, OrderFilled, OrderReplaced, OrdStatus
from gateway.orders.order import Order

cdef extern from "Python.h":  # for what is borrowed
    PyObject* Py_None
    PyObject* Py_True
    PyTypeObject* KIND "Py_TYPE"(PyObject* value)
    PyTypeObject PyBool_Type, PyBytes_Type, PyUnicode_Type
    bint PyLong_Check(PyObject* number)
    Py_ssize_t PyBytes_GET_SIZE(PyObject* text)
    char* PyBytes_AS_STRING(PyObject* text)
    bint PyUnicode_IS_COMPACT_ASCII(PyObject* text)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject* text)
    void* PyUnicode_DATA(PyObject* text)

cdef enum:
    ROOM = 1024
    NUMBER = 9  # a number at its longest, or the header of a text
    ACCEPTED = 0  # the layout of this event
    ORDER = 4  # the layout of orders, behind those of events

cdef object _Order = Order, NEW = OrdStatus.NEW
cdef Py_ssize_t STATUS = slot(Order, "ord_status"), ESEQ = slot(Order, "eseq")
cdef Py_ssize_t ACCEPTED_ESEQ = slot(OrderAccepted, "eseq")
cdef Layout[5] LAYOUTS
cdef list KINDS = [OrderAccepted, OrderFilled, OrderCanceled, OrderReplaced, Order]
for _n, _kind in enumerate(KINDS):
    set_layout(&LAYOUTS[_n], _kind)


def encode(event, order):
    """Return the execution as msgpack, ``None`` for one that is not usual."""
    return encoded(event, order)


cdef bytes encoded(event, order):
    cdef char[ROOM] room
    cdef char* end = room + ROOM
    cdef char* at = room + 1
    cdef PyTypeObject* kind = Py_TYPE(event)
    cdef Py_ssize_t n = 0
    if type(order) is not _Order:
        return None
    while LAYOUTS[n].kind != kind:
        n += 1
        if n == ORDER:
            return None
    at = put_struct(at, end, event, &LAYOUTS[n])
    if n == ACCEPTED and is_as_entered(event, order):
        room[0] = <char>0x91
    else:
        room[0] = <char>0x92
        if at != NULL:
            at = put_struct(at, end, order, &LAYOUTS[ORDER])
    if at == NULL:
        return None
    return PyBytes_FromStringAndSize(room, at - room)


cdef bint is_as_entered(event, order) except -1:
    """Tell whether the order is what its acceptance says."""
    eseq, entered = get(order, ESEQ), get(event, ACCEPTED_ESEQ)
    return get(order, STATUS) is NEW and (eseq is entered or eseq == entered)


cdef char* put_struct(char* at, const char* end, holder, const Layout* layout) noexcept:
    """Write a struct; return the place behind it, ``NULL`` when it is not usual."""
    cdef PyObject* value
    cdef const char* text
    cdef long long number
    cdef Py_ssize_t n, size
    cdef Py_ssize_t numbers = NUMBER * layout.count  # what the fields take at most, but for texts
    if end - at < LEAD + numbers:
        return NULL
    at = put_short(at, layout.lead, layout.lead_size)
    for n in range(layout.count):
        value = peek(holder, layout.fields[n])
        if value == NULL:
            return NULL
        if PyLong_Check(value):  # also a member of an enumeration
            if KIND(value) == &PyBool_Type:
                at[0] = <char>(0xC3 if value == Py_True else 0xC2)
                at += 1
                continue
            number = whole(value)
            if number < 0:
                return NULL
            at = put_number(at, number)
            continue
        if KIND(value) == &PyUnicode_Type:
            if not PyUnicode_IS_COMPACT_ASCII(value):
                return NULL
            text = <const char*>PyUnicode_DATA(value)
            size = PyUnicode_GET_LENGTH(value)
            if size < 32:
                at[0] = <char>(0xA0 | size)
                at += 1
            else:
                at = put_size(at, 0xD9, size, 1)
        elif KIND(value) == &PyBytes_Type:
            text = PyBytes_AS_STRING(value)
            size = PyBytes_GET_SIZE(value)
            at = put_size(at, 0xC4, size, 1)
        elif value == Py_None:
            at[0] = <char>0xC0
            at += 1
            continue
        else:
            return NULL
        if end - at < size + numbers:
            return NULL
        if size < 32:
            at = put_short(at, text, size)
        else:
            memcpy(at, text, size)
            at += size
    return at
