"""What every turn asks of a FIX counterparty, in plain Python: the twin of the compiled one.

NOT here: everything else that one does (``fix_party``), which twin works (``usual_fix``).
"""

import time
from abc import ABC, abstractmethod
from typing import Protocol

from gateway.net.outbox import Outbox
from gateway.net.turns import Turns, Unit
from gateway.ports import SessionNumbers, StoredMessage
from protocols.fix import DisconnectReason, Session


class FixLine(Protocol):
    """The connection that a client is on."""

    outbox: Outbox

    def arm(self, deadline: int | None, now: int) -> None:
        """Call ``on_deadline`` at ``deadline`` (monotonic ns)."""

    def end(self, reason: DisconnectReason, text: str) -> None:
        """Close the connection once what was said is written."""


class UsualParty(ABC):
    """Takes a client's bytes; moves what its session has numbered and said into the turn's unit.

    ``kept`` are the session's numbers as the store has them. Where ``_keeps_messages`` is ``False`` only
    numbers are stored.
    """

    def __init__(
        self, key: str, session: Session, turns: Turns, kept: SessionNumbers, max_pending_bytes: int
    ) -> None:
        self.key = key
        self.session = session
        self.line: FixLine | None = None
        self._turns = turns
        self._kept = kept
        self._opened_at = kept.opened_at
        self._max_pending_bytes = max_pending_bytes
        self._keeps_messages = True

    def receive_data(self, data: bytes, now: int) -> None:
        """Work what the client sent."""
        self.session.receive_data(data, now)
        self._handle_events(now)
        self._turns.touch(self)

    def collect(self, unit: Unit) -> None:
        """Move what the session has numbered and said into ``unit``.

        A client that does not read, and has more than the bound waiting, is logged out; what it has not got
        stays stored.
        """
        now = time.monotonic_ns()
        self._handle_events(now)
        self._keep(unit)
        data = self.session.data_to_send()
        line = self.line
        if line is None:
            return
        if self.session.deadline_moved:
            line.arm(self.session.next_deadline(), now)
        if not data:
            return
        outbox = line.outbox
        if outbox.paused and outbox.backlog + len(data) > self._max_pending_bytes:
            data = self._log_out_slow(unit, now) or data
        unit.say(outbox, data)

    def _keep(self, unit: Unit) -> None:
        """Make what was numbered, and the numbers where they changed, durable with ``unit``."""
        numbers = self.session.numbers
        epoch = numbers.epoch
        self._keep_messages(unit, epoch, self.session.outbound())
        kept = self._kept
        if numbers.next_out != kept.next_out or numbers.next_in != kept.next_in or epoch != kept.epoch:
            counts = SessionNumbers(numbers.next_out, numbers.next_in, epoch, self._opened_at)
            self._kept = unit.batch.sessions[self.key] = counts

    def _keep_messages(self, unit: Unit, epoch: int, numbered: list[tuple[int, bytes]]) -> None:
        """Make ``numbered`` messages of ``epoch`` durable with ``unit``."""
        if self._keeps_messages:
            key = self.key
            unit.batch.messages += [StoredMessage(key, epoch, number, frame) for number, frame in numbered]

    @abstractmethod
    def _handle_events(self, now: int) -> None:
        """Do what the session's last call led to."""

    @abstractmethod
    def _log_out_slow(self, unit: Unit, now: int) -> bytes:
        """Log a client out that does not read; return what is said last."""
