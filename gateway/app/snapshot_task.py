"""What the gateway and the process that takes its snapshots tell each other, one JSON line each.

NOT here: who does what with it (``snapshotter``, ``snapshot_process``).
"""

from typing import Final

import msgspec

from gateway.settings import LogSettings

KEPT: Final = 2
"""Snapshots kept: when the newest turns out to be broken, the one before it is taken."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """How the process works: ``retention_ns`` is how long history is kept."""

    retention_ns: int
    log: LogSettings


class Written(msgspec.Struct, frozen=True, kw_only=True, tag="written"):
    """A snapshot was taken: after which batch, how large, how long it took."""

    batch: int
    eseq: int
    size: int
    seconds: float


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The process ends for this reason."""

    failed: str
