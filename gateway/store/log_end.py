"""Which segment the log ended with, noted beside it: a log whose end was taken away is not taken for whole.

Only noted with durability ``fsync``, when the segment itself is durable; not synced, so after a power loss it
may name an earlier one. NOT here: damage within segments (``segments``).
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.store.records import LogDamaged
from gateway.store.segments import LOG_NAME, segment_names, segment_path

FILE_NAME: Final = "log.last"
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC


def note_end(data_dir: Path, first: int) -> None:
    """Note that the log ends with the segment that begins with batch ``first``.

    A note that cannot be written is left out: it only helps to see what people did.
    """
    with suppress(OSError):
        fd = os.open(data_dir / FILE_NAME, _FLAGS, 0o600)
        try:
            os.pwrite(fd, b"%016d\n" % first, 0)
        finally:
            os.close(fd)


def check_end(data_dir: Path) -> None:
    """Raise ``LogDamaged`` when a later segment was noted than there is."""
    noted = _noted(data_dir)
    log_dir = data_dir / LOG_NAME
    if noted > max(segment_names(log_dir), default=0):
        raise LogDamaged(
            f"{segment_path(log_dir, noted)}: missing, and the log ended with it: put it back; "
            f"else restore the data directory from a backup, without {FILE_NAME}"
        )


def _noted(data_dir: Path) -> int:
    try:
        return int((data_dir / FILE_NAME).read_bytes())
    except (OSError, ValueError):
        return 0
