"""The bare commit: one write of a batch's size that returns when it is on the disk."""

import os
import select
import time
from pathlib import Path
from typing import Final

NS: Final = 1_000_000_000
HEADER: Final = 40
"""Bytes in the first of the two buffers of a write; how they are split costs nothing."""


def probe(folder: Path, size: int, rate: float, seconds: float, *, filled: bool = False) -> list[int]:
    """Commit ``size`` bytes ``rate`` times a second, one behind the other in a file; return each one's ns.

    They go to the end of the file, or where it is ``filled``, over what was written before. A commit that is
    still under way when the next one is due delays that one: there is one at a time.
    """
    header, body = os.urandom(HEADER), os.urandom(max(1, size - HEADER))
    path = folder / "commit-probe.log"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    took: list[int] = []
    try:
        if filled:
            os.write(file, bytes(size * int(rate * seconds)))
            os.fsync(file)
        offset = 0
        start = time.monotonic_ns()
        for number in range(int(rate * seconds)):
            wait = start + int(number * NS / rate) - time.monotonic_ns()
            if wait > 0:
                select.select((), (), (), wait / NS)
            began = time.monotonic_ns()
            offset += os.pwritev(file, (header, body), offset, os.RWF_DSYNC)
            took.append(time.monotonic_ns() - began)
    finally:
        os.close(file)
        path.unlink()
    return took
