import errno
import os
import stat
import struct
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ports import StoreError
from gateway.store import log_file, snapshots
from gateway.store.snapshots import (
    SNAPSHOTS_NAME,
    SnapshotError,
    SnapshotFile,
    SnapshotVersionError,
    newest_snapshots,
    prune_snapshots,
    write_snapshot,
)
from tests.gateway.store.batches import flipped, write_log


def snapshot(batch: int) -> SnapshotFile:
    return SnapshotFile(batch, 10 * batch, b"origin", b"the state after %d" % batch)


def batches(data_dir: Path) -> list[int]:
    return [found.batch for found in newest_snapshots(data_dir)]


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert newest_snapshots(tmp_path) == []
    assert prune_snapshots(tmp_path) == 0


@given(batch=st.integers(0, 10**16 - 1), eseq=st.integers(0, 2**64 - 1), origin=st.binary(), body=st.binary())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_comes_back(
    tmp_path: Path, batch: int, eseq: int, origin: bytes, body: bytes
) -> None:
    written = SnapshotFile(batch, eseq, origin, body)
    path = write_snapshot(tmp_path, written)
    (found,) = newest_snapshots(tmp_path)
    assert found == (batch, path)
    assert found.load() == written
    path.unlink()


def test_the_newest_comes_first(tmp_path: Path) -> None:
    for batch in 5, 12345, 7:
        write_snapshot(tmp_path, snapshot(batch))
    assert batches(tmp_path) == [12345, 7, 5]
    assert [found.load() for found in newest_snapshots(tmp_path)] == [
        snapshot(12345),
        snapshot(7),
        snapshot(5),
    ]


def test_the_same_moment_is_written_over(tmp_path: Path) -> None:
    write_snapshot(tmp_path, snapshot(5))
    write_snapshot(tmp_path, snapshot(5)._replace(body=b"again"))
    (found,) = newest_snapshots(tmp_path)
    assert found.load().body == b"again"


def test_files_are_private(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, snapshot(1))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_leftovers_are_not_snapshots_and_are_removed(tmp_path: Path) -> None:
    folder = write_snapshot(tmp_path, snapshot(1)).parent
    leftover = folder / "0000000000000009.snapshot.new"
    leftover.write_bytes(b"half")
    (folder / "README").write_text("not ours")
    assert batches(tmp_path) == [1]
    write_snapshot(tmp_path, snapshot(2))
    assert not leftover.exists()
    assert (folder / "README").exists()


def test_a_snapshot_gets_its_name_when_it_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real_fsync, real_sync = os.fsync, log_file.sync_directory

    def names() -> list[str]:
        return sorted(path.name for path in (tmp_path / SNAPSHOTS_NAME).iterdir())

    def fsync(fd: int) -> None:
        seen.append(f"fsync {names()}")
        real_fsync(fd)

    def sync_directory(path: Path) -> None:
        if path == tmp_path / SNAPSHOTS_NAME:
            seen.append(f"directory {names()}")
        real_sync(path)

    def reach(point: str) -> None:
        seen.append(point)

    write_snapshot(tmp_path, snapshot(1))
    monkeypatch.setattr("gateway.store.snapshots.os.fsync", fsync)
    monkeypatch.setattr(snapshots, "sync_directory", sync_directory)
    monkeypatch.setattr(snapshots, "reach", reach)
    write_snapshot(tmp_path, snapshot(2))
    one, two = "0000000000000001.snapshot", "0000000000000002.snapshot"
    assert [step for step in seen if step != f"fsync {[one, two]}"] == [
        f"fsync {[one, two + '.new']}",
        "snapshot.written",
        f"directory {[one, two]}",
        "snapshot.renamed",
    ]


@pytest.mark.parametrize("step", ["os.fsync", "Path.rename"])
def test_what_cannot_be_finished_takes_no_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = write_snapshot(tmp_path, snapshot(1)).parent
    monkeypatch.setattr(f"gateway.store.snapshots.{step}", fail)
    with pytest.raises(StoreError, match="No space left on device: free space on its disk"):
        write_snapshot(tmp_path, snapshot(2))
    assert [path.name for path in folder.iterdir()] == ["0000000000000001.snapshot"]


def test_a_snapshot_leaves_as_much_space_as_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_snapshot(tmp_path, snapshot(1)).parent
    disk = os.statvfs(folder)
    body = b"x" * 1000
    for free, is_written in ((1999, False), (2000, True)):
        fields = list(disk)
        fields[0], fields[1], fields[4] = 1, 1, free  # block sizes and the blocks that are left
        monkeypatch.setattr(os, "statvfs", lambda _, fields=fields: os.statvfs_result(fields))
        if is_written:
            write_snapshot(tmp_path, SnapshotFile(2, 20, b"", body))
        else:
            with pytest.raises(StoreError, match="No space left on device"):
                write_snapshot(tmp_path, SnapshotFile(2, 20, b"", body))
        assert batches(tmp_path) == ([2, 1] if is_written else [1])


