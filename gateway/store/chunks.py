"""Reads chunks of the log; a few are kept decoded, for readers that come back for the next numbers.

NOT here: which chunk holds what (``ranges``).
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeVar

from gateway.ports import StoreError
from gateway.store.records import HEADER_SIZE, LogDamaged, Place, Record, decode_header
from gateway.store.segments import Segment, read_segment, segment_path, unreadable

DEFAULT_KEPT: Final = 64

Item = TypeVar("Item")


class Chunk(NamedTuple):
    """Records of one segment: the bytes ``[offset, end)`` of the one that begins with batch ``segment``."""

    segment: int
    offset: int
    end: int


class SegmentGoneError(Exception):
    """A segment is not kept any more: history ends behind it. Never leaves the store."""

    def __init__(self, segment: int) -> None:
        super().__init__(segment)
        self.segment = segment


class ChunkReader(Generic[Item]):
    """Reads one part of the records of a chunk, such as their messages, and sorts it by series.

    ``part`` takes the items out of a record, ``series_of`` tells an item's series. The ``kept`` chunks used
    last stay decoded; one that has grown since is read from there on.
    """

    def __init__(
        self,
        log_dir: Path,
        part: Callable[[Record], list[Item]],
        series_of: Callable[[Item], Hashable],
        kept: int = DEFAULT_KEPT,
    ) -> None:
        self._log_dir = log_dir
        self._part = part
        self._series_of = series_of
        self._limit = kept
        self._kept: OrderedDict[tuple[int, int], tuple[int, dict[Hashable, list[Item]]]] = OrderedDict()
        self._segments: dict[int, Segment] = {}

    def read(self, series: Hashable, chunk: Chunk) -> list[Item]:
        """Return the items of one series in ``chunk``, in the order they were committed.

        Raises ``LogDamaged`` when the bytes are not what was committed, ``StoreError`` when they cannot be
        read, ``SegmentGoneError`` when there is no such segment.
        """
        place = chunk.segment, chunk.offset
        end, decoded = self._kept.pop(place, (chunk.offset, {}))
        if end < chunk.end:
            # All of them first: a chunk of which only a part can be read is not kept.
            for item in [item for record in self._records(chunk, end) for item in self._part(record)]:
                decoded.setdefault(self._series_of(item), []).append(item)
            end = chunk.end
        self._kept[place] = end, decoded
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return decoded.get(series, [])

    def _records(self, chunk: Chunk, start: int) -> Iterator[Record]:
        segment = self._segment(chunk.segment)
        content = _read(segment, start, chunk.end)
        offset = 0
        while offset < len(content):
            body = offset + HEADER_SIZE
            fixed = content[offset:body]
            header = decode_header(fixed) if len(fixed) == HEADER_SIZE else None
            if header is None or not header.checks(fixed, content[body : body + header.length], segment.seed):
                raise _damaged(segment, start + offset)
            size = HEADER_SIZE + header.length
            place = Place(segment.first, start + offset, size)
            yield Record.decode(header, content[body : offset + size], place)
            offset += size
        if start + offset != chunk.end:
            raise _damaged(segment, start + offset)

    def _segment(self, first: int) -> Segment:
        segment = self._segments.get(first)
        if segment is None:
            segment = self._segments[first] = open_segment(self._log_dir, first)
        return segment


def open_segment(log_dir: Path, first: int) -> Segment:
    """Read the header of a segment that may be gone: then raises ``SegmentGoneError``."""
    try:
        return read_segment(log_dir, first)
    except StoreError:
        if segment_path(log_dir, first).exists():
            raise
        raise SegmentGoneError(first) from None


def _read(segment: Segment, start: int, end: int) -> bytes:
    try:
        fd = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(fd, end - start, start)
        finally:
            os.close(fd)
    except FileNotFoundError:
        raise SegmentGoneError(segment.first) from None
    except OSError as error:
        raise unreadable(segment.path, error) from None


def _damaged(segment: Segment, offset: int) -> LogDamaged:
    return LogDamaged(
        f"{segment.path}: damaged batch at byte {offset}: restore the data directory from a backup"
    )
