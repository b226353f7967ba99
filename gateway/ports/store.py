"""The port to the durable store, and the unit of a commit."""

import enum
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from gateway.model import Command, Event


class Durability(enum.Enum):
    """What a finished commit survives: a power loss, a killed process, or nothing."""

    FSYNC = "fsync"
    OS = "os"
    NONE = "none"


class StoreError(Exception):
    """A commit or a read failed; nothing of the batch may be said."""


class SessionNumbers(msgspec.Struct, gc=False, array_like=True):
    """The sequence numbers of a FIX session: next to send, next expected, and the epoch they count in.

    A sequence reset opens a new epoch; numbers are unique per epoch. ``opened_at`` is when the epoch was
    opened, in UTC ns (0 before the first), so that a session's schedule holds over a restart.
    """

    next_out: int = 1
    next_in: int = 1
    epoch: int = 0
    opened_at: int = 0


class StoredMessage(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One outbound FIX message as first sent. ``message`` is empty for a session message (gap-filled)."""

    session: str
    epoch: int
    msg_seq_num: int
    message: bytes


class StoredExecution(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One order event as the account saw it: its ``exec_id``, which grows by one per account, and its place.

    ``eseq`` is the engine sequence of its command. ``execution`` is opaque to the store
    (``gateway.orders.executions``).
    """

    account: str
    exec_id: int
    eseq: int
    execution: bytes


class Batch(msgspec.Struct, gc=True):
    """All that one commit makes durable as one unit.

    ``events`` is what the commands led to, by which a replay is checked. They come out of the commands
    again, so the store keeps no more than their hash.
    """

    commands: list[Command]
    messages: list[StoredMessage]
    sessions: dict[str, SessionNumbers]
    executions: list[StoredExecution]
    events: list[Event]

    @classmethod
    def empty(cls) -> "Batch":
        """Return a batch that holds nothing yet."""
        return cls([], [], {}, [], [])

    def __bool__(self) -> bool:
        # Executions and events come of commands.
        return bool(self.commands or self.messages or self.sessions)


class Store(Protocol):
    """Keeps batches, whole and in order.

    Ordering: batches become durable in the order of ``commit``. Delivery: ``done`` is called once per
    commit, in the same order, on the caller's thread, possibly before ``commit`` returns. Durability: as
    ``durability`` says, from the moment ``done(None)`` is called. At most one commit is under way; after a
    failed one every later commit fails too. Reads see what is committed and raise ``StoreError``.
    """

    durability: Durability

    def commit(self, batch: Batch, done: Callable[[StoreError | None], None]) -> None:
        """Make ``batch`` durable, then call ``done(None)``; on failure ``done(error)``."""

    def numbers(self, session: str) -> SessionNumbers:
        """Return the committed sequence numbers of a FIX session (fresh ones for an unknown session)."""

    def messages(self, session: str, epoch: int, begin: int, end: int) -> Sequence[StoredMessage]:
        """Return the committed outbound messages with ``begin <= msg_seq_num <= end``, ascending."""

    def executions(self, account: str, after: int, limit: int) -> Sequence[StoredExecution]:
        """Return at most ``limit`` of the account's committed executions with ``exec_id > after``, ascending.

        They have no hole between them. When the first one is not ``after + 1``, what is before it is not
        kept any more.
        """

    def executions_at(self, account: str, eseq: int) -> Sequence[StoredExecution]:
        """Return the account's committed executions of one command, ascending; none when not kept."""

    def close(self) -> None:
        """Finish what is under way and release the resources."""
