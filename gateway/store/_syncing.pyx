"""Commit batches with durability ``fsync``, compiled: what ``LogStore`` does, with a thread of C.

NOT here: what is not usual (``_committing``) and another segment, which are work of the store's own thread.
"""

import os

from posix.types cimport off_t
from posix.unistd cimport read

from gateway.model._slots cimport put, slot
from gateway.store._committing cimport Committing
from gateway.store._write_thread cimport WriteThread, ask_write, begin_thread, end_thread, free_thread, has_ended

from gateway.store.log_tail import LogTail

cdef Py_ssize_t TAIL_END = slot(LogTail, "end"), TAIL_ERRNO = slot(LogTail, "errno")
cdef double SOON_S = 1.0  # for a thread that has nothing more to do


cdef class Syncing(Committing):
    """Commits to the state of one store beside its loop, on whose thread it is made and answers."""

    cdef WriteThread* thread  # NULL when it has ended
    cdef object loop, batch, done
    cdef int told_fd
    cdef bint is_closing
    cdef ssize_t written
    cdef int error  # of what is not written

    def __init__(self, state, otherwise, loop):
        Committing.__init__(self, state, otherwise)
        self.loop = loop
        self.told_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.thread = begin_thread(self.told_fd)
        if self.thread == NULL:
            os.close(self.told_fd)
            raise OSError("no thread is to be had")
        loop.add_reader(self.told_fd, self._told)

    def __dealloc__(self):
        if self.thread != NULL:
            # It was not closed, or the disk does not answer: what is written stays where it is.
            end_thread(self.thread)
            self.room.start = NULL

    def commit(self, batch, done):
        """Make ``batch`` durable, then call ``done(None)`` from the loop; on failure ``done(error)``."""
        cdef int fd
        if self.batch is not None:
            raise RuntimeError("a commit is under way")
        fd = self.encode(batch)
        if fd < 0 or self.is_closing:
            self.plain(batch, done)
            return
        self.batch, self.done = batch, done
        ask_write(self.thread, fd, self.room.start, self.room.at - self.room.start, <off_t>self.offset)

    @property
    def is_writing(self):
        """Whether something may still be written; after ``close`` only what the disk did not end in time."""
        if self.is_closing and self.thread != NULL and has_ended(self.thread, 0.0):
            self.let_go()
        return self.thread != NULL

    def close(self, double seconds):
        """Finish what is under way; return whether that is done within so many seconds. It is still answered."""
        cdef bint is_done
        if self.thread == NULL:
            return True
        if not self.is_closing:
            self.is_closing = True
            end_thread(self.thread)
        with nogil:
            is_done = has_ended(self.thread, seconds)
        if is_done:
            self.let_go()
        return is_done

    def _told(self):
        cdef char[8] counted
        if read(self.told_fd, counted, 8) == 8:
            self.written, self.error = self.thread.written, self.thread.error
            if self.is_closing and has_ended(self.thread, SOON_S):
                self.let_go()
            else:
                self._answer()

    def _answer(self):
        batch, done = self.batch, self.done
        self.batch = self.done = None
        if self.written < 0:
            put(self.tail, TAIL_ERRNO, self.error)
        self.end(batch, done, self.written)

    cdef int let_go(self) except -1:
        """Let go of the thread, which has ended, and answer what is under way."""
        cdef long long size = self.room.at - self.room.start
        self.written, self.error = self.thread.written, self.thread.error
        if self.batch is not None and self.written == size:
            # Before it is answered: what is behind the end may be cut off.
            put(self.tail, TAIL_END, self.offset + size)
        free_thread(self.thread)
        self.thread = NULL
        if not self.loop.is_closed():
            self.loop.remove_reader(self.told_fd)
            if self.batch is not None:
                self.loop.call_soon(self._answer)
        os.close(self.told_fd)
        return 0
