"""The data directory: private to its owner, and to one process at a time."""

import fcntl
import os
from pathlib import Path
from typing import Final

from gateway.store.log_file import sync_directory

LOCK_NAME: Final = "gateway.lock"
_MODE: Final = 0o700


class DataDirError(Exception):
    """The data directory cannot be used; one line says why."""


class DataDir:
    """An exclusively locked data directory, made with mode 0700 when it is missing.

    The lock dies with the process, however that ends. Raises ``DataDirError`` when the directory cannot be
    made or written, or when another process holds it (named by pid).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and not path.is_dir():
            raise DataDirError(f"data_dir {path}: is not a directory")
        try:
            missing = [folder for folder in (path, *path.parents) if not folder.exists()]
            path.mkdir(mode=_MODE, parents=True, exist_ok=True)
            for folder in missing:
                # What is durable in a directory is lost with its name.
                sync_directory(folder.parent)
            path.chmod(_MODE)
            self._lock = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataDirError(f"data_dir {path}: {error.strerror or error}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._lock, 32, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise DataDirError(f"data_dir {path}: in use by process {holder or 'unknown'}") from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let another process use the directory."""
        os.close(self._lock)
