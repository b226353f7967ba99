"""The executions of an account read again from the store, ahead of the live ones, for one connection.

From ``begin`` on the live frames are held back. What is committed is read a chunk at a time, each behind the
bytes of the one before, so that the orders of others are worked in between. When the replay has reached what
was the last execution at ``begin``, it says so, and the held frames follow. NOT here: who asks for a replay
(``ws_channels``), what a push says (``dialects``).
"""

import logging
import time
from typing import Final

from gateway.dialects.native import ws_executions
from gateway.dialects.native.terms import places_of
from gateway.net.desk import Desk
from gateway.net.ws_services import WsLine
from gateway.orders.executions import decode_execution
from gateway.ports import StoredExecution, StoreError

CHUNK: Final = 64
"""Executions read and said at a time: what an order of another session may have to wait for."""

INTERNAL_ERROR: Final = 1011
UNREADABLE: Final = "the executions cannot be read"

log = logging.getLogger(__name__)


class ExecutionReplay:
    """At most one replay at a time on one connection.

    At most ``max_held_bytes`` of live frames are held. Above that all held ones are dropped and the replay
    goes up to the last of them: the store has it too.
    """

    def __init__(self, account: str, line: WsLine, desk: Desk, max_held_bytes: int) -> None:
        self._account = account
        self._line = line
        self._desk = desk
        self._max_held_bytes = max_held_bytes
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._position = 0
        self._target = 0
        self._extensions = 0
        self._waits_for_drain = False
        self.active = False

    def begin(self, from_exec_id: int, last: int) -> None:
        """Say the executions from ``from_exec_id`` to ``last``, which is the account's last one now."""
        self.active = True
        self._position = from_exec_id - 1
        self._target = last
        self._go_on()

    def hold(self, frame: bytes, exec_id: int) -> None:
        """Keep a live frame until the replay is done."""
        self._held.append(frame)
        self._held_bytes += len(frame)
        if self._held_bytes > self._max_held_bytes:
            self.drop_held()
            self._extensions += 1
            # It can be read once it is committed.
            self._desk.turns.after_commit(lambda: self._extend(exec_id))

    def drop_held(self) -> None:
        """Forget the live frames held so far: nobody wants them, or the store has them."""
        self._held = []
        self._held_bytes = 0

    def drained(self) -> None:
        """Go on: the client reads again."""
        if self._waits_for_drain:
            self._waits_for_drain = False
            self._go_on()

    def end(self) -> None:
        """Stop: the connection is gone."""
        self.active = False
        self.drop_held()

    def _go_on(self) -> None:
        self._desk.turns.after_commit(self._step)

    def _extend(self, exec_id: int) -> None:
        self._extensions -= 1
        self._target = exec_id

    def _step(self) -> None:
        """Say the next chunk, or the end; the rest after what this says is written."""
        if not self.active:
            return
        if self._line.is_paused:
            self._waits_for_drain = True
            return
        try:
            if self._position < self._target:
                self._say_chunk()
            elif not self._extensions:
                # What is held may not be committed: it must be said with the turn's batch.
                self._desk.turns.ask(self._finish)
                return
        except Exception as error:
            # A client that waits for what does not come must learn that it does not.
            facts = {"account": self._account, "after": self._position, "to": self._target}
            if isinstance(error, StoreError):
                log.error("executions not replayed", extra={**facts, "reason": str(error)})  # noqa: TRY400 - one line
            else:
                log.exception("executions not replayed", extra=facts)
            self.end()
            self._line.close(INTERNAL_ERROR, UNREADABLE)
            return
        self._go_on()

    def _say_chunk(self) -> None:
        after, target = self._position, self._target
        stored = self._desk.store.executions(self._account, after, CHUNK)
        first = min(stored[0].exec_id if stored else target + 1, target + 1)
        sent = time.time_ns()
        if first != after + 1:
            self._line.send_framed(ws_executions.encode_gap(after + 1, first - 1, sent))
            self._position = first - 1
        for execution in stored:
            if execution.exec_id > target:
                break
            self._line.send_framed(self._frame(execution, sent))
            self._position = execution.exec_id

    def _frame(self, execution: StoredExecution, sent: int) -> bytes:
        event, order = decode_execution(execution.execution)
        places = places_of(self._desk.instruments, "" if order is None else order.symbol)
        return ws_executions.encode_replayed(event, order, execution.exec_id, places, sent)

    def _finish(self) -> None:
        """Say the end, and what was held; for the end of a turn."""
        if not self.active:
            return
        if self._extensions or self._position < self._target:
            # More came than may be held.
            self._go_on()
            return
        self.active = False
        self._line.send_framed(ws_executions.encode_replay_done(self._target, time.time_ns()))
        for frame in self._held:
            self._line.send_framed(frame)
        self.drop_held()
