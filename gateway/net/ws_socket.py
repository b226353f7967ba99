"""One WebSocket connection: bytes from the socket to the protocol core, messages to the session, and back.

Answers and private events ride the batches. Public pushes come after their commit, straight to the outbox;
a connection that does not read gets none until it has drained, then fresh snapshots.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol, cast

from gateway.auth import Guest
from gateway.dialects.native.ws_forms import form_of, is_packed
from gateway.net.counters import FrontCounters
from gateway.net.outbox import Outbox
from gateway.net.push_writes import PushWrites, UsualSocket
from gateway.net.timer import DeadlineTimer
from gateway.net.turns import Turns, Unit
from gateway.net.ws_lobby import Lobby
from gateway.net.ws_session import WsSession
from gateway.ports.market_data import JSON
from gateway.settings import WsSettings
from protocols.ws import (
    Binary,
    CloseCause,
    Closed,
    HttpRefusal,
    Opened,
    Text,
    WsConnection,
    WsLimits,
    binary_frame,
    payload_of,
)
from protocols.ws.packed import pack

SLOW_CONSUMER: Final = "slow_consumer"
ADDRESS_LIMITED: Final = "address_limited"
POLICY_VIOLATION: Final = 1008
_PLAIN_TEXT: Final = 0x81
"""The first byte of a whole text message that is not deflated."""
_END: Final = b""
"""Stands for the end of the client's stream where its input waits."""

# Why a connection is not read from; each may come and go while another lasts.
_BEHIND: Final = 1
_LOBBY: Final = 2
_SESSION: Final = 4
_LOBBY_NS: Final = 1_000_000_000
"""A client whose input waits may have kept a deadline; it is looked at again after so long."""

log = logging.getLogger(__name__)


class WsReception(Protocol):
    """Where a connection comes from and where it reports to (``ws_acceptor``)."""

    settings: WsSettings
    limits: WsLimits
    counters: FrontCounters
    turns: Turns
    pushes: PushWrites
    lobby: Lobby

    def arrive(self, address: str) -> Guest:
        """Return the account of a new connection before its logon."""

    def opened(self, socket: "WsSocket") -> bool:
        """Take note of a new connection; ``False`` refuses it."""

    def session(self, socket: "WsSocket") -> WsSession:
        """Return the session of a connection whose handshake is done."""

    def drained(self, socket: "WsSocket") -> None:
        """Bring a connection that reads again up to date."""

    def closed(self, socket: "WsSocket", reason: str) -> None:
        """Forget a connection."""


