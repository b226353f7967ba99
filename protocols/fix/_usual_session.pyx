"""What every message of a session passes, compiled: the same effects as in plain Python.

The twins are in ``usual_inbound`` and ``usual_session``. NOT here: whatever is not usual: what
is abstract in the twins is asked of the derived class (``inbound``, ``session``).
"""

from cpython.list cimport PyList_GET_SIZE, PyList_GetSlice
from cpython.ref cimport PyObject

from protocols.fix._codec cimport FrameCursor
from protocols.fix._members cimport place_of, read, write
from protocols.fix._usual cimport UsualMessages, UsualOutbound

from protocols.fix.errors import MessageTooLarge

cdef extern from "Python.h":
    int PyList_SetSlice(object events, Py_ssize_t low, Py_ssize_t high, PyObject* others) except -1


cdef class UsualInbound:
    """Takes the client's bytes, and at once what is usual in them (``usual_inbound.UsualInbound``)."""

    def __init__(self, FrameCursor framer not None, UsualMessages usual not None, conversation):
        self._framer = framer
        self._usual = usual
        self._conversation = conversation
        self._flow = conversation.flow
        self._keepalive = conversation.flow.keepalive
        self._numbers = conversation.numbers
        self._sequence = conversation.sequence
        self._times = conversation.times
        self._events = conversation.events
        self.heard_at = place_of(self._keepalive, "heard_at")
        self.test_req_id = place_of(self._keepalive, "test_req_id")
        self.next_in = place_of(self._numbers, "next_in")
        self.is_open = place_of(self._sequence, "is_open")
        self.good_second = place_of(self._times, "good_second")
        self.good_until = place_of(self._times, "good_until")

    def receive(self, bytes data not None, now):
        """Take bytes of the client; return whether they led to nothing but usual messages in the events."""
        return self.take_in(data, now)

    cdef bint take_in(self, bytes data, now) except -1:
        """Do what ``receive`` says."""
        if not self._flow.live:
            self._receive_otherwise(data, now)
            return False
        self._framer.feed(data)
        if not self.is_usual_time(now):
            self._work(now)
            return False
        try:
            message = self.take_usual(now)
        except MessageTooLarge:
            self._work(now)  # which meets it again
            return False
        if message is None:
            return True
        self._work(now, message)
        return False

    cdef bint is_usual_time(self, now) except -1:
        """Tell whether a message in sequence needs no other look, if its header is as the last one's."""
        return (
            now < read(self._times, self.good_until, "good_until")
            and not read(self._sequence, self.is_open, "is_open")
            and not read(self._keepalive, self.test_req_id, "test_req_id")
        )

    cdef object take_usual(self, now):
        """Take what comes in sequence and has a header as the last one's; return the first that has not."""
        cdef list events = self._events
        cdef Py_ssize_t before = len(events), taken
        number = read(self._numbers, self.next_in, "next_in")
        second = read(self._times, self.good_second, "good_second")
        try:
            return self._usual.take(number, second, events)
        finally:
            taken = len(events) - before
            if taken:
                write(self._numbers, self.next_in, "next_in", number + taken)
                write(self._keepalive, self.heard_at, "heard_at", now)

    def _is_usual_time(self, now):
        return self.is_usual_time(now)

    def _take_usual(self, now):
        return self.take_usual(now)


cdef class UsualSession:
    """The part of a session that every message passes (``usual_session.UsualSession``)."""

    def __init__(self, UsualOutbound flow not None):
        self._flow = flow
        self._events = []
        self._inbound = None
        self.deadline_moved = False

    def receive_data(self, bytes data not None, now):
        """Process bytes from the client."""
        self.take_in(data, now)

    cdef bint take_in(self, bytes data, now) except -1:
        """Process bytes; return whether there was nothing but usual messages in them."""
        if self._inbound is None:
            return False
        if self._inbound.take_in(data, now):
            return True
        self.deadline_moved = True
        return False

    def send(self, bytes msg_type not None, bytes body not None, now, bytes header not None=b""):
        """Number an application message."""
        self.number(msg_type, body, now, header)

    cdef int number(self, bytes msg_type, bytes body, now, bytes header) except -1:
        """Do what ``send`` says."""
        if self._flow.number(msg_type, body, now, header):
            self._check_held(now)
        return 0

    def events(self):
        """Return what happened since the last call, oldest first."""
        return self.take_events()

    cdef list take_events(self):
        """Do what ``events`` says."""
        cdef list events = PyList_GetSlice(self._events, 0, PyList_GET_SIZE(self._events))
        PyList_SetSlice(self._events, 0, PyList_GET_SIZE(events), NULL)  # who else has the list goes on with it
        return events

    def outbound(self):
        """Return what was numbered since the last call, for the store."""
        return self._flow.take_numbered()

    def data_to_send(self):
        """Return the bytes for the client since the last call."""
        return self._flow.take_written()
