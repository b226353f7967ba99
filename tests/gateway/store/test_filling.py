"""A log whose file is filled ahead holds what one that is appended to does, whoever comes first."""

import asyncio
import errno
import logging
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gateway.ports import Durability, StoreError
from gateway.store import filling
from gateway.store.filling import LEAST_AHEAD, MOST_AHEAD, SLICE, Filler
from gateway.store.log_file import LogFile
from gateway.store.log_reader import LogReader
from gateway.store.log_store import LogStore
from gateway.store.log_tail import NO_BOUND
from gateway.store.log_writer import LogWriter
from gateway.store.records import LogDamaged, Record
from gateway.store.segments import LOG_NAME, UNFINISHED, cut, list_segments, torn_bytes
from tests.gateway.store.batches import (
    batch,
    entry,
    first_segment,
    flipped,
    read_numbers,
    same,
    settings,
    write_log,
)
from tests.gateway.store.running import Answered, begin, commit
from tests.other_form import COMPILED


@pytest.fixture
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave filling to the test."""
    monkeypatch.setattr(Filler, "start", lambda _: None)
    monkeypatch.setattr(Filler, "is_writing", False)


def writer_ahead(data_dir: Path, *, segment_size: int = 64 << 20, commands: int = 1 << 30) -> LogWriter:
    return LogWriter(
        first_segment(data_dir),
        settings(Durability.FSYNC, segment_size=segment_size, commands=commands),
        fills_ahead=True,
    )


def fill(writer: LogWriter) -> None:
    """Fill all that is due."""
    assert writer._filler is not None
    while writer._filler._fill():
        pass


@pytest.mark.usefixtures("_by_hand")
def test_zeros_go_ahead_of_the_end(tmp_path: Path) -> None:
    writer = writer_ahead(tmp_path)
    tail, path = writer.tail, writer.segment.path
    # The first slice is written with the header: no batch waits for the thread.
    assert tail.filled == path.stat().st_size == SLICE
    assert tail.bytes_written == tail.end == writer.segment.start
    fill(writer)
    assert tail.end + LEAST_AHEAD <= tail.filled == path.stat().st_size < tail.end + LEAST_AHEAD + SLICE
    assert tail.fill_due == tail.filled - LEAST_AHEAD // 2
    assert path.read_bytes().count(0, tail.end) == tail.filled - tail.end
    filled = tail.filled
    for number in range(1, 8):
        writer.append(entry(number, batch(number, text=bytes(LEAST_AHEAD // 8))))
    assert tail.fill_due == NO_BOUND
    fill(writer)
    assert tail.filled > filled
    assert read_numbers(tmp_path) == list(range(1, 8))
    writer.close()
    assert path.stat().st_size == tail.end
    assert read_numbers(tmp_path) == list(range(1, 8))


@pytest.mark.usefixtures("_by_hand")
def test_a_busy_log_is_filled_further_ahead_and_by_more_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, write = [], LogFile.fill

    def noting(self: LogFile, offset: int, size: int) -> int:
        sizes.append(size)
        return write(self, offset, size)

    monkeypatch.setattr(LogFile, "fill", noting)
    writer = writer_ahead(tmp_path, commands=1)
    writer.append(entry(1, batch(1, text=bytes(MOST_AHEAD))))
    writer.rotate_if_due(1, 1)
    tail = writer.tail
    assert tail.filled == MOST_AHEAD // 8
    fill(writer)
    assert MOST_AHEAD <= tail.filled - tail.end < MOST_AHEAD + SLICE
    assert (sizes[0], sizes[-1]) == (MOST_AHEAD // 8, SLICE)
    writer.close()
    assert read_numbers(tmp_path) == [1]


@pytest.mark.usefixtures("_by_hand")
def test_the_filler_gives_way_to_a_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = writer_ahead(tmp_path)
    filler, fills, write = writer._filler, [], LogFile.fill
    assert filler is not None

    def until_it_is_claimed(self: LogFile, offset: int, size: int) -> int:
        fills.append(offset)
        while not filler._is_claimed:
            pass
        return write(self, offset, size)

    monkeypatch.setattr(LogFile, "fill", until_it_is_claimed)
    beside = threading.Thread(target=fill, args=(writer,))
    beside.start()
    writer.append(entry(1, batch(1, text=bytes(4 * SLICE))))
    beside.join(10)
    assert fills == [SLICE]
    monkeypatch.setattr(LogFile, "fill", write)
    fill(writer)
    writer.close()
    assert read_numbers(tmp_path) == [1]


@pytest.mark.usefixtures("_by_hand")
@examples(max_examples=15)
@given(st.lists(st.one_of(st.none(), st.sampled_from([0, 3000, SLICE // 2, SLICE, 2 * SLICE])), max_size=12))
def test_whoever_comes_first_no_record_is_filled_over(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int | None]
) -> None:
    data_dir = tmp_path_factory.mktemp("filled")
    writer = writer_ahead(data_dir, segment_size=3 * SLICE, commands=4)
    written: list[int] = []
    for step in steps:
        if step is None:
            assert writer._filler is not None
            writer._filler._fill()
        else:
            number = len(written) + 1
            writer.append(entry(number, batch(number, text=bytes(step))))
            written.append(step)
            writer.rotate_if_due(number, number)
            assert writer.tail.end <= writer.tail.filled
        records = [item for item in LogReader(data_dir).read(0) if isinstance(item, Record)]
        assert all(
            same(record, batch(number, text=bytes(size)))
            for number, (record, size) in enumerate(zip(records, written, strict=True), 1)
        )
    writer.close()
    ends = {item.segment: item.end for item in LogReader(data_dir).read(0) if isinstance(item, Record)}
    for segment in list_segments(data_dir / LOG_NAME):
        assert segment.path.stat().st_size == ends.get(segment.first, segment.start)


def test_a_thread_fills_beside_the_writer(tmp_path: Path) -> None:
    writer = writer_ahead(tmp_path, segment_size=8 << 20)
    for number in range(1, 150):
        writer.append(entry(number, batch(number, text=bytes(100_000))))
        writer.rotate_if_due(number, number)
    filling_at = [writer.is_filling]
    writer.end_filling(10)
    filling_at.append(writer.is_filling)
    assert filling_at == [True, False]
    writer.close()
    assert read_numbers(tmp_path) == list(range(1, 150))
    assert writer.segment.first > 1


@pytest.mark.usefixtures("_by_hand")
def test_a_segment_is_not_filled_beyond_its_size(tmp_path: Path) -> None:
    writer = writer_ahead(tmp_path, segment_size=SLICE + 5)
    fill(writer)
    path = writer.segment.path
    assert path.stat().st_size == SLICE + 5
    assert writer.tail.filled == writer.tail.fill_due == NO_BOUND
    writer.append(entry(1, batch(1, text=bytes(2 * SLICE))))
    fill(writer)
    assert path.stat().st_size == writer.tail.end
    writer.close()
    assert read_numbers(tmp_path) == [1]


@pytest.mark.usefixtures("_by_hand")
def test_what_follows_is_not_filled_in_the_closed_segment(tmp_path: Path) -> None:
    writer = writer_ahead(tmp_path, commands=1)
    fill(writer)
    writer.append(entry(1))
    closed, end = writer.segment, writer.tail.end
    assert writer.rotate_if_due(1, 1) == closed
    fill(writer)
    assert closed.path.stat().st_size == end
    assert writer.segment.path.stat().st_size == writer.tail.filled > LEAST_AHEAD
    writer.close()


@pytest.mark.usefixtures("_by_hand")
def test_a_disk_that_is_short_of_room_is_only_appended_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room = [filling.ROOM * SLICE * 20]
    monkeypatch.setattr(LogFile, "room", lambda _: room[0])
    writer = writer_ahead(tmp_path, segment_size=20 * SLICE, commands=2)
    filled = writer.tail.filled
    room[0] -= 1
    fill(writer)
    assert (writer.tail.filled, writer.tail.fill_due) == (NO_BOUND, NO_BOUND)
    for number in (1, 2, 3):
        writer.append(entry(number))
        writer.rotate_if_due(number, number)
        fill(writer)
    assert writer.segment.path.stat().st_size == writer.tail.end < filled
    said = f"{tmp_path / LOG_NAME}: not filled ahead: no room for 4 more segments"
    assert caplog.messages == [said]
    room[0] += 1
    writer.append(entry(4))
    writer.rotate_if_due(4, 4)
    assert writer.tail.filled == SLICE
    writer.close()
    assert read_numbers(tmp_path) == [1, 2, 3, 4]


@pytest.mark.usefixtures("_by_hand")
def test_a_disk_that_takes_no_zeros_is_only_appended_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    writer = writer_ahead(tmp_path)
    monkeypatch.setattr(LogFile, "fill", refuse)
    fill(writer)
    assert caplog.messages == [f"{tmp_path / LOG_NAME}: not filled ahead: Input/output error"]
    writer.append(entry(1, batch(1, text=bytes(2 * SLICE))))
    monkeypatch.setattr(os, "fstatvfs", refuse)
    assert writer._filler is not None
    assert writer._filler.lead(writer._file, 100) == 0
    writer.close()
    assert read_numbers(tmp_path) == [1]


@pytest.mark.usefixtures("_by_hand")
def test_what_the_disk_refuses_is_told_to_the_writer_whoever_hears_of_it_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux tells of it once per open file: one that both write through would tell only the first to ask."""
    used, write = [], os.pwritev

    def noting(fd: int, content: tuple[bytes], offset: int, flags: int = 0) -> int:
        used.append(fd)
        return write(fd, content, offset, flags)

    writer = writer_ahead(tmp_path)
    monkeypatch.setattr(os, "pwritev", noting)
    writer.append(entry(1))
    fill(writer)
    writers, *fillers = used
    # The position belongs to the open file: a copy of the descriptor has the same.
    os.lseek(writers, 7, os.SEEK_SET)
    assert [os.lseek(fd, 0, os.SEEK_CUR) for fd in set(fillers)] == [0]
    writer.close()
    for fd in {writers, *fillers}:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


