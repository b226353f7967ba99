import errno
import os
import stat
from pathlib import Path

import pytest

from gateway.ports import Durability, StoreError
from gateway.ports.faults import arm
from gateway.store import log_file
from gateway.store.log_file import LogFile
from gateway.store.log_reader import LogReader
from gateway.store.log_writer import LogWriter
from gateway.store.records import HEADER_SIZE, Record
from gateway.store.segments import LOG_NAME, UNFINISHED, segment_names
from tests.gateway.store.batches import entry, first_segment, read_numbers, settings


@pytest.fixture(params=[Durability.FSYNC, Durability.OS], ids=lambda durability: durability.value)
def durability(request: pytest.FixtureRequest) -> Durability:
    value: Durability = request.param
    return value


def test_a_segment_is_closed_at_its_commands(tmp_path: Path, durability: Durability) -> None:
    writer = LogWriter(first_segment(tmp_path), settings(durability, commands=2))
    closed = []
    for number in range(1, 6):
        writer.append(entry(number))
        segment = writer.rotate_if_due(number, number)
        if segment is not None:
            closed.append((number, segment.first))
    writer.close()
    assert closed == [(2, 1), (4, 3)]
    assert segment_names(tmp_path / LOG_NAME) == [1, 3, 5]
    assert read_numbers(tmp_path) == [1, 2, 3, 4, 5]


def test_a_segment_is_closed_at_its_size(tmp_path: Path, durability: Durability) -> None:
    segment = first_segment(tmp_path)
    one = entry(1)
    size = len(one.record)
    writer = LogWriter(segment, settings(durability, segment_size=segment.start + 2 * size))
    assert writer.append(one) == (1, segment.start, size)
    assert writer.rotate_if_due(1, 1) is None
    assert writer.append(entry(2)) == (1, segment.start + size, size)
    assert writer.rotate_if_due(2, 2) == segment
    assert writer.append(entry(3)).segment == 3
    assert writer.tail.bytes_written == 3 * size + 2 * segment.start
    writer.close()


def test_files_are_private_and_stay_with_the_process(tmp_path: Path) -> None:
    segment = first_segment(tmp_path)
    writer = LogWriter(segment, settings())
    assert stat.S_IMODE(segment.path.stat().st_mode) == 0o600
    assert not os.get_inheritable(writer._file._fd)
    writer.close()


def test_what_was_refused_beside_is_cut_off_and_said(tmp_path: Path, durability: Durability) -> None:
    segment = first_segment(tmp_path)
    writer = LogWriter(segment, settings(durability))
    writer.append(entry(1))
    size = segment.path.stat().st_size
    with segment.path.open("ab") as beside:
        beside.write(entry(2).record)
    writer.tail.errno = errno.EIO
    with pytest.raises(StoreError, match="Input/output error: check its disk and owner, then start again"):
        writer.append(entry(2))
    assert (segment.path.stat().st_size, writer.tail.fd) == (size, -1)
    writer.close()
    assert read_numbers(tmp_path) == [1]


def test_without_the_flag_a_write_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(log_file, "_DSYNC", 0)
    monkeypatch.setattr(os, "fdatasync", synced.append)
    writer = LogWriter(first_segment(tmp_path), settings(Durability.FSYNC))
    assert len(synced) == 1
    writer.append(entry(1))
    assert len(synced) == 2
    writer.close()
    assert read_numbers(tmp_path) == [1]


class FailingFile(LogFile):
    """A file whose disk takes ``space`` bytes more, then answers ``error`` (0: takes nothing, silently)."""

    space = 1 << 60
    error = errno.ENOSPC

    def write(self, content: bytes, offset: int) -> int:
        if not FailingFile.space and FailingFile.error:
            raise OSError(FailingFile.error, os.strerror(FailingFile.error))
        taken = super().write(content[: FailingFile.space], offset)
        FailingFile.space -= taken
        return taken


@pytest.fixture(autouse=True)
def _enough_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FailingFile, "space", 1 << 60)
    monkeypatch.setattr(FailingFile, "error", errno.ENOSPC)


