# cython: auto_pickle=False
"""What every read, turn and order asks of a FIX client, compiled: the same effects as in plain Python.

The twins are in ``usual_connection``, ``usual_party`` and ``usual_client``. NOT here: whatever is not usual
(``fix_connection``, ``fix_party``, ``fix_client``): what is abstract in the twins is asked of the derived class.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItemWithError, PyDict_SetItem
from cpython.ref cimport PyObject

from gateway.dialects.native._usual_orders cimport cancel_of, new_order_of, replace_of
from gateway.dialects.native._usual_reports cimport body_of
from gateway.model._slots cimport fill, get, make, plain, put, slot
from gateway.ports._clock cimport monotonic_ns
from protocols.fix._codec cimport Message
from protocols.fix._usual cimport UsualOutbound
from protocols.fix._usual_session cimport UsualSession

from gateway.dialects.native.fix_reports import FixReports
from gateway.net.counters import FrontCounters
from gateway.net.usual_client import NO_PLACES
from gateway.orders import Order
from gateway.ports import SessionNumbers, StoredMessage
from protocols.fix import msg_types

cdef enum:
    NEW, CANCEL, REPLACE, KINDS

cdef object NUMBERS = plain(SessionNumbers), STORED = plain(StoredMessage)
cdef object _FixReports = FixReports, _Order = Order, REPORT = msg_types.EXECUTION_REPORT
cdef bytes NO_HEADER = b""
cdef object NOWHERE = NO_PLACES, NO_SYMBOL = ""
cdef tuple COUNTED = (
    msg_types.NEW_ORDER_SINGLE, msg_types.ORDER_CANCEL_REQUEST, msg_types.ORDER_CANCEL_REPLACE_REQUEST
)

cdef Py_ssize_t NEXT_OUT = slot(SessionNumbers, "next_out"), NEXT_IN = slot(SessionNumbers, "next_in")
cdef Py_ssize_t EPOCH = slot(SessionNumbers, "epoch"), OPENED_AT = slot(SessionNumbers, "opened_at")
cdef Py_ssize_t STORED_SESSION = slot(StoredMessage, "session"), STORED_EPOCH = slot(StoredMessage, "epoch")
cdef Py_ssize_t STORED_NUMBER = slot(StoredMessage, "msg_seq_num"), STORED_FRAME = slot(StoredMessage, "message")
cdef Py_ssize_t BYTES_IN = slot(FrontCounters, "bytes_in")
cdef Py_ssize_t SYMBOL = slot(Order, "symbol"), STYLE = slot(FixReports, "_style")


cdef class UsualConnection:
    """Gives what was read to the connection's client (``usual_connection.UsualConnection``)."""

    cdef public object client
    cdef public str _reason
    cdef object counters

    def __init__(self, counters):
        if type(counters) is not FrontCounters:
            raise TypeError("the counters are a front end's")
        self.counters = counters
        self._reason = ""
        self.client = None

    def data_received(self, bytes data not None):
        """Work what the client sent."""
        count = get(self.counters, BYTES_IN) + PyBytes_GET_SIZE(data)
        put(self.counters, BYTES_IN, count)
        if self._reason:
            return
        if self.client is not None:
            self.client.receive_data(data, monotonic_ns())
        else:
            self._receive_first(data)


cdef class UsualParty:
    """Takes a client's bytes; moves what its session has said into the turn's unit (``usual_party.UsualParty``)."""

    cdef public object key, line
    cdef public UsualSession session
    cdef public object _turns, _kept, _opened_at
    cdef public Py_ssize_t _max_pending_bytes
    cdef public bint _keeps_messages
    cdef object numbers

    def __init__(self, key, UsualSession session not None, turns, kept, max_pending_bytes):
        self.numbers = session.numbers
        if type(self.numbers) is not NUMBERS or type(kept) is not NUMBERS:
            raise TypeError("the numbers are the store's")
        self.key = key
        self.session = session
        self.line = None
        self._turns = turns
        self._kept = kept
        self._opened_at = kept.opened_at
        self._max_pending_bytes = max_pending_bytes
        self._keeps_messages = True

    def receive_data(self, bytes data not None, now):
        """Work what the client sent."""
        self.session.take_in(data, now)
        if self.session._events:
            self._handle_events(now)
        self._turns.touch(self)

    def collect(self, unit):
        """Move what the session has numbered and said into ``unit``."""
        self.move(unit)

    cdef int move(self, unit) except -1:
        """Do what ``collect`` says."""
        cdef bytes said
        if self.session._events:
            self._handle_events(monotonic_ns())
        self.keep(unit)
        said = self.session._flow.take_written()
        line = self.line
        if line is None:
            return 0
        if self.session.deadline_moved:
            line.arm(self.session.next_deadline(), monotonic_ns())
        if not said:
            return 0
        outbox = line.outbox
        if outbox.paused and outbox.backlog + PyBytes_GET_SIZE(said) > self._max_pending_bytes:
            said = self._log_out_slow(unit, monotonic_ns()) or said
        unit.say(outbox, said)
        return 0

    def _keep(self, unit):
        """Make what was numbered, and the numbers where they changed, durable with ``unit``."""
        self.keep(unit)

    cdef int keep(self, unit) except -1:
        """Do what ``_keep`` says."""
        cdef list numbered = self.session._flow.take_numbered()
        numbers, kept = self.numbers, self._kept
        next_out, next_in, epoch = get(numbers, NEXT_OUT), get(numbers, NEXT_IN), get(numbers, EPOCH)
        batch = unit.batch
        if numbered and self._keeps_messages:
            self.store(batch.messages, epoch, numbered)
        if next_out != get(kept, NEXT_OUT) or next_in != get(kept, NEXT_IN) or epoch != get(kept, EPOCH):
            counts = make(NUMBERS)
            fill(counts, NEXT_OUT, next_out)
            fill(counts, NEXT_IN, next_in)
            fill(counts, EPOCH, epoch)
            fill(counts, OPENED_AT, self._opened_at)
            self._kept = counts
            batch.sessions[self.key] = counts
        return 0

    def _keep_messages(self, unit, epoch, list numbered not None):
        """Make ``numbered`` messages of ``epoch`` durable with ``unit``."""
        if self._keeps_messages:
            self.store(unit.batch.messages, epoch, numbered)

    cdef int store(self, list messages, epoch, list numbered) except -1:
        """Append the ``numbered`` messages of ``epoch`` to ``messages``."""
        cdef tuple pair
        for pair in numbered:
            message = make(STORED)
            fill(message, STORED_SESSION, self.key)
            fill(message, STORED_EPOCH, epoch)
            fill(message, STORED_NUMBER, pair[0])
            fill(message, STORED_FRAME, pair[1])
            messages.append(message)
        return 0


