cdef class OpenSocket:
    cdef public int fd
    cdef public int _socket
    cdef int direct
    cdef public bint paused
    cdef public Py_ssize_t pending_bytes
    cdef public list _pending
    cdef readonly object _transport
    cdef readonly object _counters

    cdef int put(self, data) except -1
    cdef int write_all(self) except -1
    cdef bint is_free(self) except -1