@pytest.mark.parametrize("space", [0, 1, HEADER_SIZE, HEADER_SIZE + 1, len(entry(2).record) - HEADER_SIZE])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errno.ENOSPC, "No space left on device: free space on its disk, then start again"),
        (errno.EDQUOT, "Disk quota exceeded: free space on its disk, then start again"),
        (errno.EIO, "Input/output error: check its disk and owner, then start again"),
        (0, "No space left on device: free space on its disk, then start again"),
    ],
)
def test_after_a_failed_write_nothing_is_written_any_more(
    tmp_path: Path, durability: Durability, space: int, error: int, said: str
) -> None:
    segment = first_segment(tmp_path)
    writer = LogWriter(segment, settings(durability), FailingFile)
    writer.append(entry(1))
    size = segment.path.stat().st_size
    FailingFile.space, FailingFile.error = space, error
    with pytest.raises(StoreError) as first:
        writer.append(entry(2))
    assert str(first.value) == f"{segment.path}: {said}"
    # What was refused is gone again.
    assert segment.path.stat().st_size == size
    FailingFile.space = 1 << 60
    with pytest.raises(StoreError) as second:
        writer.append(entry(3))
    assert second.value is first.value
    writer.close()
    assert read_numbers(tmp_path) == [1]


def test_a_process_that_is_to_be_killed_writes_half_a_record_first(tmp_path: Path) -> None:
    sizes = []

    class Noting(LogFile):
        def write(self, content: bytes, offset: int) -> int:
            sizes.append(super().write(content, offset))
            return sizes[-1]

    writer = LogWriter(first_segment(tmp_path), settings(), Noting)
    one = entry(1)
    whole = len(one.record)
    arm("commit.half_written:9")
    try:
        writer.append(one)
    finally:
        arm("")
    writer.append(entry(2))
    writer.close()
    assert sizes[1:] == [whole // 2, whole, whole]
    assert read_numbers(tmp_path) == [1, 2]


def test_a_short_write_is_gone_on_with(tmp_path: Path, durability: Durability) -> None:
    class Sparing(LogFile):
        def write(self, content: bytes, offset: int) -> int:
            return super().write(content[:100], offset)

    writer = LogWriter(first_segment(tmp_path), settings(durability), Sparing)
    for number in (1, 2, 3):
        writer.append(entry(number))
    writer.close()
    assert read_numbers(tmp_path) == [1, 2, 3]


def test_a_file_that_cannot_even_be_cut_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file: LogFile, _size: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(FailingFile, "truncate", refuse)
    writer = LogWriter(first_segment(tmp_path), settings(), FailingFile)
    writer.append(entry(1))
    FailingFile.space = 50
    with pytest.raises(StoreError, match="No space left"):
        writer.append(entry(2))
    writer.close()
    assert read_numbers(tmp_path) == [1]


def test_a_file_that_cannot_be_closed_stops_nothing(tmp_path: Path, durability: Durability) -> None:
    class StuckFile(LogFile):
        """Reports an error at its close, as a network disk does."""

        def close(self) -> None:
            super().close()
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    writer = LogWriter(first_segment(tmp_path), settings(durability, commands=1), StuckFile)
    for number in (1, 2, 3):
        writer.append(entry(number))
        assert writer.rotate_if_due(number, number) is not None
    writer.close()
    assert read_numbers(tmp_path) == [1, 2, 3]


@pytest.mark.parametrize("space", [0, 20])
def test_a_segment_that_cannot_be_begun_fails_the_next_write(
    tmp_path: Path, durability: Durability, space: int
) -> None:
    writer = LogWriter(first_segment(tmp_path), settings(durability, commands=1), FailingFile)
    writer.append(entry(1))
    FailingFile.space = space
    assert writer.rotate_if_due(1, 1) is None
    FailingFile.space = 1 << 60
    with pytest.raises(StoreError, match=r"0000000000000002\.log: No space left on device: free space"):
        writer.append(entry(2))
    writer.close()
    assert list((tmp_path / LOG_NAME).glob(f"*{UNFINISHED}")) == []
    assert read_numbers(tmp_path) == [1]


def test_a_first_segment_that_cannot_be_begun_is_said(tmp_path: Path) -> None:
    FailingFile.space = 0
    with pytest.raises(StoreError, match=r"0000000000000001\.log: No space left on device"):
        LogWriter(first_segment(tmp_path), settings(), FailingFile)
    assert segment_names(tmp_path / LOG_NAME) == []


def test_a_directory_that_is_gone_is_said(tmp_path: Path) -> None:
    segment = first_segment(tmp_path)
    segment.path.parent.rmdir()
    with pytest.raises(StoreError, match="No such file or directory: check its disk and owner"):
        LogWriter(segment, settings())


def test_records_are_those_that_were_written(tmp_path: Path) -> None:
    segment = first_segment(tmp_path)
    writer = LogWriter(segment, settings(commands=2))
    places = []
    for number in range(1, 6):
        places.append(writer.append(entry(number)))
        writer.rotate_if_due(number, number)
    writer.close()
    read = [item for item in LogReader(tmp_path).read(0) if isinstance(item, Record)]
    assert [(record.segment, record.offset, record.size) for record in read] == places