cdef class UsualClient(UsualParty):
    """Submits a client's usual requests, and reports the order path's events (``usual_client.UsualClient``).

    Who derives from it has ``_take`` and ``_answer_failure`` for all others (``fix_party.FixParty``).
    """

    cdef public object account, _counters, _instruments, _reports, _submit, _timestamps, _touch
    cdef public dict _places
    cdef public bint _is_touched

    def receive_data(self, bytes data not None, now):
        """Work what the client sent."""
        cdef bint is_alone = not self.session._events
        if self.session.take_in(data, now) and is_alone:
            self.submit_all(self.session.take_events(), now)
        if self.session._events:
            self._handle_events(now)
        self._touch(self)

    cdef int submit_all(self, list messages, now) except -1:
        """Submit what ``messages`` ask for; one that is not usual is worked as ever, in its place."""
        cdef Message message
        cdef Py_ssize_t[KINDS] taken = [0, 0, 0]
        cdef int kind
        cdef tuple origin = (self.key, self.account, now + self._timestamps.offset_ns)
        try:
            for message in messages:
                kind = kind_of(message)
                try:
                    command = self.command_of(message, kind, origin)
                    if command is not None:
                        taken[kind] += 1
                        self._submit(command, now)
                        continue
                except Exception as error:
                    self._answer_failure(message, error, now)
                    continue
                self._take(message, now)
        finally:
            for kind in range(KINDS):
                if taken[kind]:
                    count(self._counters.messages_in, COUNTED[kind], taken[kind])
        return 0

    cdef object command_of(self, Message message, int kind, tuple origin):
        """Return what a usual message asks for, ``None`` for another."""
        if kind == NEW:
            return new_order_of(message, origin, self._instruments)
        if kind == CANCEL:
            return cancel_of(message, origin, self._instruments)
        return replace_of(message, origin, self._instruments) if kind == REPLACE else None

    def report(self, event, order):
        """Number and store one report, and say it when the client is there."""
        cdef PyObject* found
        cdef bytes body = None
        if order is None:
            symbol = NO_SYMBOL
        else:
            symbol = get(order, SYMBOL) if type(order) is _Order else order.symbol
        found = PyDict_GetItemWithError(self._places, symbol)
        places = NOWHERE if found == NULL else <object>found
        msg_type = REPORT
        if type(self._reports) is _FixReports:
            body = body_of(get(self._reports, STYLE), event, order, <tuple>places)
        if body is None:
            encoded = self._reports.report(event, order, places)
            if encoded is None:
                return
            msg_type, body = encoded
        self.session.number(msg_type, body, self._turns.now, NO_HEADER)
        if not self._is_touched:
            self._is_touched = True
            self._touch(self)

    def collect(self, unit):
        """Move what the session has numbered and said into ``unit``."""
        self._is_touched = False
        self.move(unit)


cdef int count(counter, msg_type, Py_ssize_t more) except -1:
    """Count ``more`` messages of a type; a ``Counter`` is a dict that looks itself up."""
    cdef PyObject* before = PyDict_GetItemWithError(counter, msg_type)
    if before != NULL:
        more += <object>before
    PyDict_SetItem(counter, msg_type, more)
    return 0


cdef inline int kind_of(Message message) noexcept:
    """Return what a message asks for, ``KINDS`` for what is not usual."""
    cdef char code
    if not message.is_indexed or message.poss_resend or PyBytes_GET_SIZE(message.msg_type) != 1:
        return KINDS
    code = PyBytes_AS_STRING(message.msg_type)[0]
    if code == b"D":
        return NEW
    if code == b"F":
        return CANCEL
    return REPLACE if code == b"G" else KINDS
