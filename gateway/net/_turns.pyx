# cython: auto_pickle=False
"""The compiled twin of ``plain_turns``: the same names, order of effects, answers to errors.

NOT here: what few turns have, which is abstract in the twin (``turns``); which twin works (``turn_cycle``).
"""

cimport cython
from cpython.dict cimport PyDict_Clear, PyDict_SetItem
from cpython.ref cimport PyObject

from gateway.model._slots cimport get, peek, put, slot
from gateway.net._send cimport OpenSocket
from gateway.ports._clock cimport monotonic_ns

import logging

from gateway.marketdata.alert import Alert
from gateway.net.plain_turns import MOST_OWED, _ignore, _rest
from gateway.ports import Batch, StoreError
from gateway.ports.faults import FAULT, Fault, reach
from gateway.ports.metrics import LatencyBuckets

cdef extern from *:
    int significant_bits "64 - __builtin_clzll"(unsigned long long number)

cdef object log = logging.getLogger("gateway.net.turns")

cdef object _Batch = Batch
cdef Py_ssize_t COMMANDS = slot(Batch, "commands"), MESSAGES = slot(Batch, "messages")
cdef Py_ssize_t SESSIONS = slot(Batch, "sessions"), EXECUTIONS = slot(Batch, "executions")
cdef Py_ssize_t EVENTS = slot(Batch, "events")
cdef Py_ssize_t COUNTS = slot(LatencyBuckets, "_counts"), TOTAL = slot(LatencyBuckets, "total_ns")

cdef object fault = FAULT, pass_point = reach
cdef Py_ssize_t ARMED = slot(Fault, "point"), IS_ON = slot(Alert, "is_on")


cdef inline int passing(str point) except -1:
    """Pass a fault point, which is free while none is armed."""
    if <str>peek(fault, ARMED):
        pass_point(point)
    return 0


cpdef count_ns(buckets, unsigned long long ns, unsigned long long times):
    """Do what ``buckets.record`` of ``LatencyBuckets`` does, for durations below 2**60."""
    cdef list counts = get(buckets, COUNTS)
    cdef int bits = significant_bits(ns) if ns else 0
    cdef Py_ssize_t at = (bits << 2) + (ns << 3 >> bits)
    counts[at] = counts[at] + times
    put(buckets, TOTAL, get(buckets, TOTAL) + <object>ns * <object>times)


@cython.final
@cython.no_gc_clear
@cython.freelist(8)
cdef class Unit:
    """What becomes durable together, and what is said and done when it is."""

    cdef readonly object batch
    cdef readonly list writes
    cdef readonly list actions
    cdef readonly Py_ssize_t pending_bytes
    cdef readonly long long opened_at

    def __cinit__(self):
        self.batch = _Batch([], [], {}, [], [])
        self.writes = []
        self.actions = []

    def __bool__(self):
        return self.has_anything()

    cdef inline list rows(self, Py_ssize_t kind):
        """Return one of the batch's lists."""
        return <list>get(self.batch, kind)

    cdef inline bint has_batch(self) except -1:
        # Executions and events come of commands.
        return bool(self.rows(COMMANDS) or self.rows(MESSAGES) or <dict>get(self.batch, SESSIONS))

    cdef inline bint has_anything(self) except -1:
        return bool(self.writes or self.actions or self.has_batch() or self.rows(EVENTS))

    def say(self, outbox, bytes data not None):
        """Write ``data`` to ``outbox`` when the unit is durable."""
        self.writes.append((outbox, data))
        self.pending_bytes += len(data)


