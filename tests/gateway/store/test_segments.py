import os
from pathlib import Path

import pytest

from gateway.ports import StoreError
from gateway.store import segments
from gateway.store.records import LogDamaged
from gateway.store.segments import LOG_NAME, list_segments, read_segment, scan, segment_names
from tests.gateway.store.batches import ORIGIN, SEED, entry, flipped, write_log


def test_a_header_comes_back_as_it_was(tmp_path: Path) -> None:
    written = write_log(tmp_path, range(1, 6), per_segment=2)
    read = list_segments(tmp_path / LOG_NAME)
    assert read == written
    assert [(segment.first, segment.previous, segment.eseq) for segment in read] == [
        (1, 0, 0),
        (3, 1, 2),
        (5, 3, 4),
    ]
    assert {(segment.origin, segment.seed) for segment in read} == {(ORIGIN, SEED)}


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1])
    for name in ("0000000000000009.log.new", "note", "1.log", "00000000000000009.log"):
        (segment.path.parent / name).touch()
    assert segment_names(tmp_path / LOG_NAME) == [1]


def test_without_a_directory_there_are_none(tmp_path: Path) -> None:
    assert list_segments(tmp_path / LOG_NAME) == []


def test_a_log_that_is_no_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / LOG_NAME).touch()
    with pytest.raises(StoreError, match="Not a directory: check its disk"):
        segment_names(tmp_path / LOG_NAME)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "0000000000000001.log").mkdir()
    with pytest.raises(StoreError, match="Is a directory: check its disk"):
        read_segment(tmp_path, 1)


def test_another_version_is_named(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1])
    whole = bytearray(segment.path.read_bytes())
    whole[7] = 3
    segment.path.write_bytes(whole)
    with pytest.raises(LogDamaged, match="format version 3, and this gateway knows 2: start the version"):
        list_segments(tmp_path / LOG_NAME)


def test_any_flip_in_the_header_is_refused_in_one_line(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1])
    whole = segment.path.read_bytes()
    for at in range(segment.start):
        segment.path.write_bytes(flipped(whole, at))
        with pytest.raises(LogDamaged) as error:
            list_segments(tmp_path / LOG_NAME)
        assert str(error.value).count("\n") == 0
        assert str(segment.path) in str(error.value)


def test_a_cut_header_is_refused(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1])
    whole = segment.path.read_bytes()
    for size in range(segment.start):
        segment.path.write_bytes(whole[:size])
        with pytest.raises(LogDamaged, match="damaged header at byte 0: restore"):
            list_segments(tmp_path / LOG_NAME)


def test_a_segment_under_another_name_is_refused(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1])
    segment.path.rename(segment.path.with_name("0000000000000002.log"))
    with pytest.raises(LogDamaged, match="damaged header"):
        list_segments(tmp_path / LOG_NAME)


def test_a_scan_begins_at_any_record(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1, 2, 3])
    records = list(scan(segment, is_last=True))
    for skipped, record in enumerate(records):
        rest = scan(segment, start=record.offset, is_last=True)
        assert [(again.number, again.end) for again in rest] == [(r.number, r.end) for r in records[skipped:]]
    assert list(scan(segment, start=records[-1].end, is_last=False)) == []


def test_records_larger_than_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.segments._WINDOW", 100)
    (segment,) = write_log(tmp_path, range(1, 30))
    assert [record.number for record in scan(segment, is_last=False)] == list(range(1, 30))
    # The search behind a broken record crosses the borders of what is read at once, too.
    whole = segment.path.read_bytes()
    for number in range(1, 29):
        one = entry(number)
        segment.path.write_bytes(flipped(whole, whole.index(one.record) + 40))
        with pytest.raises(LogDamaged, match="damaged batch at byte"):
            list(scan(segment, is_last=True))


def test_a_whole_record_of_another_number_is_a_hole(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1, 2, 4])
    with pytest.raises(LogDamaged, match=r"batch 4 at byte \d+, where 3 should be: restore"):
        list(scan(segment, is_last=True))


def test_a_segment_that_is_not_the_last_has_no_torn_end(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1, 2])
    os.truncate(segment.path, segment.path.stat().st_size - 1)
    assert [record.number for record in scan(segment, is_last=True)] == [1]
    with pytest.raises(LogDamaged, match=r"damaged batch at byte \d+: restore the data directory"):
        list(scan(segment, is_last=False))


def test_an_error_while_reading_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (segment,) = write_log(tmp_path, [1])

    def broken(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", broken)
    with pytest.raises(StoreError, match="Input/output error: check its disk and owner, then start again"):
        list(scan(segment, is_last=True))


def test_segments_that_retention_removes_meanwhile_are_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write_log(tmp_path, range(1, 6), per_segment=1)
    monkeypatch.setattr(segments, "segment_names", lambda _: [segment.first for segment in written])
    for gone in (0, 1):
        written[gone].path.unlink()
        assert list_segments(tmp_path / LOG_NAME) == written[gone + 1 :]
    written[3].path.unlink()
    with pytest.raises(StoreError, match=r"0000000000000004\.log: No such file"):
        list_segments(tmp_path / LOG_NAME)
