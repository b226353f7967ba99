"""Messages that need no other look, in and out, compiled: the same bytes and answers as in plain Python.

The twins are in ``usual_messages``, ``usual_encoder`` and ``usual_outbound``. NOT here: every other message (``inbound``,
``encoder``; ``outbound`` has what is abstract in the twin).
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp, memcpy

from protocols.fix._codec cimport SOH, TRAILER, WHOLE_SECOND, Bytes, Field, FrameCursor, Message, put, put_number
from protocols.fix._codec cimport scan, sum_of
from protocols.fix._members cimport place_of, read, write

from protocols.fix.errors import SessionReject
from protocols.fix.msg_types import SESSION_MSG_TYPES
from protocols.fix.timestamps import utc_text

cdef enum:
    NS_PER_MS = 1_000_000

cdef unsigned char IS_SESSION_TYPE[256]
for _msg_type in SESSION_MSG_TYPES:
    IS_SESSION_TYPE[ord(_msg_type)] = True  # each is one character


# ---- time

@cython.final
cdef class Stamp:
    """The text of a time in milliseconds; it is nearly always in the second of the last one asked for."""

    def __cinit__(self):
        self._ms = -1
        self._text = b""

    cdef bytes at(self, long long utc_ns):
        """Return ``YYYYMMDD-HH:MM:SS.sss`` of UTC nanoseconds since 1970, rounded down."""
        cdef long long ms = utc_ns // NS_PER_MS
        cdef int milli
        cdef bytes text
        if ms == self._ms and utc_ns >= 0:
            return self._text
        if self._ms < 0 or utc_ns < 0 or ms // 1000 != self._ms // 1000:
            text = utc_text(utc_ns)
        else:
            milli = <int>(ms % 1000)
            text = PyBytes_FromStringAndSize(PyBytes_AS_STRING(self._text), PyBytes_GET_SIZE(self._text))
            PyBytes_AS_STRING(text)[WHOLE_SECOND + 1] = 48 + milli // 100
            PyBytes_AS_STRING(text)[WHOLE_SECOND + 2] = 48 + milli // 10 % 10
            PyBytes_AS_STRING(text)[WHOLE_SECOND + 3] = 48 + milli % 10
        self._ms = ms if utc_ns >= 0 else -1
        self._text = text
        return text


# ---- in


@cython.final
cdef class UsualMessages:
    """What nearly every message of a connection is (``usual_messages.UsualMessages``)."""

    def __init__(self, FrameCursor cursor, bytes begin, bytes sender, bytes target, validate):
        self.cursor = cursor
        self.begin = begin
        self.sender = sender
        self.target = target
        self.validate = validate

    cpdef Message take(self, long long expected, bytes second, list into):
        """Append messages to ``into`` while they are as usual; return the first that is not.

        ``None``: more bytes are needed. Raises ``MessageTooLarge``.
        """
        cdef Message message
        cdef bytes frame
        while True:
            frame = self.cursor.next_frame()
            if frame is None:
                return None
            message = scan(frame)
            if not (
                message.msg_seq_num == expected
                and not message.poss_dup
                and self.has_header(message, second)
                and not is_session_type(message.msg_type)
            ):
                return message
            try:
                self.validate(message)
            except SessionReject:
                return message
            into.append(message)
            expected += 1

    cdef bint has_header(self, Message message, bytes second) except -1:
        """Tell whether version, parties and second of SendingTime(52) are the session's."""
        cdef Field* time
        if not message.is_indexed:
            return (
                message.raw.startswith(self.begin)
                and message.fields.get(b"49") == self.sender
                and message.fields.get(b"56") == self.target
                and message.fields.get(b"52", b"")[:WHOLE_SECOND] == second
            )
        time = message.find(52)
        return (
            PyBytes_GET_SIZE(message.raw) > PyBytes_GET_SIZE(self.begin)
            and not memcmp(
                PyBytes_AS_STRING(message.raw), PyBytes_AS_STRING(self.begin), PyBytes_GET_SIZE(self.begin)
            )
            and is_value(message, 49, self.sender)
            and is_value(message, 56, self.target)
            and time is not NULL
            and PyBytes_GET_SIZE(second) == WHOLE_SECOND
            and time.end - time.start >= WHOLE_SECOND
            and not memcmp(
                PyBytes_AS_STRING(message.raw) + time.start, PyBytes_AS_STRING(second), WHOLE_SECOND
            )
        )


