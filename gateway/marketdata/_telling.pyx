"""Move a stream on and tell its change, compiled: what ``Stream.tell`` and ``ReplayRing.append`` do.

For streams without a checksum. NOT here: what changes, and who is told how.
"""

from gateway.model._slots cimport fill, get, make, plain, put, slot

from gateway.marketdata.ring import ReplayRing
from gateway.marketdata.stream import ENTRY_BYTES, PUSH_BYTES, Imprint, Stream
from gateway.ports.market_data import Position, Push

cdef extern from *:
    """
    static PyObject *bdax_named(PyObject *kind, Py_ssize_t count, PyObject **values) {
        PyObject *made = ((PyTypeObject *)kind)->tp_alloc((PyTypeObject *)kind, count);
        Py_ssize_t i;
        if (made != NULL) {
            for (i = 0; i < count; i++) {
                Py_INCREF(values[i]);
                PyTuple_SET_ITEM(made, i, values[i]);
            }
        }
        return made;
    }
    """
    ctypedef struct PyObject
    object bdax_named(object kind, Py_ssize_t count, PyObject** values)

cdef object _Position = Position, _Push = plain(Push)
cdef object NONE_CONFLATED = 0, NO_EPOCH = "", WHOLE = (1, 1)
cdef Py_ssize_t PUSH_ENCODERS = slot(Push, "encoders"), CHANNEL = slot(Push, "channel"), TYPE = slot(Push, "type")
cdef Py_ssize_t PUSH_INSTRUMENT = slot(Push, "instrument"), POSITION = slot(Push, "position")
cdef Py_ssize_t CONTENT = slot(Push, "content"), CONFLATED = slot(Push, "conflated")
cdef Py_ssize_t CHECKSUM = slot(Push, "checksum"), EPOCH = slot(Push, "epoch"), PART = slot(Push, "part")
cdef Py_ssize_t BODIES = slot(Push, "bodies"), FRAMES = slot(Push, "_frames")
cdef Py_ssize_t MOST_BYTES = PUSH_BYTES, BYTES_EACH = ENTRY_BYTES

cdef Py_ssize_t NAME = slot(Stream, "name"), INSTRUMENT = slot(Stream, "instrument")
cdef Py_ssize_t SEQ = slot(Stream, "seq"), TS = slot(Stream, "ts"), PUSHES = slot(Stream, "pushes")
cdef Py_ssize_t PLAIN = slot(Stream, "_plain"), MEMBERS = slot(Stream, "members"), RING = slot(Stream, "ring")
cdef Py_ssize_t IMPRINT = slot(Stream, "imprint")
cdef Py_ssize_t ENCODERS = slot(Imprint, "encoders"), PUBLISH = slot(Imprint, "publish")

cdef Py_ssize_t HELD = slot(ReplayRing, "_held"), BASE = slot(ReplayRing, "base"), LAST = slot(ReplayRing, "last")
cdef Py_ssize_t BYTES_HELD = slot(ReplayRing, "bytes_held"), EVICTED = slot(ReplayRing, "evicted")
cdef Py_ssize_t MAX_ITEMS = slot(ReplayRing, "_max_items"), MAX_AGE = slot(ReplayRing, "_max_age_ns")
cdef Py_ssize_t MAX_BYTES = slot(ReplayRing, "_max_bytes")


cdef object pair(kind, one, other):
    """Return a named tuple of two fields, made as ``tuple.__new__`` makes it."""
    cdef PyObject* values[2]
    values[0], values[1] = <PyObject*>one, <PyObject*>other
    return bdax_named(kind, 2, values)


cdef object single(kind, only):
    """Return a named tuple of one field."""
    cdef PyObject* values[1]
    values[0] = <PyObject*>only
    return bdax_named(kind, 1, values)


cdef object advance(stream, seq, ts):
    """Do what ``Stream.advance`` does."""
    prev = get(stream, SEQ)
    put(stream, SEQ, seq)
    put(stream, TS, ts)
    put(stream, PUSHES, get(stream, PUSHES) + 1)
    put(stream, PLAIN, None)
    return prev


cdef object pushed(stream, kind, content, seq, prev, eseq, ts):
    """Return the push of ``stream`` that says ``content``."""
    cdef PyObject* values[4]
    values[0], values[1] = <PyObject*>seq, <PyObject*>prev
    values[2], values[3] = <PyObject*>eseq, <PyObject*>ts
    position = bdax_named(_Position, 4, values)
    encoders = get(get(stream, IMPRINT), ENCODERS)
    name, instrument = get(stream, NAME), get(stream, INSTRUMENT)
    push = make(_Push)
    fill(push, PUSH_ENCODERS, encoders)
    fill(push, CHANNEL, name)
    fill(push, TYPE, kind)
    fill(push, PUSH_INSTRUMENT, instrument)
    fill(push, POSITION, position)
    fill(push, CONTENT, content)
    fill(push, CONFLATED, NONE_CONFLATED)
    fill(push, CHECKSUM, None)
    fill(push, EPOCH, NO_EPOCH)
    fill(push, PART, WHOLE)
    fill(push, BODIES, None)
    fill(push, FRAMES, None)
    return push


cdef int tell(stream, kind, seq, eseq, ts, content, Py_ssize_t entries) except -1:
    """Do what ``Stream.tell`` does for a stream without a checksum."""
    prev = advance(stream, seq, ts)
    ring = get(stream, RING)
    cdef dict members = get(stream, MEMBERS)
    if ring is None and not members:
        return 0
    push = pushed(stream, kind, content, seq, prev, eseq, ts)
    if ring is not None:
        keep(ring, seq, prev, push, MOST_BYTES + BYTES_EACH * entries, ts)
    if members:
        get(get(stream, IMPRINT), PUBLISH)(stream, push)
    return 0


cdef int keep(ring, seq, prev, item, size, ts) except -1:
    """Do what ``ReplayRing.append`` does."""
    if seq <= prev or prev != get(ring, LAST):
        ring.append(seq, prev, item, size, ts)
        return 0
    held = get(ring, HELD)
    held.append((seq, ts, size, item))
    put(ring, BYTES_HELD, get(ring, BYTES_HELD) + size)
    put(ring, LAST, seq)
    if len(held) > <Py_ssize_t>get(ring, MAX_ITEMS):
        evict(ring, held)
    while get(ring, BYTES_HELD) > get(ring, MAX_BYTES):
        evict(ring, held)
    oldest = ts - get(ring, MAX_AGE)
    while len(held) and (<tuple>held[0])[1] < oldest:
        evict(ring, held)
    return 0


cdef int evict(ring, held) except -1:
    """Let go of the oldest item."""
    cdef tuple item = held.popleft()
    put(ring, BASE, item[0])
    put(ring, BYTES_HELD, get(ring, BYTES_HELD) - item[2])
    put(ring, EVICTED, get(ring, EVICTED) + 1)
    return 0
