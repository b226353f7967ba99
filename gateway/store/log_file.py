"""The file that records are appended to: one system call for a write that is durable when it returns."""

import errno
import os
from pathlib import Path
from typing import Final

from gateway.ports import StoreError

_DSYNC: Final = getattr(os, "RWF_DSYNC", 0)  # Linux only
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
_MODE: Final = 0o600
_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT)


class LogFile:
    """A new, empty file, private to its owner.

    With ``sync`` a write returns when it would survive a power loss. Every method raises ``OSError``.
    """

    def __init__(self, path: Path, *, sync: bool) -> None:
        self.path = path
        self._sync = sync
        self._fd = os.open(path, _FLAGS, _MODE)

    def write(self, content: bytes, offset: int) -> int:
        """Write ``content`` at ``offset``; return how many bytes were taken."""
        if not self._sync:
            return os.pwrite(self._fd, content, offset)
        written = os.pwritev(self._fd, (content,), offset, _DSYNC)
        if not _DSYNC:
            os.fdatasync(self._fd)
        return written

    def fill(self, offset: int, size: int) -> int:
        """Write ``size`` zeros at ``offset`` so that they are on the disk; return how many were taken."""
        return LogFile.write(self, bytes(size), offset)

    def room(self) -> int:
        """Return how many bytes its disk has left for this process."""
        found = os.fstatvfs(self._fd)
        return found.f_bavail * found.f_frsize

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._fd

    def truncate(self, size: int) -> None:
        """Cut off what is behind ``size``."""
        os.ftruncate(self._fd, size)
        if self._sync:
            os.fdatasync(self._fd)

    def shorten(self, size: int) -> None:
        """Cut off zeros behind ``size``; a power loss may bring them back."""
        os.ftruncate(self._fd, size)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def sync_file(path: Path) -> None:
    """Make durable what is in a file, whoever wrote it."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fdatasync(fd)
    finally:
        os.close(fd)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def unwritable(path: Path, error: OSError) -> StoreError:
    """Return what to say when ``path`` cannot be written."""
    what_to_do = "free space on its disk" if error.errno in _NO_SPACE else "check its disk and owner"
    return StoreError(f"{path}: {error.strerror or error}: {what_to_do}, then start again")
