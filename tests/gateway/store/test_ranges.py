import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import Batch
from gateway.store.ranges import CHUNK_SIZE, Executions, Messages, Query, Ranges, SegmentRanges
from gateway.store.records import Place, Record
from tests.gateway.store.history_log import execution, message

A = Messages("A", 0)
ACC = Executions("acc")


def record(offset: int, size: int, numbers: range, *, eseq: int = 0) -> Record:
    batch = Batch.empty()
    batch.messages += [message(number) for number in numbers]
    batch.executions += [execution(number, eseq=eseq or number) for number in numbers]
    return Record.of(batch, 1, 1, 1, Place(1, offset, size))


def ranges_of(noted: SegmentRanges, series: Messages | Executions) -> Ranges:
    found = noted.of(series)
    assert found is not None
    return found


def test_a_chunk_is_a_run_of_records_up_to_its_size() -> None:
    noted = SegmentRanges()
    half = CHUNK_SIZE // 2
    noted.note(record(100, half, range(1, 3)))
    noted.note(record(100 + half, half, range(3, 5)))
    noted.note(record(100 + 2 * half, half, range(5, 7)))
    found = ranges_of(noted, A)
    assert list(found.offsets) == [100, 100 + 2 * half]
    assert list(found.ends) == [100 + 2 * half, 100 + 3 * half]
    assert list(found.lasts) == [4, 6]


def test_a_record_larger_than_a_chunk_is_one() -> None:
    noted = SegmentRanges()
    for place in range(3):
        noted.note(record(100 + place * 2 * CHUNK_SIZE, 2 * CHUNK_SIZE, range(place + 1, place + 2)))
    assert list(ranges_of(noted, A).lasts) == [1, 2, 3]


def test_looking_does_not_change_what_is_found_later() -> None:
    looked, left = SegmentRanges(), SegmentRanges()
    for place in range(20):
        one = record(100 + place * CHUNK_SIZE // 3, CHUNK_SIZE // 3, range(2 * place + 1, 2 * place + 3))
        looked.note(one)
        left.note(one)
        assert ranges_of(looked, A).lasts[-1] == 2 * place + 2
    assert {series: ranges.pack() for series, ranges in looked.all().items()} == {
        series: ranges.pack() for series, ranges in left.all().items()
    }


def test_only_chunks_that_can_matter_are_found() -> None:
    noted = SegmentRanges()
    for place in range(4):
        noted.note(record(place * CHUNK_SIZE, CHUNK_SIZE, range(10 * place + 1, 10 * place + 11)))
    found = ranges_of(noted, A)

    def offsets(first: int, last: int) -> list[int]:
        return [offset // CHUNK_SIZE for offset, _ in found.find(Query(A, first, last))]

    assert offsets(1, 10) == [0]
    assert offsets(10, 11) == [0, 1]
    assert offsets(11, 20) == [1]
    assert offsets(35, 99) == [3]
    assert offsets(-5, 0) == []
    assert offsets(41, 50) == []


def test_executions_of_one_command_are_found_on_both_sides_of_a_border() -> None:
    noted = SegmentRanges()
    noted.note(record(0, CHUNK_SIZE, range(1, 3), eseq=7))
    noted.note(record(CHUNK_SIZE, CHUNK_SIZE, range(3, 5), eseq=7))
    noted.note(record(2 * CHUNK_SIZE, CHUNK_SIZE, range(5, 7), eseq=8))
    found = ranges_of(noted, ACC)
    seven = Query(ACC, 7, 7, by_eseq=True)
    assert [offset for offset, _ in found.find(seven)][:2] == [0, CHUNK_SIZE]
    assert not found.reaches(seven)
    assert found.reaches(Query(ACC, 8, 8, by_eseq=True))
    assert found.reaches(Query(ACC, 1, 9))
    assert not found.reaches(Query(ACC, 0, 9))


def test_a_series_that_was_not_noted_has_no_ranges() -> None:
    noted = SegmentRanges()
    assert noted.all() == {}
    noted.note(record(0, 10, range(1, 2)))
    assert noted.of(Messages("A", 1)) is None
    assert set(noted.all()) == {A, ACC}


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=30))
def test_packed_ranges_come_back(steps: list[tuple[int, int]]) -> None:
    ranges = Ranges(1, 2)
    last, eseq = 0, 0
    for place, (step, more) in enumerate(steps):
        last, eseq = last + step, eseq + more
        ranges.extend(last, eseq, 100 * place, 100 * place + 99)
    back = Ranges.unpack(1, 2, ranges.pack())
    for column in "first", "first_eseq", "lasts", "last_eseqs", "offsets", "ends":
        assert getattr(back, column) == getattr(ranges, column)


@pytest.mark.parametrize("packed", [b"", bytes(8), bytes(33)])
def test_other_bytes_are_no_ranges(packed: bytes) -> None:
    with pytest.raises(ValueError, match=f"ranges in {len(packed)} bytes"):
        Ranges.unpack(1, 1, packed)
