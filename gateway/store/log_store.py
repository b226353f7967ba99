"""The durable store: each batch one record of the log, written by a thread of its own.

A start goes ``LogStore.recover`` → ``Recovery.replay`` → ``Recovery.start``. NOT here: what the records mean
to the engine (``gateway.app``), and where old messages and executions are found (``history``).
"""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Final, NamedTuple

import msgspec

from gateway.ports import (
    Batch,
    Durability,
    Sample,
    SessionNumbers,
    StoredExecution,
    StoredMessage,
    StoreError,
)
from gateway.ports.faults import reach
from gateway.store.encoding import encode_record
from gateway.store.history import History
from gateway.store.log_end import check_end
from gateway.store.log_file import LogFile, sync_directory, sync_file, unwritable
from gateway.store.log_reader import LogReader, ends_early
from gateway.store.log_tail import NOT_USUAL, LogTail
from gateway.store.log_writer import Entry, LogSettings, LogWriter, OpenLogFile
from gateway.store.records import Place, Record
from gateway.store.segments import (
    LOG_NAME,
    UNFINISHED,
    Segment,
    cut,
    list_segments,
    segment_names,
    segment_path,
)
from gateway.store.usual_commit import Commit, CommitState, Done, Otherwise, usual_commits

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S: Final = 5.0
"""How long the end waits for a disk that does not answer."""

_DIRECTORY_MODE: Final = 0o700
_SEED_BITS: Final = 32


class LogStart(NamedTuple):
    """What a store begins with: the sessions, and what was cut off."""

    sessions: Mapping[str, SessionNumbers]
    damaged_tail_bytes: int


class _Rotation(NamedTuple):
    """A batch behind which another segment is due, and its engine sequence."""

    number: int
    eseq: int


