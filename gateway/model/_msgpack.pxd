# Scalars as msgpack, written where there is room for them, and where a struct has what is written: the same bytes as
# msgspec gives.

from cpython.object cimport PyTypeObject
from cpython.ref cimport PyObject
from libc.string cimport memcpy

from gateway.model._slots cimport slot

cdef extern from *:
    """
    /* Return a number from 0 on, of 63 bits at most; one below 0 for any other. */
    static inline long long bdax_whole(PyObject *number) {
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

    static inline char *bdax_put_bytes(char *at, int code, unsigned long long number, int size) {
        *at++ = (char)code;
        number <<= 64 - 8 * size;
    #if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        number = __builtin_bswap64(number);
    #endif
        memcpy(at, &number, size);
        return at + size;
    }

    /* Write a number as short as msgpack has it, in 9 bytes at most; return the place behind it. */
    static inline char *bdax_put_number(char *at, unsigned long long number) {
        if (number < 0x80) {
            *at = (char)number;
            return at + 1;
        }
        if (number <= 0xFF) {
            return bdax_put_bytes(at, 0xCC, number, 1);
        }
        if (number <= 0xFFFF) {
            return bdax_put_bytes(at, 0xCD, number, 2);
        }
        if (number >> 32 == 0) {
            return bdax_put_bytes(at, 0xCE, number, 4);
        }
        return bdax_put_bytes(at, 0xCF, number, 8);
    }

    /* Write a size of at least ``least`` bytes, 1 or 2, behind the code for so many; the next codes are for more. */
    static inline char *bdax_put_size(char *at, int code, size_t size, int least) {
        if (least == 1 && size <= 0xFF) {
            return bdax_put_bytes(at, code, size, 1);
        }
        code += least == 1;
        if (size <= 0xFFFF) {
            return bdax_put_bytes(at, code, size, 2);
        }
        return bdax_put_bytes(at, code + 1, size, 4);
    }

    /* Copy fewer than 33 bytes; return the place behind them. */
    static inline char *bdax_put_short(char *at, const char *text, size_t size) {
        if (size >= 16) {
            memcpy(at, text, 16);
            memmove(at + size - 16, text + size - 16, 16);
        } else if (size >= 8) {
            memcpy(at, text, 8);
            memmove(at + size - 8, text + size - 8, 8);
        } else if (size >= 4) {
            memcpy(at, text, 4);
            memmove(at + size - 4, text + size - 4, 4);
        } else {
            for (size_t n = 0; n < size; n++) {
                at[n] = text[n];
            }
        }
        return at + size;
    }
    """
    # The arguments of ``whole`` are ``int`` objects or of a class derived from it.
    long long whole "bdax_whole"(PyObject* number)
    char* put_number "bdax_put_number"(char* at, unsigned long long number)
    char* put_size "bdax_put_size"(char* at, int code, size_t size, int least)
    char* put_short "bdax_put_short"(char* at, const char* text, size_t size)

cdef enum:
    MOST_FIELDS = 24
    LEAD = 32  # the header of an array, and a tag

cdef struct Layout:
    PyTypeObject* kind
    Py_ssize_t lead_size
    char[LEAD] lead
    Py_ssize_t count
    Py_ssize_t[MOST_FIELDS] fields


cdef inline int set_layout(Layout* layout, kind) except -1:
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
