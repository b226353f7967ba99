"""A log whose last segment was taken away is refused; nothing else about the note is ever an error."""

import errno
import os
import stat
from pathlib import Path

import pytest

from gateway.ports import Durability
from gateway.store.log_end import FILE_NAME, check_end, note_end
from gateway.store.records import LogDamaged
from gateway.store.segments import LOG_NAME, segment_names, segment_path
from tests.gateway.store.batches import batch
from tests.gateway.store.running import begin, commit


async def test_a_last_segment_that_was_taken_away_is_missed(tmp_path: Path) -> None:
    store = begin(tmp_path, Durability.FSYNC, commands=1)
    for number in (1, 2, 3):
        assert await commit(store, batch(number)) is None
    store.close()
    assert (tmp_path / FILE_NAME).read_bytes() == b"0000000000000004\n"
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    log_dir = tmp_path / LOG_NAME
    assert segment_names(log_dir) == [1, 2, 3, 4]
    begin(tmp_path).close()
    segment_path(log_dir, 4).unlink()
    with pytest.raises(LogDamaged, match=r"0000000000000004\.log: missing, and the log ended with it"):
        begin(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    store = begin(tmp_path)
    assert store.number == 3
    store.close()


async def test_with_durability_os_nothing_is_noted(tmp_path: Path) -> None:
    # A power loss may leave the note and not the segment.
    begin(tmp_path, Durability.OS).close()
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize("content", [b"", b"0000000000000000\n", b"no number", b"\xff"])
def test_a_note_that_says_nothing_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    check_end(tmp_path)


def test_a_whole_log_that_is_gone_is_missed_too(tmp_path: Path) -> None:
    note_end(tmp_path, 7)
    with pytest.raises(LogDamaged, match="missing"):
        check_end(tmp_path)


def test_a_note_that_cannot_be_written_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    note_end(tmp_path, 7)
    note_end(tmp_path / "missing", 7)
    check_end(tmp_path)
