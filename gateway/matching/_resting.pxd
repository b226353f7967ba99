# What ``book`` does to one side of a book, compiled. A side's key is the price of bids, the negated price of asks.

from cpython.long cimport PyLong_AsLongLongAndOverflow
from libc.limits cimport LLONG_MAX, LLONG_MIN

cdef bint reaches(object side, long long limit) except -1
cdef object rest(object side, bint is_bid, object order)
cdef object remove(object side, bint is_bid, object order)
cdef object resize(object side, bint is_bid, object order, object leaves_qty, bint to_the_end)


cdef inline long long small(object number) except? -2:
    """Return an amount of less than 64 bits, or one below 0: it is larger, or no amount."""
    cdef int overflow = 0
    return PyLong_AsLongLongAndOverflow(number, &overflow)


cdef inline long long saturated(object number) except? -2:
    """Return a number of 64 bits, of one beyond them the nearest."""
    cdef int overflow = 0
    cdef long long value = PyLong_AsLongLongAndOverflow(number, &overflow)
    if overflow:
        return LLONG_MAX if overflow > 0 else LLONG_MIN
    return value
