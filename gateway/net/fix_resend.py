"""Stored messages handed to a FIX session that was asked for them by number, in chunks.

NOT here: what of them goes to the client and how (``protocols.fix``), recovery by ExecID (``fix_recovery``).
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from gateway.net.desk import Desk
from gateway.net.outbox import Outbox
from gateway.ports import StoreError
from protocols.fix import Session

CHUNK: Final = 32
"""Stored messages handed to the session at a time: what an order of another session may have to wait for."""


class ResendLine(Protocol):
    """The connection that asked."""

    outbox: Outbox


class ResendingClient(Protocol):
    """The client that asked (``fix_client``)."""

    key: str
    session: Session

    @property
    def line(self) -> ResendLine | None:
        """The connection that the client is on."""

    def follow(self, now: int) -> None:
        """Do what the session's last call led to."""

    def history_failed(self, error: Exception) -> None:
        """End the connection: what it asked for cannot be read."""


class _Asked(NamedTuple):
    """What is left of an asked range, on the connection and in the epoch that asked for it.

    ``follows`` says whether the message before ``begin`` was there.
    """

    begin: int
    end: int
    line: ResendLine | None
    epoch: int
    follows: bool = False


class FixResend:
    """The resend that one client has asked for. ``on_end`` is called when its session is live again."""

    def __init__(self, client: ResendingClient, desk: Desk, on_end: Callable[[], None]) -> None:
        self._client = client
        self._desk = desk
        self._on_end = on_end
        self._waits: _Asked | None = None

    def begin(self, begin: int, end: int) -> None:
        """Hand the messages ``begin`` to ``end`` (both included) of the current epoch to the session."""
        client = self._client
        self._go_on(_Asked(begin, end, client.line, client.session.numbers.epoch))

    def resume(self) -> None:
        """Go on: the client reads again."""
        waiting, self._waits = self._waits, None
        if waiting is not None:
            self._go_on(waiting)

    def _go_on(self, asked: _Asked) -> None:
        self._desk.turns.after_commit(lambda: self._step(asked))

    def _step(self, asked: _Asked) -> None:
        """Hand over the next chunk; the rest after what that chunk says.

        A client that does not read gets the rest when it does.
        """
        begin, end, line, epoch, follows = asked
        client = self._client
        session = client.session
        if line is None or line is not client.line or epoch != session.numbers.epoch:
            return
        if not self._is_resending():
            return
        if line.outbox.paused:
            self._waits = asked
            return
        last = min(end, begin + CHUNK - 1)
        try:
            stored = self._desk.store.messages(client.key, epoch, begin, last)
            _check_whole([message.msg_seq_num for message in stored], asked, last)
        except StoreError as error:
            # A gap fill in place of what cannot be read would say that there was nothing.
            client.history_failed(error)
            return
        messages = [(message.msg_seq_num, message.message) for message in stored]
        now = time.monotonic_ns()
        session.resend(messages, now, last=last == end)
        client.follow(now)
        if last < end:
            self._go_on(asked._replace(begin=last + 1, follows=follows or bool(stored)))
        elif not self._is_resending():
            self._on_end()

    def _is_resending(self) -> bool:
        return self._client.session.resending


def _check_whole(numbers: list[int], asked: _Asked, last: int) -> None:
    """Raise ``StoreError`` when a number up to ``last`` is missing behind one that is there.

    Every number is stored, and the oldest are forgotten first: anything else is a fault of the history.
    """
    first = asked.begin if asked.follows else numbers[0] if numbers else last + 1
    if numbers != list(range(first, last + 1)):
        raise StoreError(f"the stored messages {asked.begin} to {last} have a hole: restore a whole copy")
