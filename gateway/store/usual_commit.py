"""Whether batches are committed by compiled forms (``_committing``, ``_syncing``), and what they are given.

``BDAX_PURE=1`` in the environment forces plain Python (``log_store``).
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Protocol, TypeAlias

from gateway.ports import Batch, SessionNumbers, StoreError
from gateway.ports.forms import IS_PLAIN
from gateway.store.history import History
from gateway.store.log_tail import LogTail
from gateway.store.log_writer import LogSettings

Done: TypeAlias = Callable[[StoreError | None], None]
Commit: TypeAlias = Callable[[Batch, Done], None]


class CommitState(NamedTuple):
    """What a commit reads and moves on."""

    tail: LogTail
    sessions: dict[str, SessionNumbers]
    seed: int
    settings: LogSettings
    history: History


class Otherwise(NamedTuple):
    """What is done where a commit is not usual.

    ``commit`` does all of it, also again where a part was done; ``rotate`` begins another segment behind a
    batch, by its number and engine sequence; ``not_noted`` answers a batch that the history did not take;
    ``fill`` has more of the segment filled, behind the byte that the log comes to.
    """

    commit: Commit
    rotate: Callable[[int, int], None]
    not_noted: Callable[[Exception, Done], None]
    fill: Callable[[int], None]


class Commits(Protocol):
    """A form of the commit. ``is_writing``: whether something may still be written."""

    @property
    def commit(self) -> Commit:
        """Make a batch durable, then call ``done(None)``; on failure ``done(error)``."""

    @property
    def is_writing(self) -> bool:
        """Whether something may still be written; after ``close`` only what the disk did not end in time."""

    def close(self, seconds: float) -> bool:
        """Finish what is under way; return whether that is done within so many seconds."""


class PlainCommits:
    """The form that is the store's own, with nothing to finish besides."""

    is_writing = False

    def __init__(self, commit: Commit) -> None:
        self.commit = commit

    def close(self, seconds: float) -> bool:
        """Finish nothing."""
        return seconds >= 0


def usual_commits(
    state: CommitState, otherwise: Otherwise, beside: asyncio.AbstractEventLoop | None
) -> Commits:
    """Return the compiled form, which answers within the call or, ``beside`` a loop, from that.

    Where it is not there, the plain one of ``otherwise``.
    """
    if not IS_PLAIN:
        with suppress(ImportError):
            if beside is None:
                from gateway.store._committing import Committing

                return Committing(state, otherwise)
            if hasattr(os, "eventfd"):
                from gateway.store._syncing import Syncing

                return Syncing(state, otherwise, beside)
    return PlainCommits(otherwise.commit)
