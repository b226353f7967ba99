"""The reading side of the log: stored messages and executions, found by their numbers.

Where things are is known from memory for the segments written last, and from the index (``history_index``)
for closed ones; a segment of which neither knows is read through when it is needed. NOT here: writing the
log, and the index.
"""

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeVar

from gateway.ports import Batch, StoredExecution, StoredMessage, StoreError
from gateway.store.chunks import Chunk, ChunkReader, Item, SegmentGoneError, open_segment
from gateway.store.history_index import HistoryIndex
from gateway.store.noting import take
from gateway.store.ranges import Executions, Messages, Query, Ranges, SegmentRanges, Series
from gateway.store.records import Place, Record
from gateway.store.segments import LOG_NAME, scan, segment_names

log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")

_msg_seq_num: Final = attrgetter("msg_seq_num")
_exec_id: Final = attrgetter("exec_id")
_eseq: Final = attrgetter("eseq")


class History:
    """Finds committed messages and executions of the log in ``data_dir``.

    Begins with the segments that are there. What is recovered or written since is told by ``note`` and
    ``take``, in order; nothing behind it is read. What retention has removed is not there any more, and no
    error. All other calls raise ``StoreError`` when the log or the index cannot be read.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._log_dir = data_dir / LOG_NAME
        self._messages: ChunkReader[StoredMessage] = ChunkReader(
            self._log_dir, attrgetter("messages"), attrgetter("session", "epoch")
        )
        self._executions: ChunkReader[StoredExecution] = ChunkReader(
            self._log_dir, attrgetter("executions"), lambda execution: (execution.account,)
        )
        self._index: HistoryIndex | None = None
        self._indexed: set[int] = set()
        self._loose = [_Loose(self._log_dir, first) for first in segment_names(self._log_dir)]
        self.refresh()

    def note(self, record: Record) -> None:
        """Take the next committed record."""
        self._noted(record.number, record.segment, record.offset).note(record)

    def take(self, number: int, place: Place, batch: Batch) -> SegmentRanges:
        """Take the batch ``number``, which was just written at ``place``; return the ranges it went to."""
        ranges = self._noted(number, place.segment, place.offset)
        take(ranges, place.offset, place.offset + place.size, batch.messages, batch.executions)
        return ranges

    def indexed(self) -> frozenset[int]:
        """Return which segments, by their first batch number, are in the index, as far as was seen."""
        return frozenset(self._indexed)

    def refresh(self) -> None:
        """See which segments were indexed meanwhile; done whenever a segment begins."""
        if self._index is None:
            self._index = HistoryIndex.open(self._data_dir)
        if self._index is not None and self._loose:
            found = self._index.current(self._log_dir, self._loose[0].first)
            self._indexed.update(found)
            self._loose = [loose for loose in self._loose if loose.first not in found]

    def messages(self, session: str, epoch: int, begin: int, end: int) -> Sequence[StoredMessage]:
        """Return the kept messages with ``begin <= msg_seq_num <= end``, ascending."""
        query = Query(Messages(session, epoch), begin, end)
        return self._kept(lambda: self._read(self._messages, query, _msg_seq_num))

    def executions(self, account: str, after: int, limit: int) -> Sequence[StoredExecution]:
        """Return at most ``limit`` of the account's kept executions with ``exec_id > after``, ascending.

        They have no hole between them. When the first one is not ``after + 1``, what is before it is not
        kept any more.
        """
        return self._kept(lambda: self._executions_after(Executions(account), after, limit))

    def executions_at(self, account: str, eseq: int) -> Sequence[StoredExecution]:
        """Return the account's kept executions of one command, ascending."""
        query = Query(Executions(account), eseq, eseq, by_eseq=True)
        return self._kept(lambda: self._read(self._executions, query, _eseq))

    def close(self) -> None:
        """Close the index."""
        if self._index is not None:
            self._index.close()

    def _noted(self, number: int, segment: int, offset: int) -> SegmentRanges:
        """Return the ranges that take what is next, the batch ``number`` at ``offset`` of ``segment``."""
        if not self._loose or self._loose[-1].first < segment:
            self._begin(segment)
        loose = self._loose[-1]
        if loose.first != segment:
            # Only while recovering.
            (loose,) = (one for one in self._loose if one.first == segment)
        return loose.noted(number, offset)

    def _begin(self, segment: int) -> None:
        try:
            self.refresh()
        except StoreError as error:
            # A read that needs the index says so too; what is in memory stays there.
            log.warning("%s", error)
        self._loose.append(_Loose(self._log_dir, segment))

    def _kept(self, read: Callable[[], _Answer]) -> _Answer:
        """Read; when a segment turns out to be gone, again without it and what is before it."""
        while True:
            try:
                return read()
            except SegmentGoneError as gone:
                # Retention takes the oldest first.
                self._loose = [loose for loose in self._loose if loose.first > gone.segment]
                self._indexed = {first for first in self._indexed if first > gone.segment}

    def _executions_after(self, account: Executions, after: int, limit: int) -> list[StoredExecution]:
        found = self._read(self._executions, Query(account, after + 1, after + limit), _exec_id)
        oldest = found[0].exec_id if found else self._oldest(account)
        if oldest is None or (not found and oldest <= after + limit):
            return []
        if oldest > after + 1:
            found = self._read(self._executions, Query(account, oldest, oldest + limit - 1), _exec_id)
        whole = 1
        while whole < len(found) and found[whole].exec_id == found[0].exec_id + whole:
            whole += 1
        return found[:whole]

    def _read(self, reader: ChunkReader[Item], query: Query, number: Callable[[Item], int]) -> list[Item]:
        answer: list[Item] = []
        for chunk in self._find(query):
            items = reader.read(query.series, chunk)
            begin = bisect_left(items, query.first, key=number)
            answer += items[begin : bisect_right(items, query.last, begin, key=number)]
        return answer

    def _find(self, query: Query) -> list[Chunk]:
        """Return the chunks that may hold part of the answer, in the log's order."""
        newest_first: list[list[Chunk]] = []
        with closing(self._ranges(query)) as found:
            for segment, ranges in found:
                newest_first.append([Chunk(segment, offset, end) for offset, end in ranges.find(query)])
                if ranges.reaches(query):
                    break
        return [chunk for chunks in reversed(newest_first) for chunk in chunks]

    def _ranges(self, query: Query) -> Generator[tuple[int, Ranges], None, None]:
        """Yield the ranges of the query's series, segment by segment, the newest that can matter first."""
        with closing(self._find_indexed(query)) as rows:
            row = None
            newest_indexed = max(self._indexed, default=0)
            for loose in reversed(self._loose):
                if row is None and loose.first < newest_indexed:
                    row = next(rows, None)
                while row is not None and row[0] > loose.first:
                    yield row
                    row = next(rows, None)
                for ranges in loose.find(query.series):
                    yield loose.first, ranges
            if row is not None:
                yield row
            yield from rows

    def _find_indexed(self, query: Query) -> Generator[tuple[int, Ranges], None, None]:
        """Yield what the index says of the segments that are not known from memory."""
        if self._index is not None:
            with closing(self._index.find(query)) as rows:
                for segment, ranges in rows:
                    if segment in self._indexed:
                        yield segment, ranges

    def _oldest(self, account: Executions) -> int | None:
        """Return the lowest kept number; after a search that went through all segments."""
        found = [ranges.first for loose in self._loose for ranges in loose.find(account)]
        if self._index is not None:
            firsts = self._index.firsts(account)
            found += [first for segment, first in firsts if segment in self._indexed][:1]
        return min(found, default=None)


