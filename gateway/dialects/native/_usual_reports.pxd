cdef bytes body_of(style, event, order, tuple places)
