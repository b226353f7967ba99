"""The line of the engine's process to one connection of a worker, and what the sessions on such lines share.

NOT here: the link (``worker_links``), and the connection itself, which is the worker's (``worker_door``).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, cast

from gateway.auth import Guests
from gateway.dialects.native.ws_requests import LogonParams
from gateway.marketdata import Subscription
from gateway.model import OrderEvent, TradingStatus
from gateway.net import worker_link as wire
from gateway.net.ws_services import Outcomes, WsLine, WsServices
from gateway.net.ws_session import WsSession
from gateway.orders import Order
from gateway.ports.market_data import JSON
from gateway.settings import ApiKey

WINDOW: Final = 131_072
"""Bytes said to a connection that its worker has not handed on, above which it counts as not reading."""

POLICY_VIOLATION: Final = 1008


class Link(Protocol):
    """The link that a line is of (``worker_links``)."""

    def tell(self, message: wire.Said) -> None:
        """Say something with the current batch."""

    def tell_now(self, message: wire.Said) -> None:
        """Say something that only says what is committed. For after the commit."""


class RemoteLine:
    """A worker's connection as its session sees it (``ws_services.WsLine``)."""

    session: WsSession

    def __init__(self, to: Link, number: int, address: str, guests: Guests) -> None:
        self.number = number
        self.address = address
        # The worker has unpacked what is not JSON, and packs what goes back.
        self.form = JSON
        # Its worker counts it, and has from the logon on no limits for it. A guest that is nobody's has none.
        self.guest = guests.arrive("")
        self.closed = False
        self._link = to
        self._ahead = 0

    @property
    def is_paused(self) -> bool:
        """Whether the client does not read, or its worker is slow to hand on."""
        return self._ahead > WINDOW

    def end(self) -> None:
        """End the session, and let go of it: the connection is gone."""
        self.session.end()
        # Each has the other; nothing but the collector would free them.
        del self.session

    def taken(self, size: int) -> bool:
        """Note what the worker has handed on; return whether the line was paused until now."""
        was_paused = self.is_paused
        self._ahead -= size
        return was_paused and not self.is_paused

    def push(self, frame: bytes) -> bool:
        """Take no public push: the worker's hub does."""
        del frame
        return False

    def send_text(self, payload: bytes) -> None:
        """Send one message, JSON, with the current batch."""
        self._ahead += len(payload)
        self._link.tell(wire.Text(self.number, payload))

    def send_framed(self, frame: bytes) -> None:
        """Send one message, framed as JSON, with the current batch."""
        self._ahead += len(frame)
        self._link.tell(wire.Framed(self.number, frame))

    def answer_first(self, answer: Callable[[], None]) -> None:
        """Call ``answer``: nothing is pushed here."""
        answer()

    def close(self, code: int, reason: str) -> None:
        """Say goodbye."""
        if not self.closed:
            self.closed = True
            self._link.tell(wire.CloseLine(self.number, code, reason))

    def cut_off(self) -> None:
        """Say goodbye to a client whose address was refused too often."""
        self.close(POLICY_VIOLATION, "ADDRESS_LIMITED")


class RemoteServices:
    """What the sessions of a worker's connections share (``ws_services.WsServices``).

    Public channels are the worker's own; all else is that of this process's connections.
    """

    def __init__(self, services: WsServices, to: Link) -> None:
        self.settings = services.settings
        self.desk = services.desk
        self.counters = services.counters
        self._services = services
        self._link = to

    @property
    def eseq(self) -> int:
        """The engine sequence up to which all is published."""
        return self._services.eseq

    @property
    def epoch(self) -> str:
        """The name of the log that engine sequences belong to."""
        return self._services.epoch

    def verify(self, params: LogonParams, address: str) -> ApiKey | None:
        """Return the key that signed a logon, or ``None``."""
        return self._services.verify(params, address)

    def trading_status(self, symbol: str) -> TradingStatus:
        """Return what an instrument accepts at the moment."""
        return self._services.trading_status(symbol)

    def join(
        self,
        line: WsLine,
        request_id: wire.RequestId,
        wishes: Mapping[str, Subscription],
        outcomes: Outcomes,
    ) -> Sequence[str]:
        """Have the worker join and answer. It tells later what it had to refuse."""
        number = cast("RemoteLine", line).number
        self._link.tell_now(wire.Join(number, request_id, dict(wishes), outcomes))
        return ()

    def leave(self, line: WsLine, channels: list[str]) -> None:
        """Have the worker push nothing more of these channels."""
        self._link.tell_now(wire.Leave(cast("RemoteLine", line).number, channels))

    def show_book(self, line: WsLine, request_id: wire.RequestId, channel: str, max_levels: int) -> None:
        """Have the worker answer and show."""
        number = cast("RemoteLine", line).number
        self._link.tell_now(wire.ShowBook(number, request_id, channel, max_levels))

    def execution_frame(self, event: OrderEvent, order: Order | None, exec_id: int) -> bytes | None:
        """Return the framed push of an execution, encoded once for all connections of the account."""
        return self._services.execution_frame(event, order, exec_id)
