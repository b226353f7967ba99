"""A segment of the log: a file of a checked header and one record per batch, and what damage in it means.

Header, little-endian: magic and format version (8 bytes), CRC-32 of all that follows, length of the origin
(4), number of the first batch (8), that of the segment before, 0 without one (8), engine sequence before the
first batch (8), seed of the records' checksums (4), and the origin: bytes that are opaque here. A segment
gets its name, ``<first batch, 16 digits>.log``, when its header is durable. Zeros up to the end of the file
are nothing: it is filled ahead, and how many records a segment holds is said by the one behind it. NOT here:
writing records (``log_writer``), and the order of segments (``log_reader``).
"""

import os
import re
import struct
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from gateway.ports import StoreError
from gateway.store.log_file import unwritable
from gateway.store.plain_encoding import MAGIC
from gateway.store.records import HEADER_SIZE, LogDamaged, Place, Record, decode_header

LOG_NAME: Final = "log"
SUFFIX: Final = ".log"
UNFINISHED: Final = ".log.new"
"""The suffix of a segment whose header is not durable yet."""
VERSION: Final = 2

_MAGIC: Final = b"BDAXLOG"
_HEADER: Final = struct.Struct("<7sBIIQQQI")
_LEAD: Final = 12  # magic, version and checksum, which the checksum does not cover
_NAME: Final = re.compile(r"\d{16}\.log")
_WINDOW: Final = 1 << 20
_RESTORE: Final = "restore the data directory from a backup, or move it away to start empty"


class Segment(NamedTuple):
    """A segment as its header describes it; the records begin at byte ``start``."""

    path: Path
    first: int
    origin: bytes
    previous: int
    eseq: int
    seed: int

    @property
    def start(self) -> int:
        """The first byte behind the header."""
        return _HEADER.size + len(self.origin)

    def header(self) -> bytes:
        """Return the bytes the file begins with."""
        rest = _HEADER.pack(
            _MAGIC, VERSION, 0, len(self.origin), self.first, self.previous, self.eseq, self.seed
        )[_LEAD:]
        checksum = crc32(self.origin, crc32(rest))
        return _MAGIC + bytes((VERSION,)) + checksum.to_bytes(4, "little") + rest + self.origin


def segment_path(log_dir: Path, first: int) -> Path:
    """Return where the segment that begins with batch ``first`` is."""
    return log_dir / f"{first:016}{SUFFIX}"


