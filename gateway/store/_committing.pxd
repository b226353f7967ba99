# For the compiled commit beside the loop.

from libc.stdint cimport uint32_t

from gateway.store._encoding cimport Room


cdef class Committing:
    cdef object tail, history, plain, rotate, not_noted, fill
    cdef dict sessions
    cdef uint32_t seed
    cdef long long most_bytes, most_commands
    cdef object ranges  # that take what is written to ``segment``
    cdef long long segment
    # The record on its way.
    cdef Room room
    cdef long long number, offset
    cdef object eseq

    cdef int encode(self, batch) except? -1
    cdef int end(self, batch, done, ssize_t written) except -1
    cdef long long moved(self, Py_ssize_t at)
