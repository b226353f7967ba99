"""All WebSocket connections of the gateway and what they share.

NOT here: one connection (``ws_socket``), its requests (``ws_session``).
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.auth import Guest, Guests
from gateway.dialects.native.terms import places_of
from gateway.dialects.native.ws_executions import encode_execution
from gateway.dialects.native.ws_forms import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, further_encoders
from gateway.dialects.native.ws_requests import LogonParams
from gateway.dialects.native.ws_system import encode_shutdown
from gateway.marketdata import Hub, Publisher, Subscription
from gateway.model import OrderEvent, TradingStatus
from gateway.net.broadcast import Broadcast
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.pump import Pump
from gateway.net.push_writes import PushWrites
from gateway.net.ws_lobby import Lobby
from gateway.net.ws_public import PublicChannels
from gateway.net.ws_services import Outcomes, WsLine
from gateway.net.ws_session import KEY_PREFIX, WsSession
from gateway.net.ws_socket import WsSocket
from gateway.orders import Order
from gateway.settings import ApiKey, WsSettings
from protocols.ws import WsLimits
from protocols.ws.envelope import RequestId

MAX_CONNECTIONS: Final = 20_000
GOING_AWAY: Final = 1001
_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class MarketDataFeed:
    """Where public pushes come from."""

    hub: Hub
    publisher: Publisher
    pump: Pump


class SignatureGate(Protocol):
    """Who verifies logons (``logon_gate.LogonGate``)."""

    def verify_signature(
        self, key: str, timestamp_ms: int, signature: str, address: str, window_s: float
    ) -> ApiKey | None:
        """Return the API key that signed a logon, or ``None``."""


class WsAcceptor:
    """Takes WebSocket connections and serves their sessions what they share.

    ``boot`` tells the session keys of this start from those of any other.
    """

    def __init__(
        self, settings: WsSettings, desk: Desk, feed: MarketDataFeed, gate: SignatureGate, boot: str
    ) -> None:
        self.settings = settings
        self.desk = desk
        self.turns = desk.turns
        self.pushes = PushWrites(desk.turns)
        self.lobby = Lobby()
        self.limits = limits_of(settings)
        self.counters = FrontCounters()
        self.public = PublicChannels(feed.publisher, feed.hub, self.counters)
        self.guests = Guests(settings)
        self._feed = feed
        self._gate = gate
        self._boot = boot
        self._count = 0
        self._sockets: set[WsSocket] = set()
        self._turned_away: set[WsSocket] = set()
        self._closing = False
        self.quiet = asyncio.Event()
        self.quiet.set()
        self._execution: tuple[OrderEvent | None, bytes | None] = (None, None)
        # Whoever follows in a form of WebSocket's is one of these connections.
        broadcast = Broadcast(self.counters)
        feed.hub.sent_by(broadcast)
        feed.pump.opens(broadcast)
        for form, encoder in further_encoders().items():
            feed.publisher.add_encoder(form, encoder)

    def __call__(self) -> WsSocket:
        """Return the protocol of a new connection."""
        return WsSocket(self)

    @property
    def connected(self) -> int:
        """Connections that are open."""
        return len(self._sockets)

    @property
    def established(self) -> int:
        """Connections that are logged on."""
        return sum(socket.session is not None and bool(socket.session.account) for socket in self._sockets)

    @property
    def is_full(self) -> bool:
        """Whether there are as many connections as may be."""
        return len(self._sockets) >= MAX_CONNECTIONS

    # ---- for the connections

    def arrive(self, address: str) -> Guest:
        """Return the account of a new connection before its logon."""
        return self.guests.arrive(address)

    def opened(self, socket: WsSocket) -> bool:
        """Take note of a new connection; ``False`` refuses it."""
        self.counters.connections += 1
        self.quiet.clear()
        if self._closing or self.is_full:
            self._turned_away.add(socket)
            return False
        self._sockets.add(socket)
        self.turns.add_reader(socket)
        return True

    def session(self, socket: WsSocket) -> WsSession:
        """Return the session of a connection whose handshake is done."""
        self._count += 1
        return WsSession(f"{KEY_PREFIX}{self._boot}.{self._count}", socket, self)

    def drained(self, socket: WsSocket) -> None:
        """Bring a connection that reads again up to date."""
        if not self._feed.hub.resync(socket, time.monotonic_ns()):
            socket.dismiss_slow()

    def closed(self, socket: WsSocket, reason: str) -> None:
        """Forget a connection."""
        self._sockets.discard(socket)
        self._turned_away.discard(socket)
        if not self._sockets and not self._turned_away:
            self.quiet.set()
        self.turns.remove_reader(socket)
        self._feed.hub.drop(socket)
        self._feed.pump.arm()
        self.counters.disconnects[reason] += 1

    # ---- for the sessions

    def verify(self, params: LogonParams, address: str) -> ApiKey | None:
        """Return the key that signed a logon, or ``None``; failures count against the address."""
        window_s = self.settings.signature_window_s
        return self._gate.verify_signature(params.key, params.timestamp, params.signature, address, window_s)

    @property
    def eseq(self) -> int:
        """The engine sequence up to which all is published."""
        return self._feed.publisher.eseq

    @property
    def epoch(self) -> str:
        """The name of the log that engine sequences belong to."""
        return self._feed.publisher.epoch

    def trading_status(self, symbol: str) -> TradingStatus:
        """Return what an instrument accepts at the moment."""
        return self.desk.router.trading_status(symbol)

    def join(
        self, line: WsLine, request_id: RequestId, wishes: Mapping[str, Subscription], outcomes: Outcomes
    ) -> Sequence[str]:
        """Have a connection follow public channels, and answer."""
        return self.public.join(line, request_id, wishes, outcomes) if line in self._sockets else ()

    def leave(self, line: WsLine, channels: list[str]) -> None:
        """Push nothing more of these public channels."""
        self.public.leave(line, channels)

    def show_book(self, line: WsLine, request_id: RequestId, channel: str, max_levels: int) -> None:
        """Answer the request, then push a book in parts."""
        self.public.show_book(line, request_id, channel, max_levels)

    def execution_frame(self, event: OrderEvent, order: Order | None, exec_id: int) -> bytes | None:
        """Return the framed push of an execution, encoded once for all connections of the account."""
        last, frame = self._execution
        if last is not event:
            symbol = "" if order is None else order.symbol
            frame = encode_execution(
                event, order, exec_id, places_of(self.desk.instruments, symbol), time.time_ns()
            )
            self._execution = (event, frame)
        return frame

    # ---- for the gateway

    def say_goodbye(self) -> None:
        """Close every connection, told how far it got; nobody new is taken."""
        self._closing = True
        # Who is in the midst of one is told how far it got.
        self._feed.hub.replaying.end()
        self._feed.pump.finish()
        for socket in list(self._sockets):
            if socket.session is not None:
                self._tell_end(socket)
            socket.close(GOING_AWAY, "the gateway shuts down")

    def _tell_end(self, socket: WsSocket) -> None:
        """Tell a connection that the gateway ends, and how to go on where it was."""
        at, followed = (self.epoch, self.eseq), self.public.standings(socket)
        max_request = self.settings.max_message_size
        for frame in encode_shutdown(at, followed, time.time_ns(), max_request):
            socket.send_framed(frame)

    def abort(self) -> None:
        """Drop the connections that are left."""
        for socket in [*self._sockets, *self._turned_away]:
            socket.abort()


def limits_of(settings: WsSettings) -> WsLimits:
    """Return the protocol's bounds as configured."""
    return WsLimits(
        max_message_size=settings.max_message_size,
        max_fragments=settings.max_fragments,
        handshake_timeout_ns=int(settings.handshake_timeout_s * _NS),
        ping_interval_ns=int(settings.ping_interval_s * _NS),
        ping_timeout_ns=int(settings.ping_timeout_s * _NS),
        close_timeout_ns=int(settings.close_timeout_s * _NS),
        paths=frozenset({settings.path}),
        subprotocols=(JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL),
        binary_subprotocols=frozenset({MSGPACK_SUBPROTOCOL}),
        deflate=settings.deflate,
    )
