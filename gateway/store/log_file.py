"""The file that records are appended to: one system call for a write that is durable when it returns."""

import errno
import os
from pathlib import Path
from typing import Final

from gateway.ports import StoreError

_DSYNC: Final = getattr(os, "RWF_DSYNC", 0)  # Linux only
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
_FILL_FLAGS: Final = os.O_WRONLY | os.O_CLOEXEC
_MODE: Final = 0o600
_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT)


class LogFile:
    """A new, empty file, private to its owner.

    With ``sync`` a write returns when it would survive a power loss. Every method raises ``OSError``.

    Zeros go through a descriptor of their own, opened apart: of what the disk refused, Linux tells each open
    file once, whichever write asks first. With one for both, ``fill`` could be told in place of the ``write``
    whose bytes were refused, which would then say that they are durable.
    """

    def __init__(self, path: Path, *, sync: bool) -> None:
        self.path = path
        self._sync = sync
        self._fd = os.open(path, _FLAGS, _MODE)
        try:
            self._fill_fd = os.open(path, _FILL_FLAGS)
        except OSError:
            os.close(self._fd)
            raise

    def write(self, content: bytes, offset: int) -> int:
        """Write ``content`` at ``offset``; return how many bytes were taken."""
        if not self._sync:
            return os.pwrite(self._fd, content, offset)
        return _write_durably(self._fd, content, offset)

    def fill(self, offset: int, size: int) -> int:
        """Write ``size`` zeros at ``offset`` so that they are on the disk; return how many were taken."""
        return _write_durably(self._fill_fd, bytes(size), offset)

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
        try:
            os.close(self._fill_fd)
        finally:
            os.close(self._fd)


def _write_durably(fd: int, content: bytes, offset: int) -> int:
    written = os.pwritev(fd, (content,), offset, _DSYNC)
    if not _DSYNC:
        os.fdatasync(fd)
    return written


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
