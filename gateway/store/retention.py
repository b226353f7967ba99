"""How long history is kept: old segments of the log are removed, with what the index says of them."""

from pathlib import Path

from gateway.store.history_index import forget_missing, indexed_segments
from gateway.store.log_file import sync_directory, unwritable
from gateway.store.segments import LOG_NAME, segment_names, segment_path


def prune(data_dir: Path, before_utc_ns: int, recovered_from: int) -> list[int]:
    """Remove the oldest segments whose batches are all older than ``before_utc_ns``; return which.

    Batches behind number ``recovered_from`` stay, whatever their age: a start from the older of the kept
    snapshots needs them. So do the last segment, and those that are not indexed yet. Safe beside a live
    gateway, which takes what is gone as not kept; only one process may prune or index at a time. Raises
    ``StoreError`` when the directory cannot be written.
    """
    log_dir = data_dir / LOG_NAME
    indexed = indexed_segments(data_dir)
    removed: list[int] = []
    for first in segment_names(log_dir)[:-1]:
        segment = indexed.get(first)
        if segment is None or segment.last > recovered_from or segment.newest_ns >= before_utc_ns:
            break
        path = segment_path(log_dir, first)
        try:
            path.unlink()
            # In order, also after a power loss: there is never a hole.
            sync_directory(log_dir)
        except OSError as error:
            raise unwritable(path, error) from None
        removed.append(first)
    forget_missing(data_dir)
    return removed
