cdef class Publishing:
    cdef object hub, delivery, due, queue, settings, in_turn
    cdef bint is_open
    cdef dict joined
    cdef list places
    cdef Py_ssize_t size, published

    cdef int begin(self) except -1
    cdef int end(self) except -1
    cdef object publish_in_turn(self, stream, push)
    cdef int join(self, stream, push, targets) except -1
    cdef int hand_over(self) except -1
    cdef int publish_now(self, stream, push, targets) except -1
