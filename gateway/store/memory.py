"""The store that forgets: everything is lost when the process ends."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from gateway.ports import (
    Batch,
    Durability,
    SessionNumbers,
    StoredExecution,
    StoredMessage,
    StoreError,
)

DEFAULT_MAX_BYTES: Final = 256 * 1024 * 1024

_FEW: Final = 1024
_DROPPED: Final = StoredExecution("", 0, 0, b"")
_eseq: Final = attrgetter("eseq")


class MemoryStore:
    """Keeps sequence numbers and outbound messages in memory; commits within the call.

    At most ``max_bytes`` of messages are kept over all sessions, and as many of executions over all accounts;
    the oldest are dropped. Commands are not kept: there is no restart to replay them for.
    """

    durability = Durability.NONE

    def __init__(self, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._numbers: dict[str, SessionNumbers] = {}
        self._messages: dict[tuple[str, int], dict[int, StoredMessage]] = {}
        self._oldest: deque[StoredMessage] = deque()
        self._execution_bytes = 0
        self._executions: dict[str, _Executions] = {}
        self._oldest_executions: deque[StoredExecution] = deque()

    def commit(self, batch: Batch, done: Callable[[StoreError | None], None]) -> None:
        """Keep ``batch``; ``done`` is called before this returns."""
        self._numbers.update(batch.sessions)
        session, epoch = "", -1
        for message in batch.messages:
            if message.session is not session or message.epoch != epoch:
                session, epoch = message.session, message.epoch
                messages = self._messages.setdefault((session, epoch), {})
            messages[message.msg_seq_num] = message
            self._bytes += len(message.message)
        self._oldest += batch.messages
        while self._bytes > self._max_bytes:
            self._drop(self._oldest.popleft())
        for execution in batch.executions:
            kept = self._executions.get(execution.account)
            if kept is None:
                kept = self._executions[execution.account] = _Executions()
            kept.items.append(execution)
            self._execution_bytes += len(execution.execution)
        self._oldest_executions += batch.executions
        while self._execution_bytes > self._max_bytes:
            oldest = self._oldest_executions.popleft()
            self._execution_bytes -= len(oldest.execution)
            self._executions[oldest.account].drop_oldest()
        done(None)

    def numbers(self, session: str) -> SessionNumbers:
        """Return the committed sequence numbers of a FIX session (fresh ones for an unknown session)."""
        return msgspec.structs.replace(self._numbers.get(session, SessionNumbers()))

    def messages(self, session: str, epoch: int, begin: int, end: int) -> Sequence[StoredMessage]:
        """Return the committed outbound messages with ``begin <= msg_seq_num <= end``, ascending."""
        messages = self._messages.get((session, epoch), {})
        if not messages:
            return []
        first, last = max(begin, next(iter(messages))), min(end, next(reversed(messages)))
        return [messages[number] for number in range(first, last + 1) if number in messages]

    def executions(self, account: str, after: int, limit: int) -> Sequence[StoredExecution]:
        """Return at most ``limit`` of the account's executions with ``exec_id > after``, ascending."""
        kept = self._executions.get(account)
        return [] if kept is None else kept.after(after, limit)

    def executions_at(self, account: str, eseq: int) -> Sequence[StoredExecution]:
        """Return the account's executions of one command, ascending."""
        kept = self._executions.get(account)
        return [] if kept is None else kept.at(eseq)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _drop(self, message: StoredMessage) -> None:
        self._bytes -= len(message.message)
        messages = self._messages[message.session, message.epoch]
        del messages[message.msg_seq_num]
        if not messages:
            del self._messages[message.session, message.epoch]


class _Executions:
    """An account's executions: those from ``start`` on are kept, without a hole, and ``eseq`` never falls."""

    __slots__ = ("items", "start")

    def __init__(self) -> None:
        self.items: list[StoredExecution] = []
        self.start = 0

    def after(self, exec_id: int, limit: int) -> list[StoredExecution]:
        if self.start == len(self.items):
            return []
        # They have no hole, so the place follows from the number.
        first = self.start + max(exec_id + 1 - self.items[self.start].exec_id, 0)
        return self.items[first : first + limit]

    def at(self, eseq: int) -> list[StoredExecution]:
        first = bisect_left(self.items, eseq, self.start, key=_eseq)
        return self.items[first : bisect_right(self.items, eseq, first, key=_eseq)]

    def drop_oldest(self) -> None:
        self.items[self.start] = _DROPPED
        self.start += 1
        if self.start > _FEW and 2 * self.start > len(self.items):
            del self.items[: self.start]
            self.start = 0
