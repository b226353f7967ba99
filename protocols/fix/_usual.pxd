from protocols.fix._codec cimport FrameCursor, Message


cdef class Stamp:
    cdef long long _ms
    cdef bytes _text

    cdef bytes at(self, long long utc_ns)


cdef class UsualMessages:
    cdef FrameCursor cursor
    cdef bytes begin
    cdef bytes sender
    cdef bytes target
    cdef object validate

    cpdef Message take(self, long long expected, bytes second, list into)
    cdef bint has_header(self, Message message, bytes second) except -1


cdef class UsualEncoder:
    cdef bytes begin
    cdef bytes sender
    cdef bytes end

    cpdef bytes encode(self, bytes msg_type, long long msg_seq_num, bytes sending_time, bytes body)


cdef class UsualOutbound:
    cdef UsualEncoder _encoder
    cdef Stamp _stamp
    cdef readonly object _numbers
    cdef readonly object _timestamps
    cdef readonly object keepalive
    cdef Py_ssize_t next_out, offset_ns, sent_at  # their places there
    cdef public bint live
    cdef public list numbered
    cdef public list written

    cdef bint number(self, bytes msg_type, bytes body, now, bytes extra) except -1
    cpdef list take_numbered(self)
    cpdef bytes take_written(self)
