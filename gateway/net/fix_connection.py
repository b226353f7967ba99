"""One FIX connection: bytes from the socket to a client's session, and back.

Until the first message has named a client and its credentials have been verified, the connection belongs
to a stranger: nothing is answered, and little is kept. NOT here: the session (``fix_client``), what every
read asks (``usual_connection``).
"""

import asyncio
import logging
import time
from typing import Final, Protocol, cast

from gateway.auth import common_name
from gateway.net.counters import FrontCounters
from gateway.net.fix_party import FixParty
from gateway.net.outbox import Outbox
from gateway.net.timer import DeadlineTimer
from gateway.net.usual_fix import UsualConnection
from gateway.settings import FixSettings
from protocols.fix import DisconnectReason, Framer, Message, MessageTooLarge, msg_types, scan

_NS: Final = 1_000_000_000

log = logging.getLogger(__name__)


class Reception(Protocol):
    """Where a connection comes from and where it reports to (``fix_acceptor``)."""

    settings: FixSettings
    counters: FrontCounters

    def opened(self, connection: "FixConnection") -> bool:
        """Take note of a new connection; ``False`` refuses it."""

    def identify(self, connection: "FixConnection", logon: Message) -> None:
        """Verify a Logon(A); ``welcome`` or ``end`` follows, later."""

    def closed(self, connection: "FixConnection", reason: str) -> None:
        """Forget a connection."""


class FixConnection(UsualConnection, asyncio.Protocol):
    """The transport's side of a FIX client."""

    def __init__(self, reception: Reception) -> None:
        super().__init__(reception.counters)
        settings = reception.settings
        self._reception = reception
        self._loop = asyncio.get_running_loop()
        self._framer = Framer(settings.max_message_size)
        self._logon_deadline = 0
        self._identifying = False
        self._text = ""
        self._timer = DeadlineTimer(self._loop, self._on_timer)
        self._abort: asyncio.TimerHandle | None = None
        self._at_eof = False
        self._lost = False
        self._session = ""
        self.address = ""
        self.certificate_name: str | None = None

    # ---- from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock: a Logon has to come in time."""
        # uvloop's transports have the interface without the base class.
        self._transport = cast("asyncio.Transport", transport)
        self.outbox = Outbox(self._transport, self._reception.counters)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.certificate_name = common_name(transport.get_extra_info("peercert"))
        now = time.monotonic_ns()
        self._logon_deadline = now + int(self._reception.settings.logon_timeout_s * _NS)
        if not self._reception.opened(self):
            self.end(DisconnectReason.LOGON_REFUSED, "too many connections")
            return
        self._timer.arm(self._logon_deadline, now)

    def eof_received(self) -> bool:
        """Answer what was worked, then close our side too."""
        self._at_eof = True
        if self.client is None:
            return False
        self.client.desk.turns.after_commit(self._finish)
        # A TLS transport closes at once, whatever is returned.
        return self._transport.can_write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the client's session, whoever closed the connection."""
        del exc
        self._timer.cancel()
        if self._abort is not None:
            self._abort.cancel()
        self._lost = True
        self._leave()
        self._reception.closed(self, self._reason or "connection_lost")
        log.info(
            "fix connection closed",
            extra={
                "session": self._session,
                "address": self.address,
                "reason": self._reason or "connection_lost",
                "text": self._text,
            },
        )

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        self.outbox.paused = True

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        self.outbox.paused = False
        if self.client is not None:
            self.client.drained()

    # ---- from the turns: too much waits for a commit

    def pause_reading(self) -> None:
        """Read nothing more for now."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, unless a Logon is being verified."""
        if not self._transport.is_closing() and not self._identifying:
            self._transport.resume_reading()

    # ---- from the acceptor and the client

    def welcome(self, client: FixParty, logon: Message) -> None:
        """Go on as ``client``, whose credentials have been verified."""
        self._identifying = False
        if self._reason or self._transport.is_closing():
            return
        now = time.monotonic_ns()
        self.client = client
        self._session = client.key
        self.resume_reading()
        client.desk.turns.add_reader(self)
        client.connect(self, self._framer, logon, now)

    def end(self, reason: DisconnectReason, text: str) -> None:
        """Close the connection once what was said is written; give up when the client does not read."""
        if self._reason:
            return
        self._reason, self._text = reason.value, text
        if self.client is None:
            self._finish()
        else:
            self.client.desk.turns.after_commit(self._finish)

    def arm(self, deadline: int | None, now: int) -> None:
        """Call the client's ``on_deadline`` at ``deadline`` (monotonic ns)."""
        self._timer.arm(deadline, now)

    @property
    def garbled(self) -> int:
        """Garbled messages that were ignored."""
        return self._framer.garbled

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def _finish(self) -> None:
        if self._lost or self._abort is not None:
            return
        self.outbox.flush()
        had_client = self.client is not None
        self._leave()
        # A transport that closes by itself still waits for a client that does not read.
        timeout = self._reception.settings.logout_timeout_s
        self._abort = self._loop.call_later(timeout, self._transport.abort)
        if had_client and not self._at_eof and self._transport.can_write_eof():
            # To close with bytes of the client unread would reset the connection, and the client would lose
            # what was said last: only our direction ends, and what still comes is dropped until its end.
            self._transport.write_eof()
            self.resume_reading()
        else:
            self._transport.close()

    def _leave(self) -> None:
        """Give the session back: its identity is free from now on."""
        client, self.client = self.client, None
        if client is not None:
            client.desk.turns.remove_reader(self)
            client.disconnected(time.monotonic_ns())

    def _receive_first(self, data: bytes) -> None:
        self._framer.feed(data)
        if self._identifying:
            return
        try:
            frame = self._framer.next_frame()
        except MessageTooLarge as error:
            self.end(DisconnectReason.MESSAGE_TOO_LARGE, str(error))
            return
        if frame is None:
            return
        message = scan(frame)
        if message.msg_type != msg_types.LOGON:
            text = f"the first message is {message.msg_type.decode('ascii', 'replace')}"
            self.end(DisconnectReason.FIRST_MESSAGE_NOT_LOGON, text)
            return
        self._identifying = True
        self._transport.pause_reading()
        self._reception.identify(self, message)

    def _on_timer(self, now: int) -> None:
        if self.client is not None:
            self.client.on_deadline(now)
        elif now >= self._logon_deadline:
            self.end(DisconnectReason.LOGON_TIMEOUT, "no valid Logon(A) in time")
        else:
            self._timer.arm(self._logon_deadline, now)
