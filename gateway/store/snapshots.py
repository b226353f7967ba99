"""Snapshot files: the state after one batch, checked, and named when they are whole.

A file is ``snapshots/<batch, 16 digits>.snapshot``. Header, little-endian: magic (8 bytes), CRC-32 of all
that follows, format version (2), number of the batch (8), engine sequence after it (8), length of the origin
(4), length of the body (8); then origin and body, which are opaque here. NOT here: what the state is, and
when a snapshot is taken (``gateway.app``).
"""

import errno
import os
import re
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from gateway.ports import StoreError
from gateway.ports.faults import reach
from gateway.store.log_file import sync_directory, sync_file, unwritable
from gateway.store.segments import LOG_NAME, segment_names, segment_path

SNAPSHOTS_NAME: Final = "snapshots"
VERSION: Final = 1
"""Goes up with any change of what a body may hold, not only of the header."""

_MAGIC: Final = b"BDAXSNAP"
_LEAD: Final = struct.Struct("<8sI")
_REST: Final = struct.Struct("<HQQIQ")
_NAME: Final = re.compile(r"\d{16}\.snapshot")
_UNFINISHED: Final = ".snapshot.new"
_ROOM: Final = 2


class SnapshotError(StoreError):
    """A snapshot cannot be used; one line names the file and says why."""


class SnapshotVersionError(StoreError):
    """A newer gateway wrote the snapshot, and perhaps the log: to go on without it could be wrong."""


class SnapshotFile(NamedTuple):
    """The state after batch number ``batch``, with the engine sequence and the log's origin as they were."""

    batch: int
    eseq: int
    origin: bytes
    body: bytes


class SnapshotPath(NamedTuple):
    """A snapshot that is there, whole or not."""

    batch: int
    path: Path

    def load(self) -> SnapshotFile:
        """Read and check it. Raises ``SnapshotError``, and ``SnapshotVersionError`` for a newer one."""
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise SnapshotError(f"{self.path}: {error.strerror or error}") from None
        start = _LEAD.size + _REST.size
        if len(content) >= start:
            magic, checksum = _LEAD.unpack_from(content)
            version, batch, eseq, origin_size, body_size = _REST.unpack_from(content, _LEAD.size)
            if magic == _MAGIC and crc32(memoryview(content)[_LEAD.size :]) == checksum:
                if version > VERSION:
                    raise SnapshotVersionError(
                        f"{self.path}: format version {version}, and this gateway knows {VERSION}: "
                        "start the version of the gateway that wrote it"
                    )
                if version < VERSION:
                    raise SnapshotError(
                        f"{self.path}: format version {version}, and this gateway knows {VERSION}"
                    )
                body = start + origin_size
                if batch == self.batch and body + body_size == len(content):
                    return SnapshotFile(batch, eseq, content[start:body], content[body:])
        raise SnapshotError(f"{self.path}: damaged")


def newest_snapshots(data_dir: Path) -> list[SnapshotPath]:
    """Return the snapshots that are there, the newest first; none of them has been read yet."""
    try:
        paths = list((data_dir / SNAPSHOTS_NAME).iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unwritable(data_dir / SNAPSHOTS_NAME, error) from None
    whole = [SnapshotPath(int(path.name[:16]), path) for path in paths if _NAME.fullmatch(path.name)]
    return sorted(whole, reverse=True)


def write_snapshot(data_dir: Path, snapshot: SnapshotFile) -> Path:
    """Write a snapshot; it has its name, and is durable, when this returns its path.

    What the log has of it is durable before: with durability ``os``, a power loss must not leave a snapshot
    that is newer than the log.
    Only one process may do so at a time. Raises ``StoreError`` when the directory cannot be written, or when
    as much as the snapshot takes would not be left for the log: a full disk ends the gateway.
    """
    folder = data_dir / SNAPSHOTS_NAME
    path = folder / f"{snapshot.batch:016}.snapshot"
    unfinished = path.with_name(path.stem + _UNFINISHED)
    origin, body = snapshot.origin, snapshot.body
    rest = _REST.pack(VERSION, snapshot.batch, snapshot.eseq, len(origin), len(body))
    checksum = crc32(body, crc32(origin, crc32(rest)))
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700)
            sync_directory(data_dir)
        for leftover in folder.glob(f"*{_UNFINISHED}"):
            leftover.unlink()
        _sync_log(data_dir / LOG_NAME, snapshot.batch)
        _check_room(folder, _ROOM * len(body))
        fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.writelines((_LEAD.pack(_MAGIC, checksum), rest, origin, body))
            file.flush()
            os.fsync(fd)
        reach("snapshot.written")
        unfinished.rename(path)
        sync_directory(folder)
    except OSError as error:
        # On a full disk the log needs what this takes.
        with suppress(OSError):
            unfinished.unlink()
        raise unwritable(path, error) from None
    reach("snapshot.renamed")
    return path


def _sync_log(log_dir: Path, last: int) -> None:
    """Make the log durable up to the batch ``last``."""
    first_batches = [first for first in segment_names(log_dir) if first <= last]
    for first in first_batches:
        # One that has gone meanwhile is not needed.
        with suppress(FileNotFoundError):
            sync_file(segment_path(log_dir, first))
    if first_batches:
        sync_directory(log_dir)


def _check_room(folder: Path, size: int) -> None:
    """Raise ``OSError`` when the disk has less than ``size`` bytes left."""
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def prune_snapshots(data_dir: Path, keep: int = 2) -> int:
    """Remove all snapshots but the ``keep`` newest whole ones; return the batch number of the oldest kept.

    0 when there are not ``keep`` whole ones: a start may need the whole log. A snapshot of another format
    version counts as not whole. Raises ``StoreError`` when the directory cannot be written.
    """
    whole: list[int] = []
    for snapshot in newest_snapshots(data_dir):
        if len(whole) < keep:
            with suppress(SnapshotError, SnapshotVersionError):
                whole.append(snapshot.load().batch)
            continue
        try:
            snapshot.path.unlink()
        except OSError as error:
            raise unwritable(snapshot.path, error) from None
    return whole[-1] if len(whole) == keep else 0
