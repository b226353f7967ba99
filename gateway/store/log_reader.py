"""Reads the log from any batch on, read-only, also beside the gateway that writes it."""

from collections.abc import Iterator
from pathlib import Path

from gateway.store.records import LogDamaged, Record
from gateway.store.segments import LOG_NAME, Segment, list_segments, read_segment, scan, segment_names


class LogReader:
    """Reads the log of a data directory, batch by batch.

    ``end`` is how far ``read`` has come: the segment (``None``: there is none) and the first byte in it that
    is not part of a whole batch read so far.
    """

    def __init__(self, data_dir: Path) -> None:
        self._log_dir = data_dir / LOG_NAME
        self.end: tuple[Segment | None, int] = (None, 0)

    def read(self, after: int) -> Iterator[Segment | Record]:
        """Yield the batches behind number ``after``, and each segment before its own.

        The first segment is the one that holds ``after + 1``. The reading ends before what is not whole at
        the end of the last segment; beside a live gateway it may include a batch that is written but not yet
        durable. Raises ``LogDamaged`` when the log is, or does not reach back to ``after + 1``, or ends
        before ``after``; ``StoreError`` when it cannot be read.
        """
        self.end = (None, 0)
        segments = list_segments(self._log_dir)
        if not segments and not after:
            return
        if not segments or segments[0].first > after + 1:
            begins = f"begins with batch {segments[0].first}" if segments else "is empty"
            raise LogDamaged(
                f"{self._log_dir}: the log {begins}, and batch {after + 1} is needed: "
                "restore the data directory from a backup"
            )
        while len(segments) > 1 and segments[1].first <= after + 1:
            del segments[0]
        last = segments[0].first - 1
        while segments:
            segment = segments.pop(0)
            if segment.first != last + 1:
                raise LogDamaged(
                    f"{segment.path}: begins with batch {segment.first}, and the segment before it ends with "
                    f"batch {last}: restore the data directory from a backup"
                )
            self.end = (segment, segment.start)
            yield segment
            for record in self._records(segment, segments):
                last = record.number
                if last > after:
                    yield record
        if last < after:
            raise ends_early(self._log_dir, last, after)

    def _records(self, segment: Segment, later: list[Segment]) -> Iterator[Record]:
        """Yield the records of ``segment``; add to ``later`` what a live gateway has begun since."""
        is_last = not later
        yield from self._scan(segment, is_last=is_last)
        if is_last:
            names = segment_names(self._log_dir)
            later += [read_segment(self._log_dir, first) for first in names if first > segment.first]
            if later:
                # It has been closed since: what it got after we came to its end.
                yield from self._scan(segment, is_last=False)

    def _scan(self, segment: Segment, *, is_last: bool) -> Iterator[Record]:
        for record in scan(segment, start=self.end[1], is_last=is_last):
            self.end = (segment, record.end)
            yield record


def ends_early(log_dir: Path, last: int, after: int) -> LogDamaged:
    """Return what to say of a log whose ``last`` batch is older than a snapshot of batch ``after``."""
    return LogDamaged(
        f"{log_dir}: the log ends with batch {last}, and a snapshot is of batch {after}: "
        "restore the data directory from a backup"
    )
