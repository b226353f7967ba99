"""The index of closed segments: ``history.db``, SQLite, written by one process and read by another.

It holds nothing that is not in the log: deleted, it is made again. NOT here: segments that are not indexed
yet (``history``).
"""

import os
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

from gateway.ports import StoreError
from gateway.store.ranges import Messages, Query, Ranges, SegmentRanges, Series
from gateway.store.segments import LOG_NAME, Segment, scan, segment_names, segment_path

INDEX_NAME: Final = "history.db"
SCHEMA_VERSION: Final = 1

_DELETE: Final = "stop the gateway and delete this file; it is made again from the log"
_FREE: Final = "free space on its disk"
_LAST: Final = (1 << 63) - 1
_FULL: Final = "disk is full"  # as SQLite says it

_SCHEMA: Final = (
    "CREATE TABLE segments (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, size INTEGER NOT NULL,"
    " newest_ns INTEGER NOT NULL) STRICT",
    "CREATE TABLE ranges (segment INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " epoch INTEGER NOT NULL, first INTEGER NOT NULL, first_eseq INTEGER NOT NULL, packed BLOB NOT NULL,"
    " PRIMARY KEY (segment, kind, name, epoch)) STRICT",
    "CREATE INDEX by_number ON ranges (kind, name, epoch, first)",
    "CREATE INDEX by_eseq ON ranges (kind, name, epoch, first_eseq, first) WHERE kind = 'x'",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
_BY_NUMBER: Final = (
    "SELECT segment, first, first_eseq, packed FROM ranges WHERE kind = ? AND name = ? AND epoch = ?"
    " AND first <= ? ORDER BY first DESC"
)
_BY_ESEQ: Final = (
    "SELECT segment, first, first_eseq, packed FROM ranges WHERE kind = 'x' AND kind = ? AND name = ?"
    " AND epoch = ? AND first_eseq <= ? ORDER BY first_eseq DESC, first DESC"
)
_SEGMENTS: Final = (
    "SELECT first, last, size, newest_ns FROM segments WHERE first BETWEEN ? AND ? ORDER BY first"
)
_RANGES_OF: Final = "SELECT kind, name, epoch, first, first_eseq, packed FROM ranges WHERE segment = ?"
_FIRSTS: Final = "SELECT segment, first FROM ranges WHERE kind = ? AND name = ? AND epoch = ? ORDER BY first"


class IndexedSegment(NamedTuple):
    """A segment in the index: its first and last batch number, its bytes, the UTC ns of its newest batch."""

    first: int
    last: int
    size: int
    newest_ns: int


class HistoryIndex:
    """The reading side. Raises ``StoreError`` when the file cannot be used; it says to delete it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _one_line(path):
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            with _one_line(path):
                self._made = _check_version(path, self._db)
        except StoreError:
            self._db.close()
            raise

    @classmethod
    def open(cls, data_dir: Path) -> Self | None:
        """Open the index of a data directory; ``None`` when none was made yet."""
        path = data_dir / INDEX_NAME
        return cls(path) if path.exists() else None

    def segments(self, since: int = 0, until: int = _LAST) -> list[IndexedSegment]:
        """Return the indexed segments that begin with batch ``since`` to ``until``, in order."""
        with _one_line(self._path):
            self._made = self._made or _check_version(self._path, self._db)
            if not self._made:
                return []
            rows = self._db.execute(_SEGMENTS, (since, until)).fetchall()
        return [IndexedSegment._make(row) for row in rows]

    def current(self, log_dir: Path, since: int = 0, until: int = _LAST) -> dict[int, IndexedSegment]:
        """Return the indexed segments in that range whose file is the one that was indexed, by first batch.

        It is not when a backup was restored, or when it was pruned.
        """
        return {
            segment.first: segment
            for segment in self.segments(since, until)
            if _size(segment_path(log_dir, segment.first)) == segment.size
        }

    def find(self, query: Query) -> Generator[tuple[int, Ranges], None, None]:
        """Yield the ranges of the query's series, segment by segment, the newest that can matter first.

        Close it when it is not wanted to its end.
        """
        if not self._made:
            return
        statement = _BY_ESEQ if query.by_eseq else _BY_NUMBER
        with (
            _one_line(self._path),
            closing(self._db.execute(statement, (*_key(query.series), query.last))) as rows,
        ):
            for segment, first, first_eseq, packed in rows:
                yield segment, Ranges.unpack(first, first_eseq, packed)

    def firsts(self, series: Series) -> list[tuple[int, int]]:
        """Return each segment that has some of a series, and the first number in it, ascending."""
        if not self._made:
            return []
        with _one_line(self._path):
            return self._db.execute(_FIRSTS, _key(series)).fetchall()

    def check_file(self) -> None:
        """Raise ``StoreError`` when SQLite finds the file damaged."""
        with _one_line(self._path):
            found = [text for (text,) in self._db.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise StoreError(f"{self._path}: {' '.join(found[0].split())}: {_DELETE}")

    def check(self, first: int, size: int, ranges: SegmentRanges) -> bool:
        """Compare what is indexed of a segment with its ``ranges``; return whether it is indexed at all.

        One that was indexed with another size was, so to say, not. Raises ``StoreError`` for a difference.
        """
        with _one_line(self._path):
            # Both of one moment: retention may be forgetting the segment.
            self._db.execute("BEGIN")
            try:
                is_indexed = any(segment.size == size for segment in self.segments(first, first))
                rows = self._db.execute(_RANGES_OF, (first,)).fetchall() if is_indexed else []
            finally:
                self._db.rollback()
        if not is_indexed:
            return False
        read = [
            (*_key(series), found.first, found.first_eseq, found.pack())
            for series, found in ranges.all().items()
        ]
        if sorted(rows) != sorted(read):
            raise StoreError(f"{self._path}: does not fit the segment of batch {first}: {_DELETE}")
        return True

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def indexed_segments(data_dir: Path, since: int = 0, until: int = _LAST) -> dict[int, IndexedSegment]:
    """Return what ``HistoryIndex.current`` says; nothing is indexed when there is no index."""
    index = HistoryIndex.open(data_dir)
    if index is None:
        return {}
    with closing(index):
        return index.current(data_dir / LOG_NAME, since, until)


def index_segment(data_dir: Path, segment: Segment) -> IndexedSegment:
    """Read a closed segment and put its ranges into the index, in one transaction; it is made when missing.

    One that is indexed already is left as it is. Only one process may do so at a time. Raises ``LogDamaged``
    for a damaged segment, ``StoreError`` when the index cannot be used.
    """
    indexed = indexed_segments(data_dir, segment.first, segment.first).get(segment.first)
    if indexed is not None:
        return indexed
    ranges, last, size, newest_ns = SegmentRanges(), segment.first - 1, segment.start, 0
    for record in scan(segment, is_last=False):
        ranges.note(record)
        last, size, newest_ns = record.number, record.end, max(newest_ns, record.utc_ns)
    row = IndexedSegment(segment.first, last, size, newest_ns)
    with _writing(data_dir) as db:
        _forget(db, segment.first)
        db.execute("INSERT INTO segments VALUES (?, ?, ?, ?)", row)
        db.executemany(
            "INSERT INTO ranges VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (segment.first, *_key(series), found.first, found.first_eseq, found.pack())
                for series, found in ranges.all().items()
            ),
        )
    return row


def forget_missing(data_dir: Path) -> None:
    """Take out of the index what it says of segments whose file is gone."""
    log_dir = data_dir / LOG_NAME
    index = HistoryIndex.open(data_dir)
    if index is None:
        return
    with closing(index):
        kept = set(segment_names(log_dir))
        missing = [segment.first for segment in index.segments() if segment.first not in kept]
    if missing:
        with _writing(data_dir) as db:
            for first in missing:
                _forget(db, first)


def _key(series: Series) -> tuple[str, str, int]:
    if isinstance(series, Messages):
        return "m", series.session, series.epoch
    return "x", series.account, 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


@contextmanager
def _writing(data_dir: Path) -> Iterator[sqlite3.Connection]:
    """Open the index for one transaction, private to its owner; make it when it is missing."""
    path = data_dir / INDEX_NAME
    with _one_line(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            made = _check_version(path, db)
            db.execute("PRAGMA journal_mode = WAL")
            # A lost transaction is made again; the file stays whole all the same.
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("BEGIN IMMEDIATE")
            if not made:
                for statement in _SCHEMA:
                    db.execute(statement)
            yield db
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _forget(db: sqlite3.Connection, first: int) -> None:
    db.execute("DELETE FROM segments WHERE first = ?", (first,))
    db.execute("DELETE FROM ranges WHERE segment = ?", (first,))


def _check_version(path: Path, db: sqlite3.Connection) -> bool:
    """Return whether the schema is made already. Raises ``StoreError`` for one that is not known here."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version == 0 and not tables:
        return False
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path}: schema version {version}, and this gateway knows {SCHEMA_VERSION}: {_DELETE}"
        )
    return True


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Turn what SQLite, the file system or a damaged row says into a ``StoreError``."""
    try:
        yield
    except (sqlite3.Error, OSError, ValueError) as error:
        raise StoreError(f"{path}: {error}: {_FREE if _FULL in str(error) else _DELETE}") from None
