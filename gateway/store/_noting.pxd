# For the compiled commit.


# Note what is in a record that ends at ``end``; return whether that was usual. If not, it has to be taken anew.
cdef bint note(ranges, long long end, messages, executions) except -1
