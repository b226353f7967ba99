# The events of usual orders, and the engine's record of one, made field by field (gateway/model/_slots.pxd).

cdef object make_accepted(object command, object eseq)
cdef object make_filled(
    object eseq, Py_ssize_t n, object transact_time, object order, object last_qty, object last_px, object avg_px,
    bint is_aggressor
)
cdef object make_trade(
    object eseq, Py_ssize_t n, object transact_time, object order, object price, object quantity
)
cdef object make_delta(
    object eseq, Py_ssize_t n, object transact_time, object symbol, object side, object price, object quantity
)
cdef object make_canceled(object command, object eseq, object order, object canceled_qty)
cdef object make_replaced(
    object command, object eseq, object order, object orig_cl_ord_id, object leaves_qty, object avg_px
)
cdef object make_order(object command, object eseq)
