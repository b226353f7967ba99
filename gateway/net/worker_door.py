"""A worker's WebSocket connections: anonymous ones served here, the others' requests handed to the engine.

A connection's session is the worker's own until it asks for a logon. From then on every request goes to the
engine's process, which has a session for it; the worker frames what that says, and does what it wants of
public channels. NOT here: the link itself (``worker_end``).
"""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from gateway.auth import Guest
from gateway.dialects.native.ws_forms import is_packed
from gateway.dialects.native.ws_requests import LogonParams
from gateway.marketdata import Subscription
from gateway.model import TradingStatus
from gateway.net import worker_link as wire
from gateway.net.desk import Desk
from gateway.net.worker_guests import SharedGuests
from gateway.net.ws_acceptor import MAX_CONNECTIONS, MarketDataFeed, WsAcceptor
from gateway.net.ws_services import Outcomes, WsLine
from gateway.net.ws_session import KEY_PREFIX, WsSession
from gateway.net.ws_socket import WsSocket
from gateway.settings import ApiKey, WsSettings
from protocols.ws.envelope import EnvelopeError
from protocols.ws.packed import unpack

TAKEN_BYTES: Final = 32_768
"""Said to a connection before the engine's process is told that it was taken."""

INTERNAL_ERROR: Final = 1011

_RESUMES: Final = b"from_seq"

log = logging.getLogger(__name__)


class Engine(Protocol):
    """The engine's process as the connections see it (``worker_end``)."""

    def tell(self, message: wire.Said) -> None:
        """Say something soon, behind all that was said before."""

    def ask_mark(self, door: "WorkerSession") -> None:
        """Call ``door.marked`` when all is here that is published now."""


class NoLogons:
    """The worker has no credentials (``ws_acceptor.SignatureGate``)."""

    def verify_signature(
        self, key: str, timestamp_ms: int, signature: str, address: str, window_s: float
    ) -> ApiKey | None:
        """Refuse, which is never asked."""
        del key, timestamp_ms, signature, address, window_s
        return None


class WorkerAcceptor(WsAcceptor):
    """Takes a worker's connections. ``guests`` know of those of the other workers."""

    guests: SharedGuests

    def __init__(
        self,
        settings: WsSettings,
        desk: Desk,
        feed: MarketDataFeed,
        engine: Engine,
        guests: SharedGuests,
        boot: str,
    ) -> None:
        super().__init__(settings, desk, feed, NoLogons(), boot)
        self.guests = guests
        self.engine = engine
        self.lines: dict[int, WorkerSession] = {}
        self._holds = False

    # ---- for the connections

    def arrive(self, address: str) -> Guest:
        """Return the account of a new connection before its logon."""
        return self.guests.arrive(address)

    @property
    def is_full(self) -> bool:
        """Whether the workers together have as many connections as may be."""
        return self.connected + self.guests.elsewhere >= MAX_CONNECTIONS

    def opened(self, socket: WsSocket) -> bool:
        """Take note of a new connection; ``False`` refuses it."""
        taken = super().opened(socket)
        if taken:
            self.guests.connected(1)
            if self._holds:
                socket.pause_reading()
        return taken

    def pause_reading(self) -> None:
        """Read nothing more: the engine's process is behind with what was handed on."""
        self._holds = True
        for socket in self._sockets:
            socket.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._holds = False
        for socket in self._sockets:
            socket.resume_reading()

    def session(self, socket: WsSocket) -> WsSession:
        """Return the session of a connection whose handshake is done."""
        self._count += 1
        return WorkerSession(f"{KEY_PREFIX}{self._boot}.{self._count}", socket, self, self._count)

    def closed(self, socket: WsSocket, reason: str) -> None:
        """Forget a connection."""
        if socket in self._sockets:
            self.guests.connected(-1)
        super().closed(socket, reason)

    # ---- for the sessions

    def trading_status(self, symbol: str) -> TradingStatus:
        """Return what an instrument accepts, as published."""
        return self._feed.publisher.trading_status(symbol)

    def join(
        self, line: WsLine, request_id: wire.RequestId, wishes: Mapping[str, Subscription], outcomes: Outcomes
    ) -> Sequence[str]:
        """Have a connection follow public channels, and answer."""
        refused = super().join(line, request_id, wishes, outcomes)
        if refused and isinstance(line, WsSocket) and isinstance(line.session, WorkerSession):
            line.session.could_not_join(refused)
        return refused


