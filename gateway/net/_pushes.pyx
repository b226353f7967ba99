# cython: auto_pickle=False
"""The compiled twin of ``plain_pushes``: the same names, answers, order of writes.

NOT here: what few pushes meet, which is abstract in the twin (``ws_socket``); which twin works (``push_writes``).
"""

from cpython.dict cimport PyDict_SetItem

from gateway.net._send cimport OpenSocket
from gateway.ports._clock cimport monotonic_ns

import asyncio
import logging

from gateway.net.plain_pushes import MOST_HELD_NS

cdef object log = logging.getLogger("gateway.net.push_writes")


cdef class PushWrites:
    """Writes what was pushed to connections behind what is said to others; nothing when ``work`` failed."""

    cdef object work, soon
    cdef dict outboxes
    cdef long long until
    cdef public long long most_held_ns

    def __init__(self, work):
        self.most_held_ns = MOST_HELD_NS
        self.work = work
        self.soon = asyncio.get_running_loop().call_soon
        self.outboxes = {}

    def later(self, outbox):
        """Write what was added to ``outbox`` soon, unless it is written before."""
        self.plan(outbox)

    cdef int plan(self, outbox) except -1:
        if not self.outboxes:
            self.until = monotonic_ns() + self.most_held_ns
            self.soon(self._write)
        PyDict_SetItem(self.outboxes, outbox, None)
        return 0

    def _write(self):
        cdef dict outboxes
        work = self.work
        if work.is_ending and not work.failed and monotonic_ns() < self.until:
            # Since the pushes were made something was read: its answers go first, its pushes come along.
            self.soon(self._write)
            return
        outboxes, self.outboxes = self.outboxes, {}
        if work.failed:
            return
        try:
            for outbox in outboxes:
                if isinstance(outbox, OpenSocket):
                    (<OpenSocket>outbox).write_all()
                else:
                    outbox.flush()
        except Exception as error:
            # As where a unit cannot be said: the pushes behind it would wait without a bound.
            log.exception("pushes could not be written")
            work.fail(error)


cdef class UsualSocket:
    """Takes public pushes for one connection; who derives from it says what it is, and sets ``outbox``."""

    cdef public OpenSocket outbox
    cdef public bint _is_open
    cdef readonly PushWrites _pushes
    cdef readonly Py_ssize_t _max_pending_bytes

    def __init__(self, PushWrites pushes not None, Py_ssize_t max_pending_bytes):
        self._pushes = pushes
        self._max_pending_bytes = max_pending_bytes

    def push(self, bytes frame not None):
        """Take a public push, or not: a connection that does not read lags (``ports.Subscriber``)."""
        cdef OpenSocket outbox = self.outbox
        if outbox is None:
            raise AttributeError("a connection that is not made yet")
        if outbox.paused:
            return False
        if outbox.pending_bytes > self._max_pending_bytes:
            self._overflow()
            return False
        if self._is_open:
            outbox.put(frame)
            self._pushes.plan(outbox)
        return True
