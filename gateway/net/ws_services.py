"""What a WebSocket session is given: its line to the client, and what all sessions share.

NOT here: who gives it (``ws_socket``, ``ws_acceptor``).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from gateway.auth import Guest
from gateway.dialects.native.ws_requests import LogonParams
from gateway.marketdata import Subscription
from gateway.model import OrderEvent, TradingStatus
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.orders import Order
from gateway.settings import ApiKey, WsSettings
from protocols.ws.envelope import RequestId, WireError, encode_error, encode_result

Outcomes: TypeAlias = dict[str, dict[str, Any]]
"""By channel what a subscription came to, as the reply says it."""


class WsLine(Protocol):
    """The connection that a session is on; it is a ``ports.Subscriber`` too."""

    address: str
    form: int
    guest: Guest

    @property
    def is_paused(self) -> bool:
        """Whether the client does not read."""

    def push(self, frame: bytes) -> bool:
        """Take a public push, or not."""

    def send_text(self, payload: bytes) -> None:
        """Send one message, JSON, in the connection's encoding with the current batch."""

    def send_framed(self, frame: bytes) -> None:
        """Send one message, framed as JSON or in the connection's form, with the current batch."""

    def answer_first(self, answer: Callable[[], None]) -> None:
        """Call ``answer``, and say what it sends in front of what it pushes. For after the commit."""

    def close(self, code: int, reason: str) -> None:
        """Say goodbye."""

    def cut_off(self) -> None:
        """Say goodbye to a client whose address was refused too often."""


class WsServices(Protocol):
    """What the sessions of all connections share (``ws_acceptor``)."""

    settings: WsSettings
    desk: Desk
    counters: FrontCounters

    def verify(self, params: LogonParams, address: str) -> ApiKey | None:
        """Return the key that signed a logon, or ``None``."""

    @property
    def eseq(self) -> int:
        """The engine sequence up to which all is published."""

    @property
    def epoch(self) -> str:
        """The name of the log that engine sequences belong to."""

    def trading_status(self, symbol: str) -> TradingStatus:
        """Return what an instrument accepts at the moment."""

    def join(
        self, line: WsLine, request_id: RequestId, wishes: Mapping[str, Subscription], outcomes: Outcomes
    ) -> Sequence[str]:
        """Have a connection follow public channels, and answer the request, which is completed ``outcomes``.

        For after the commit. Returns the channels that cannot be had, as far as that is known at once.
        """

    def leave(self, line: WsLine, channels: list[str]) -> None:
        """Push nothing more of these public channels. For after the commit."""

    def show_book(self, line: WsLine, request_id: RequestId, channel: str, max_levels: int) -> None:
        """Answer the request, then push a book in parts. For after the commit."""

    def execution_frame(self, event: OrderEvent, order: Order | None, exec_id: int) -> bytes | None:
        """Return the framed push of an execution, encoded once for all connections of the account."""


class WsReplies:
    """Says results and refusals on one connection."""

    def __init__(self, line: WsLine, counters: FrontCounters) -> None:
        self._line = line
        self._counters = counters

    def accept(self, request_id: RequestId, result: object) -> None:
        """Reply with a result."""
        self._line.send_text(encode_result(request_id, result))

    def accept_outcomes(self, request_id: RequestId, entries: Sequence[dict[str, Any]]) -> None:
        """Reply with what became of each channel of a request."""
        self._counters.outcomes.update(entry["outcome"] for entry in entries)
        self.accept(request_id, entries)

    def refuse(
        self,
        request_id: RequestId,
        status: int,
        error: WireError,
        *,
        duplicate: bool = False,
        retry_after_ms: int = 0,
    ) -> None:
        """Reply with an error; ``duplicate``: it is the outcome of an earlier request, said again."""
        self._counters.rejects[error.name] += 1
        self._line.send_text(
            encode_error(request_id, status, error, duplicate=duplicate, retry_after_ms=retry_after_ms)
        )
