# cython: auto_pickle=False
"""The compiled twin of ``plain_send``: the same names, answers, order of bytes. NOT here: which one works."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

from gateway.ports._clock cimport monotonic_ns

from gateway.net.plain_send import HIGH_WATER, KEPT_NS, MOST_GIVEN_NS, NO_SOCKET, plain_socket


cdef extern from "<sys/socket.h>" nogil:
    ssize_t send(int fd, const void* content, size_t size, int flags)
    const int MSG_DONTWAIT
    const int MSG_NOSIGNAL

cdef extern from "<poll.h>" nogil:
    ctypedef unsigned long nfds_t
    cdef struct pollfd:
        int fd
        short events
        short revents
    int poll(pollfd* fds, nfds_t count, int timeout)
    const int POLLIN

cdef extern from "<sched.h>" nogil:
    int sched_yield()

cdef enum:
    # How many sockets are sent to before what they took is looked at.
    ROUND = 128
    # How many receivers are served before the clock is looked at.
    CHECKED = 8
    # How long it goes on before it looks again whether there is anything to read.
    LOOK_NS = 60_000

cdef long long KEPT = KEPT_NS


@cython.no_gc_clear
cdef class OpenSocket:
    """What waits for a connection, and its socket: ``fd`` while free for pushes to many, else negative."""

    def __cinit__(self):
        self._pending = []
        self.fd = self._socket = NO_SOCKET

    def __init__(self, transport, counters):
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self._transport = transport
        self._counters = counters
        self.direct = plain_socket(transport)

    def add(self, data):
        """Add bytes to the next write."""
        self.put(data)

    cdef int put(self, data) except -1:
        self._pending.append(data)
        self.pending_bytes += len(data)
        self.fd = -1
        return 0

    def flush(self):
        """Write everything added, in one call."""
        self.write_all()

    cdef int write_all(self) except -1:
        cdef list pending = self._pending
        cdef Py_ssize_t size, taken = 0
        cdef bytes joined
        if not pending:
            return 0
        joined = <bytes?>pending[0] if len(pending) == 1 else b"".join(pending)
        size = PyBytes_GET_SIZE(joined)
        self._pending = []
        self.pending_bytes = 0
        if self._transport.is_closing():
            return 0
        self._counters.bytes_out += size
        if self.direct >= 0 and self.is_free():
            # Full or broken gives -1: the transport finds out which.
            taken = max(send(self.direct, PyBytes_AS_STRING(joined), size, MSG_DONTWAIT | MSG_NOSIGNAL), 0)
            if taken == size:
                return 0
        self._transport.write(joined[taken:] if taken else joined)
        return 0

    cdef bint is_free(self) except -1:
        """Tell whether the transport has written all it was given, and the peer reads."""
        return not self.paused and not self._transport.get_write_buffer_size()

    def look(self):
        """Return ``fd`` as it is now: after a write by the transport it is free again when all is taken."""
        if self._socket >= 0 and not self._pending and self.is_free() and not self._transport.is_closing():
            self.fd = self._socket
        return self.fd

    def left(self, data):
        """Write, through the transport, what the socket did not take of a push."""
        self.fd = -1
        if not self._transport.is_closing():
            self._transport.write(data)


cdef class Broadcast:
    """Serves the connections of one front end, whose ``counters`` get the bytes (``ports.Broadcasting``)."""

    cdef object counters
    cdef int input
    cdef long long edge, until, kept_until
    cdef bint gives_way
    cdef readonly Py_ssize_t given
    cdef public long long most_given_ns

    def __init__(self, counters):
        self.counters = counters
        self.input = -1
        self.edge = self.until = self.kept_until = 0
        self.gives_way = False
        self.given = 0
        self.most_given_ns = MOST_GIVEN_NS

    def watch(self, int fd):
        """Stop at the end of a slice when ``fd`` can be read; while it is negative, in any case."""
        self.input = fd

    def open(self, long long end, long long until, *, bint gives_way=False):
        """Serve until ``end`` (monotonic ns), and until ``until`` while there is nothing to read.

        ``gives_way``: a commit is under way, whose thread may need the core.
        """
        self.edge = end
        self.until = until
        self.gives_way = gives_way

    def audience(self):
        """Return a new audience, of nobody."""
        return Audience(self)

    cdef bint is_over(self) noexcept nogil:
        cdef pollfd asked
        cdef long long now = monotonic_ns()
        if now < self.edge:
            return False
        if self.gives_way and now >= self.kept_until:
            now = self.give_way(now)
        if now >= self.until or self.input < 0:
            return True
        asked.fd = self.input
        asked.events = POLLIN
        if poll(&asked, 1, 0):
            return True
        self.edge = min(now + LOOK_NS, self.until)
        return False

    cdef long long give_way(self, long long began) noexcept nogil:
        """Let another thread that waits for the core have it; return when that was over."""
        cdef long long now
        sched_yield()
        self.given += 1
        now = monotonic_ns()
        if now - began > self.most_given_ns:
            self.kept_until = now + KEPT
        return now


cdef class Audience:
    """Connections that get the same frames (``ports.Audience``)."""

    cdef Broadcast broadcast
    cdef list sockets
    cdef readonly list members
    cdef readonly list refused
    cdef readonly Py_ssize_t taken

    def __init__(self, Broadcast broadcast not None):
        self.broadcast = broadcast
        self.members = []
        self.sockets = []
        self.refused = []
        self.taken = 0

    def add(self, receiver):
        """Add ``receiver`` behind all others."""
        cdef OpenSocket outbox = receiver.outbox
        self.members.append(receiver)
        self.sockets.append(outbox)

    def discard(self, Py_ssize_t place):
        """Let nobody be at ``place``."""
        if not 0 <= place < len(self.sockets):
            raise IndexError(place)
        self.members[place] = self.sockets[place] = None

    def send(self, bytes frame not None, Py_ssize_t start, Py_ssize_t stop):
        """Do what ``push`` of each from ``start`` to ``stop`` does, in order; return where it ended."""
        cdef Broadcast broadcast = self.broadcast
        cdef const char* content = PyBytes_AS_STRING(frame)
        cdef ssize_t size = PyBytes_GET_SIZE(frame)
        cdef list sockets = self.sockets
        cdef Py_ssize_t at = start, tried = 0, sent = 0, count, served, each
        cdef Py_ssize_t[ROUND] places
        cdef ssize_t[ROUND] taken
        cdef int[ROUND] fds
        cdef bint is_whole, is_over = False
        cdef object busy
        if start < 0:
            raise IndexError(start)
        self.taken = 0
        self.refused = []
        stop = min(stop, len(sockets))
        while at < stop and not is_over:
            # As many as are free in a row.
            count = 0
            busy = None
            while at < stop and count < ROUND:
                outbox = <object>sockets[at]
                if outbox is not None:
                    fds[count] = (<OpenSocket>outbox).fd
                    if fds[count] < 0:
                        fds[count] = outbox.look()
                    if fds[count] < 0:
                        busy = self.members[at]
                        break
                    places[count] = at
                    count += 1
                at += 1
            is_whole = True
            served = 0
            if count:
                with nogil:
                    while served < count:
                        # Full or broken gives -1: the transport finds out which.
                        taken[served] = send(fds[served], content, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                        if taken[served] != size:
                            is_whole = False
                        served += 1
                        tried += 1
                        if tried % CHECKED == 0 and broadcast.is_over():
                            is_over = True
                            break
                sent += served
                if not is_whole:
                    for each in range(served):
                        if taken[each] != size:
                            sockets[places[each]].left(frame[max(taken[each], 0):])
            if is_over:
                # What comes behind the last one is another slice's.
                at = places[served - 1] + 1
            elif busy is not None:
                at += 1
                tried += 1
                if busy.push(frame):
                    self.taken += 1
                else:
                    self.refused.append(busy)
                is_over = tried % CHECKED == 0 and broadcast.is_over()
        self.taken += sent
        if sent:
            broadcast.counters.bytes_out += sent * size
        return at
