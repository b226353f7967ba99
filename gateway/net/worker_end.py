"""The worker's end of the link: what the engine's process says, worked in its order, and what it is told.

All of it is worked after the worker's own turn, as committed events and deferred actions are in one process:
so what is said to a connection and what is published reach it in the order of the link. NOT here: the
connections (``worker_door``), the process (``gateway.app``).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, cast

from gateway.marketdata import Publisher
from gateway.marketdata.publisher_state import PackedChanges
from gateway.net import worker_link as wire
from gateway.net.turns import Turns
from gateway.net.worker_door import WorkerAcceptor, WorkerSession
from gateway.net.worker_guests import SharedGuests

NEWS_S: Final = 0.01
"""How late, at most, the other workers hear of requests of anonymous connections here."""

log = logging.getLogger(__name__)


class WorkerParts(Protocol):
    """A worker that has begun (``gateway.app.worker``)."""

    turns: Turns
    publisher: Publisher
    door: WorkerAcceptor
    guests: SharedGuests

    def reload(self) -> None:
        """Read the certificate again."""

    def say_goodbye(self) -> None:
        """Take nobody new, and close every connection, told how far it got."""


class WorkerEnd(asyncio.Protocol):
    """The link as a worker has it: ``begin`` makes its parts of the first words, ``lost`` ends the worker."""

    def __init__(
        self, begin: Callable[[wire.Begin, Sequence[PackedChanges]], WorkerParts], lost: Callable[[], None]
    ) -> None:
        self._begin = begin
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._reader = wire.to_worker()
        self._parts: WorkerParts | None = None
        self._first: wire.Begin | None = None
        self._kept: list[PackedChanges] = []
        self._early: list[wire.ToWorker] = []
        self._waiting: list[wire.ToWorker] = []
        self._said: list[bytes] = []
        self._marks: dict[int, WorkerSession] = {}
        self._mark = 0
        self._asked_orders = False
        self._news_due = False
        self._news: asyncio.TimerHandle | None = None

    # ---- from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the link's end."""
        # uvloop's transports have the interface without the base class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Work what the engine's process says; what cannot be worked ends the worker."""
        try:
            messages = self._reader.feed(data)
            if self._parts is None:
                messages = self._gather(messages)
        except Exception:
            log.exception("the engine's process cannot be understood")
            self._transport.abort()
            return
        if messages and self._parts is not None:
            if not self._waiting:
                self._parts.turns.after_commit(self._work)
            self._waiting += messages

    def connection_lost(self, exc: Exception | None) -> None:
        """End: the engine's process has gone, or wants it."""
        del exc
        if self._news is not None:
            self._news.cancel()
        self._lost()

    def pause_writing(self) -> None:
        """Read no requests: the engine's process is behind with those that were handed on."""
        if self._parts is not None:
            self._parts.door.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        if self._parts is not None:
            self._parts.door.resume_reading()

    # ---- for the connections

    def tell(self, message: wire.Said) -> None:
        """Say something soon, behind all that was said before."""
        if not self._said:
            self._loop.call_soon(self._flush)
        self._said.append(wire.pack_message(message))

    def ask_mark(self, door: WorkerSession) -> None:
        """Call ``door.marked`` when all is here that is published now."""
        self._mark += 1
        self._marks[self._mark] = door
        self.tell(wire.AskMark(self._mark))

    # ---- for the publisher and the guests

    def ask_orders(self) -> None:
        """Ask for the open orders (``marketdata.OrderSource``); they come later."""
        self._asked_orders = True
        self.tell(wire.AskOrders(wanted=True))

    def look_at_orders(self) -> None:
        """Want no orders any more when nobody follows them; to be called now and then."""
        if self._asked_orders and self._parts is not None and not self._parts.publisher.follows_orders:
            self._asked_orders = False
            self.tell(wire.AskOrders(wanted=False))

    def guests_changed(self, at_once: bool) -> None:  # noqa: FBT001 - a callback's argument
        """Let the other workers know what the anonymous connections here do."""
        if at_once:
            if not self._news_due:
                self._news_due = True
                self._loop.call_soon(self._tell_news)
        elif self._news is None and not self._news_due:
            self._news = self._loop.call_later(NEWS_S, self._tell_news)

    def _tell_news(self) -> None:
        self._news_due = False
        if self._news is not None:
            self._news.cancel()
            self._news = None
        if self._parts is not None:
            changes = self._parts.guests.take_changes()
            if changes:
                self.tell(wire.GuestNews(changes))

    def _flush(self) -> None:
        said, self._said = self._said, []
        if not self._transport.is_closing():
            self._transport.write(b"".join(said))

    # ---- what the engine's process says

    def _gather(self, messages: list[wire.ToWorker]) -> list[wire.ToWorker]:
        """Take the first words, and begin when they are complete; return what is to be worked then."""
        for place, message in enumerate(messages):
            if self._first is None:
                if not isinstance(message, wire.Begin):
                    raise wire.LinkError(f"{type(message).__name__} as the first word")
                self._first = message
            elif isinstance(message, wire.Kept):
                self._kept.append(message.changes)
            elif isinstance(message, wire.Complete):
                self._parts = self._begin(self._first, self._kept)
                early, self._early, self._kept = self._early, [], []
                return early + messages[place + 1 :]
            else:
                self._early.append(message)
        return []

    def _work(self) -> None:
        parts = self._parts
        messages, self._waiting = self._waiting, []
        if parts is None:
            return
        try:
            for message in messages:
                act = _LINE_ACTS.get(type(message))
                if act is None:
                    self._acts[type(message)](self, parts, message)
                else:
                    _attempt(act, parts.door, message)
        except Exception as error:
            log.exception("what the engine's process says cannot be worked")
            parts.turns.fail(error)

    def _on_events(self, parts: WorkerParts, message: wire.Events) -> None:
        parts.publisher.apply(message.events)
        parts.publisher.reach(message.eseq)

    def _on_passed(self, parts: WorkerParts, message: wire.Passed) -> None:
        parts.publisher.pass_time(message.utc_ns)

    def _on_orders(self, parts: WorkerParts, message: wire.OpenOrders) -> None:
        books = [(book.symbol, book.bids, book.asks) for book in message.books]
        parts.publisher.orders_arrived(message.eseq, books)

    def _on_mark(self, parts: WorkerParts, message: wire.Mark) -> None:
        del parts
        self._marks.pop(message.number).marked()

    def _on_guests(self, parts: WorkerParts, message: wire.GuestNews) -> None:
        parts.guests.hear(message.changes)

    def _on_reload(self, parts: WorkerParts, message: wire.Reload) -> None:
        del message
        parts.reload()

    def _on_goodbye(self, parts: WorkerParts, message: wire.Goodbye) -> None:
        del message
        parts.say_goodbye()

    _acts: Final[dict[type, Any]] = {
        wire.Events: _on_events,
        wire.Passed: _on_passed,
        wire.OpenOrders: _on_orders,
        wire.Mark: _on_mark,
        wire.GuestNews: _on_guests,
        wire.Reload: _on_reload,
        wire.Goodbye: _on_goodbye,
    }


