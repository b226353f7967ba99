from pathlib import Path

import pytest

from gateway.ports import StoreError
from gateway.store.log_reader import LogReader
from gateway.store.log_writer import LogWriter
from gateway.store.records import LogDamaged, Record
from gateway.store.segments import Segment
from tests.gateway.store.batches import batch, entry, first_segment, read_numbers, same, settings, write_log


def test_a_directory_without_a_log_is_a_fresh_start(tmp_path: Path) -> None:
    reader = LogReader(tmp_path)
    assert list(reader.read(0)) == []
    assert reader.end == (None, 0)


def test_each_segment_comes_before_its_batches(tmp_path: Path) -> None:
    first, second, third = write_log(tmp_path, range(1, 6), per_segment=2)
    items = list(LogReader(tmp_path).read(0))
    shown = [item.number if isinstance(item, Record) else item for item in items]
    assert shown == [first, 1, 2, second, 3, 4, third, 5]
    assert all(same(item, batch(item.number)) for item in items if isinstance(item, Record))


@pytest.mark.parametrize(
    ("after", "expected"),
    [(0, [1, 1, 2, 3, 3, 4, 5, 5]), (1, [1, 2, 3, 3, 4, 5, 5]), (2, [3, 3, 4, 5, 5]), (4, [5, 5]), (5, [5])],
)
def test_the_first_segment_is_the_one_that_holds_the_next_batch(
    tmp_path: Path, after: int, expected: list[int]
) -> None:
    write_log(tmp_path, range(1, 6), per_segment=2)
    items = LogReader(tmp_path).read(after)
    assert [item.first if isinstance(item, Segment) else item.number for item in items] == expected


def test_a_segment_without_a_batch_yet_is_shown(tmp_path: Path) -> None:
    _, empty = write_log(tmp_path, [1, 2], per_segment=2)
    reader = LogReader(tmp_path)
    assert list(reader.read(2)) == [empty]
    assert reader.end == (empty, empty.start)


def test_the_end_is_behind_the_last_whole_batch(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1, 2])
    whole = segment.path.stat().st_size
    with segment.path.open("ab") as file:
        file.write(b"\xf5BDX and no more")
    reader = LogReader(tmp_path)
    assert len(list(reader.read(0))) == 3
    assert reader.end == (segment, whole)


def test_a_live_writer_is_followed_into_the_next_segments(tmp_path: Path) -> None:
    writer = LogWriter(first_segment(tmp_path), settings(commands=3))
    writer.append(entry(1))
    reading = LogReader(tmp_path).read(0)
    seen = [next(reading), next(reading)]
    for number in range(2, 9):
        writer.append(entry(number))
        writer.rotate_if_due(number, number)
    seen += reading
    writer.close()
    assert [item.number for item in seen if isinstance(item, Record)] == list(range(1, 9))
    assert [item.first for item in seen if isinstance(item, Segment)] == [1, 4, 7]


def test_a_batch_that_becomes_whole_while_we_look_behind_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (segment,) = write_log(tmp_path, [1, 2, 3])
    whole = segment.path.read_bytes()
    two = entry(2)
    begin = whole.index(two.record)
    segment.path.write_bytes(whole[: begin + 40])
    writer = segment.path.open("r+b")

    def caught_up(*_: object) -> bool:
        with writer:
            writer.write(whole)
        return True

    monkeypatch.setattr("gateway.store.segments._is_record_behind", caught_up)
    assert read_numbers(tmp_path) == [1, 2, 3]


def test_a_log_that_does_not_reach_back_is_refused(tmp_path: Path) -> None:
    first, *_ = write_log(tmp_path, range(1, 6), per_segment=2)
    first.path.unlink()
    assert read_numbers(tmp_path, 2) == [3, 4, 5]
    with pytest.raises(LogDamaged, match="begins with batch 3, and batch 2 is needed: restore"):
        read_numbers(tmp_path, 1)


def test_no_log_behind_a_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogDamaged, match="the log is empty, and batch 8 is needed: restore"):
        read_numbers(tmp_path, 7)


def test_a_log_that_ends_before_the_snapshot_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path, range(1, 4))
    with pytest.raises(LogDamaged, match="ends with batch 3, and a snapshot is of batch 4: restore"):
        read_numbers(tmp_path, 4)


def test_a_missing_segment_is_refused(tmp_path: Path) -> None:
    _, second, _ = write_log(tmp_path, range(1, 6), per_segment=2)
    second.path.unlink()
    with pytest.raises(LogDamaged, match=r"0000000000000003\.log: missing between other segments"):
        read_numbers(tmp_path)


def test_a_segment_that_lost_its_last_batch_is_refused(tmp_path: Path) -> None:
    first, *_ = write_log(tmp_path, range(1, 6), per_segment=2)
    whole = first.path.read_bytes()
    two = entry(2)
    first.path.write_bytes(whole[: whole.index(two.record)])
    with pytest.raises(LogDamaged, match="begins with batch 3, and the segment before it ends with batch 1"):
        read_numbers(tmp_path)


def test_a_segment_pruned_meanwhile_is_said(tmp_path: Path) -> None:
    first, *_ = write_log(tmp_path, range(1, 6), per_segment=2)
    reading = LogReader(tmp_path).read(0)
    assert next(reading) == first
    first.path.unlink()
    with pytest.raises(StoreError, match="No such file"):
        next(reading)