@cython.no_gc_clear
cdef class TurnCycle:
    """The usual way of ``turns.Turns``, and the state that it needs."""

    cdef readonly object _engine
    cdef readonly object _store
    cdef readonly object _loop
    cdef readonly Py_ssize_t _max_uncommitted_bytes
    cdef public object _deliver
    cdef public object _publish
    cdef readonly object _released
    cdef readonly object _said
    cdef object alert
    cdef dict _talkers
    cdef dict _outboxes
    cdef public list _queries
    cdef readonly bint _readers_paused
    cdef public bint _scheduled
    cdef readonly int _owed
    cdef readonly Unit _committing
    cdef readonly Unit _durable
    cdef readonly long long _commit_started
    cdef public int most_owed
    cdef public bint failed
    cdef readonly long long now
    cdef readonly Unit unit
    cdef readonly Py_ssize_t batches
    cdef readonly object commit_ns
    cdef readonly object order_ns

    def __cinit__(self):
        self._deliver = self._publish = _ignore
        self._released = self._said = _rest
        self.alert = Alert()
        self._talkers = {}
        self._queries = []
        self._outboxes = {}
        self.most_owed = MOST_OWED
        self.now = monotonic_ns()
        self.unit = Unit()
        self.commit_ns = LatencyBuckets()
        self.order_ns = LatencyBuckets()

    def __init__(self, engine, store, loop, Py_ssize_t max_uncommitted_bytes):
        self._engine = engine
        self._store = store
        self._loop = loop
        self._max_uncommitted_bytes = max_uncommitted_bytes

    def call_after_release(self, released, alert):
        """Call ``released`` where ``alert`` is on when a unit has been said and its actions have run."""
        if not isinstance(alert, Alert):
            raise TypeError("the alert is that of market data")
        self._released = released
        self.alert = alert

    def call_when_said(self, said):
        """Call ``said`` whenever a unit has been said, after all else."""
        self._said = said

    # ---- while input is worked

    @property
    def is_ending(self):
        """Whether something was worked in this turn, which waits for the turn's end."""
        return self._scheduled

    def wake(self):
        """End the current turn once the input that is already here has been worked."""
        self.plan()

    cdef int plan(self) except -1:
        if self._scheduled:
            return 0
        if self._committing is not None and self._owed < self.most_owed:
            self._owed += 1
            return 0
        self._scheduled = True
        self._loop.call_soon(self._end)
        return 0

    def touch(self, talker):
        """Collect the output of ``talker`` at the end of this turn."""
        PyDict_SetItem(self._talkers, talker, None)
        self.plan()

    def record_execution(self, execution):
        """Make ``execution`` part of the unit; for the order path, while it delivers events."""
        self.unit.rows(EXECUTIONS).append(execution)

    def record(self, command):
        """Make ``command`` part of the unit."""
        cdef list commands = self.unit.rows(COMMANDS)
        if not commands:
            self.unit.opened_at = monotonic_ns()
        commands.append(command)
        self.plan()

    # ---- the turn's end

    def _end(self):
        if self.failed:
            return
        try:
            self.gather()
            if self._committing is None and not self._scheduled:
                # Otherwise what was collected has asked for another turn: it may have worked a command.
                self.commit_pending()
        except Exception as error:
            log.exception("a turn failed")
            self.fail(error)
            return
        if not self._readers_paused and self.uncommitted_bytes() > self._max_uncommitted_bytes:
            self._readers_paused = True
            self._pause_readers()

    cdef int gather(self) except -1:
        """Move all that the turn led to into the unit."""
        cdef dict talkers
        cdef list queries
        self.now = monotonic_ns()
        events = self._engine.drain()
        if events:
            self._deliver(events)
            self.unit.rows(EVENTS).extend(events)
        if self._queries:
            queries, self._queries = self._queries, []
            for query in queries:
                attempt(query)
        # Until here a wake is part of this turn; from here on it asks for another.
        self._scheduled = False
        self._owed = 0
        talkers, self._talkers = self._talkers, {}
        for talker in talkers:
            talker.collect(self.unit)
        return 0

    cdef int commit_pending(self) except -1:
        cdef Unit unit = self.unit
        if not unit.has_anything():
            return 0
        self.unit = Unit()
        if unit.has_batch():
            self._committing = unit
            self._commit_started = monotonic_ns()
            self._store.commit(unit.batch, self._committed)
        else:
            self.tell()
            self.release(unit)
        return 0

    def _committed(self, error):
        cdef Unit unit = self._committing
        self._committing = None
        if error is not None or unit is None:
            self.fail(error or StoreError("the store called back twice"))
            return
        passing("commit.done")
        count_ns(self.commit_ns, monotonic_ns() - self._commit_started, 1)
        self.batches += 1
        try:
            self.tell()
            self._durable = unit
            # The disk is at work again while this one is said.
            if self._owed and not self._scheduled:
                self._scheduled = True
                self._end()
            elif not self._scheduled and not self.failed:
                # A turn under way has commands in the unit whose answers are not there yet: it commits both.
                self.commit_pending()
            self.tell()
        except Exception as trouble:
            log.exception("a unit could not be said")
            self.fail(trouble)
            return
        if self._readers_paused and self.uncommitted_bytes() <= self._max_uncommitted_bytes // 2:
            self._readers_paused = False
            self._resume_readers()

    cdef int tell(self) except -1:
        """Say what is durable and waits for the next commit to begin."""
        cdef Unit unit = self._durable
        cdef Py_ssize_t commands
        if unit is None:
            return 0
        self._durable = None
        self.release(unit)
        commands = len(unit.rows(COMMANDS))
        if commands:
            count_ns(self.order_ns, monotonic_ns() - unit.opened_at, commands)
        return 0

    cdef Py_ssize_t uncommitted_bytes(self) noexcept:
        if self._committing is None:
            return self.unit.pending_bytes
        return self.unit.pending_bytes + self._committing.pending_bytes

    # ---- what is said

    def push(self, outbox, data):
        """Write ``data``, which says only what is committed, at the end of the release or the ``flush``."""
        self.add(outbox, data)

    cdef int add(self, outbox, data) except -1:
        if isinstance(outbox, OpenSocket):
            (<OpenSocket>outbox).put(data)
        else:
            outbox.add(data)
        PyDict_SetItem(self._outboxes, outbox, None)
        return 0

    def flush_later(self, outbox):
        """Write what was added to ``outbox`` at the end of the release or the ``flush``."""
        PyDict_SetItem(self._outboxes, outbox, None)

    def flush(self):
        """Write what was pushed outside of a release; nothing when nothing may be said any more."""
        if not self.failed and self._outboxes:
            for outbox in self._outboxes:
                flush(outbox)
            PyDict_Clear(self._outboxes)

    cdef int release(self, Unit unit) except -1:
        cdef bint is_first = True
        cdef list events = unit.rows(EVENTS)
        cdef tuple write
        for write in unit.writes:
            self.add(write[0], write[1])
        if events:
            self._publish(events)
            passing("publish.after")
        for action in unit.actions:
            attempt(action)
        passing("flush.before")
        if self._outboxes:
            for outbox in self._outboxes:
                flush(outbox)
                if is_first:
                    is_first = False
                    passing("flush.after_first")
            PyDict_Clear(self._outboxes)
        passing("flush.after")
        if get(self.alert, IS_ON) is True:
            self._released()
        self._said()
        return 0


cdef int flush(outbox) except -1:
    if isinstance(outbox, OpenSocket):
        return (<OpenSocket>outbox).write_all()
    outbox.flush()
    return 0


cdef int attempt(act) except -1:
    """Do what one session asked for; its failure is not the others'."""
    try:
        act()
    except Exception:
        log.exception("an act of a session failed")
    return 0