class LogStore:
    """Keeps batches in the log of a data directory.

    With ``Durability.FSYNC`` a thread writes, and ``done`` is called from the loop later; with
    ``Durability.OS`` it is called within ``commit``. ``on_segment_closed`` is called on the loop's thread
    when a segment will not change any more. Made by ``Recovery.start``.
    """

    def __init__(
        self,
        writer: LogWriter,
        history: History,
        start: LogStart,
        durability: Durability,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.durability = durability
        self.damaged_tail_bytes = start.damaged_tail_bytes
        self.on_segment_closed: Callable[[Segment], None] = lambda _: None
        self._writer = writer
        self._tail = writer.tail
        self._history = history
        self._seed = writer.segment.seed
        self._log_dir = writer.segment.path.parent
        self._sessions = dict(start.sessions)
        self._loop = loop
        self._failure: StoreError | None = None
        self._closed = False
        self._under_way: tuple[Batch, Done] | None = None
        self._entries: SimpleQueue[Entry | _Rotation | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        if durability is Durability.FSYNC:
            self._thread = threading.Thread(target=self._write_entries, name="store", daemon=True)
            self._thread.start()
        rotate = self._rotate_beside
        if self._thread is None:
            rotate = partial(self._rotate_if_due, loop.call_soon)
        self._commits = usual_commits(
            CommitState(self._tail, self._sessions, self._seed, writer.settings, history),
            Otherwise(self._commit, rotate, self._not_noted, writer.claim),
            None if self._thread is None else loop,
        )
        self.commit: Commit = self._commits.commit
        """Make a batch durable, then call ``done(None)``; on failure ``done(error)``."""

    @staticmethod
    def recover(data_dir: Path, open_file: OpenLogFile = LogFile) -> "Recovery":
        """Return the recovery of the log in ``data_dir``, which this process has locked.

        Raises ``LogDamaged`` or ``StoreError``, as its methods do.
        """
        return Recovery(data_dir, open_file)

    @property
    def number(self) -> int:
        """The last batch that is committed."""
        return self._tail.number

    @property
    def eseq(self) -> int:
        """The engine sequence of the last event that is committed."""
        return self._tail.eseq

    @property
    def sessions(self) -> Mapping[str, SessionNumbers]:
        """The committed sequence numbers of every session that has any."""
        return self._sessions

    @property
    def bytes_written(self) -> int:
        """Bytes appended to the log since the start."""
        return self._tail.bytes_written

    @property
    def segments(self) -> int:
        """How many segments the log has."""
        return len(segment_names(self._log_dir))

    def _commit(self, batch: Batch, done: Done) -> None:
        if self._failure is not None:
            done(self._failure)
            return
        tail = self._tail
        number = tail.number + 1
        eseq = batch.events[-1].eseq if batch.events else tail.eseq
        record = encode_record(number, eseq, time.time_ns(), batch, self._seed)
        entry = Entry(number, eseq, len(batch.commands), record)
        reach("commit.encoded")
        self._under_way = batch, done
        if self._thread is None:
            answer = self._write(entry)
            self._rotate_if_due(self._loop.call_soon, number, eseq)
            answer()
        else:
            self._entries.put(entry)

    def numbers(self, session: str) -> SessionNumbers:
        """Return the committed sequence numbers of a FIX session (fresh ones for an unknown session)."""
        return msgspec.structs.replace(self._sessions.get(session, SessionNumbers()))

    def messages(self, session: str, epoch: int, begin: int, end: int) -> Sequence[StoredMessage]:
        """Return the committed outbound messages with ``begin <= msg_seq_num <= end``, ascending."""
        return self._history.messages(session, epoch, begin, end)

    def executions(self, account: str, after: int, limit: int) -> Sequence[StoredExecution]:
        """Return at most ``limit`` of the account's executions with ``exec_id > after``, ascending."""
        return self._history.executions(account, after, limit)

    def executions_at(self, account: str, eseq: int) -> Sequence[StoredExecution]:
        """Return the account's executions of one command, ascending."""
        return self._history.executions_at(account, eseq)

    @property
    def is_writing(self) -> bool:
        """Whether something may still be written; after ``close`` only what the disk did not end in time."""
        return (
            (self._thread is not None and self._thread.is_alive())
            or self._commits.is_writing
            or self._writer.is_filling
        )

    def close(self) -> None:
        """Finish what is under way; every later commit fails. ``done`` may still be called, from the loop.

        A commit that the disk does not end within ``CLOSE_TIMEOUT_S`` is left, and nobody is told of it.
        """
        if self._closed:
            return
        self._closed = True
        if self._failure is None:
            self._fail(StoreError(f"{self._log_dir}: the store is closed"))
        self._history.close()
        self._commits.close(CLOSE_TIMEOUT_S)
        if self._thread is not None:
            self._entries.put(None)
            self._thread.join(CLOSE_TIMEOUT_S)
        self._writer.end_filling(CLOSE_TIMEOUT_S)
        if self.is_writing:
            log.error("%s: the disk does not answer: ended without its last batch", self._log_dir)
        else:
            self._writer.close()

    def samples(self) -> Iterable[Sample]:
        """Return the metrics."""
        yield Sample("bdax_log_written_bytes", "Bytes appended to the log.", "counter", self.bytes_written)
        yield Sample("bdax_log_segments", "Segments of the log on disk.", "gauge", self.segments)
        yield Sample(
            "bdax_log_cut_bytes",
            "Bytes of an unfinished batch that the start cut off.",
            "gauge",
            self.damaged_tail_bytes,
        )

    def _write_entries(self) -> None:
        """Write what is committed, one after the other; the thread's whole life."""
        post = self._post
        while (entry := self._entries.get()) is not None:
            is_due = True
            if isinstance(entry, Entry):
                answer = self._write(entry)
                # Before it is answered: the next batch may go the usual way to the same segment.
                is_due = self._writer.is_full
                post(answer)
            if is_due:
                self._rotate_if_due(post, entry.number, entry.eseq)

    def _post(self, act: Callable[[], None]) -> None:
        """Have the loop's thread act, unless the loop has ended without this one (``close``)."""
        # Of the loop's own errors this is the one: it is closed.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(act)

    def _rotate_beside(self, number: int, eseq: int) -> None:
        """Have the thread begin another segment; what is committed meanwhile waits for it."""
        self._tail.fd = NOT_USUAL
        self._entries.put(_Rotation(number, eseq))

    def _write(self, entry: Entry) -> Callable[[], None]:
        """Write one record; return the answer, to be given on the loop's thread."""
        try:
            place = self._writer.append(entry)
        except StoreError as error:
            return partial(self._failed, error)
        except Exception as error:
            log.exception("a batch could not be written")
            return partial(self._failed, StoreError(f"{self._log_dir}: {error!r}: start again"))
        return partial(self._committed, entry, place)

    def _rotate_if_due(self, post: Callable[[Callable[[], None]], object], number: int, eseq: int) -> None:
        closed = self._writer.rotate_if_due(number, eseq)
        if closed is not None:
            post(lambda: self.on_segment_closed(closed))

    def _committed(self, entry: Entry, place: Place) -> None:
        batch, done = self._take()
        self._tail.number, self._tail.eseq = entry.number, entry.eseq
        self._sessions.update(batch.sessions)
        try:
            self._history.take(entry.number, place, batch)
        except Exception as error:
            self._not_noted(error, done)
            return
        done(None)

    def _not_noted(self, error: Exception, done: Done) -> None:
        # It is durable and will be found, but an answer must come: without one nobody is told anything.
        log.error("a batch was not noted", exc_info=error)
        done(self._fail(StoreError(f"{self._log_dir}: {error!r}: start again")))

    def _failed(self, error: StoreError) -> None:
        _, done = self._take()
        done(self._fail(error))

    def _fail(self, error: StoreError) -> StoreError:
        """Answer every later commit with ``error``."""
        self._failure = error
        self._tail.has_failed = True
        return error

    def _take(self) -> tuple[Batch, Done]:
        """Return what was under way; from here on nothing is."""
        under_way, self._under_way = self._under_way, None
        if under_way is None:
            raise RuntimeError("nothing was under way")
        return under_way


class Recovery:
    """Reads what a store left, and goes on from there; once, by the process that holds the directory."""

    def __init__(self, data_dir: Path, open_file: OpenLogFile = LogFile) -> None:
        self._data_dir = data_dir
        self._log_dir = data_dir / LOG_NAME
        self._open_file = open_file
        self._history = History(data_dir)
        self._reader = LogReader(data_dir)
        self._number = 0
        self._eseq = 0
        self._cut_bytes = 0
        self._is_replayed = False

    def replay(self, after: int) -> Iterator[Segment | Record]:
        """Yield the batches behind number ``after``, as ``LogReader.read`` does, for the state to follow.

        What is not whole at the very end was never committed: it is cut off. Raises ``LogDamaged`` for any
        other damage.
        """
        check_end(self._data_dir)
        segments = list_segments(self._log_dir)
        indexed = self._history.indexed()
        # Read from the oldest segment on whose history is only in the log.
        not_indexed = (segment.first - 1 for segment in segments if segment.first not in indexed)
        since = min(after, next(not_indexed, after))
        shown_from = max((segment.first for segment in segments if segment.first <= after + 1), default=1)
        ends: list[tuple[Segment | None, int]] = []
        place = self._reader.end
        for item in self._reader.read(since):
            if isinstance(item, Segment):
                ends.append(place)
                self._number, self._eseq = item.first - 1, item.eseq
                self._sync(item.path)
                if item.first >= shown_from:
                    yield item
            else:
                self._number, self._eseq = item.number, item.eseq
                if item.segment not in indexed:
                    self._history.note(item)
                if item.number > after:
                    yield item
            place = self._reader.end
        if self._number < after:
            raise ends_early(self._log_dir, self._number, after)
        self._cut([*ends, self._reader.end])
        self._is_replayed = True

    def start(
        self,
        settings: LogSettings,
        origin: bytes,
        sessions: Mapping[str, SessionNumbers],
        loop: asyncio.AbstractEventLoop,
    ) -> LogStore:
        """Begin a new segment behind what was replayed to its end, and return the store.

        ``origin`` says under which configuration its commands are worked, ``sessions`` are the numbers as
        after the last batch. Raises ``StoreError`` when the directory cannot be written.
        """
        if not self._is_replayed:
            raise RuntimeError("the log has not been replayed to its end")
        try:
            if not self._log_dir.is_dir():
                self._log_dir.mkdir(mode=_DIRECTORY_MODE)
                sync_directory(self._data_dir)
            for unfinished in self._log_dir.glob(f"*{UNFINISHED}"):
                log.warning("%s: removed a segment that was never begun", unfinished)
                unfinished.unlink()
        except OSError as error:
            raise unwritable(self._log_dir, error) from None
        last, end = self._reader.end
        first, previous = self._number + 1, 0
        if last is not None:
            # A segment without a batch has the place of the new one.
            previous = last.first if end > last.start else last.previous
        seed = secrets.randbits(_SEED_BITS)
        segment = Segment(segment_path(self._log_dir, first), first, origin, previous, self._eseq, seed)
        tail = LogTail(self._number, self._eseq)
        # Else an append is as quick: there is no disk to wait for.
        is_waited_for = settings.durability is Durability.FSYNC
        writer = LogWriter(segment, settings, self._open_file, tail, fills_ahead=is_waited_for)
        begin = LogStart(sessions, self._cut_bytes)
        return LogStore(writer, self._history, begin, settings.durability, loop)

    def _cut(self, ends: list[tuple[Segment | None, int]]) -> None:
        """Cut off what is behind each segment's last batch: zeros, and what was not finished in the last."""
        for segment, end in ends:
            if segment is not None and (torn := cut(segment, end)):
                log.warning("%s: cut off %d bytes behind batch %d", segment.path, torn, self._number)
                self._cut_bytes = torn
        if segment is not None:
            self._sync(segment.path)

    @staticmethod
    def _sync(path: Path) -> None:
        """Make durable what is read: it may be there only since a batch that was not said."""
        try:
            sync_file(path)
        except OSError as error:
            raise unwritable(path, error) from None
