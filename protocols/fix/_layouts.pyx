"""Which messages are good at once, compiled: the same answers as in plain Python (``layouts``).

NOT here: what is wrong with a message that does not pass, which the derived class says (``validation``).
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp, memcpy

from protocols.fix._codec cimport MAX_FIELDS, SOH, WHOLE_SECOND, Bytes, Message, is_digit

from protocols.fix.field_types import CHECKS

cdef enum Kind:
    RIGHT  # in every frame
    PRESENT
    DIGITS
    COUNT
    INTEGER
    DECIMAL
    CODE
    TIMESTAMP
    OTHER


@cython.final
cdef class Layout:
    """The checks of the messages with one order of tags."""

    cdef bytes msg_type
    cdef Py_ssize_t field_count
    cdef unsigned short tags[MAX_FIELDS]
    cdef Kind kinds[MAX_FIELDS]
    cdef Bytes codes[MAX_FIELDS]  # for a CODE: 256 bytes, those that may be are not 0
    cdef list checks

    cdef bint is_of(self, Message message) noexcept:
        """Tell whether ``message`` has this layout."""
        cdef Py_ssize_t i
        if self.field_count != message.field_count:
            return False
        for i in range(self.field_count):
            if self.tags[i] != message.index[i].tag:
                return False
        return self.msg_type == message.msg_type

    cdef bint accepts(self, Message message) except -1:
        """Tell whether every field of ``message`` is as its check says."""
        cdef Bytes start = <Bytes>PyBytes_AS_STRING(message.raw)
        cdef Bytes at
        cdef Bytes end
        cdef Py_ssize_t i
        cdef Kind kind
        for i in range(self.field_count):
            at = start + message.index[i].start
            end = start + message.index[i].end
            kind = self.kinds[i]
            if kind == RIGHT:
                continue
            if at == end:
                return False
            if kind == PRESENT:
                continue
            if kind == CODE:
                if end - at != 1 or not self.codes[i][at[0]]:
                    return False
            elif kind == DECIMAL:
                if not is_decimal(at, end):
                    return False
            elif kind == TIMESTAMP:
                if not is_timestamp(at, end):
                    return False
            elif kind == COUNT or kind == INTEGER:
                if kind == INTEGER and at[0] == 45:
                    at += 1
                if at == end or end - at > 18 or not is_digits(at, end):
                    return False
            elif kind == DIGITS:
                if not is_digits(at, end):
                    return False
            elif not self.checks[i](message.value_of(&message.index[i])):
                return False
        return True


cdef class Layouts:
    """What was learnt of the messages of a dictionary (``layouts.Layouts``)."""

    cdef object checks_of
    cdef list known  # each layout at the place that its tags give
    cdef Py_ssize_t max_layouts

    def __init__(self, checks_of, Py_ssize_t max_layouts=1024):
        self.checks_of = checks_of
        self.max_layouts = max_layouts
        self.known = [None] * max_layouts

    @property
    def learnt(self):
        """How many layouts are remembered."""
        return self.max_layouts - self.known.count(None)

    def validate(self, Message message not None):
        """Raise ``SessionReject`` for the first fault of ``message``."""
        if not self.passes(message):
            self._look_closer(message)

    cpdef bint passes(self, Message message) except -1:
        """Tell whether ``message`` is good; ``False`` means that it may not be."""
        cdef Layout layout
        if not message.is_indexed:
            return self.passes_any(message)
        layout = <Layout>self.known[message.layout % <unsigned long long>self.max_layouts]
        if layout is None or not layout.is_of(message):
            layout = self.learn(message)
            if layout is None:
                return False
        return layout.accepts(message)

    cdef Layout learn(self, Message message):
        """Look the checks of a message up and remember them, in the place of another where there is one."""
        cdef Py_ssize_t i
        cdef Layout layout
        if len(message.fields) != message.field_count:
            return None
        checks = self.checks_of((message.msg_type, *message.fields))
        if checks is None:
            return None
        layout = Layout.__new__(Layout)
        layout.msg_type = message.msg_type
        layout.field_count = message.field_count
        layout.checks = list(checks)
        for i in range(message.field_count):
            layout.tags[i] = message.index[i].tag
            layout.kinds[i] = kind_of(layout.checks[i])
            if layout.kinds[i] == CODE:
                codes = codes_of(layout.checks[i].__self__)
                layout.checks.append(codes)  # it lives as long as the layout
                layout.codes[i] = <Bytes>PyBytes_AS_STRING(codes)
        self.known[message.layout % <unsigned long long>self.max_layouts] = layout
        return layout

    cdef bint passes_any(self, Message message) except -1:
        """Check a message that is not indexed, without remembering its layout."""
        if message.field_count != len(message.fields) or message.field_count > MAX_FIELDS:
            return False
        checks = self.checks_of((message.msg_type, *message.fields))
        if checks is None:
            return False
        return all(check is None or check(value) for check, value in zip(checks, message.fields.values()))


cdef Kind kind_of(check):
    if check is None:
        return RIGHT
    kind = KINDS.get(check)
    if kind is not None:
        return kind
    codes = getattr(check, "__self__", None)
    if isinstance(codes, frozenset) and check == codes.__contains__ and all(len(code) == 1 for code in codes):
        return CODE
    return OTHER


cdef bytes codes_of(codes):
    return bytes(bytes((byte,)) in codes for byte in range(256))


KINDS = {
    len: PRESENT,
    bytes.isdigit: DIGITS,
    CHECKS["SEQNUM"][0]: COUNT,
    CHECKS["INT"][0]: INTEGER,
    CHECKS["FLOAT"][0]: DECIMAL,
    CHECKS["UTCTIMESTAMP"][0]: TIMESTAMP,
}


cdef inline bint is_digits(Bytes at, Bytes end) noexcept:
    while at < end:
        if not is_digit(at[0]):
            return False
        at += 1
    return True


cdef inline bint is_decimal(Bytes at, Bytes end) noexcept:
    """Tell whether digits stand there, with one point at most and a minus in front at most."""
    cdef Py_ssize_t digits = 0, points = 0
    if at[0] == 45:
        at += 1
    while at < end:
        if is_digit(at[0]):
            digits += 1
        elif at[0] == 46 and not points:
            points = 1
        else:
            return False
        at += 1
    return digits > 0


cdef object IS_TIMESTAMP = CHECKS["UTCTIMESTAMP"][0]
cdef unsigned char GOOD_SECOND[WHOLE_SECOND]  # found right the last time
GOOD_SECOND[0] = SOH  # none yet: no value has an SOH


cdef bint is_timestamp(Bytes at, Bytes end) except -1:
    """Tell whether a UTCTimestamp stands there."""
    cdef Py_ssize_t size = end - at
    if size < WHOLE_SECOND:
        return False
    if memcmp(at, GOOD_SECOND, WHOLE_SECOND):
        if not IS_TIMESTAMP(PyBytes_FromStringAndSize(<const char*>at, WHOLE_SECOND)):
            return False
        memcpy(GOOD_SECOND, at, WHOLE_SECOND)
    if size == WHOLE_SECOND:
        return True
    return (
        at[WHOLE_SECOND] == 46
        and (size == WHOLE_SECOND + 4 or size == WHOLE_SECOND + 7 or size == WHOLE_SECOND + 10)
        and is_digits(at + WHOLE_SECOND + 1, end)
    )
