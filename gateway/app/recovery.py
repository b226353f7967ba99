"""The start of a durable gateway: the newest whole snapshot, then the commands behind it.

NOT here: reading and cutting the log (``gateway.store``), what the commands do (``replica``).
"""

import asyncio
import gc
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from gateway.app.origin import Origin
from gateway.app.replica import NewerStateError, Replica, ReplicaError, decode_origin, replica_under
from gateway.ports import Durability
from gateway.settings import StoreSettings
from gateway.store.log_store import LogStore
from gateway.store.log_writer import LogSettings
from gateway.store.records import Record
from gateway.store.segments import Segment
from gateway.store.snapshots import SnapshotError, SnapshotPath, newest_snapshots

_NS_PER_HOUR: Final = 3_600_000_000_000

log = logging.getLogger(__name__)


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """What a start has found: the state, the store that goes on from it, and what it took."""

    replica: Replica
    store: LogStore
    snapshot: SnapshotPath | None
    """What the start began with."""
    commands: int
    seconds: float


def recover(settings: StoreSettings, origin: Origin, loop: asyncio.AbstractEventLoop) -> Recovered:
    """Rebuild the state of the data directory, which is locked, and open its log for what comes.

    ``origin`` is in force from now on; what the log knows of retired instruments goes on with it. Raises
    ``StoreError`` or ``ReplicaError``.
    """
    began = time.monotonic()
    data_dir = Path(settings.data_dir)
    recovery = LogStore.recover(data_dir)
    with _without_garbage_collection():
        replica, snapshot = restore_newest(data_dir)
        after, eseq = (replica.batch, replica.eseq) if replica is not None else (0, 0)
        begun: Origin | None = None
        for kind, items in groupby(recovery.replay(after), type):
            if kind is Segment:
                begun = [decode_origin(item.origin) for item in items if isinstance(item, Segment)][-1]
                continue
            # Only now: a segment without a batch is replaced, and no later replay knows its origin.
            if replica is None:
                replica = Replica(begun or origin)
            elif begun is not None:
                replica.adopt(begun)
            begun = None
            replica.apply_all(item for item in items if isinstance(item, Record))
        replica = replica_under(origin, replica)
    store = recovery.start(log_settings(settings), replica.origin.encode(), replica.sessions, loop)
    recovered = Recovered(
        replica=replica,
        store=store,
        snapshot=snapshot,
        commands=replica.eseq - eseq,
        seconds=time.monotonic() - began,
    )
    log.info(
        "state recovered",
        extra={
            "batches": replica.batch - after,
            "commands": recovered.commands,
            "snapshot": after,
            "eseq": replica.eseq,
            "seconds": round(recovered.seconds, 3),
        },
    )
    return recovered


def restore_newest(
    data_dir: Path, until: int | None = None
) -> tuple[Replica, SnapshotPath] | tuple[None, None]:
    """Return the state of the newest whole snapshot at or before the engine sequence ``until``, and its file.

    A broken one is logged, and the one before it taken; ``None`` when there is none. One that a newer gateway
    wrote is an error, ``SnapshotVersionError`` or ``NewerStateError``.
    """
    for candidate in newest_snapshots(data_dir):
        try:
            saved = candidate.load()
            if until is None or saved.eseq <= until:
                return Replica.restore(saved), candidate
        except NewerStateError:
            raise
        except (SnapshotError, ReplicaError) as error:
            log.warning("snapshot not used", extra={"reason": str(error)})
    return None, None


def log_settings(settings: StoreSettings) -> LogSettings:
    """Return the log's settings as configured."""
    return LogSettings(
        durability=Durability(settings.durability),
        segment_size=settings.segment_size,
        snapshot_commands=settings.snapshot_commands,
        retention_ns=int(settings.retention_h * _NS_PER_HOUR),
    )


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Make many objects that stay without looking for cycles among them again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
