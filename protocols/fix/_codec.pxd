from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcpy

cdef enum:
    SOH = 1
    TRAILER = 7  # 10=ddd and SOH
    WHOLE_SECOND = 17  # YYYYMMDD-HH:MM:SS
    MAX_FIELDS = 64

ctypedef const unsigned char* Bytes

cdef extern from *:
    """
    /* The numbers from 00 to 99, two digits each. */
    static const char bdax_pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
        "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    """
    const char* PAIRS "bdax_pairs"

cdef struct Field:
    unsigned short tag
    unsigned short start  # of the value in the frame
    unsigned short end


cdef class FrameCursor:
    cdef public bytes _buffer
    cdef public bytes _prefix
    cdef public Py_ssize_t _offset
    cdef public bint _skipping
    cdef public object _announced
    cdef public list _sums
    cdef public Py_ssize_t max_message_size

    cpdef feed(self, bytes data)
    cpdef next_frame(self)
    cdef int go_on_with(self, bytes data) except -1
    cdef Py_ssize_t _usual_size(self, Bytes start, Py_ssize_t left) noexcept


cdef class Message:
    cdef readonly bytes raw
    cdef readonly bytes msg_type
    cdef readonly long long msg_seq_num
    cdef readonly bint poss_dup
    cdef readonly bint poss_resend
    cdef readonly Py_ssize_t field_count
    cdef bint is_indexed  # else the fields are in _fields and _pairs only
    cdef Field index[MAX_FIELDS]
    cdef unsigned long long layout  # a hash of the tags
    cdef dict _fields
    cdef list _pairs

    cdef Field* find(self, unsigned short tag) noexcept
    cdef bytes value_of(self, Field* field)


cpdef Message scan(bytes frame)


cdef inline bint is_digit(unsigned char byte) noexcept:
    return 48 <= byte <= 57


cdef inline int sum_of(Bytes at, Py_ssize_t size) noexcept:
    cdef unsigned char total = 0  # of this size, so that the compiler adds 16 bytes at once
    cdef Py_ssize_t i
    for i in range(size):
        total += at[i]
    return total


cdef inline char* put(char* at, bytes content) noexcept:
    """Write ``content``; return the place behind it."""
    memcpy(at, PyBytes_AS_STRING(content), PyBytes_GET_SIZE(content))
    return at + PyBytes_GET_SIZE(content)


cdef inline char* put_number(char* at, unsigned long long number) noexcept:
    """Write a number of 20 digits at most; return the place behind it."""
    cdef char digits[20]
    cdef char* digit = digits + 20
    while number >= 100:
        digit -= 2
        memcpy(digit, &PAIRS[number % 100 * 2], 2)
        number //= 100
    if number >= 10:
        digit -= 2
        memcpy(digit, &PAIRS[number * 2], 2)
    else:
        digit -= 1
        digit[0] = <char>(48 + number)
    memcpy(at, digit, digits + 20 - digit)
    return at + (digits + 20 - digit)
