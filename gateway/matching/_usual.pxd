# Works usual requests on an engine's books and index (_usual.pyx).

cdef class Usual:
    cdef dict books, by_id, by_account
    cdef object closed, close_behind, forget_first
    cdef object last_symbol, last_book, last_account, last_names  # those of the order before
    cdef Py_ssize_t closed_kept

    cdef bint take(self, command, eseq, list events) except -1
    cdef bint enter(self, command, eseq, list events) except -1
    cdef bint cancel(self, command, eseq, list events) except -1
    cdef bint replace(self, command, eseq, list events) except -1
    cdef int trade(
        self, list events, order, own, opposite, long long limit, eseq, transact_time, left
    ) except -1
    cdef Py_ssize_t cross(
        self, list traded, list events, order, opposite, long long limit, eseq, transact_time
    ) except -1
    cdef object book_of(self, symbol)
    cdef object names_of(self, account)
    cdef object find(self, account, order_id, cl_ord_id)
    cdef int close(self, order) except -1