@pytest.mark.usefixtures("_by_hand")
@pytest.mark.parametrize("zeros", [0, 10, SLICE])
def test_a_disk_that_takes_only_some_zeros_begins_a_segment_all_the_same(tmp_path: Path, zeros: int) -> None:
    space = [first_segment(tmp_path).start + zeros]

    class Short(LogFile):
        def write(self, content: bytes, offset: int) -> int:
            taken = super().write(content[: space[0]], offset)
            space[0] -= taken
            return taken

    writer = LogWriter(first_segment(tmp_path), settings(Durability.FSYNC), Short, fills_ahead=True)
    assert writer.segment.path.stat().st_size == writer.tail.filled <= writer.segment.start + zeros
    space[0] = 1 << 30
    writer.append(entry(1))
    writer.close()
    assert read_numbers(tmp_path) == [1]


@COMPILED
@pytest.mark.parametrize("text", [10, 2 * SLICE])
async def test_a_disk_that_does_not_end_a_fill_holds_up_a_commit_and_not_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: int
) -> None:
    write = LogFile.fill
    filling_now, answers = threading.Event(), threading.Event()

    def hanging(self: LogFile, offset: int, size: int) -> int:
        filling_now.set()
        answers.wait()
        return write(self, offset, size)

    monkeypatch.setattr(LogFile, "fill", hanging)
    store = begin(tmp_path, Durability.FSYNC)
    assert filling_now.wait(10)
    giving_up = threading.Timer(5, answers.set)
    giving_up.start()
    answered = Answered()
    store.commit(batch(1, text=bytes(text)), answered)
    assert not answers.is_set()
    giving_up.cancel()
    answers.set()
    async with asyncio.timeout(10):
        assert await answered.future is None
    assert await commit(store, batch(2)) is None
    store.close()
    assert read_numbers(tmp_path) == [1, 2]