class _Loose:
    """A segment that is not in the index: the ranges of what was noted, and of what is before that."""

    __slots__ = ("_before", "_log_dir", "_noted", "_noted_from", "first")

    def __init__(self, log_dir: Path, first: int) -> None:
        self.first = first
        self._log_dir = log_dir
        self._noted: SegmentRanges | None = None
        self._noted_from: int | None = None
        self._before: SegmentRanges | None = None

    def noted(self, number: int, offset: int) -> SegmentRanges:
        """Return the ranges that take the batch ``number``: the next one, or the first one that is noted."""
        if self._noted is None:
            self._noted = SegmentRanges()
            self._noted_from = offset
            if number == self.first:
                self._before = SegmentRanges()
        return self._noted

    def find(self, series: Series) -> Iterator[Ranges]:
        """Yield the ranges of one series, the newest first; if it comes to it, read what was not noted.

        Raises ``SegmentGoneError``.
        """
        if self._noted is not None and (ranges := self._noted.of(series)) is not None:
            yield ranges
        if self._before is None:
            self._before = self._read()
        if (ranges := self._before.of(series)) is not None:
            yield ranges

    def _read(self) -> SegmentRanges:
        before = SegmentRanges()
        segment = open_segment(self._log_dir, self.first)
        for record in scan(segment, is_last=self._noted_from is None):
            if record.offset == self._noted_from:
                break
            before.note(record)
        return before
