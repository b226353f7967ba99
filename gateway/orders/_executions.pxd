cdef bytes encoded(event, order)