# ---- what it says to one connection


def _attempt(act: Callable[..., None], door: WorkerAcceptor, message: Any) -> None:
    """Do what is said to a connection, if it is still there; a failure ends that connection only."""
    session = door.lines.get(message.line)
    if session is not None:
        try:
            act(door, session, message)
        except Exception as error:
            session.fail(error)


def _text(door: WorkerAcceptor, session: WorkerSession, message: wire.Text) -> None:
    del door
    session.say_text(message.payload)


def _framed(door: WorkerAcceptor, session: WorkerSession, message: wire.Framed) -> None:
    del door
    session.say_framed(message.frame)


def _close(door: WorkerAcceptor, session: WorkerSession, message: wire.CloseLine) -> None:
    del door
    session.socket.close(message.code, message.reason)


def _logged_on(door: WorkerAcceptor, session: WorkerSession, message: wire.LoggedOn) -> None:
    del door
    session.logged_on(message.key, message.account)


def _join(door: WorkerAcceptor, session: WorkerSession, message: wire.Join) -> None:
    door.join(session.socket, message.request_id, message.wishes, message.outcomes)


def _leave(door: WorkerAcceptor, session: WorkerSession, message: wire.Leave) -> None:
    door.leave(session.socket, message.channels)


def _show_book(door: WorkerAcceptor, session: WorkerSession, message: wire.ShowBook) -> None:
    door.show_book(session.socket, message.request_id, message.channel, message.max_levels)


_LINE_ACTS: Final[dict[type, Callable[..., None]]] = {
    wire.Text: _text,
    wire.Framed: _framed,
    wire.CloseLine: _close,
    wire.LoggedOn: _logged_on,
    wire.Join: _join,
    wire.Leave: _leave,
    wire.ShowBook: _show_book,
}
