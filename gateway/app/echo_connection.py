"""One connection of the echo acceptor: bytes from the socket to a client's session, and back.

NOT here: the session (``echo_client``), who may log on (``fix_echo``).
"""

import asyncio
import logging
import time
from typing import Final, Protocol, cast

from gateway.app.echo_client import EchoClient
from gateway.net.counters import FrontCounters
from gateway.net.outbox import Outbox
from gateway.net.timer import DeadlineTimer
from protocols.fix import DisconnectReason, Framer, Message, MessageTooLarge, msg_types, scan

MAX_MESSAGE_SIZE: Final = 64 * 1024
_NS: Final = 1_000_000_000
LOGON_TIMEOUT: Final = 5 * _NS
CLOSE_TIMEOUT_S: Final = 2.0

log = logging.getLogger(__name__)


class Reception(Protocol):
    """Where a connection comes from and where it reports to (``fix_echo``)."""

    counters: FrontCounters

    def opened(self, connection: "EchoConnection") -> None:
        """Take note of a new connection."""

    def identify(self, logon: Message) -> EchoClient | None:
        """Return the client that a Logon(A) names; ``None``: a stranger, or one that is connected."""

    def closed(self, connection: "EchoConnection") -> None:
        """Forget a connection."""


class EchoConnection(asyncio.Protocol):
    """The transport's side of a client."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._loop = asyncio.get_running_loop()
        # The public suites expect that a wrong BodyLength takes the next message with it (test case 2m).
        self._framer = Framer(MAX_MESSAGE_SIZE, skip_claimed=True)
        self._timer = DeadlineTimer(self._loop, self._on_timer)
        self._abort: asyncio.TimerHandle | None = None
        self._logon_deadline = 0
        self._reason = ""
        self.client: EchoClient | None = None

    # ---- from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock: a Logon has to come in time."""
        # uvloop's transports have the interface without the base class.
        self._transport = cast("asyncio.Transport", transport)
        self._outbox = Outbox(self._transport, self._reception.counters)
        now = time.monotonic_ns()
        self._logon_deadline = now + LOGON_TIMEOUT
        self._timer.arm(self._logon_deadline, now)
        self._reception.opened(self)

    def data_received(self, data: bytes) -> None:
        """Work what the client sent; once the connection is ending, nothing more."""
        if self._reason:
            return
        if self.client is not None:
            self.client.receive_data(data, time.monotonic_ns())
        else:
            self._receive_first(data)

    def eof_received(self) -> None:
        """Free the identity at once; the transport closes itself when all is written."""
        self._release("closed_by_client")

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the identity, whoever closed the connection."""
        del exc
        self._release("connection_lost")
        self._timer.cancel()
        if self._abort is not None:
            self._abort.cancel()
        self._reception.closed(self)

    # ---- from the client: EchoLine

    @property
    def backlog(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._outbox.backlog

    def write(self, data: bytes) -> None:
        """Send ``data``."""
        self._outbox.add(data)
        self._outbox.flush()

    def arm(self, deadline: int | None, now: int) -> None:
        """Call the client's ``on_deadline`` at ``deadline`` (monotonic ns)."""
        self._timer.arm(deadline, now)

    def end(self, reason: str, text: str) -> None:
        """Say that no more comes, once all is written, and wait a while for the client to close too.

        Closing at once would answer what the client is still sending with a reset, and a reset may overtake
        our last Logout.
        """
        if self._reason:
            return
        self._reason = reason
        self.client = None
        log.info("echo connection ended", extra={"reason": reason, "text": text})
        if not self._transport.is_closing():
            self._transport.write_eof()
            self._abort = self._loop.call_later(CLOSE_TIMEOUT_S, self._transport.abort)

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    # ---- the first message

    def _receive_first(self, data: bytes) -> None:
        self._framer.feed(data)
        try:
            frame = self._framer.next_frame()
        except MessageTooLarge as error:
            self.end(DisconnectReason.MESSAGE_TOO_LARGE.value, str(error))
            return
        if self._framer.garbled:
            self.end(DisconnectReason.FIRST_MESSAGE_NOT_LOGON.value, "the first message is garbled")
        elif frame is not None:
            self._open(scan(frame))

    def _open(self, first: Message) -> None:
        if first.msg_type != msg_types.LOGON:
            self.end(DisconnectReason.FIRST_MESSAGE_NOT_LOGON.value, "the first message is not a Logon")
            return
        client = self._reception.identify(first)
        if client is None:
            self.end(DisconnectReason.LOGON_REFUSED.value, "a stranger, or connected already")
            return
        self.client = client
        client.connect(self, self._framer, first, time.monotonic_ns())

    def _release(self, reason: str) -> None:
        client, self.client = self.client, None
        if client is not None:
            client.disconnected(time.monotonic_ns())
        self.end(reason, "")

    def _on_timer(self, now: int) -> None:
        if self.client is not None:
            self.client.on_deadline(now)
        elif not self._reason:
            self.end(DisconnectReason.LOGON_TIMEOUT.value, "no Logon in time")
