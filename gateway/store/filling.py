"""Fills the log's file with zeros ahead of its end, in a thread of its own.

A durable write over bytes that are on the disk already needs no block and no new size of the file: it takes
less of the disk and of the processor than one that appends. NOT here: the records (``log_writer``), and what
zeros behind them mean to those who read (``segments``).
"""

import logging
import threading
from queue import SimpleQueue
from typing import Final

from gateway.store.log_file import LogFile
from gateway.store.log_tail import NO_BOUND, LogTail

LEAST_AHEAD: Final = 1 << 20
MOST_AHEAD: Final = 16 << 20
"""Bytes of zeros behind the log's end, as many as were written so far; more when half of them are left."""

SLICE: Final = 256 << 10
"""Bytes that are filled at once, and that a writer takes who has come to the end of what is filled.

Where the writer comes near, more are filled at once, up to ``MOST_AHEAD / 8``: a busy loop leaves a thread
little of the interpreter.
"""

ROOM: Final = 4
"""Segments of free space on the disk without which nothing is filled: zeros must not be what fills it."""

_BLOCK: Final = 4096
_MORE: Final = True
_NO_MORE: Final = False

log = logging.getLogger(__name__)


class Filler:
    """Keeps zeros behind the end of the file that is written, up to ``segment_size``.

    Bytes up to ``tail.filled`` are the writer's, those behind it the filler's: a writer ``claims`` what it
    needs beyond, and calls when the log has come to ``tail.fill_due``. Filling is never needed: when it fails
    or the disk is short of room, the rest of the segment is appended to.
    """

    def __init__(self, tail: LogTail, segment_size: int) -> None:
        self._tail = tail
        self._segment_size = segment_size
        self._lock = threading.Lock()
        self._file: LogFile | None = None
        self._is_short = False
        self._is_claimed = False
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="filler", daemon=True)

    def start(self) -> None:
        """Fill from now on."""
        self._thread.start()

    def lead(self, file: LogFile, size: int) -> int:
        """Return how many zeros to write with the first ``size`` bytes of a new file."""
        return self._until(size, self._most()) - size if self._has_room(file) else 0

    def follow(self, file: LogFile, size: int) -> None:
        """Fill ``file``, of which ``size`` bytes are there, and no other; the tail is at its beginning."""
        with self._lock:
            self._tail.filled = size
            self._file = file
            if self._is_short:
                self._rest()
        self.claim(size)

    def claim(self, end: int) -> None:
        """Leave the bytes up to ``end`` to the writer, and have more filled behind them.

        Where they are not the writer's yet, what is being filled is waited for.
        """
        tail = self._tail
        if end > tail.filled:
            # The filler gives way; a lock alone it would take again and again.
            self._is_claimed = True
            with self._lock:
                tail.filled = max(tail.filled, end + SLICE)
                self._is_claimed = False
        tail.fill_due = NO_BOUND
        self._asked.put(_MORE)

    def leave(self) -> None:
        """Fill the file no more."""
        with self._lock:
            self._rest()

    @property
    def is_writing(self) -> bool:
        """Whether something may still be written."""
        return self._thread.is_alive()

    def close(self, seconds: float) -> None:
        """Fill nothing more; wait so many seconds at most for what is being filled."""
        self._file = None
        self._asked.put(_NO_MORE)
        if self.is_writing:
            self._thread.join(seconds)

    def _work(self) -> None:
        while self._asked.get():
            while self._fill():
                pass

    def _fill(self) -> bool:
        """Fill a slice; return whether there is more to do."""
        tail = self._tail
        with self._lock:
            file, begin = self._file, tail.filled
            if file is None or self._is_claimed:
                return False
            ahead, most = begin - tail.end, self._ahead()
            if ahead >= most:
                tail.fill_due = begin - most // 2
                return False
            if begin >= self._segment_size or not self._has_room(file):
                self._rest()
                return False
            try:
                end = self._until(begin, SLICE if ahead > most // 4 else self._most())
                tail.filled = begin + file.fill(begin, end - begin)
            except OSError as error:
                log.warning("%s: not filled ahead: %s", file.path.parent, error.strerror or error)
                self._rest()
                return False
        return True

    def _rest(self) -> None:
        """Leave the file to the writer."""
        self._file = None
        self._tail.filled = self._tail.fill_due = NO_BOUND

    def _has_room(self, file: LogFile) -> bool:
        try:
            is_short = file.room() < ROOM * self._segment_size
        except OSError:
            is_short = True
        if is_short and not self._is_short:
            log.warning("%s: not filled ahead: no room for %d more segments", file.path.parent, ROOM)
        self._is_short = is_short
        return not is_short

    def _ahead(self) -> int:
        """Return how many zeros there should be: a busy log has more, one of few batches costs little."""
        return min(max(LEAST_AHEAD, self._tail.bytes_written), MOST_AHEAD)

    def _most(self) -> int:
        """Return how many bytes to fill at once where the writer is near."""
        return max(SLICE, self._ahead() // 8)

    def _until(self, begin: int, size: int) -> int:
        """Return where a slice that begins at ``begin`` ends: on a border of blocks, or with the segment."""
        return max(begin, min((begin + size) // _BLOCK * _BLOCK, self._segment_size))
