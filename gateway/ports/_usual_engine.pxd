# An engine in this process that works usual commands without a call of Python's in between.

cdef class UsualEngine:
    cdef bint take(self, command) except -1