class WsSocket(UsualSocket, asyncio.Protocol):
    """The transport's side of a WebSocket connection."""

    def __init__(self, reception: WsReception) -> None:
        super().__init__(reception.pushes, reception.settings.max_pending_bytes)
        self.form = JSON
        self._reception = reception
        self._turns = reception.turns
        self._core = WsConnection(reception.limits, decide=self._decide)
        self._is_packed = False
        self._timer = DeadlineTimer(asyncio.get_running_loop(), self._on_timer)
        self._abort: asyncio.TimerHandle | None = None
        self._settling = False
        self._half_closed = False
        self._dismissed = False
        self._lost = False
        self._waiting = 0
        self._holds = 0
        self._reason = ""
        self.session: WsSession | None = None
        self.address = ""

    # ---- from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the handshake deadline."""
        # uvloop's transports have the interface without the base class.
        self._transport = cast("asyncio.Transport", transport)
        self.outbox = Outbox(self._transport, self._reception.counters)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.guest = self._reception.arrive(self.address)
        if not self.guest.knock():
            self._turn_away()
            return
        now = time.monotonic_ns()
        self._core.connect(now)
        if not self._reception.opened(self):
            self._core.close(1013, "too many connections", now)
        if self._holds:
            # uvloop begins to read when this has returned.
            asyncio.get_running_loop().call_soon(self._read_or_not)
        self._after(now)

    def _turn_away(self) -> None:
        """Drop a connection of an address that has too many before their handshakes."""
        self._reason = ADDRESS_LIMITED
        self._reception.counters.connections += 1
        self._core.release()
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Work what the client sent, now or when the lobby says so."""
        self._reception.counters.bytes_in += len(data)
        if self._may_enter(data):
            self._work(data)
        else:
            self._hold(_LOBBY)

    def eof_received(self) -> bool:
        """Note the end of the client's stream; ``connection_lost`` follows."""
        if self._may_enter(_END):
            self._work(_END)
        # A TLS transport closes at once, whatever is returned.
        return self._transport.can_write_eof()

    def work(self, data: bytes) -> None:
        """Work what has waited in the lobby."""
        self._waiting -= 1
        if not self._lost:
            if data and not self._waiting:
                self._let_go(_LOBBY)
            try:
                self._work(data)
            except Exception:
                # As the transport does where its own call fails.
                log.exception("a connection failed", extra={"address": self.address})
                self._transport.abort()

    def _may_enter(self, data: bytes) -> bool:
        """Return whether to work ``data`` now; without a logon it may have to wait."""
        session = self.session
        if session is not None and session.account and not self._waiting:
            return True
        if self._reception.lobby.admit(self, data):
            return True
        self._waiting += 1
        return False

    def _work(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if data:
            self._core.receive_data(data, now)
        else:
            self._core.eof_received()
        self._after(now)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session, whoever closed the connection."""
        del exc
        self._lost = True
        self._is_open = False
        self.outbox.close_socket()
        self._timer.cancel()
        if self._abort is not None:
            self._abort.cancel()
        self._core.eof_received()
        self._handle_events(time.monotonic_ns())
        self._core.release()
        self.guest.leave()
        self._reception.closed(self, self._reason or CloseCause.EOF.value)

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        self.outbox.paused = True

    def resume_writing(self) -> None:
        """Bring the client, which reads again, up to date."""
        self.outbox.paused = False
        self._turns.after_commit(self._drained)

    def _drained(self) -> None:
        self._reception.drained(self)
        if self.session is not None:
            self.session.drained()

    # ---- from the turns: too much waits for a commit, or in a worker for the engine's process

    def pause_reading(self) -> None:
        """Read nothing more for now."""
        self._hold(_BEHIND)

    def resume_reading(self) -> None:
        """Read on."""
        self._let_go(_BEHIND)

    def _hold(self, reason: int) -> None:
        self._holds |= reason
        self._read_or_not()

    def _let_go(self, reason: int) -> None:
        self._holds &= ~reason
        self._read_or_not()

    def _read_or_not(self) -> None:
        transport = self._transport
        if transport.is_closing():
            return
        if self._holds:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def collect(self, unit: Unit) -> None:
        """Move what the connection has to say into ``unit``.

        A client that does not read its answers and private events, and has more than the bound waiting, gets
        no more of them, and is closed.
        """
        data = self._said()
        if data:
            unit.say(self.outbox, data)

    def _said(self) -> bytes:
        """Return what the connection has to say, or the goodbye to a client that leaves too much unread."""
        data = self._core.data_to_send()
        bound = self._max_pending_bytes
        if data and self.outbox.paused and self.outbox.backlog + len(data) > bound and not self._dismissed:
            self.dismiss_slow()
            data = self._core.data_to_send() or data
        return data

    # ---- from the session and the hub

    def wait(self) -> None:
        """Read nothing more until ``go_on``: the session waits for something."""
        self._hold(_SESSION)

    def go_on(self) -> None:
        """Read on: the session does."""
        self._let_go(_SESSION)

    @property
    def is_paused(self) -> bool:
        """Whether the client does not read."""
        return self.outbox.paused

    def _overflow(self) -> None:
        """Write what waits, and bring the connection up to date behind it: it lags.

        Too much for one write; the rest follows as fresh snapshots once this is written: with the release or
        flush that this push is part of, or the commit's end would find it still waiting.
        """
        self._turns.flush_later(self.outbox)
        self._turns.after_commit(lambda: self._reception.drained(self))

    def send_text(self, payload: bytes) -> None:
        """Send one message, JSON, in the connection's encoding with the current batch."""
        if self._is_packed:
            self._core.send_binary(pack(payload))
        else:
            self._core.send_text(payload)
        self._turns.touch(self)

    def send_framed(self, frame: bytes) -> None:
        """Send one message, framed as JSON or in the connection's form, with the current batch."""
        if self._is_packed and frame[0] == _PLAIN_TEXT:
            frame = binary_frame(pack(payload_of(frame)))
        self._core.send_framed(frame)
        self._turns.touch(self)

    def answer_first(self, answer: Callable[[], None]) -> None:
        """Call ``answer``, and say what it sends in front of what it pushes. For after the commit."""
        outbox = self.outbox
        mark = outbox.mark
        answer()
        data = self._said()
        if data:
            outbox.insert(mark, data)
            self._turns.flush_later(outbox)

    def dismiss_slow(self) -> None:
        """Close the connection of a client that does not keep up."""
        self._reason = self._reason or SLOW_CONSUMER
        self.close(POLICY_VIOLATION, "SLOW_CONSUMER")

    def cut_off(self) -> None:
        """Close the connection of a client whose address was refused too often."""
        self._reason = self._reason or ADDRESS_LIMITED
        self.close(POLICY_VIOLATION, "ADDRESS_LIMITED")

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; the connection ends when the client has answered, or too late."""
        self._dismissed = True
        now = time.monotonic_ns()
        self._core.close(code, reason, now)
        self._after(now)

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def _after(self, now: int) -> None:
        """Follow the core after each call."""
        self._handle_events(now)
        self._is_open = self._core.is_open
        if not self._is_open:
            self.outbox.close_socket()
        self._turns.touch(self)
        if (self._core.finished or self._core.half_close) and not self._settling:
            self._settling = True
            self._turns.after_commit(self._settle)
        self._timer.arm(self._core.next_deadline(), now)

    def _handle_events(self, now: int) -> None:
        for event in self._core.events():
            if isinstance(event, Text | Binary):
                # After our close nothing is taken, not even what came in the same piece.
                if self.session is not None and not self._dismissed:
                    self.session.receive(event.payload, now)
            elif isinstance(event, Opened):
                self.form = form_of(event.subprotocol, event.deflate_bits)
                self._is_packed = is_packed(self.form)
                self.outbox.open_socket()
                self.session = self._reception.session(self)
            elif isinstance(event, Closed):
                self._end(event)

    def _decide(self, path: str, headers: Mapping[str, str]) -> HttpRefusal | None:
        """Let a handshake in, or not: the address has too many connections without a logon."""
        del path, headers
        wait_ms = self.guest.enter()
        if not wait_ms:
            return None
        self._reason = ADDRESS_LIMITED
        if self.guest.refused(time.monotonic_ns()):
            self._transport.abort()
        text = f"Too many connections from this address without a logon; retry_after_ms={wait_ms}\n"
        return HttpRefusal(429, text, retry_after_s=-(-wait_ms // 1000))

    def _end(self, closed: Closed) -> None:
        self._reason = self._reason or closed.cause.value
        session, self.session = self.session, None
        if session is not None:
            session.end()
        log.info(
            "ws connection closed",
            extra={
                "session": session.key if session else "",
                "address": self.address,
                "reason": self._reason,
                "code": closed.code,
            },
        )

    def _settle(self) -> None:
        """Close the transport, or our direction of it, behind what was said."""
        self._settling = False
        if self._lost or self._abort is not None:
            return
        self.outbox.flush()
        if self._half_closed and not self._core.finished:
            return
        if self._core.finished or not self._transport.can_write_eof():
            # A transport that closes by itself still waits for a client that does not read.
            self._transport.close()
            timeout = self._reception.settings.close_timeout_s
            self._abort = asyncio.get_running_loop().call_later(timeout, self._transport.abort)
        else:
            self._half_closed = True
            self._transport.write_eof()

    def _on_timer(self, now: int) -> None:
        if self._waiting:
            self._timer.arm(now + _LOBBY_NS, now)
            return
        self._core.on_deadline(now)
        self._after(now)
