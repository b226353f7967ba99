from protocols.fix._codec cimport FrameCursor
from protocols.fix._usual cimport UsualMessages, UsualOutbound


cdef class UsualInbound:
    cdef public FrameCursor _framer
    cdef public object _conversation
    cdef public object _keepalive
    cdef public object _numbers
    cdef public object _sequence
    cdef public object _times
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