def test_the_log_is_durable_before_the_snapshot_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_log(tmp_path, range(1, 5), per_segment=2)
    synced: list[str] = []
    real_fsync = os.fsync

    def sync(fd: int) -> None:
        synced.append(Path(f"/proc/self/fd/{fd}").readlink().name)
        real_fsync(fd)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "fdatasync", sync)
    write_snapshot(tmp_path, snapshot(4))
    one, three = "0000000000000001.log", "0000000000000003.log"
    assert synced[1:] == [one, three, "log", "0000000000000004.snapshot.new", "snapshots"]


# ---- damage


@pytest.mark.parametrize("bit", [0, 7])
def test_every_flipped_bit_is_seen(tmp_path: Path, bit: int) -> None:
    path = write_snapshot(tmp_path, snapshot(5))
    content = path.read_bytes()
    (found,) = newest_snapshots(tmp_path)
    for at in range(len(content)):
        path.write_bytes(flipped(content, at, bit))
        with pytest.raises(SnapshotError, match=rf"^{path}: damaged$"):
            found.load()


def test_every_missing_end_is_seen(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, snapshot(5))
    content = path.read_bytes()
    (found,) = newest_snapshots(tmp_path)
    for size in range(len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(SnapshotError, match="damaged"):
            found.load()
    path.write_bytes(content + b"\0")
    with pytest.raises(SnapshotError, match="damaged"):
        found.load()


def test_a_snapshot_under_another_name_is_damaged(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, snapshot(5))
    path.rename(path.with_name("0000000000000006.snapshot"))
    (found,) = newest_snapshots(tmp_path)
    with pytest.raises(SnapshotError, match="damaged"):
        found.load()


def test_lengths_that_do_not_add_up_are_damage(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, snapshot(5))
    rest = struct.pack("<HQQIQ", snapshots.VERSION, 5, 50, 6, 10**9) + b"origin"
    path.write_bytes(b"BDAXSNAP" + struct.pack("<I", crc32(rest)) + rest)
    (found,) = newest_snapshots(tmp_path)
    with pytest.raises(SnapshotError, match="damaged"):
        found.load()


@pytest.mark.parametrize(
    ("version", "error", "line"),
    [
        (0, SnapshotError, "format version 0, and this gateway knows 1"),
        (
            2,
            SnapshotVersionError,
            "format version 2, and this gateway knows 1: start the version of the gateway that wrote it",
        ),
    ],
)
def test_another_version_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int, error: type[StoreError], line: str
) -> None:
    monkeypatch.setattr(snapshots, "VERSION", version)
    path = write_snapshot(tmp_path, snapshot(5))
    monkeypatch.undo()
    (found,) = newest_snapshots(tmp_path)
    with pytest.raises(error, match=rf"^{path}: {line}$"):
        found.load()
    assert prune_snapshots(tmp_path, keep=1) == 0


def test_a_snapshot_that_is_gone_is_one_line(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, snapshot(5))
    (found,) = newest_snapshots(tmp_path)
    path.unlink()
    with pytest.raises(SnapshotError, match=rf"^{path}: No such file or directory$"):
        found.load()


def test_a_directory_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / SNAPSHOTS_NAME).write_text("")
    with pytest.raises(StoreError, match="snapshots: Not a directory: "):
        newest_snapshots(tmp_path)
    with pytest.raises(StoreError, match="File exists: check its disk and owner, then start again"):
        write_snapshot(tmp_path, snapshot(5))


# ---- two deep


def test_the_two_newest_are_kept(tmp_path: Path) -> None:
    kept_from = []
    for batch in 3, 5, 8, 9:
        write_snapshot(tmp_path, snapshot(batch))
        kept_from.append(prune_snapshots(tmp_path))
    assert kept_from == [0, 3, 5, 8]
    assert batches(tmp_path) == [9, 8]


def test_a_broken_one_does_not_count(tmp_path: Path) -> None:
    for batch in 3, 5, 8, 9:
        path = write_snapshot(tmp_path, snapshot(batch))
        if batch == 8:
            path.write_bytes(b"")
    assert prune_snapshots(tmp_path) == 5
    assert batches(tmp_path) == [9, 8, 5]
    write_snapshot(tmp_path, snapshot(10))
    assert prune_snapshots(tmp_path) == 9
    assert batches(tmp_path) == [10, 9]


def test_one_that_cannot_be_removed_is_one_line(tmp_path: Path) -> None:
    for batch in 3, 5, 8:
        path = write_snapshot(tmp_path, snapshot(batch))
    oldest = path.with_name("0000000000000003.snapshot")
    oldest.unlink()
    oldest.mkdir()
    with pytest.raises(StoreError, match=rf"^{oldest}: "):
        prune_snapshots(tmp_path)
