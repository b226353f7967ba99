"""Framing and messages, compiled: the same names, answers and errors as in plain Python.

A message that looks as usual is worked here: fields of the form tag=value with tags up to 65535 without
leading zeros, no data fields, ``MAX_FIELDS`` at most. Any other goes the way of plain Python, so that what is
rare has one description. NOT here: what is abstract in the twins (``framer``), which twin works (``codec``).
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp

from protocols.fix.message import DATA_FIELDS
from protocols.fix.message import scan as scan_any

cdef enum:
    EQUALS = 61
    SMALLEST_BODY = 5  # 35=0 and SOH
    LONGEST_FRAME = 65535

cdef unsigned char IS_LENGTH[65536]  # tags of fields that say how long the next one is
for _tag in range(65536):
    IS_LENGTH[_tag] = b"%d" % _tag in DATA_FIELDS

cdef list TAGS = [b"%d" % number for number in range(2048)]


# ---- framing

cpdef int byte_sum(bytes content):
    """Return the sum of the bytes modulo 256: CheckSum(10) of a message up to its trailer."""
    return sum_of(<Bytes>PyBytes_AS_STRING(content), PyBytes_GET_SIZE(content))


cdef class FrameCursor:
    """A place in a buffer, and what the messages there begin with."""

    def __init__(self, Py_ssize_t max_message_size):
        self.max_message_size = max_message_size
        self._buffer = b""
        self._offset = 0
        self._prefix = b"8=FIX.4.4\x019="
        self._skipping = False
        self._announced = 0
        self._sums = []

    cpdef feed(self, bytes data):
        """Take the next bytes of the stream, in pieces of any size."""
        if data is None:
            raise TypeError("a stream is made of bytes")
        if self._offset < PyBytes_GET_SIZE(self._buffer) or self._announced:
            self._feed(data)
        else:
            self.go_on_with(data)

    cdef int go_on_with(self, bytes data) except -1:
        """Go on with ``data`` alone: everything before it has been given."""
        self._buffer = data
        self._offset = 0
        if self._sums:
            self._sums.clear()
        return 0

    cpdef next_frame(self):
        """Return the next intact message, or ``None`` when more bytes are needed.

        Raises ``MessageTooLarge`` for a message above ``max_message_size``, and at each later call too.
        """
        cdef Bytes start = <Bytes>PyBytes_AS_STRING(self._buffer) + self._offset
        cdef Py_ssize_t left = PyBytes_GET_SIZE(self._buffer) - self._offset
        cdef Py_ssize_t size = self._usual_size(start, left)
        if size == 0:
            if left or self._announced:
                return self._next_frame()
            self.go_on_with(b"")
            return None
        self._offset += size
        self._skipping = False
        return PyBytes_FromStringAndSize(<const char*>start, size)

    cdef Py_ssize_t _usual_size(self, Bytes start, Py_ssize_t left) noexcept:
        """Return the size of the message that begins at ``start``; 0: it is not a usual, intact one."""
        cdef Py_ssize_t at = PyBytes_GET_SIZE(self._prefix)
        cdef Py_ssize_t length = 0
        cdef Py_ssize_t size
        cdef Bytes end
        if left < at + SMALLEST_BODY + TRAILER or memcmp(start, PyBytes_AS_STRING(self._prefix), at):
            return 0
        while is_digit(start[at]) and length <= LONGEST_FRAME and at < left - TRAILER:
            length = length * 10 + start[at] - 48
            at += 1
        if length < SMALLEST_BODY or start[at] != SOH:
            return 0
        size = at + 1 + length + TRAILER
        if size > left or size > self.max_message_size or memcmp(start + at, b"\x0135=", 4):
            return 0
        end = start + size - TRAILER
        if memcmp(end - 1, b"\x0110=", 4) or end[6] != SOH:
            return 0
        if not (is_digit(end[3]) and is_digit(end[4]) and is_digit(end[5])):
            return 0
        if (end[3] - 48) * 100 + (end[4] - 48) * 10 + end[5] - 48 != sum_of(start, size - TRAILER):
            return 0
        return size


# ---- messages

@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class Message:
    """One inbound message: its frame, and where its fields are (``message.Message``)."""

    cdef Field* find(self, unsigned short tag) noexcept:
        """Return the first field with ``tag`` of an indexed message, or ``NULL``."""
        cdef Py_ssize_t i
        for i in range(self.field_count):
            if self.index[i].tag == tag:
                return &self.index[i]
        return NULL

    cdef bytes value_of(self, Field* field):
        return PyBytes_FromStringAndSize(PyBytes_AS_STRING(self.raw) + field.start, field.end - field.start)

    @property
    def fields(self):
        """The first occurrence of each tag."""
        cdef Py_ssize_t i
        cdef dict fields
        if self._fields is None:
            fields = {}
            for i in range(self.field_count):
                fields.setdefault(tag_of(self.index[i].tag), self.value_of(&self.index[i]))
            self._fields = fields
        return self._fields

    def pairs(self):
        """Return every field in the order sent, as ``(tag, value)``."""
        cdef Py_ssize_t i
        if self.is_indexed:
            return [
                (tag_of(self.index[i].tag), self.value_of(&self.index[i])) for i in range(self.field_count)
            ]
        return self._pairs


cdef inline bytes tag_of(unsigned short tag):
    return <bytes>TAGS[tag] if tag < 2048 else b"%d" % tag


cpdef Message scan(bytes frame):
    """Return the fields of a frame that ``Framer`` passed. Never raises (``message.scan``)."""
    cdef Message message = Message.__new__(Message)
    message.raw = frame
    if not index_fields(message):
        take_over(message, scan_any(frame))
    return message


cdef take_over(Message message, found):
    """Make ``message`` what plain Python has found."""
    message.is_indexed = False
    message.msg_type = found.msg_type
    message.msg_seq_num = found.msg_seq_num
    message.poss_dup = found.poss_dup
    message.poss_resend = found.poss_resend
    message.field_count = found.field_count
    message._fields = found.fields
    message._pairs = found.pairs()


cdef bint index_fields(Message message):
    """Find the fields of a usual message in one pass; ``False``: it is not a usual one."""
    cdef Bytes start = <Bytes>PyBytes_AS_STRING(message.raw)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(message.raw)
    cdef Bytes at = start
    cdef Bytes end = start + size
    cdef Bytes value
    cdef Field* field
    cdef unsigned int tag
    cdef Py_ssize_t count = 0
    cdef unsigned long long layout = 0
    cdef bint numbered = False, dup_seen = False, resend_seen = False
    if size == 0 or size > LONGEST_FRAME or start[size - 1] != SOH:
        return False
    while at < end:
        if count == MAX_FIELDS or at[0] == 48:
            return False
        tag = 0
        while is_digit(at[0]) and tag < 6554:  # the SOH at the end stops it
            tag = tag * 10 + at[0] - 48
            at += 1
        if at[0] != EQUALS or tag == 0 or tag > 65535 or IS_LENGTH[tag]:
            return False
        value = at + 1
        at = <Bytes>memchr(value, SOH, end - value)
        field = &message.index[count]
        field.tag = <unsigned short>tag
        field.start = <unsigned short>(value - start)
        field.end = <unsigned short>(at - start)
        layout = layout * 1099511628211ULL + tag
        count += 1
        if tag == 34:
            if not numbered:
                message.msg_seq_num = positive(value, at)
                numbered = True
        elif tag == 35:
            if message.msg_type is None:
                message.msg_type = PyBytes_FromStringAndSize(<const char*>value, at - value)
        elif tag == 43:
            if not dup_seen:
                message.poss_dup = at - value == 1 and value[0] == 89
                dup_seen = True
        elif tag == 97:
            if not resend_seen:
                message.poss_resend = at - value == 1 and value[0] == 89
                resend_seen = True
        at += 1
    message.field_count = count
    message.layout = layout
    message.is_indexed = message.msg_type is not None
    return message.is_indexed


cdef inline long long positive(Bytes at, Bytes end) noexcept:
    """Return a number of at most 18 digits; 0: it is none."""
    cdef long long number = 0
    if end - at > 18:
        return 0
    while at < end:
        if not is_digit(at[0]):
            return 0
        number = number * 10 + at[0] - 48
        at += 1
    return number