def segment_names(log_dir: Path) -> list[int]:
    """Return the first batch number of each segment there is, ascending; none when there is no log."""
    try:
        names = [path.name for path in log_dir.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(log_dir, error) from None
    return sorted(int(name[:16]) for name in names if _NAME.fullmatch(name))


def list_segments(log_dir: Path) -> list[Segment]:
    """Return the segments in order. Raises ``LogDamaged`` for a bad header, or when one is missing."""
    segments: list[Segment] = []
    for first in segment_names(log_dir):
        try:
            segments.append(read_segment(log_dir, first))
        except StoreError:
            if segments or segment_path(log_dir, first).exists():
                raise
            # The oldest ones: the gateway beside us has removed them by its retention.
    for before, segment in pairwise(segments):
        if segment.previous != before.first:
            raise LogDamaged(
                f"{segment_path(log_dir, segment.previous)}: missing between other segments: {_RESTORE}"
            )
    return segments


def read_segment(log_dir: Path, first: int) -> Segment:
    """Read the header of the segment that begins with batch ``first``."""
    path = segment_path(log_dir, first)
    with closing(_Window(path)) as window:
        fixed = window.take(0, _HEADER.size)
        if fixed[:7] == _MAGIC and len(fixed) > 7 and fixed[7] != VERSION:
            raise LogDamaged(
                f"{path}: format version {fixed[7]}, and this gateway knows {VERSION}: "
                "start the version of the gateway that wrote it"
            )
        if len(fixed) == _HEADER.size:
            magic, _, checksum, length, number, previous, eseq, seed = _HEADER.unpack(fixed)
            if magic == _MAGIC and window.holds(_HEADER.size, length):
                origin = window.take(_HEADER.size, length)
                if crc32(origin, crc32(fixed[_LEAD:])) == checksum and number == first:
                    return Segment(path, number, origin, previous, eseq, seed)
        raise LogDamaged(f"{path}: damaged header at byte 0: {_RESTORE}")


def scan(segment: Segment, *, start: int = 0, is_last: bool) -> Iterator[Record]:
    """Yield the records of ``segment`` from byte ``start`` on, where one begins (0: all of them).

    In the last segment, what is not whole at the very end is not there yet, or never will be: the scan ends
    before it, in any segment before zeros. Other damage raises ``LogDamaged``, and a file that cannot be read
    ``StoreError``.
    """
    offset = start or segment.start
    expected = segment.first if offset == segment.start else 0
    with closing(_Window(segment.path)) as window:
        while True:
            record = _read_record(window, segment, offset)
            if record is None:
                if not window.take(offset, 1):
                    return
                if is_last:
                    window.forget()
                    if not _is_record_behind(window, segment, offset):
                        return
                    # A writer beside us writes one after the other: if another is there, this one is too.
                    window.forget()
                    record = _read_record(window, segment, offset)
                elif window.is_blank(offset):
                    return
                if record is None:
                    raise LogDamaged(f"{segment.path}: damaged batch at byte {offset}: {_RESTORE}")
            if expected and record.number != expected:
                raise LogDamaged(
                    f"{segment.path}: batch {record.number} at byte {offset}, where {expected} should be: "
                    f"{_RESTORE}"
                )
            yield record
            expected = record.number + 1
            offset += record.size


def torn_bytes(segment: Segment, end: int) -> int:
    """Return how many bytes there are behind ``end`` of the last record, without the zeros behind them."""
    torn, offset = 0, end
    with closing(_Window(segment.path)) as window:
        while piece := window.take(offset, _WINDOW):
            if begun := len(piece.rstrip(b"\0")):
                torn = offset + begun - end
            offset += len(piece)
    return torn


def cut(segment: Segment, end: int) -> int:
    """Cut off what is behind ``end``; return how many bytes that was, without zeros at the end of the file.

    Raises ``StoreError``.
    """
    torn = torn_bytes(segment, end)
    try:
        if segment.path.stat().st_size > end:
            os.truncate(segment.path, end)
    except OSError as error:
        raise unwritable(segment.path, error) from None
    return torn


def unreadable(path: Path, error: OSError) -> StoreError:
    """Return what to say when ``path`` cannot be read."""
    return StoreError(f"{path}: {error.strerror or error}: check its disk and owner, then start again")


class _Window:
    """Reads a file in large pieces, of which one is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin = 0
        self._piece = b""
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise unreadable(path, error) from None

    def take(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes from ``offset`` on, fewer at the end of the file."""
        begin = offset - self._begin
        if begin < 0 or begin + size > len(self._piece):
            self._read(offset, max(size, _WINDOW))
            begin = 0
        return self._piece[begin : begin + size]

    def forget(self) -> None:
        """Read the file anew from here on."""
        self._piece = b""

    def is_blank(self, offset: int) -> bool:
        """Return whether only zeros are there from ``offset`` on."""
        while piece := self.take(offset, _WINDOW):
            if piece.count(0) < len(piece):
                return False
            offset += len(piece)
        return True

    def holds(self, offset: int, size: int) -> bool:
        """Return whether the file has ``size`` bytes from ``offset`` on; nothing is read to find out."""
        end = offset + size
        is_at_hand = self._begin <= offset and end <= self._begin + len(self._piece)
        return is_at_hand or end <= os.fstat(self._fd).st_size

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _read(self, offset: int, size: int) -> None:
        try:
            self._piece = os.pread(self._fd, size, offset)
            self._begin = offset
        except OSError as error:
            raise unreadable(self._path, error) from None


def _read_record(window: _Window, segment: Segment, offset: int) -> Record | None:
    """Return the record at ``offset``, ``None`` when no whole one is there."""
    fixed = window.take(offset, HEADER_SIZE)
    if len(fixed) < HEADER_SIZE:
        return None
    header = decode_header(fixed)
    begin = offset + HEADER_SIZE
    if header.magic != MAGIC or not window.holds(begin, header.length):
        return None
    body = window.take(begin, header.length)
    if not header.checks(fixed, body, segment.seed):
        return None
    return Record.decode(header, body, Place(segment.first, offset, HEADER_SIZE + header.length))


def _is_record_behind(window: _Window, segment: Segment, offset: int) -> bool:
    """Return whether a whole record begins anywhere behind ``offset``."""
    while True:
        offset += 1
        piece = window.take(offset, _WINDOW)
        found = piece.find(MAGIC)
        if found < 0:
            if len(piece) < _WINDOW:
                return False
            offset += _WINDOW - len(MAGIC)
        else:
            offset += found
            if _read_record(window, segment, offset) is not None:
                return True
