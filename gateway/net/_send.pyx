"""The compiled twin of ``plain_send``: the same name, answers and order of bytes. NOT here: which one works."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE


cdef extern from "<sys/socket.h>" nogil:
    ssize_t send(int fd, const void* content, size_t size, int flags)
    const int MSG_DONTWAIT
    const int MSG_NOSIGNAL

# How many sockets are sent to before what they took is looked at.
cdef enum:
    ROUND = 128


cdef class Broadcast:
    """Pushes to connections of one front end, whose ``counters`` get the bytes (``ports.SendToAll``)."""

    cdef object counters

    def __init__(self, counters):
        self.counters = counters

    def __call__(self, list receivers not None, bytes frame not None):
        """Do what ``push`` of each does, in order; return those that did not take the frame."""
        cdef int[ROUND] fds
        cdef list outboxes = [], refused = []
        cdef Py_ssize_t count = 0, sent = 0
        cdef int fd
        for receiver in receivers:
            outbox = receiver.outbox
            fd = outbox.fd
            if fd < 0:
                fd = outbox.look()
            if fd >= 0:
                fds[count] = fd
                outboxes.append(outbox)
                count += 1
                if count == ROUND:
                    sent += send_to(fds, outboxes, frame)
                    outboxes.clear()
                    count = 0
            elif not receiver.push(frame):
                refused.append(receiver)
        sent += send_to(fds, outboxes, frame)
        if sent:
            self.counters.bytes_out += sent
        return refused


cdef Py_ssize_t send_to(const int* fds, list outboxes, bytes frame) except -1:
    """Send to each socket; what one does not take is its outbox's. Return the bytes of all together."""
    cdef const char* content = PyBytes_AS_STRING(frame)
    cdef size_t size = PyBytes_GET_SIZE(frame)
    cdef Py_ssize_t count = len(outboxes), at
    cdef ssize_t[ROUND] taken
    cdef bint is_whole = True
    with nogil:
        for at in range(count):
            # Full or broken gives -1: the transport finds out which.
            taken[at] = send(fds[at], content, size, MSG_DONTWAIT | MSG_NOSIGNAL)
            if taken[at] != <ssize_t>size:
                is_whole = False
    if not is_whole:
        for at in range(count):
            if taken[at] != <ssize_t>size:
                outboxes[at].left(frame[max(taken[at], 0):])
    return count * <Py_ssize_t>size
