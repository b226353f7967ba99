"""Whatever happens to the bytes of a log: a prefix of the batches that were committed, or one line."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import StoreError
from gateway.store.encoding import encode_record
from gateway.store.log_reader import LogReader
from gateway.store.records import HEADER_SIZE, LogDamaged, Record
from gateway.store.segments import LOG_NAME, Segment
from tests.gateway.store.batches import NOW, batch, entry, flipped, is_prefix, read_numbers, same, write_log

BATCHES = 7
PER_SEGMENT = 3  # so three segments of 3, 3 and 1 batches
FILLED = 100  # zeros behind the last one


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Segment], list[bytes]]:
    """A data directory, the segments of its log, and the bytes of each; the last one is filled ahead."""
    data_dir = tmp_path_factory.mktemp("damage")
    segments = write_log(data_dir, range(1, BATCHES + 1), per_segment=PER_SEGMENT)
    contents = [segment.path.read_bytes() for segment in segments]
    contents[-1] += bytes(FILLED)
    restore(segments, contents)
    return data_dir, segments, contents


def outcome(data_dir: Path) -> int:
    """Return how many batches come back, each as it was committed; -1 when the log is refused."""
    numbers = []
    try:
        for item in LogReader(data_dir).read(0):
            if isinstance(item, Record):
                assert same(item, batch(item.number))
                numbers.append(item.number)
    except LogDamaged as error:
        refusal = str(error)
    else:
        assert is_prefix(numbers)
        return len(numbers)
    assert refusal.startswith(str(data_dir / LOG_NAME))
    assert "\n" not in refusal
    return -1


def restore(segments: list[Segment], contents: list[bytes]) -> None:
    for segment, content in zip(segments, contents, strict=True):
        segment.path.write_bytes(content)


def test_a_log_cut_at_any_byte(log: tuple[Path, list[Segment], list[bytes]]) -> None:
    data_dir, segments, contents = log
    for index, (segment, content) in enumerate(zip(segments, contents, strict=True)):
        is_last = index == len(segments) - 1
        for size in range(len(content)):
            segment.path.write_bytes(content[:size])
            whole = outcome(data_dir)
            if not is_last or size < segment.start:
                assert whole == -1
            else:
                assert whole == (BATCHES if size >= len(content) - FILLED else BATCHES - 1)
        segment.path.write_bytes(content)
    assert outcome(data_dir) == BATCHES


def test_a_flip_of_any_byte(log: tuple[Path, list[Segment], list[bytes]]) -> None:
    data_dir, segments, contents = log
    for index, (segment, content) in enumerate(zip(segments, contents, strict=True)):
        is_last = index == len(segments) - 1
        for at in range(len(content)):
            segment.path.write_bytes(flipped(content, at, at % 8))
            whole = outcome(data_dir)
            # In the last record damage cannot be told from a write that never ended, nor behind it.
            is_behind = at >= len(content) - FILLED
            assert whole == (BATCHES - (not is_behind) if is_last and at >= segment.start else -1)
        segment.path.write_bytes(content)


def test_a_flip_before_the_last_record_of_the_last_segment_is_refused(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, range(1, 5))
    content = segment.path.read_bytes()
    last = entry(4)
    for at in range(segment.start, content.index(last.record)):
        segment.path.write_bytes(flipped(content, at, at % 8))
        assert outcome(tmp_path) == -1


@given(st.integers(0, 2**32))
def test_damage_of_many_kinds_at_once(log: tuple[Path, list[Segment], list[bytes]], seed: int) -> None:
    data_dir, segments, contents = log
    chance = random.Random(seed)
    damaged = list(contents)
    for _ in range(chance.randint(1, 3)):
        index = chance.randrange(len(damaged))
        content = damaged[index]
        at = chance.randint(0, len(content))
        other = chance.choice(contents)
        piece = other[(begin := chance.randint(0, len(other))) : begin + chance.randint(0, 600)]
        damaged[index] = chance.choice(
            [
                content[:at],
                content[:at] + bytes(len(content) - at),
                content[:at] + piece + content[at:],
                content[:at] + piece + content[at + len(piece) :],
                content + piece,
                other,
            ]
        )
    restore(segments, damaged)
    try:
        outcome(data_dir)
    finally:
        restore(segments, contents)


@given(st.permutations(range(1, 5)))
def test_records_in_another_order_are_refused(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    data_dir = tmp_path_factory.mktemp("order")
    if order == sorted(order):
        order = [*order[:2], order[1], *order[2:]]
    write_log(data_dir, order)
    assert outcome(data_dir) == -1


def test_bytes_behind_the_last_record_are_passed_over(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1, 2])
    whole = segment.path.read_bytes()
    three = entry(3)
    for torn in (
        b"\0" * 5000,
        three.record[:HEADER_SIZE],
        three.record[:-1],
        three.record[:HEADER_SIZE] + bytes(len(three.record) - HEADER_SIZE),
        bytes(HEADER_SIZE) + three.record[HEADER_SIZE:],
        b"\xf5BDX" * 100,
    ):
        segment.path.write_bytes(whole + torn)
        assert read_numbers(tmp_path) == [1, 2]


def test_a_record_in_what_a_client_sent_is_no_record(tmp_path: Path) -> None:
    """A torn batch whose order carries the bytes of a whole record, made without the segment's seed."""
    (segment,) = write_log(tmp_path, [1])
    forged = encode_record(5, 5, NOW, batch(5))
    torn = entry(2, batch(2, text=forged))
    with segment.path.open("ab") as file:
        file.write(torn.record[:-1])
    assert read_numbers(tmp_path) == [1]


def test_a_torn_batch_may_hold_every_byte_of_the_magic(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1])
    torn = entry(2, batch(2, text=b"\xf5BDX" * 50))
    with segment.path.open("ab") as file:
        file.write(torn.record[:-1])
    assert read_numbers(tmp_path) == [1]


def test_damage_is_a_store_error() -> None:
    assert issubclass(LogDamaged, StoreError)
