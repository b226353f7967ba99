"""Batch and commit: what one turn of the event loop reads is worked in one go and said once it is safe.

Connections work their input at once and call ``touch``. When all input of the turn is worked, the engine's
events are drained and delivered, the sessions' output is collected, and all of it joins the pending unit.
Units are committed one after the other; all that is read during a commit shares the next one, and one turn
is ended for all of it when the commit has, or after ``MOST_OWED`` wakes. Only when the store has called back
are the unit's bytes written, then the market events published, then the deferred actions run; the next commit
is under way meanwhile.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.model import Event
from gateway.net.plain_turns import MOST_OWED, Talker
from gateway.net.turn_cycle import TurnCycle, Unit
from gateway.ports import EnginePort, Store

__all__ = ["MOST_OWED", "Reader", "Talker", "Turns", "Unit"]


class Reader(Protocol):
    """A connection that can be told to stop reading."""

    def pause_reading(self) -> None:
        """Read nothing more from the socket."""

    def resume_reading(self) -> None:
        """Read on."""


class Turns(TurnCycle):
    """Works turns of the event loop into units and commits them in order.

    ``deliver`` takes the engine's events at the end of a turn (order path), ``publish`` after their commit
    (market data). ``on_failure`` is called once when a commit fails, or events cannot be told or published:
    nothing of that unit, or of any later one, is said. A query or action that fails is logged, and is the
    trouble of its own session. Above ``max_uncommitted_bytes`` waiting for a commit the readers pause.
    ``now`` is when the last turn ended (monotonic ns): the time of all that is said in it.
    """

    def __init__(
        self,
        engine: EnginePort,
        store: Store,
        *,
        max_uncommitted_bytes: int,
        on_failure: Callable[[Exception], None],
    ) -> None:
        super().__init__(engine, store, asyncio.get_running_loop(), max_uncommitted_bytes)
        self._on_failure = on_failure
        self._readers: set[Reader] = set()

    def bind(
        self, deliver: Callable[[Sequence[Event]], None], publish: Callable[[Sequence[Event]], None]
    ) -> None:
        """Set who takes the engine's events; before the first turn."""
        self._deliver = deliver
        self._publish = publish

    @property
    def is_idle(self) -> bool:
        """Whether everything that was worked has been said."""
        return self._committing is None and not self._scheduled and not self._owed and not self.unit

    @property
    def commit_age_ns(self) -> int:
        """How long the commit under way has taken so far; 0 when there is none."""
        return 0 if self._committing is None else time.monotonic_ns() - self._commit_started

    def ask(self, query: Callable[[], None]) -> None:
        """Run ``query`` at the end of this turn, when the turn's commands have been answered."""
        self._queries.append(query)
        self.wake()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run ``action`` when all that was worked so far is durable, written and published."""
        self.unit.actions.append(action)
        self.wake()

    def add_reader(self, reader: Reader) -> None:
        """Pause and resume ``reader`` with the others."""
        self._readers.add(reader)
        if self._readers_paused:
            reader.pause_reading()

    def remove_reader(self, reader: Reader) -> None:
        """Forget ``reader``."""
        self._readers.discard(reader)

    def _pause_readers(self) -> None:
        for reader in self._readers:
            reader.pause_reading()

    def _resume_readers(self) -> None:
        for reader in self._readers:
            reader.resume_reading()

    def fail(self, error: Exception) -> None:
        """Say nothing more."""
        if not self.failed:
            self.failed = True
            self._on_failure(error)
