"""Which bytes of a segment hold which messages and executions: ranges of numbers, chunk by chunk.

A chunk is a run of records of one segment, at most ``CHUNK_SIZE`` bytes long (or one larger record). NOT
here: where the ranges are kept (``history``, ``history_index``), and the reading of a chunk (``chunks``).
"""

import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Final, NamedTuple, Self

from gateway.ports import StoredExecution, StoredMessage
from gateway.store.records import ExecutionNumber, MessageNumber, Record

CHUNK_SIZE: Final = 256 * 1024

_SESSION_AND_EPOCH: Final = attrgetter("session", "epoch")
_ACCOUNT: Final = attrgetter("account")
_COLUMNS: Final = 4


class Messages(NamedTuple):
    """The ascending messages of a session in one epoch."""

    session: str
    epoch: int


class Executions(NamedTuple):
    """The ascending executions of an account."""

    account: str


Series = Messages | Executions


class Query(NamedTuple):
    """What is looked for in a series: ``first <= number <= last``, or the same of ``eseq``."""

    series: Series
    first: int
    last: int
    by_eseq: bool = False


class Ranges:
    """Where one series is in one segment: its first number, and columns with an entry per chunk.

    Entry ``i`` holds the numbers above ``lasts[i - 1]`` up to ``lasts[i]``, in the bytes
    ``[offsets[i], ends[i])``. Messages have the eseq 0.
    """

    __slots__ = ("ends", "first", "first_eseq", "last_eseqs", "lasts", "offsets")

    def __init__(self, first: int, first_eseq: int) -> None:
        self.first = first
        self.first_eseq = first_eseq
        self.lasts = array("q")
        self.last_eseqs = array("q")
        self.offsets = array("q")
        self.ends = array("q")

    def extend(self, last: int, last_eseq: int, chunk: int, end: int) -> None:
        """Take the numbers up to ``last``, in the chunk from ``chunk`` to, so far, ``end``."""
        if not self.lasts or self.lasts[-1] < last:
            if self.offsets and self.offsets[-1] == chunk:
                for column in (self.lasts, self.last_eseqs, self.offsets, self.ends):
                    column.pop()
            self.lasts.append(last)
            self.last_eseqs.append(last_eseq)
            self.offsets.append(chunk)
            self.ends.append(end)

    def find(self, query: Query) -> list[tuple[int, int]]:
        """Return the bytes ``(offset, end)`` of the chunks that may hold part of the answer, ascending."""
        if query.by_eseq:
            # The executions of one command may lie on both sides of a border.
            first, lasts, find_stop = self.first_eseq, self.last_eseqs, bisect_right
        else:
            first, lasts, find_stop = self.first, self.lasts, bisect_left
        if query.last < first:
            return []
        begin = bisect_left(lasts, query.first)
        stop = find_stop(lasts, query.last, begin) + 1
        return list(zip(self.offsets[begin:stop], self.ends[begin:stop], strict=True))

    def reaches(self, query: Query) -> bool:
        """Tell whether nothing before this segment can be part of the answer."""
        return self.first_eseq < query.first if query.by_eseq else self.first <= query.first

    def pack(self) -> bytes:
        """Return the columns as bytes: little-endian, whatever the machine."""
        columns = (self.lasts, self.last_eseqs, self.offsets, self.ends)
        return b"".join(struct.pack(f"<{len(column)}q", *column) for column in columns)

    @classmethod
    def unpack(cls, first: int, first_eseq: int, packed: bytes) -> Self:
        """Return what ``pack`` packed. Raises ``ValueError`` when it cannot have been that."""
        entries, rest = divmod(len(packed), _COLUMNS * 8)
        if rest or not entries:
            raise ValueError(f"ranges in {len(packed)} bytes")
        values = array("q", struct.unpack(f"<{_COLUMNS * entries}q", packed))
        ranges = cls(first, first_eseq)
        ranges.lasts, ranges.last_eseqs, ranges.offsets, ranges.ends = (
            values[entries * column : entries * (column + 1)] for column in range(_COLUMNS)
        )
        return ranges


class SegmentRanges:
    """The ranges of every series in one run of a segment's records, noted one after the other."""

    __slots__ = ("_bound", "_chunk", "_end", "_last_executions", "_last_messages", "_ranges")

    def __init__(self) -> None:
        self._ranges: dict[Series, Ranges] = {}
        self._last_messages: dict[tuple[str, int], StoredMessage | MessageNumber] = {}
        self._last_executions: dict[str, StoredExecution | ExecutionNumber] = {}
        self._chunk = 0
        self._bound = 0  # what ends behind it is not in the chunk any more
        self._end = 0

    def note(self, record: Record) -> None:
        """Take the next record. Its messages and executions ascend within their series."""
        self.take(record.offset, record.end, record.message_numbers, record.execution_numbers)

    def take(
        self,
        offset: int,
        end: int,
        messages: Sequence[StoredMessage | MessageNumber],
        executions: Sequence[StoredExecution | ExecutionNumber],
    ) -> None:
        """Take the next record by what it holds in the bytes from ``offset`` to ``end``."""
        if end > self._bound:
            self._settle()
            self._chunk = offset
            self._bound = offset + CHUNK_SIZE
        self._end = end
        if messages:
            last = self._last_messages
            known = len(last)
            # No bytecode per message: this runs on the order path.
            last.update(zip(map(_SESSION_AND_EPOCH, messages), messages, strict=True))
            if len(last) != known:
                for message in messages:
                    series = Messages(message.session, message.epoch)
                    if series not in self._ranges:
                        self._ranges[series] = Ranges(message.msg_seq_num, 0)
        if executions:
            last_executions = self._last_executions
            known = len(last_executions)
            last_executions.update(zip(map(_ACCOUNT, executions), executions, strict=True))
            if len(last_executions) != known:
                for execution in executions:
                    account = Executions(execution.account)
                    if account not in self._ranges:
                        self._ranges[account] = Ranges(execution.exec_id, execution.eseq)

    def of(self, series: Series) -> Ranges | None:
        """Return the ranges of one series, all records noted so far included; None when there are none."""
        ranges = self._ranges.get(series)
        if ranges is not None:
            self._settle_one(series, ranges)
        return ranges

    def all(self) -> dict[Series, Ranges]:
        """Return the ranges of every series, all records noted so far included."""
        self._settle()
        return self._ranges

    def _settle(self) -> None:
        for series, ranges in self._ranges.items():
            self._settle_one(series, ranges)

    def _settle_one(self, series: Series, ranges: Ranges) -> None:
        if isinstance(series, Messages):
            ranges.extend(self._last_messages[series].msg_seq_num, 0, self._chunk, self._end)
        else:
            last = self._last_executions[series.account]
            ranges.extend(last.exec_id, last.eseq, self._chunk, self._end)
