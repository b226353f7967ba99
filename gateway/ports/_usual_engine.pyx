# cython: auto_pickle=False
"""What an engine in this process may offer beside ``EnginePort``, compiled: usual commands worked by a C call.

NOT here: which commands are usual, and how they are worked (``gateway.engine``).
"""


cdef class UsualEngine:
    """An ``EnginePort`` that can be asked from compiled code whether it takes a command."""

    cdef bint take(self, command) except -1:
        """Work ``command`` as ``submit`` does; return ``False``, nothing done, for one that is to be submitted."""
        return False
