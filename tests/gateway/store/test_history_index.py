import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.ports import StoreError
from gateway.store.history_index import (
    INDEX_NAME,
    SCHEMA_VERSION,
    HistoryIndex,
    IndexedSegment,
    forget_missing,
    index_segment,
    indexed_segments,
)
from gateway.store.ranges import Executions, Messages, Query, SegmentRanges
from gateway.store.records import LogDamaged
from gateway.store.segments import scan
from tests.gateway.store.batches import NOW, flipped
from tests.gateway.store.history_log import HistoryLog, execution, message

A = Messages("A", 0)
ACC = Executions("acc")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[HistoryLog]:
    written = HistoryLog(tmp_path)
    for number in range(1, 7, 2):
        written.commit([message(number)], [execution(number), execution(number + 1)])
        written.rotate(message(number + 1))
    yield written
    written.close()


def open_index(data_dir: Path) -> HistoryIndex:
    index = HistoryIndex.open(data_dir)
    assert index is not None
    return index


def found(index: HistoryIndex, query: Query) -> list[int]:
    with closing(index.find(query)) as rows:
        return [segment for segment, _ in rows]


def test_there_is_none_at_first(log: HistoryLog) -> None:
    assert HistoryIndex.open(log.data_dir) is None
    assert indexed_segments(log.data_dir) == {}
    forget_missing(log.data_dir)
    assert not (log.data_dir / INDEX_NAME).exists()


def test_closed_segments_are_found_newest_first(log: HistoryLog) -> None:
    rows = [index_segment(log.data_dir, segment) for segment in log.closed]
    assert rows[0] == IndexedSegment(1, 2, log.closed[0].path.stat().st_size, NOW + 2)
    assert indexed_segments(log.data_dir) == {row.first: row for row in rows}
    with closing(open_index(log.data_dir)) as index:
        assert found(index, Query(A, 1, 99)) == [5, 3, 1]
        assert found(index, Query(A, 1, 4)) == [3, 1]
        assert found(index, Query(ACC, 3, 3, by_eseq=True)) == [3, 1]
        assert found(index, Query(Messages("A", 1), 1, 99)) == []
        assert index.firsts(ACC) == [(1, 1), (3, 3), (5, 5)]
        assert index.segments(since=3) == rows[1:]


def test_indexing_again_changes_nothing(log: HistoryLog) -> None:
    row = index_segment(log.data_dir, log.closed[0])
    before = (log.data_dir / INDEX_NAME).read_bytes()
    assert index_segment(log.data_dir, log.closed[0]) == row
    assert (log.data_dir / INDEX_NAME).read_bytes() == before


def test_a_segment_that_is_another_now_is_indexed_anew(log: HistoryLog) -> None:
    first = log.closed[0]
    index_segment(log.data_dir, first)
    record = log.content[1][0]
    first.path.write_bytes(first.path.read_bytes()[: record.end])
    assert indexed_segments(log.data_dir) == {}
    assert index_segment(log.data_dir, first) == IndexedSegment(1, 1, record.end, NOW + 1)
    with closing(open_index(log.data_dir)) as index:
        ((_, ranges),) = index.find(Query(A, 1, 99))
        assert list(ranges.lasts) == [1]


def test_the_file_is_private_and_its_wal_is_emptied(log: HistoryLog) -> None:
    index_segment(log.data_dir, log.closed[0])
    path = log.data_dir / INDEX_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(open_index(log.data_dir)) as index:
        assert index.segments()
        index_segment(log.data_dir, log.closed[1])
        wal = path.with_name(f"{INDEX_NAME}-wal")
        assert wal.stat().st_size == 0
        assert stat.S_IMODE(wal.stat().st_mode) == 0o600
        assert len(index.segments()) == 2


