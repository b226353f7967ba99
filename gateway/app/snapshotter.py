"""The gateway's side of the process that takes the snapshots: started, told of each closed segment, watched.

NOT here: the taking itself (``snapshot_process``).
"""

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from gateway.app.snapshot_task import Failed, Task, Written
from gateway.ports.metrics import Sample

MODULE: Final = "gateway.app.snapshot_process"
END_TIMEOUT_S: Final = 1.0
FIRST_BACKOFF_S: Final = 1.0
LAST_BACKOFF_S: Final = 60.0
_SHOWN: Final = 200

log = logging.getLogger(__name__)


class Snapshotter:
    """Keeps the process running. A fault of it is logged and never the gateway's: it is started again.

    ``eseq`` and ``written_at`` (UTC ns) tell of the newest snapshot, 0 without one; ``seconds`` how long the
    last one took that was taken here.
    """

    def __init__(self, data_dir: Path, task: Task) -> None:
        self._data_dir = data_dir
        self._task = task
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()
        self.eseq = 0
        self.written_at = 0
        self.seconds = 0.0
        self.written = 0
        self.failures = 0

    def start(self) -> None:
        """Start the process, now and whenever it ends by itself."""
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    def segment_closed(self) -> None:
        """Have a closed segment worked."""
        self._tell(b"closed\n")

    async def stop(self) -> None:
        """End the process; what it was writing is dropped."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        self._ending.set()
        self._terminate()
        await asyncio.wait((keeper,), timeout=END_TIMEOUT_S)
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await keeper

    def samples(self) -> Iterable[Sample]:
        """Return what can be measured."""
        yield Sample("bdax_snapshots", "Snapshots taken beside the gateway.", "counter", self.written)
        yield Sample(
            "bdax_snapshot_failures", "Ends of the process that takes snapshots.", "counter", self.failures
        )
        if self.written_at:
            age_s = (time.time_ns() - self.written_at) / 1e9
            yield Sample("bdax_snapshot_age_seconds", "Age of the newest snapshot.", "gauge", age_s)

    async def _keep(self) -> None:
        backoff_s = FIRST_BACKOFF_S
        while True:
            written = self.written
            reason = await self._run()
            if self._ending.is_set():
                return
            self.failures += 1
            if self.written > written:
                backoff_s = FIRST_BACKOFF_S
            log.error("snapshots are not taken", extra={"reason": reason, "again_in_s": backoff_s})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), backoff_s)
                return
            backoff_s = min(2 * backoff_s, LAST_BACKOFF_S)

    async def _run(self) -> str:
        """Run the process once; return why it ended."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                MODULE,
                str(self._data_dir),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            return f"{MODULE}: {error.strerror or error}"
        self._process = process
        if self._ending.is_set():
            self._terminate()
        self._tell(msgspec.json.encode(self._task) + b"\n")
        reason = ""
        if process.stdout is not None:
            async for line in process.stdout:
                reason = self._take(line)
        code = await process.wait()
        self._process = None
        return reason or f"{MODULE} ended with {code}"

    def _take(self, line: bytes) -> str:
        """Note what was done; return what a last word says."""
        try:
            said = msgspec.json.decode(line, type=Written | Failed)
        except msgspec.DecodeError:
            return f"{MODULE} said {line[:_SHOWN]!r}"
        if isinstance(said, Failed):
            return said.failed
        self.written += 1
        self.eseq = said.eseq
        self.written_at = time.time_ns()
        self.seconds = said.seconds
        log.info(
            "snapshot written",
            extra={
                "batch": said.batch,
                "eseq": said.eseq,
                "bytes": said.size,
                "seconds": round(said.seconds, 3),
            },
        )
        return ""

    def _terminate(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()

    def _tell(self, line: bytes) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            # uvloop raises RuntimeError when the process has gone already; the keeper sees that.
            with contextlib.suppress(OSError, RuntimeError):
                process.stdin.write(line)
