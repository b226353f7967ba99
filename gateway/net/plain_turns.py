"""The twin in plain Python of the compiled turns: what every turn goes through, from its wake to its release.

NOT here: what few turns have, and what all of it is for (``turns``); which twin works (``turn_cycle``).
"""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from gateway.marketdata.alert import Alert
from gateway.model import Command, Event
from gateway.ports import Batch, EnginePort, Store, StoredExecution, StoreError
from gateway.ports.faults import reach
from gateway.ports.metrics import LatencyBuckets

if TYPE_CHECKING:
    from gateway.net.outbox import Outbox

MOST_OWED: Final = 64
"""Wakes that wait for a commit's end: what they have to say is bounded only where the turn has ended."""

log = logging.getLogger("gateway.net.turns")


class Talker(Protocol):
    """A session that may have something to say at the end of a turn."""

    def collect(self, unit: "Unit") -> None:
        """Move the session's output into ``unit``."""


class Unit:
    """What becomes durable together, and what is said and done when it is."""

    __slots__ = ("actions", "batch", "opened_at", "pending_bytes", "writes")

    def __init__(self) -> None:
        self.batch = Batch.empty()
        self.writes: list[tuple[Outbox, bytes]] = []
        self.actions: list[Callable[[], None]] = []
        self.pending_bytes = 0
        self.opened_at = 0

    def __bool__(self) -> bool:
        return bool(self.writes or self.actions or self.batch or self.batch.events)

    def say(self, outbox: "Outbox", data: bytes) -> None:
        """Write ``data`` to ``outbox`` when the unit is durable."""
        self.writes.append((outbox, data))
        self.pending_bytes += len(data)


