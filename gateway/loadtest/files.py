"""Files that a load test writes for its operator, and reads from him. NOT here: what is in them."""

import os
import select
import stat
import time
from pathlib import Path
from typing import Final

_READ_S: Final = 5.0
"""How long a pipe may take."""


def check_writable(path: Path) -> None:
    """Raise ``OSError`` where ``write`` could not write ``path``; leave it as it is."""
    place = _place(path)
    if place is None:
        # Without waiting: nobody may be reading a pipe yet.
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY))
        return
    partial = _partial(place)
    partial.touch()
    partial.unlink()


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; raise ``OSError``.

    A link stays one, and is written through; so is what is no regular file, a pipe or a device.
    """
    place = _place(path)
    if place is None:
        with path.open("wb", buffering=0) as file:
            view = memoryview(content)
            while view:
                view = view[file.write(view) :]
        return
    partial = _partial(place)
    try:
        partial.write_bytes(content)
        partial.replace(place)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def read(path: Path, most: int) -> bytes:
    """Return what is in a file, or comes out of a pipe, as far as one byte more than ``most``.

    Raise ``OSError``; ``TimeoutError`` where it takes too long.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    content = b""
    until = time.monotonic() + _READ_S
    try:
        while len(content) <= most:
            try:
                piece = os.read(fd, most + 1 - len(content))
            except BlockingIOError:
                if not select.select([fd], [], [], max(0.0, until - time.monotonic()))[0]:
                    raise TimeoutError(0, f"nothing came for {_READ_S:g} s") from None
                continue
            if not piece:
                break
            content += piece
    finally:
        os.close(fd)
    return content


def _place(path: Path) -> Path | None:
    """Return what is to be replaced, ``None`` for what is no regular file and has to be written into."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return path.resolve()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(0, "Is a directory")
    return path.resolve() if stat.S_ISREG(found.st_mode) else None


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".part")