class WorkerSession(WsSession):
    """The session of a worker's connection: its own, or from the logon on that of the engine's process.

    ``number`` is its line on the link.
    """

    def __init__(self, key: str, socket: WsSocket, door: WorkerAcceptor, number: int) -> None:
        super().__init__(key, socket, door)
        self._socket = socket
        self._door = door
        self._engine = door.engine
        self._number = number
        self._account = ""
        self._handed_over = False
        self._ended = False
        self._held: list[bytes] | None = None
        self._untold = 0
        self._packed = is_packed(socket.form)

    @property
    def account(self) -> str:
        """The account that the connection trades for, empty before its logon."""
        return self._account

    # ---- from the connection

    def receive(self, payload: bytes, now: int) -> None:
        """Work one message here, or hand it on (``now``: monotonic ns)."""
        if self._held is not None:
            self._held.append(payload)
        elif self._handed_over:
            self._hand_on(payload, now)
        elif _RESUMES in payload:
            # What the client has seen, on a connection to another worker, may still be on its way here.
            self._held = [payload]
            self._socket.wait()
            self._engine.ask_mark(self)
        else:
            super().receive(payload, now)

    def marked(self) -> None:
        """Go on: all is here that was published when the mark was asked for."""
        held, self._held = self._held or [], None
        if self._ended:
            return
        self._socket.go_on()
        now = time.monotonic_ns()
        try:
            super().receive(held[0], now)
            for payload in held[1:]:
                self.receive(payload, now)
        except Exception as error:
            self.fail(error)

    def log_on(self, request_id: wire.RequestId, params: LogonParams) -> None:
        """Hand the session over to the engine's process, which has the credentials."""
        self._handed_over = True
        self._door.lines[self._number] = self
        self._engine.tell(
            wire.LogOn(
                self._number,
                self.key,
                self._socket.address,
                request_id,
                params,
                self.channels,
                self.budget.full_at,
            )
        )

    def drained(self) -> None:
        """Tell the engine's process that the client reads again."""
        self._tell_taken()

    def end(self) -> None:
        """Leave: the connection is gone."""
        self._ended = True
        super().end()
        if self._handed_over:
            self._door.lines.pop(self._number, None)
            self._engine.tell(wire.Gone(self._number))

    # ---- from the engine's process

    @property
    def socket(self) -> WsSocket:
        """The connection."""
        return self._socket

    def fail(self, error: Exception) -> None:
        """Close the connection: what it asked for, or was to be told, has failed."""
        log.error("a request failed", exc_info=error, extra={"session": self.key})
        self._socket.close(INTERNAL_ERROR, "")

    def logged_on(self, key: str, account: str) -> None:
        """Be an account's: the limits of anonymous addresses hold no more."""
        self.key, self._account = key, account
        self._socket.guest.leave()

    def say_text(self, payload: bytes) -> None:
        """Send a message, JSON, behind all that was sent before."""
        self._socket.answer_first(lambda: self._socket.send_text(payload))
        self._said(len(payload))

    def say_framed(self, frame: bytes) -> None:
        """Send a framed message, behind all that was sent before."""
        self._socket.answer_first(lambda: self._socket.send_framed(frame))
        self._said(len(frame))

    def could_not_join(self, channels: Sequence[str]) -> None:
        """Tell the engine's process what the connection does not follow after all."""
        if self._handed_over:
            for channel in channels:
                self._engine.tell(wire.Refused(self._number, channel))

    def _hand_on(self, payload: bytes, now: int) -> None:
        if self._packed:
            try:
                payload = unpack(payload)
            except EnvelopeError:
                # It is refused as any that cannot be read.
                super().receive(payload, now)
                return
        self._engine.tell(wire.Request(self._number, payload))

    def _said(self, size: int) -> None:
        self._untold += size
        if self._untold >= TAKEN_BYTES and not self._socket.is_paused:
            self._tell_taken()

    def _tell_taken(self) -> None:
        if self._untold:
            untold, self._untold = self._untold, 0
            self._engine.tell(wire.Taken(self._number, untold))
