"""Appends records to the log and begins its segments. NOT here: threads, numbers, reads (``log_store``)."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import msgspec

from gateway.ports import Durability, StoreError
from gateway.ports.faults import FAULT, reach
from gateway.store.filling import Filler
from gateway.store.log_end import note_end
from gateway.store.log_file import LogFile, sync_directory, unwritable
from gateway.store.log_tail import NOT_USUAL, LogTail
from gateway.store.records import Place
from gateway.store.segments import UNFINISHED, Segment, segment_path

HALF_WRITTEN: Final = "commit.half_written"


class OpenLogFile(Protocol):
    """Makes a new, empty log file."""

    def __call__(self, path: Path, *, sync: bool) -> LogFile:
        """Make the file at ``path``; with ``sync`` its writes are durable. Raises ``OSError``."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a commit survives, when a segment is closed (bytes or commands), how long history is kept."""

    durability: Durability
    segment_size: int
    snapshot_commands: int
    retention_ns: int


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A record on its way to the disk: its bytes, what it holds, and the engine sequence after it."""

    number: int
    eseq: int
    commands: int
    record: bytes


class LogWriter:
    """The writing end of the log; used by one thread at a time.

    Begins with ``segment``, whose file is made here, and moves ``tail`` on; with ``fills_ahead`` the file is
    filled ahead of it. After a failure nothing more is written: every call raises the same ``StoreError``.
    """

    def __init__(
        self,
        segment: Segment,
        settings: LogSettings,
        open_file: OpenLogFile = LogFile,
        tail: LogTail | None = None,
        *,
        fills_ahead: bool = False,
    ) -> None:
        self.tail = tail or LogTail(segment.first - 1, segment.eseq)
        self.settings = settings
        self._sync = settings.durability is Durability.FSYNC
        self._open_file = open_file
        self._filler = Filler(self.tail, settings.segment_size) if fills_ahead else None
        self._failure: StoreError | None = None
        self.segment = segment
        self._file = self._begin(segment)
        if self._filler is not None:
            self._filler.start()

    def append(self, entry: Entry) -> Place:
        """Write one record; it is as durable as it is to be when this returns."""
        if self._failure is not None:
            raise self._failure
        tail, record = self.tail, entry.record
        offset = tail.end
        size = len(record)
        reach("commit.before_write")
        try:
            _check_disk(tail)
            if offset + size > tail.filled:
                self.claim(offset + size)
            if FAULT.point == HALF_WRITTEN:
                self._file.write(record[: size // 2], offset)
                reach(HALF_WRITTEN)
            written = self._file.write(record, offset)
            if written < size:
                _write_rest(self._file, record, written, offset)
        except OSError as error:
            # What was refused should not be there after the next start; its file may not even let us do this.
            if self._filler is not None:
                self._filler.leave()
            with suppress(OSError):
                self._file.truncate(offset)
            raise self._fail(self.segment.path, error) from None
        reach("commit.written")
        tail.end = offset + size
        tail.commands += entry.commands
        tail.bytes_written += size
        if self.is_full:
            # What comes next waits for another segment.
            tail.fd = NOT_USUAL
        elif tail.end >= tail.fill_due:
            self.claim(tail.end)
        return Place(self.segment.first, offset, size)

    @property
    def is_full(self) -> bool:
        """Whether another segment is due."""
        tail, settings = self.tail, self.settings
        return tail.end >= settings.segment_size or tail.commands >= settings.snapshot_commands

    def rotate_if_due(self, number: int, eseq: int) -> Segment | None:
        """Begin another segment behind the batch ``number`` when this one is full; return the closed one.

        A failure is raised by the next ``append``; after one nothing is begun.
        """
        if not self.is_full or self._failure is not None:
            return None
        reach("rotate.before")
        closed, end = self.segment, self.tail.end
        following = closed._replace(
            path=segment_path(closed.path.parent, number + 1),
            first=number + 1,
            previous=closed.first,
            eseq=eseq,
        )
        try:
            file = self._begin(following)
        except StoreError:
            return None
        before, self._file = self._file, file
        self.segment = following
        self._end(before, end)
        reach("rotate.after")
        return closed

    def claim(self, end: int) -> None:
        """Have the file filled further, with bytes up to ``end`` left alone."""
        if self._filler is not None:
            self._filler.claim(end)

    @property
    def is_filling(self) -> bool:
        """Whether something may still be filled."""
        return self._filler is not None and self._filler.is_writing

    def end_filling(self, seconds: float) -> None:
        """Fill nothing more; wait so many seconds at most for what is being filled."""
        if self._filler is not None:
            self._filler.close(seconds)

    def close(self) -> None:
        """Close the file; nothing is being filled any more."""
        self._end(self._file, self.tail.end)

    def _begin(self, segment: Segment) -> LogFile:
        """Make the file of ``segment``, which gets its name when it is whole."""
        path = segment.path
        unfinished = path.with_name(path.stem + UNFINISHED)
        header = segment.header()
        try:
            file = self._open_file(unfinished, sync=self._sync)
            try:
                lead = 0 if self._filler is None else self._filler.lead(file, len(header))
                # Of the zeros what the disk takes at once, of the header all.
                written = file.write(header + bytes(lead), 0)
                _write_rest(file, header, written, 0)
                unfinished.rename(path)
                if self._sync:
                    sync_directory(path.parent)
                    note_end(path.parent.parent, segment.first)
            except OSError:
                _close(file)
                raise
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise self._fail(path, error) from None
        tail = self.tail
        tail.segment, tail.end, tail.commands = segment.first, segment.start, 0
        tail.bytes_written += len(header)
        if self._filler is not None:
            self._filler.follow(file, max(len(header), written))
        # Last: from here on the loop's thread may write to it.
        tail.fd = file.fileno() if type(file) is LogFile else NOT_USUAL
        return file

    def _end(self, file: LogFile, end: int) -> None:
        """Close ``file``, without the zeros behind its ``end``."""
        if self._filler is not None:
            with suppress(OSError):
                file.shorten(end)
        _close(file)

    def _fail(self, path: Path, error: OSError) -> StoreError:
        self._failure = unwritable(path, error)
        self.tail.fd = NOT_USUAL
        return self._failure


def _close(file: LogFile) -> None:
    """Close ``file``, whose writes were as durable as they were to be when they returned."""
    with suppress(OSError):
        file.close()


def _check_disk(tail: LogTail) -> None:
    """Raise ``OSError`` when a write was refused beside: what the disk has of it, nobody knows any more."""
    if tail.errno:
        raise OSError(tail.errno, os.strerror(tail.errno))


def _write_rest(file: LogFile, content: bytes, written: int, offset: int) -> None:
    """Write what is not ``written`` of ``content``: after a short write the disk says what is wrong."""
    while written < len(content):
        more = file.write(content[written:], offset + written)
        if more <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written += more
