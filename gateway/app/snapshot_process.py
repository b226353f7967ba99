"""``python -m gateway.app.snapshot_process DIR``: takes the snapshots, beside the gateway and out of its way.

The process follows the closed segments of the log with a replica of its own. It reads one JSON line on stdin
that says how (``Task``), then one line for each segment that is closed, and ends when stdin does. It says one
JSON line on stdout for each snapshot. A fault is one such line, and exit 1. NOT here: the gateway's side
(``snapshotter``).
"""

import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import msgspec

from gateway.app.allocator import give_back_large_blocks
from gateway.app.logs import set_up_logging
from gateway.app.recovery import restore_newest
from gateway.app.replica import Replica, ReplicaError, decode_origin, replica_under
from gateway.app.snapshot_task import KEPT, Failed, Task, Written
from gateway.ports import StoreError, faults
from gateway.store.history_index import index_segment
from gateway.store.log_reader import LogReader
from gateway.store.retention import prune
from gateway.store.segments import LOG_NAME, Segment, list_segments
from gateway.store.snapshots import prune_snapshots, write_snapshot

NICENESS: Final = 10
RESTS: Final = 10
"""Between two snapshots at least as many times the time that the first one took."""


class Follower:
    """Follows the closed segments of a data directory. Calls raise ``ReplicaError`` or ``StoreError``."""

    def __init__(self, data_dir: Path, retention_ns: int) -> None:
        self._data_dir = data_dir
        self._retention_ns = retention_ns
        self._reader = LogReader(data_dir)
        self._replica: Replica | None = restore_newest(data_dir)[0]
        self._indexed = 0
        self._written = 0 if self._replica is None else self._replica.batch

    @property
    def is_ahead(self) -> bool:
        """Whether there were batches since the newest snapshot."""
        return self._replica is not None and self._replica.batch > self._written

    def advance(self) -> None:
        """Apply and index the segments that have been closed since the last call."""
        segments = list_segments(self._data_dir / LOG_NAME)
        closed = [segment for segment in segments[:-1] if segment.first > self._indexed]
        if not closed:
            return
        self._follow(segments[-1].first - 1)
        for segment in closed:
            index_segment(self._data_dir, segment)
            self._indexed = segment.first

    def write(self) -> Written:
        """Take a snapshot, and drop what is older than the ones that are kept, or than the retention."""
        began = time.monotonic()
        replica = self._replica
        if replica is None:
            raise ReplicaError("log: there is nothing in it to take a snapshot of")
        taken = replica.snapshot()
        write_snapshot(self._data_dir, taken)
        self._written = taken.batch
        kept_from = prune_snapshots(self._data_dir, KEPT)
        prune(self._data_dir, time.time_ns() - self._retention_ns, kept_from)
        return Written(
            batch=taken.batch, eseq=taken.eseq, size=len(taken.body), seconds=time.monotonic() - began
        )

    def _follow(self, last: int) -> None:
        replica = self._replica
        after = 0 if replica is None else replica.batch
        if after >= last:
            return
        for item in self._reader.read(after):
            if isinstance(item, Segment):
                replica = self._replica = replica_under(decode_origin(item.origin), replica)
            elif replica is not None:
                replica.apply(item)
                if item.number >= last:
                    return


def follow(data_dir: Path, lines: "queue.Queue[bytes]") -> NoReturn:
    """Work until the process is told to end."""
    told = msgspec.json.decode(lines.get(), type=Task)
    set_up_logging(told.log)
    follower = Follower(data_dir, told.retention_ns)
    next_write = 0.0
    while True:
        follower.advance()
        if follower.is_ahead and time.monotonic() >= next_write:
            written = follower.write()
            say(written)
            next_write = time.monotonic() + RESTS * written.seconds
        try:
            wait_s = max(0.0, next_write - time.monotonic()) if follower.is_ahead else None
            lines.get(timeout=wait_s)
            while True:
                lines.get_nowait()
        except queue.Empty:
            pass


def say(message: Written | Failed) -> None:
    """Tell the gateway."""
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """Run until stdin ends or SIGTERM comes; return the exit status."""
    os.nice(NICENESS)
    give_back_large_blocks()
    faults.arm(os.environ.get(faults.CRASH_VARIABLE, ""))
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    try:
        follow(Path(sys.argv[1]), lines)
    except (ReplicaError, StoreError, OSError, msgspec.DecodeError) as error:
        say(Failed(failed=str(error)))
        return 1


def _read(lines: "queue.Queue[bytes]") -> None:
    """Hand on what the gateway says; end with it, whatever is under way."""
    # Not buffered: the interpreter cannot end in an orderly way while a thread reads ``sys.stdin``.
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as told:
        for line in told:
            lines.put(line)
    # A signal, as only that reaches the main thread in the middle of a snapshot.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    # One that came just before it began to wait would be noticed when that wait ends, and not before.
    lines.put(b"")


def _end(number: int, frame: FrameType | None) -> None:
    # A snapshot under way is one with a temporary name: nothing is lost but the work.
    del number, frame
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
