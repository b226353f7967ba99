# cython: auto_pickle=False
"""Work commands and keep their events until they are drained, compiled: the twin of ``working``.

Whoever submits from compiled code asks ``take`` first. NOT here: matching (``gateway.matching``).
"""

from gateway.matching._usual cimport Usual
from gateway.model._slots cimport get, put, slot
from gateway.ports._usual_engine cimport UsualEngine

from gateway.matching import MatchingEngine

cdef Py_ssize_t ESEQ = slot(MatchingEngine, "eseq")


cdef class Working(UsualEngine):
    """``EnginePort`` over ``matching``, as ``EmbeddedEngine`` says."""

    cdef readonly object matching
    cdef Usual usual
    cdef list events
    cdef object fault

    def __init__(self, matching):
        if type(matching) is not MatchingEngine:
            raise TypeError(f"no engine: {matching!r}")
        self.matching = matching
        self.usual = matching.usual
        self.events = []
        self.fault = None

    cdef bint take(self, command) except -1:
        """Work a usual command as ``submit`` does; return ``False``, nothing done, for any other."""
        if self.usual is None:
            return False
        eseq = get(self.matching, ESEQ) + 1
        try:
            if not self.usual.take(command, eseq, self.events):
                return False
        except Exception as fault:
            self.fault = self.fault or fault
            raise
        put(self.matching, ESEQ, eseq)
        return True

    def submit(self, command):
        """Work ``command`` now; its events come with the next ``drain``. What stops it, that raises too."""
        if self.take(command):
            return
        try:
            self.events += self.matching.work(command)
        except Exception as fault:
            self.fault = self.fault or fault
            raise

    def drain(self):
        """Return the events since the last call, oldest first."""
        if self.fault is not None:
            raise RuntimeError(f"the engine failed: {self.fault!r}: start again") from self.fault
        events = self.events
        self.events = []
        return events
