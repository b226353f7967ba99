cdef int follow(stream, list changes, eseq, ts) except -1
