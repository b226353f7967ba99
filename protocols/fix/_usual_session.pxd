from protocols.fix._codec cimport FrameCursor
from protocols.fix._usual cimport UsualMessages, UsualOutbound


cdef class UsualInbound:
    cdef public FrameCursor _framer
    cdef readonly object _conversation
    cdef readonly object _keepalive
    cdef readonly object _numbers
    cdef readonly object _sequence
    cdef readonly object _times
    cdef Py_ssize_t heard_at, test_req_id, next_in, is_open, good_second, good_until  # their places there
    cdef public list _events
    cdef UsualMessages _usual
    cdef UsualOutbound _flow

    cdef bint take_in(self, bytes data, now) except -1
    cdef bint is_usual_time(self, now) except -1
    cdef object take_usual(self, now)


cdef class UsualSession:
    cdef public UsualOutbound _flow
    cdef public UsualInbound _inbound
    cdef public list _events
    cdef public bint deadline_moved

    cdef bint take_in(self, bytes data, now) except -1
    cdef int number(self, bytes msg_type, bytes body, now, bytes header) except -1
    cdef list take_events(self)