@pytest.mark.usefixtures("_by_hand")
def test_after_a_failure_nothing_is_filled(tmp_path: Path) -> None:
    writer = writer_ahead(tmp_path)
    writer.append(entry(1))
    end = writer.tail.end
    writer.tail.errno = errno.EIO
    with pytest.raises(StoreError, match="Input/output error"):
        writer.append(entry(2))
    fill(writer)
    assert writer.segment.path.stat().st_size == end
    writer.close()
    assert read_numbers(tmp_path) == [1]


# ---- zeros that nobody cut off


async def test_zeros_of_a_gateway_that_was_killed_are_cut_off_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    segments = write_log(tmp_path, range(1, 8), per_segment=3)
    sizes = [segment.path.stat().st_size for segment in segments]
    for segment, size in zip(segments, sizes, strict=True):
        os.truncate(segment.path, size + 5000)
    with caplog.at_level(logging.WARNING):
        store = begin(tmp_path, Durability.FSYNC)
    assert (caplog.messages, store.damaged_tail_bytes, store.number) == ([], 0, 7)
    assert [segment.path.stat().st_size for segment in segments] == sizes
    for number in (8, 9):
        assert await commit(store, batch(number)) is None
    # As a kill leaves it.
    last = list_segments(tmp_path / LOG_NAME)[-1]
    assert last.path.stat().st_size >= SLICE
    assert read_numbers(tmp_path) == list(range(1, 10))
    store.close()
    assert last.path.stat().st_size == store._tail.end
    assert list((tmp_path / LOG_NAME).glob(f"*{UNFINISHED}")) == []


