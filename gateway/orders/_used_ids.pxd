cdef bint is_remembered(used, str account, bytes cl_ord_id) except -1
cdef int remember(used, str account, bytes cl_ord_id, eseq, long long transact_time) except -1
cdef int let_expire(used, long long now) except -1
