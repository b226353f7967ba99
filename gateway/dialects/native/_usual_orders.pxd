from protocols.fix._codec cimport Message

# ``origin`` is a tuple of session, account and transact_time.
cdef object new_order_of(Message message, tuple origin, instruments)
cdef object cancel_of(Message message, tuple origin, instruments)
cdef object replace_of(Message message, tuple origin, instruments)