def test_a_start_from_the_last_batch_cuts_off_nothing_else(tmp_path: Path) -> None:
    _, segment = write_log(tmp_path, range(1, 6), per_segment=3)
    size = segment.path.stat().st_size
    os.truncate(segment.path, size + 100)

    assert [item for item in LogStore.recover(tmp_path).replay(5) if isinstance(item, Record)] == []
    assert segment.path.stat().st_size == size


def test_a_torn_batch_within_the_zeros_is_counted_without_them(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1])
    whole, torn = segment.path.read_bytes(), entry(2).record[:-1]
    segment.path.write_bytes(whole + torn + bytes(5000))
    assert read_numbers(tmp_path) == [1]
    assert torn_bytes(segment, len(whole)) == len(torn.rstrip(b"\0"))
    assert cut(segment, len(whole)) == len(torn.rstrip(b"\0"))
    assert segment.path.read_bytes() == whole
    assert cut(segment, len(whole)) == 0


@pytest.mark.parametrize("at", [0, 1, 4999, (1 << 20) + 4999])
def test_behind_a_closed_segment_there_is_nothing_but_zeros(tmp_path: Path, at: int) -> None:
    first, _ = write_log(tmp_path, range(1, 6), per_segment=3)
    whole = first.path.read_bytes()
    filled = whole + bytes((1 << 20) + 5000)
    first.path.write_bytes(filled)
    assert read_numbers(tmp_path) == [1, 2, 3, 4, 5]
    first.path.write_bytes(flipped(filled, len(whole) + at))
    with pytest.raises(LogDamaged, match=f"damaged batch at byte {len(whole)}: restore"):
        read_numbers(tmp_path)


def test_a_batch_of_a_closed_segment_that_became_zeros_is_missed(tmp_path: Path) -> None:
    first, _ = write_log(tmp_path, range(1, 6), per_segment=3)
    whole = first.path.read_bytes()
    begins = whole.index(entry(3).record)
    first.path.write_bytes(whole[:begins] + bytes(len(whole) - begins))
    with pytest.raises(LogDamaged, match="begins with batch 4, and the segment before it ends with batch 2"):
        read_numbers(tmp_path)
