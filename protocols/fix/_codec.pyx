"""The compiled twin of the codec: the same names, answers and errors as in plain Python.

NOT here: which twin works (``codec``).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE


cpdef int byte_sum(bytes content):
    """Return the sum of the bytes modulo 256: CheckSum(10) of a message up to its trailer."""
    cdef const unsigned char* at = <const unsigned char*>PyBytes_AS_STRING(content)
    cdef const unsigned char* end = at + PyBytes_GET_SIZE(content)
    cdef unsigned int total = 0
    while at < end:
        total += at[0]
        at += 1
    return total & 255
