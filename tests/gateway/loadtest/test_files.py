"""Files that a load test writes: whole or not at all, through links and devices, never in their place."""

import os
import stat
import threading
from pathlib import Path

import pytest

from gateway.loadtest import files


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"what was there before")
    files.check_writable(path)
    assert path.read_bytes() == b"what was there before"
    files.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("exists", [True, False], ids=["to a file", "dangling"])
def test_a_link_is_written_through(tmp_path: Path, exists: bool) -> None:
    path, link = tmp_path / "there" / "a", tmp_path / "link"
    path.parent.mkdir()
    link.symlink_to(path)
    if exists:
        path.write_bytes(b"old")
    files.check_writable(link)
    files.write(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


def test_a_device_stays_one() -> None:
    files.check_writable(Path("/dev/null"))
    files.write(Path("/dev/null"), b"new")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_pipe_gets_all_of_it(tmp_path: Path) -> None:
    path, got = tmp_path / "pipe", bytearray()
    os.mkfifo(path)
    with pytest.raises(OSError, match="No such device"):  # nobody reads
        files.check_writable(path)

    def read() -> None:
        with path.open("rb") as reader:
            got.extend(reader.read())

    thread = threading.Thread(target=read)
    thread.start()
    files.write(path, b"x" * 300_000)
    thread.join()
    assert len(got) == 300_000
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("path", ["/proc/x", "/proc/version", "/", "/dev/null/x"])
def test_what_cannot_be_written_is_said_before(path: str) -> None:
    with pytest.raises(OSError, match=r"\S"):
        files.check_writable(Path(path))


def test_nothing_is_left_of_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"

    def full(_: Path, __: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        files.write(path, b"new")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="No space left"):
        files.write(Path("/dev/full"), b"new")
