"""Commit batches with durability ``os``, compiled: what ``LogStore`` does, on its state.

The record goes from where it is encoded to the file. NOT here: a batch after a failure, or to a file that is not
a plain one, or beyond what is filled of it, a write that the disk does not take whole, another segment
(``log_store``, ``log_writer``), and what is noted of a chunk or a series that begins (``ranges``).
"""

import time

from cpython.dict cimport PyDict_Update
from cpython.ref cimport PyObject
from libc.stdint cimport uint32_t
from libc.stdlib cimport free
from posix.types cimport off_t

from gateway.model._msgpack cimport whole
from gateway.model._slots cimport get, put, slot
from gateway.store._encoding cimport Room, begin, put_record
from gateway.store._noting cimport note

from gateway.ports import Batch
from gateway.ports.faults import FAULT, Fault, reach
from gateway.store.log_tail import LogTail
from gateway.store.log_writer import HALF_WRITTEN
from gateway.store.records import Place

cdef extern from *:  # for what is borrowed
    PyObject* field "BDAX_SLOT"(PyObject* holder, Py_ssize_t offset)

cdef extern from "Python.h":
    Py_ssize_t PyList_GET_SIZE(PyObject* items)

cdef extern from "unistd.h" nogil:
    ssize_t pwrite(int fd, const void* content, size_t size, off_t offset)

cdef enum:
    MOST_ROOM = 1 << 20  # more than this is not kept for the next record

cdef Py_ssize_t COMMANDS = slot(Batch, "commands"), MESSAGES = slot(Batch, "messages")
cdef Py_ssize_t SESSIONS = slot(Batch, "sessions"), EXECUTIONS = slot(Batch, "executions")
cdef Py_ssize_t EVENTS = slot(Batch, "events")

cdef Py_ssize_t TAIL_NUMBER = slot(LogTail, "number"), TAIL_ESEQ = slot(LogTail, "eseq")
cdef Py_ssize_t TAIL_FD = slot(LogTail, "fd"), TAIL_SEGMENT = slot(LogTail, "segment")
cdef Py_ssize_t TAIL_END = slot(LogTail, "end"), TAIL_COMMANDS = slot(LogTail, "commands")
cdef Py_ssize_t TAIL_FILLED = slot(LogTail, "filled"), TAIL_FILL_DUE = slot(LogTail, "fill_due")
cdef Py_ssize_t TAIL_WRITTEN = slot(LogTail, "bytes_written"), TAIL_HAS_FAILED = slot(LogTail, "has_failed")

cdef Py_ssize_t ARMED_POINT = slot(Fault, "point")


cdef class Committing:
    """Commits to the state of one store, within the call."""

    def __cinit__(self):
        begin(&self.room)

    def __dealloc__(self):
        free(self.room.start)

    def __init__(self, state, otherwise):
        if type(state.tail) is not LogTail:
            raise TypeError("not the tail of a log")
        self.tail, self.sessions, self.seed, settings, self.history = state
        self.most_bytes, self.most_commands = settings.segment_size, settings.snapshot_commands
        self.plain, self.rotate, self.not_noted, self.fill = otherwise
        self.segment = -1

    def commit(self, batch, done):
        """Make ``batch`` durable, then call ``done(None)``; on failure ``done(error)``."""
        cdef int fd = self.encode(batch)
        cdef ssize_t written
        if fd < 0:
            self.plain(batch, done)
            return
        with nogil:
            written = pwrite(fd, self.room.start, self.room.at - self.room.start, <off_t>self.offset)
        self.end(batch, done, written)

    @property
    def is_writing(self):
        """Whether something may still be written: never outside of a call."""
        return False

    def close(self, seconds):
        """Finish what is under way within so many seconds: there is nothing."""
        return True

    cdef int encode(self, batch) except? -1:
        """Encode the next record; return the file it goes to, less than 0 when that is not usual."""
        cdef bint is_armed = bool(get(FAULT, ARMED_POINT))
        cdef int fd = <int>whole(field(<PyObject*>self.tail, TAIL_FD))
        cdef long long end
        cdef list events
        if fd < 0 or get(self.tail, TAIL_HAS_FAILED) or type(batch) is not Batch:
            return -1
        if is_armed and FAULT.point == HALF_WRITTEN:
            return -1
        if self.room.end - self.room.start > MOST_ROOM:
            free(self.room.start)
            self.room.start = NULL
            begin(&self.room)
        self.number = self.moved(TAIL_NUMBER) + 1
        events = get(batch, EVENTS)
        self.eseq = events[len(events) - 1].eseq if events else get(self.tail, TAIL_ESEQ)
        put_record(&self.room, self.number, self.eseq, time.time_ns(), batch, self.seed)
        self.offset = self.moved(TAIL_END)
        end = self.offset + (self.room.at - self.room.start)
        if end > self.moved(TAIL_FILLED):
            # What is being filled is waited for, and not here: the disk may not answer.
            return -1
        if is_armed:
            reach("commit.encoded")
            reach("commit.before_write")
        return fd

    cdef int end(self, batch, done, ssize_t written) except -1:
        """Move all on and answer, when the record has been ``written`` whole."""
        cdef long long size = self.room.at - self.room.start, number = self.number
        cdef long long offset = self.offset, segment = self.moved(TAIL_SEGMENT), commands
        eseq = self.eseq
        if written != size:
            # Once more from the beginning, to say what is wrong.
            self.plain(batch, done)
            return 0
        if get(FAULT, ARMED_POINT):
            reach("commit.written")
        commands = self.moved(TAIL_COMMANDS) + PyList_GET_SIZE(field(<PyObject*>batch, COMMANDS))
        put(self.tail, TAIL_END, offset + size)
        put(self.tail, TAIL_COMMANDS, commands)
        put(self.tail, TAIL_WRITTEN, self.moved(TAIL_WRITTEN) + size)
        if offset + size >= self.most_bytes or commands >= self.most_commands:
            self.rotate(number, eseq)
        elif offset + size >= self.moved(TAIL_FILL_DUE):
            self.fill(offset + size)
        put(self.tail, TAIL_NUMBER, number)
        put(self.tail, TAIL_ESEQ, eseq)
        PyDict_Update(self.sessions, get(batch, SESSIONS))
        try:
            if segment != self.segment or not note(
                self.ranges, offset + size, get(batch, MESSAGES), get(batch, EXECUTIONS)
            ):
                self.ranges = self.history.take(number, Place(segment, offset, size), batch)
                self.segment = segment
        except Exception as error:
            self.not_noted(error, done)
            return 0
        done(None)
        return 0

    cdef long long moved(self, Py_ssize_t at):
        """Return a number of the tail."""
        return whole(field(<PyObject*>self.tail, at))
