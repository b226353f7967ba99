cdef object pair(kind, one, other)
cdef object single(kind, only)
cdef object advance(stream, seq, ts)
cdef object pushed(stream, kind, content, seq, prev, eseq, ts)
cdef int tell(stream, kind, seq, eseq, ts, content, Py_ssize_t entries) except -1
