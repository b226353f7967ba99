"""Whether batches are committed by the compiled form (``_committing.pyx``), and what it is given.

Only with durability ``os``, within the call. ``BDAX_PURE=1`` in the environment forces plain Python
(``log_store``).
"""

import os
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from gateway.ports import Batch, SessionNumbers, StoreError
from gateway.store.history import History
from gateway.store.log_tail import LogTail
from gateway.store.log_writer import LogSettings

IS_PLAIN: Final = os.environ.get("BDAX_PURE") == "1"

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
    batch, by its number and engine sequence; ``not_noted`` answers a batch that the history did not take.
    """

    commit: Commit
    rotate: Callable[[int, int], None]
    not_noted: Callable[[Exception, Done], None]


def usual_commit(state: CommitState, otherwise: Otherwise) -> Commit:
    """Return the compiled form on ``state``; ``otherwise.commit`` where it is not there."""
    if IS_PLAIN:
        return otherwise.commit
    try:
        from gateway.store._committing import Committing
    except ImportError:
        return otherwise.commit
    return Committing(state, otherwise).commit