def test_a_reader_cannot_write(log: HistoryLog) -> None:
    index_segment(log.data_dir, log.closed[0])
    with (
        closing(open_index(log.data_dir)) as index,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        index._db.execute("DELETE FROM segments")


def test_a_file_without_a_schema_is_an_empty_index(log: HistoryLog) -> None:
    (log.data_dir / INDEX_NAME).touch()
    with closing(open_index(log.data_dir)) as index:
        assert index.segments() == []
        assert found(index, Query(A, 1, 99)) == []
        assert index.firsts(A) == []
        index_segment(log.data_dir, log.closed[0])
        assert [row.first for row in index.segments()] == [1]
        assert found(index, Query(A, 1, 99)) == [1]


def test_what_is_gone_is_forgotten(log: HistoryLog) -> None:
    for segment in log.closed:
        index_segment(log.data_dir, segment)
    log.closed[0].path.unlink()
    assert list(indexed_segments(log.data_dir)) == [3, 5]
    forget_missing(log.data_dir)
    forget_missing(log.data_dir)
    with closing(open_index(log.data_dir)) as index:
        assert [row.first for row in index.segments()] == [3, 5]
        assert index.firsts(A) == [(3, 3), (5, 5)]


def test_a_segment_that_is_forgotten_while_it_is_checked(
    log: HistoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = log.closed[0]
    row = index_segment(log.data_dir, segment)
    ranges = SegmentRanges()
    for record in scan(segment, is_last=False):
        ranges.note(record)
    look = HistoryIndex.segments

    def meanwhile(index: HistoryIndex, *range_: int) -> list[IndexedSegment]:
        seen = look(index, *range_)
        with monkeypatch.context() as patch:
            patch.setattr(HistoryIndex, "segments", look)
            segment.path.unlink(missing_ok=True)
            forget_missing(log.data_dir)
        return seen

    with closing(open_index(log.data_dir)) as index:
        monkeypatch.setattr(HistoryIndex, "segments", meanwhile)
        assert index.check(row.first, row.size, ranges)
        assert not index.check(row.first, row.size, ranges)


def test_a_segment_without_a_batch_is_indexed_too(tmp_path: Path) -> None:
    log = HistoryLog(tmp_path)
    segment = log._writer.segment
    assert index_segment(tmp_path, segment) == IndexedSegment(1, 0, segment.start, 0)
    log.close()


def test_a_damaged_segment_is_not_indexed(log: HistoryLog) -> None:
    path = log.closed[0].path
    path.write_bytes(flipped(path.read_bytes(), log.content[1][1].offset + 50))
    with pytest.raises(LogDamaged, match="damaged batch"):
        index_segment(log.data_dir, log.closed[0])
    assert indexed_segments(log.data_dir) == {}


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1, -1])
def test_another_schema_is_one_line(log: HistoryLog, version: int) -> None:
    index_segment(log.data_dir, log.closed[0])
    with closing(sqlite3.connect(log.data_dir / INDEX_NAME)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    expected = rf"{INDEX_NAME}: schema version {version}, .* delete this file; it is made again from the log$"
    for use in (HistoryIndex.open, indexed_segments, forget_missing):
        with pytest.raises(StoreError, match=expected):
            use(log.data_dir)
    with pytest.raises(StoreError, match=expected):
        index_segment(log.data_dir, log.closed[0])


def test_a_file_that_is_no_database_is_one_line(log: HistoryLog) -> None:
    (log.data_dir / INDEX_NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(
        StoreError, match=rf"{INDEX_NAME}: file is not a database: .* delete this file"
    ) as caught:
        HistoryIndex.open(log.data_dir)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_opened_is_one_line(log: HistoryLog) -> None:
    (log.data_dir / INDEX_NAME).mkdir()
    with pytest.raises(StoreError, match=rf"{INDEX_NAME}: [a-zA-Z/ ]+: .* delete this file"):
        HistoryIndex.open(log.data_dir)


def test_damaged_ranges_are_one_line(log: HistoryLog) -> None:
    index_segment(log.data_dir, log.closed[0])
    with closing(sqlite3.connect(log.data_dir / INDEX_NAME)) as db:
        db.execute("UPDATE ranges SET packed = x'00'")
        db.commit()
    with (
        closing(open_index(log.data_dir)) as index,
        pytest.raises(StoreError, match=r"ranges in 1 bytes: .*delete"),
    ):
        found(index, Query(A, 1, 99))


@pytest.mark.parametrize(
    ("reason", "what_to_do"),
    [("no", "stop the gateway and delete this file"), ("database or disk is full", "free space on its disk")],
)
def test_a_failed_transaction_leaves_the_index_as_it_was(
    log: HistoryLog, reason: str, what_to_do: str
) -> None:
    index_segment(log.data_dir, log.closed[0])
    with closing(sqlite3.connect(log.data_dir / INDEX_NAME)) as db:
        db.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON ranges WHEN NEW.kind = 'x' "
            f"BEGIN SELECT RAISE(ABORT, '{reason}'); END"
        )
    with pytest.raises(StoreError, match=f"{INDEX_NAME}: {reason}: {what_to_do}"):
        index_segment(log.data_dir, log.closed[1])
    assert list(indexed_segments(log.data_dir)) == [1]
    with closing(open_index(log.data_dir)) as index:
        assert found(index, Query(A, 1, 99)) == [1]