cdef inline bint is_session_type(bytes msg_type) noexcept:
    return PyBytes_GET_SIZE(msg_type) == 1 and IS_SESSION_TYPE[<unsigned char>PyBytes_AS_STRING(msg_type)[0]]


cdef inline bint is_value(Message message, unsigned short tag, bytes value) noexcept:
    cdef Field* field = message.find(tag)
    return (
        field is not NULL
        and field.end - field.start == PyBytes_GET_SIZE(value)
        and not memcmp(
            PyBytes_AS_STRING(message.raw) + field.start, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)
        )
    )


# ---- encoding

@cython.final
cdef class UsualEncoder:
    """Encodes a session's messages (``usual_encoder.UsualEncoder``)."""

    def __init__(self, bytes begin, bytes sender, bytes end):
        self.begin = begin
        self.sender = sender
        self.end = end

    cpdef bytes encode(self, bytes msg_type, long long msg_seq_num, bytes sending_time, bytes body):
        """Return the whole message."""
        if msg_type is None or sending_time is None or body is None:
            raise TypeError("a message is made of bytes")
        cdef char number[24]
        cdef char length[24]
        cdef Py_ssize_t number_size = put_number(number, msg_seq_num) - number
        cdef Py_ssize_t content = (
            9  # 35=, SOH, 34=, SOH, and the SOH behind the length
            + PyBytes_GET_SIZE(msg_type)
            + number_size
            + PyBytes_GET_SIZE(self.sender)
            + PyBytes_GET_SIZE(sending_time)
            + PyBytes_GET_SIZE(self.end)
            + PyBytes_GET_SIZE(body)
        )
        cdef Py_ssize_t length_size = put_number(length, content - 1) - length
        cdef Py_ssize_t size = PyBytes_GET_SIZE(self.begin) + length_size + content + TRAILER
        cdef bytes message = PyBytes_FromStringAndSize(NULL, size)
        cdef char* start = PyBytes_AS_STRING(message)
        cdef char* at = put(start, self.begin)
        cdef int check_sum
        memcpy(at, length, length_size)
        at += length_size
        memcpy(at, b"\x0135=", 4)
        at = put(at + 4, msg_type)
        memcpy(at, b"\x0134=", 4)
        at += 4
        memcpy(at, number, number_size)
        at += number_size
        at[0] = SOH
        at = put(put(put(put(at + 1, self.sender), sending_time), self.end), body)
        check_sum = sum_of(<Bytes>start, at - start)
        memcpy(at, b"10=", 3)
        at[3] = 48 + check_sum // 100
        at[4] = 48 + check_sum // 10 % 10
        at[5] = 48 + check_sum % 10
        at[6] = SOH
        return message


cdef class UsualOutbound:
    """What is numbered and written on a session (``usual_outbound.UsualOutbound``)."""

    def __init__(self, UsualEncoder encoder not None, numbers, timestamps, keepalive):
        self._encoder = encoder
        self._numbers = numbers
        self._timestamps = timestamps
        self.keepalive = keepalive
        self.next_out = place_of(numbers, "next_out")
        self.offset_ns = place_of(timestamps, "offset_ns")
        self.sent_at = place_of(keepalive, "sent_at")
        self.live = False
        self.numbered = []
        self.written = []
        self._stamp = Stamp()

    def send(self, bytes msg_type, bytes body, now, bytes extra=b""):
        """Number an application message; return whether it is held behind a resend."""
        return self.number(msg_type, body, now, extra)

    cdef bint number(self, bytes msg_type, bytes body, now, bytes extra) except -1:
        """Do what ``send`` says."""
        cdef object number
        cdef bytes frame
        if extra or not self.live:
            return self._send_otherwise(msg_type, body, now, extra)
        number = read(self._numbers, self.next_out, "next_out")
        write(self._numbers, self.next_out, "next_out", number + 1)
        offset_ns = read(self._timestamps, self.offset_ns, "offset_ns")
        frame = self._encoder.encode(msg_type, number, self._stamp.at(now + offset_ns), body)
        self.numbered.append((number, frame))
        self.written.append(frame)
        write(self.keepalive, self.sent_at, "sent_at", now)
        return False

    cpdef list take_numbered(self):
        """Return what was numbered since the last call."""
        cdef list numbered = self.numbered
        self.numbered = []
        return numbered

    cpdef bytes take_written(self):
        """Return what is to be written since the last call."""
        cdef list written = self.written
        if not written:
            return b""
        self.written = []
        return written[0] if len(written) == 1 else b"".join(written)
