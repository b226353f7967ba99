"""Whether a data directory is whole, found out read-only: what ``bdax verify`` prints.

Works beside a live gateway too: what retention removes meanwhile is passed over, and what is written after
the look began is not looked at. Every byte is read and every part decoded. NOT here: whether the commands
lead to what was recorded (``replay``), and the command line.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from gateway.app.replica import Replica, decode_origin
from gateway.orders.executions import decode_execution
from gateway.ports import StoreError
from gateway.store.history_index import HistoryIndex
from gateway.store.log_end import check_end
from gateway.store.log_identity import find_identity
from gateway.store.log_reader import ends_early
from gateway.store.ranges import SegmentRanges
from gateway.store.records import LogDamaged, Record
from gateway.store.segments import LOG_NAME, Segment, list_segments, scan, torn_bytes
from gateway.store.snapshots import newest_snapshots

_RESTORE: Final = "restore the data directory from a backup"
_NS: Final = 1_000_000_000
_COUNTED: Final = (
    "segments",
    "bytes",
    "unfinished_bytes",
    "batches",
    "commands",
    "messages",
    "executions",
    "session_changes",
)


def verify(data_dir: Path) -> Iterator[bytes]:
    """Yield a JSON line for each part that is whole. Raises ``StoreError`` or ``ReplicaError`` for damage."""
    identity = find_identity(data_dir)
    if identity is not None:
        yield _line("identity", epoch=identity.epoch)
    # First: the log that is read later reaches at least as far.
    snapshots: dict[int, int] = {}
    for candidate in newest_snapshots(data_dir):
        try:
            saved = candidate.load()
        except StoreError:
            if candidate.path.exists():
                raise
            continue  # a newer one has taken its place
        Replica.restore(saved)
        snapshots[saved.batch] = saved.eseq
        yield _line("snapshot", batch=saved.batch, eseq=saved.eseq, bytes=len(saved.body))
    log = _Log(data_dir, snapshots)
    log.read()
    yield log.line()
    yield log.index_line()


def _line(part: str, **facts: object) -> bytes:
    return orjson.dumps({"part": part, **facts})


class _Log:
    """The log and what the index says of it, read from its first batch to its last."""

    def __init__(self, data_dir: Path, snapshots: dict[int, int]) -> None:
        self._data_dir = data_dir
        self._log_dir = data_dir / LOG_NAME
        self._snapshots = snapshots
        self._index: HistoryIndex | None = None
        self._exec_ids: dict[str, int] = {}
        self._msg_seq_nums: dict[tuple[str, int], int] = {}
        self._place: tuple[int, int] | None = None
        """Number and eseq of the last batch; ``None``: what comes next may begin anywhere."""
        self._oldest_ns = self._newest_ns = 0
        self._counts = dict.fromkeys(_COUNTED, 0)
        self._indexed = {"segments": 0, "not_indexed": 0}

    def line(self) -> bytes:
        """Return what the log holds."""
        number, eseq = self._place or (0, 0)
        facts: dict[str, Any] = {
            **self._counts,
            "last_batch": number,
            "last_eseq": eseq,
            "oldest": _moment(self._oldest_ns),
            "newest": _moment(self._newest_ns),
        }
        return _line("log", **facts)

    def index_line(self) -> bytes:
        """Return how much of the log is in the index."""
        return _line("index", **self._indexed)

    def read(self) -> None:
        """Read all of it."""
        check_end(self._data_dir)
        segments = list_segments(self._log_dir)
        self._check_reach(segments)
        self._index = HistoryIndex.open(self._data_dir)
        if self._index is not None:
            self._index.check_file()
        try:
            for segment in segments:
                try:
                    self._read(segment, is_last=segment is segments[-1])
                except StoreError:
                    if segment.path.exists():
                        raise
                    # Retention took it since they were listed, and all before it, read or not.
                    self._place = None
                    self._exec_ids.clear()
        finally:
            if self._index is not None:
                self._index.close()
        last, _ = self._place or (0, 0)
        for batch in self._snapshots:
            if batch > last:
                raise ends_early(self._log_dir, last, batch)

    def _check_reach(self, segments: list[Segment]) -> None:
        """Raise ``LogDamaged`` when no snapshot reaches the log's beginning."""
        first = segments[0].first if segments else 1
        # Retention may have gone on since they were read, after one that was written meanwhile.
        snapshots = {*self._snapshots, *(snapshot.batch for snapshot in newest_snapshots(self._data_dir))}
        if first > 1 and not any(batch >= first - 1 for batch in snapshots):
            raise LogDamaged(
                f"{self._log_dir}: the log begins with batch {first}, and no snapshot reaches it: {_RESTORE}"
            )

    def _read(self, segment: Segment, *, is_last: bool) -> None:
        decode_origin(segment.origin)
        place = segment.first - 1, segment.eseq
        if self._place not in (None, place):
            raise _damaged(segment, 0, f"begins behind batch {segment.first - 1} and eseq {segment.eseq}")
        self._place = place
        ranges, end, eseq = SegmentRanges(), segment.start, segment.eseq
        for record in scan(segment, is_last=is_last):
            if record.eseq != eseq + len(record.commands):
                raise _damaged(segment, record.offset, f"eseq {record.eseq} after {eseq}")
            if self._snapshots.get(record.number, record.eseq) != record.eseq:
                raise _damaged(segment, record.offset, "a snapshot of this batch has another eseq")
            self._read_record(segment, record)
            ranges.note(record)
            eseq, end = record.eseq, record.end
            self._place = record.number, eseq
        counts = self._counts
        counts["segments"] += 1
        counts["bytes"] += end
        if is_last:
            counts["unfinished_bytes"] = torn_bytes(segment, end)
        elif self._index is not None and self._index.check(segment.first, end, ranges):
            self._indexed["segments"] += 1
        else:
            self._indexed["not_indexed"] += 1

    def _read_record(self, segment: Segment, record: Record) -> None:
        """Decode all of a batch, and see that its numbers go on from what was before."""
        for message in record.messages:
            series = message.session, message.epoch
            if message.msg_seq_num <= self._msg_seq_nums.get(series, 0):
                text = f"MsgSeqNum {message.msg_seq_num} of session {message.session} again"
                raise _damaged(segment, record.offset, text)
            self._msg_seq_nums[series] = message.msg_seq_num
        for execution in record.executions:
            exec_id = self._exec_ids.get(execution.account, execution.exec_id - 1) + 1
            if execution.exec_id != exec_id:
                text = f"exec_id {execution.exec_id} of {execution.account}, where {exec_id} should be"
                raise _damaged(segment, record.offset, text)
            self._exec_ids[execution.account] = exec_id
            try:
                decode_execution(execution.execution)
            except msgspec.DecodeError as error:
                text = f"an execution is not readable by this version ({error})"
                raise _damaged(segment, record.offset, text) from None
        self._oldest_ns, self._newest_ns = self._oldest_ns or record.utc_ns, record.utc_ns
        counts = self._counts
        counts["batches"] += 1
        counts["commands"] += len(record.commands)
        counts["messages"] += len(record.messages)
        counts["executions"] += len(record.executions)
        counts["session_changes"] += len(record.sessions)


def _damaged(segment: Segment, offset: int, text: str) -> LogDamaged:
    return LogDamaged(f"{segment.path}: damaged batch at byte {offset}: {text}: {_RESTORE}")


def _moment(utc_ns: int) -> str | None:
    """Return a moment as text, ``None`` when there is none."""
    if not utc_ns:
        return None
    moment = dt.datetime.fromtimestamp(utc_ns // _NS, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