class TurnCycle(ABC):
    """The usual way of ``turns.Turns``, and the state that it needs."""

    def __init__(
        self, engine: EnginePort, store: Store, loop: asyncio.AbstractEventLoop, max_uncommitted_bytes: int
    ) -> None:
        self._engine = engine
        self._store = store
        self._loop = loop
        self._max_uncommitted_bytes = max_uncommitted_bytes
        self._deliver: Callable[[Sequence[Event]], None] = _ignore
        self._publish: Callable[[Sequence[Event]], None] = _ignore
        self._released: Callable[[], None] = _rest
        self._said: Callable[[], None] = _rest
        self._alert = Alert()
        self._talkers: dict[Talker, None] = {}
        self._queries: list[Callable[[], None]] = []
        self._outboxes: dict[Outbox, None] = {}
        self._readers_paused = False
        self._scheduled = False
        self._owed = 0
        self._committing: Unit | None = None
        self._durable: Unit | None = None
        self._commit_started = 0
        self.most_owed = MOST_OWED
        self.failed = False
        self.now = time.monotonic_ns()
        self.unit = Unit()
        self.batches = 0
        self.commit_ns = LatencyBuckets()
        self.order_ns = LatencyBuckets()

    # ---- what few turns have

    @abstractmethod
    def fail(self, error: Exception) -> None:
        """Say nothing more."""

    @abstractmethod
    def _pause_readers(self) -> None:
        """Read nothing more until less waits for a commit."""

    @abstractmethod
    def _resume_readers(self) -> None:
        """Read on."""

    def call_after_release(self, released: Callable[[], None], alert: Alert) -> None:
        """Call ``released`` where ``alert`` is on when a unit has been said and its actions have run."""
        self._released, self._alert = released, alert

    def call_when_said(self, said: Callable[[], None]) -> None:
        """Call ``said`` whenever a unit has been said, after all else."""
        self._said = said

    # ---- while input is worked

    @property
    def is_ending(self) -> bool:
        """Whether something was worked in this turn, which waits for the turn's end."""
        return self._scheduled

    def wake(self) -> None:
        """End the current turn once the input that is already here has been worked."""
        if self._scheduled:
            return
        if self._committing is not None and self._owed < self.most_owed:
            self._owed += 1
            return
        self._scheduled = True
        self._loop.call_soon(self._end)

    def touch(self, talker: Talker) -> None:
        """Collect the output of ``talker`` at the end of this turn."""
        self._talkers[talker] = None
        if not self._scheduled:
            self.wake()

    def record_execution(self, execution: StoredExecution) -> None:
        """Make ``execution`` part of the unit; for the order path, while it delivers events."""
        self.unit.batch.executions.append(execution)

    def record(self, command: Command) -> None:
        """Make ``command`` part of the unit."""
        unit = self.unit
        commands = unit.batch.commands
        if not commands:
            unit.opened_at = time.monotonic_ns()
        commands.append(command)
        if not self._scheduled:
            self.wake()

    # ---- the turn's end

    def _end(self) -> None:
        if self.failed:
            return
        try:
            self._gather()
            if self._committing is None and not self._scheduled:
                # Otherwise what was collected has asked for another turn: it may have worked a command.
                self._commit_pending()
        except Exception as error:
            log.exception("a turn failed")
            self.fail(error)
            return
        if not self._readers_paused and self._uncommitted_bytes() > self._max_uncommitted_bytes:
            self._readers_paused = True
            self._pause_readers()

    def _gather(self) -> None:
        """Move all that the turn led to into the unit."""
        self.now = time.monotonic_ns()
        events = self._engine.drain()
        if events:
            self._deliver(events)
            self.unit.batch.events.extend(events)
        if self._queries:
            queries, self._queries = self._queries, []
            for query in queries:
                _attempt(query)
        # Until here a wake is part of this turn; from here on it asks for another.
        self._scheduled = False
        self._owed = 0
        talkers, self._talkers = self._talkers, {}
        for talker in talkers:
            talker.collect(self.unit)

    def _commit_pending(self) -> None:
        unit = self.unit
        if not unit:
            return
        self.unit = Unit()
        if unit.batch:
            self._committing = unit
            self._commit_started = time.monotonic_ns()
            self._store.commit(unit.batch, self._committed)
        else:
            self._tell()
            self._release(unit)

    def _committed(self, error: StoreError | None) -> None:
        unit, self._committing = self._committing, None
        if error is not None or unit is None:
            self.fail(error or StoreError("the store called back twice"))
            return
        reach("commit.done")
        now = time.monotonic_ns()
        self.commit_ns.record(now - self._commit_started)
        self.batches += 1
        try:
            self._tell()
            self._durable = unit
            # The disk is at work again while this one is said.
            if self._owed and not self._scheduled:
                self._scheduled = True
                self._end()
            elif not self._scheduled and not self.failed:
                # A turn under way has commands in the unit whose answers are not there yet: it commits both.
                self._commit_pending()
            self._tell()
        except Exception as trouble:
            log.exception("a unit could not be said")
            self.fail(trouble)
            return
        if self._readers_paused and self._uncommitted_bytes() <= self._max_uncommitted_bytes // 2:
            self._readers_paused = False
            self._resume_readers()

    def _tell(self) -> None:
        """Say what is durable and waits for the next commit to begin."""
        unit, self._durable = self._durable, None
        if unit is None:
            return
        self._release(unit)
        if commands := len(unit.batch.commands):
            self.order_ns.record(time.monotonic_ns() - unit.opened_at, commands)

    def _uncommitted_bytes(self) -> int:
        committing = self._committing
        return self.unit.pending_bytes + (committing.pending_bytes if committing is not None else 0)

    # ---- what is said

    def push(self, outbox: "Outbox", data: bytes) -> None:
        """Write ``data``, which says only what is committed, at the end of the release or the ``flush``."""
        outbox.add(data)
        self._outboxes[outbox] = None

    def flush_later(self, outbox: "Outbox") -> None:
        """Write what was added to ``outbox`` at the end of the release or the ``flush``."""
        self._outboxes[outbox] = None

    def flush(self) -> None:
        """Write what was pushed outside of a release; nothing when nothing may be said any more."""
        if not self.failed:
            for outbox in self._outboxes:
                outbox.flush()
            self._outboxes.clear()

    def _release(self, unit: Unit) -> None:
        outboxes = self._outboxes
        for outbox, data in unit.writes:
            outbox.add(data)
            outboxes[outbox] = None
        if unit.batch.events:
            self._publish(unit.batch.events)
            reach("publish.after")
        for action in unit.actions:
            _attempt(action)
        reach("flush.before")
        waiting = iter(outboxes)
        for outbox in waiting:
            outbox.flush()
            reach("flush.after_first")
            break
        for outbox in waiting:
            outbox.flush()
        outboxes.clear()
        reach("flush.after")
        if self._alert.is_on:
            self._released()
        self._said()


def _attempt(act: Callable[[], None]) -> None:
    """Do what one session asked for; its failure is not the others'."""
    try:
        act()
    except Exception:
        log.exception("an act of a session failed")


def _ignore(events: Sequence[Event]) -> None:
    """Take events before anyone is bound."""


def _rest() -> None:
    """Do nothing after a release."""
