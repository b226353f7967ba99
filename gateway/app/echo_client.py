"""One client of the echo acceptor: its session over all its connections, on a store in memory.

NOT here: sockets (``echo_connection``), who may log on (``fix_echo``), what is answered
(``echo_application``).
"""

import asyncio
import logging
import time
from typing import Final, Protocol

from gateway.app.echo_application import EchoApplication
from gateway.ports import Batch, SessionNumbers, Store, StoredMessage, StoreError
from protocols.fix import (
    BusinessRejectReason,
    Disconnect,
    DisconnectReason,
    Framer,
    LogonReceived,
    Message,
    ResendRequested,
    SequenceReset,
    Session,
    SessionEvent,
    msg_types,
)
from protocols.fix.rejects import business_reject_body, reverse_route

RESEND_CHUNK: Final = 256
"""Stored messages handed to the session at a time, so that other sessions are served in between."""

MAX_BACKLOG: Final = 16 * 1024 * 1024
"""Bytes that may wait for a client that does not read; beyond, it is logged out."""

log = logging.getLogger(__name__)


class EchoLine(Protocol):
    """The connection that a client is on."""

    @property
    def backlog(self) -> int:
        """Bytes that the client has not taken yet."""

    def write(self, data: bytes) -> None:
        """Send ``data``."""

    def arm(self, deadline: int | None, now: int) -> None:
        """Call ``on_deadline`` at ``deadline`` (monotonic ns)."""

    def end(self, reason: str, text: str) -> None:
        """Close the connection once what was said is written."""


class EchoClient:
    """One identity. ``line`` is its connection, ``None`` as soon as that has ended."""

    def __init__(self, key: str, session: Session, application: EchoApplication, store: Store) -> None:
        self.key = key
        self.line: EchoLine | None = None
        self._session = session
        self._application = application
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._unsaved: list[StoredMessage] = []
        self._disconnect: Disconnect | None = None
        version = application.appl_ver_id
        # QuickFIX says DefaultApplVerID(1137) here too, and the public suites expect it.
        self._appl_ver_id = b"1137=%b\x01" % version if version else b""

    # ---- from the connection

    def connect(self, line: EchoLine, framer: Framer, logon: Message, now: int) -> None:
        """Go on with the session on a new connection; bytes behind the Logon are worked too."""
        self.line = line
        self._session.connect(framer, logon, now)
        self._handle_events(now)

    def receive_data(self, data: bytes, now: int) -> None:
        """Work what the client sent."""
        self._session.receive_data(data, now)
        self._handle_events(now)

    def on_deadline(self, now: int) -> None:
        """Do what the session has to do at ``now``."""
        self._session.on_deadline(now)
        self._handle_events(now)

    def disconnected(self, now: int) -> None:
        """Go on without a connection."""
        self.line = None
        self._session.disconnected(now)
        self._save()

    def logout(self, text: str, now: int) -> None:
        """Say goodbye; the connection ends when the client has answered, or too late."""
        self._session.logout(text, now)
        self._handle_events(now)

    # ---- from the session

    def _handle_events(self, now: int) -> None:
        while events := self._session.events():
            for event in events:
                if isinstance(event, Message):
                    self._work(event, now)
                else:
                    self._note(event, now)
        self._save()
        line = self.line
        if line is None:
            return
        data = self._session.data_to_send()
        if data:
            line.write(data)
        if self._disconnect is not None:
            self._end(line, self._disconnect, now)
        elif line.backlog > MAX_BACKLOG:
            self._session.terminate(DisconnectReason.SLOW_CONSUMER, "Too many bytes wait for the client", now)
            self._handle_events(now)
        else:
            line.arm(self._session.next_deadline(), now)

    def _work(self, message: Message, now: int) -> None:
        if not self._application.supports(message):
            reason = BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE
            body = business_reject_body(message, reason, "Unsupported Message Type") + self._appl_ver_id
            self._session.send(msg_types.BUSINESS_MESSAGE_REJECT, body, now, reverse_route(message))
            return
        echo = self._application.answer(message)
        if echo is not None:
            self._session.send(echo.msg_type, echo.body, now, b"97=Y\x01" if echo.poss_resend else b"")

    def _note(self, event: SessionEvent, now: int) -> None:
        if isinstance(event, LogonReceived):
            self._session.accept_logon(now)
        elif isinstance(event, ResendRequested):
            self._resend_later(event.begin, event.end, self.line, self._session.numbers.epoch)
        elif isinstance(event, SequenceReset):
            self._unsaved += self._stored(event.unsaved, event.epoch - 1)
            self._application.forget()
        elif isinstance(event, Disconnect):
            self._disconnect = event

    def _end(self, line: EchoLine, disconnect: Disconnect, now: int) -> None:
        """Close the connection and free the identity at once: the next Logon may come at any moment."""
        self._disconnect = None
        self.disconnected(now)
        line.end(disconnect.reason.value, disconnect.text)

    def _resend_later(self, begin: int, end: int, line: EchoLine | None, epoch: int) -> None:
        self._loop.call_soon(self._resend, begin, end, line, epoch)

    def _resend(self, begin: int, end: int, line: EchoLine | None, epoch: int) -> None:
        """Hand the next chunk of stored messages to the session; the rest in a later turn of the loop.

        Nothing of a request whose connection or epoch has ended.
        """
        if line is None or self.line is not line or self._session.numbers.epoch != epoch:
            return
        last = min(end, begin + RESEND_CHUNK - 1)
        stored = self._store.messages(self.key, epoch, begin, last)
        now = time.monotonic_ns()
        self._session.resend(
            [(message.msg_seq_num, message.message) for message in stored], now, last=last == end
        )
        self._handle_events(now)
        if last < end:
            self._resend_later(last + 1, end, line, epoch)

    # ---- to the store

    def _save(self) -> None:
        """Commit the numbers, and what was numbered, before any of it is written."""
        numbers = self._session.numbers
        messages = self._unsaved + self._stored(self._session.outbound(), numbers.epoch)
        self._unsaved = []
        committed = SessionNumbers(numbers.next_out, numbers.next_in, numbers.epoch)
        self._store.commit(Batch([], messages, {self.key: committed}, [], []), _committed)

    def _stored(self, numbered: list[tuple[int, bytes]], epoch: int) -> list[StoredMessage]:
        return [StoredMessage(self.key, epoch, number, frame) for number, frame in numbered]


def _committed(error: StoreError | None) -> None:
    """Take note of a commit; the store in memory has done it before ``commit`` returns, and cannot fail."""
    if error is not None:
        raise error
