"""Where the gateway's state comes from at a start, and how it is kept: recovery, log, snapshots.

With durability ``none`` there is neither, and the state is gone with the process. NOT here: the recovery
itself (``recovery``), the process beside the gateway (``snapshotter``).
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

from gateway.app.origin import Origin
from gateway.app.recovery import Recovered, log_settings, recover
from gateway.app.replica import Replica
from gateway.app.snapshot_task import KEPT, Task
from gateway.app.snapshotter import Snapshotter
from gateway.ports import Store, StoreError
from gateway.ports.metrics import Sample
from gateway.settings import GatewaySettings
from gateway.store import MemoryStore
from gateway.store.log_identity import LogIdentity, new_identity, read_identity
from gateway.store.log_store import LogStore
from gateway.store.segments import LOG_NAME, Segment, segment_names
from gateway.store.snapshots import prune_snapshots, write_snapshot

MAX_LAST_SNAPSHOT_S: Final = 1.0
"""A snapshot that takes longer is left out at the end of the gateway; the next start works the commands."""

LONG_REPLAY: Final = 3
"""A start that worked so many times ``snapshot_commands`` is followed by a snapshot at once."""

log = logging.getLogger(__name__)


class Persistence(Protocol):
    """The state that the gateway starts with, and its store."""

    replica: Replica
    identity: LogIdentity

    @property
    def store(self) -> Store:
        """Where commits go."""

    def take_snapshots(self) -> None:
        """Have snapshots taken beside the gateway from now on."""

    async def close(self, *, snapshot: bool) -> bool:
        """Release the store; with ``snapshot`` nothing is under way, and the state may be saved first.

        Returns whether nothing more is written: else the data directory is not to be released.
        """

    def samples(self) -> Iterable[Sample]:
        """Return what can be measured."""


def open_state(settings: GatewaySettings, origin: Origin, loop: asyncio.AbstractEventLoop) -> Persistence:
    """Return the state of the data directory, which is locked. Raises ``StoreError`` or ``ReplicaError``."""
    if settings.store.durability == "none":
        if segment_names(Path(settings.store.data_dir, LOG_NAME)):
            log.warning("the log is not read: durability is none", extra={"path": settings.store.data_dir})
        return Forgetful(origin)
    return Durable(settings, recover(settings.store, origin, loop))


class Forgetful:
    """Nothing is read and nothing kept."""

    def __init__(self, origin: Origin) -> None:
        self.replica = Replica(origin)
        self.identity = new_identity()
        self.store = MemoryStore()

    def take_snapshots(self) -> None:
        """Take none."""

    async def close(self, *, snapshot: bool) -> bool:
        """Forget everything."""
        del snapshot
        self.store.close()
        return True

    def samples(self) -> Iterable[Sample]:
        """Return nothing."""
        return ()


class Durable:
    """A recovered state, its log, and the process that takes snapshots."""

    def __init__(self, settings: GatewaySettings, recovered: Recovered) -> None:
        store = settings.store
        self.replica = recovered.replica
        self.store: LogStore = recovered.store
        self._data_dir = Path(store.data_dir)
        self.identity = read_identity(self._data_dir, is_new=not self.replica.eseq)
        self._recovered = recovered
        self._began_at = self.store.number
        task = Task(retention_ns=log_settings(store).retention_ns, log=settings.log)
        self._snapshotter = Snapshotter(self._data_dir, task)
        if recovered.snapshot is not None:
            self._snapshotter.eseq = self.replica.eseq - recovered.commands
            self._snapshotter.written_at = recovered.snapshot.path.stat().st_mtime_ns
        self.store.on_segment_closed = self._segment_closed
        if recovered.commands >= LONG_REPLAY * store.snapshot_commands:
            # A gateway that dies again and again, sooner than the process beside it writes one, would
            # have more to work at each start.
            self._save()

    def take_snapshots(self) -> None:
        """Have snapshots taken beside the gateway from now on."""
        self._snapshotter.start()

    async def close(self, *, snapshot: bool) -> bool:
        """Stop the process beside, save the state, release the store."""
        await self._snapshotter.stop()
        if snapshot and self._is_worth_saving():
            self._save()
        self.store.close()
        return not self.store.is_writing

    def samples(self) -> Iterable[Sample]:
        """Return what can be measured."""
        yield from self.store.samples()
        yield from self._snapshotter.samples()
        recovered = self._recovered
        yield Sample("bdax_recovery_seconds", "Time that the start took.", "gauge", recovered.seconds)
        yield Sample("bdax_recovery_commands", "Commands that the start worked.", "gauge", recovered.commands)

    def _segment_closed(self, segment: Segment) -> None:
        del segment
        self._snapshotter.segment_closed()

    def _is_worth_saving(self) -> bool:
        """Whether commands were committed since the last snapshot, and none was worked since.

        A state under a configuration that no batch was worked under is not kept: no replay comes by it.
        """
        eseq, store = self.replica.eseq, self.store
        return eseq > self._snapshotter.eseq and eseq == store.eseq and store.number > self._began_at

    def _save(self) -> None:
        """Write a snapshot of the state, in which nothing is under way."""
        if self._snapshotter.seconds > MAX_LAST_SNAPSHOT_S:
            log.info("no snapshot at the end", extra={"seconds": round(self._snapshotter.seconds, 3)})
            return
        began = time.monotonic()
        replica = self.replica
        replica.batch = self.store.number
        replica.sessions = dict(self.store.sessions)
        try:
            saved = replica.snapshot()
            write_snapshot(self._data_dir, saved)
            prune_snapshots(self._data_dir, KEPT)
        except (StoreError, OSError) as error:
            # All of it is in the log.
            log.error("snapshot not written", extra={"reason": str(error)})  # noqa: TRY400 - one line
            return
        seconds = round(time.monotonic() - began, 3)
        self._snapshotter.eseq = saved.eseq
        log.info("snapshot written", extra={"batch": saved.batch, "eseq": saved.eseq, "seconds": seconds})
