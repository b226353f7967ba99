"""What the engine's process and a worker tell each other, and its framing: MessagePack behind its length.

The link is a Unix socket pair. Both ends are of one version, so nothing here is a stable format. A worker's
connection has a ``line`` number on it from its logon on. NOT here: who says what when (``worker_lines``,
``worker_door``).
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from gateway.dialects.native.ws_requests import LogonParams
from gateway.marketdata import Options, Subscription
from gateway.marketdata.l3 import SavedL3Book
from gateway.marketdata.publisher_state import PackedChanges
from gateway.model import (
    BookDelta,
    Event,
    InstrumentStatus,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    Trade,
)
from gateway.ports import Sample
from gateway.settings import LogSettings, MarketDataSettings, WsSettings

MAX_MESSAGE: Final = 1 << 30
_PREFIX: Final = 4

RequestId: TypeAlias = int | str | None


class LinkError(ValueError):
    """What came over the link is no message."""


class Said(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The base of all messages."""


class GuestChange(Said, frozen=True, gc=False):
    """What happened to the anonymous connections of a network since the last word about it.

    ``connections`` and ``subscriptions`` are differences. The network of all connections, logged on or not,
    is ``EVERYBODY``.
    """

    network: str
    connections: int = 0
    subscriptions: int = 0
    requests: int = 0
    refusals: int = 0


EVERYBODY: Final = ""

# ---- to the worker


class Begin(Said, frozen=True, gc=False, tag=0):
    """The first word: what the worker serves, and how.

    ``origin`` are the instruments, ``state`` the publisher's without the changes that follow in ``Kept``;
    ``guests`` the connections of other workers.
    """

    worker: int
    boot: str
    ws: WsSettings
    market_data: MarketDataSettings
    log: LogSettings
    origin: bytes
    epoch: str
    secret: bytes
    state: bytes
    guests: list[GuestChange]


class Events(Said, frozen=True, gc=False, tag=1):
    """Events of the public that are committed, whole commands up to ``eseq``. Those of orders name nobody."""

    eseq: int
    events: list[Event]


class Passed(Said, frozen=True, gc=False, tag=16):
    """All is told that was stamped before this time (UTC ns)."""

    utc_ns: int


class Text(Said, frozen=True, gc=False, tag=2):
    """A message for a connection, JSON."""

    line: int
    payload: bytes


class Framed(Said, frozen=True, gc=False, tag=3):
    """A message for a connection, framed as JSON."""

    line: int
    frame: bytes


class CloseLine(Said, frozen=True, gc=False, tag=4):
    """Say goodbye to a connection."""

    line: int
    code: int
    reason: str


class LoggedOn(Said, frozen=True, gc=False, tag=5):
    """A connection is an account's from now on."""

    line: int
    key: str
    account: str


class Join(Said, frozen=True, gc=False, tag=6):
    """Have a connection follow public channels, complete ``outcomes`` and answer."""

    line: int
    request_id: RequestId
    wishes: dict[str, Subscription]
    outcomes: dict[str, dict[str, Any]]


class Leave(Said, frozen=True, gc=False, tag=7):
    """Push nothing more of public channels."""

    line: int
    channels: list[str]


class ShowBook(Said, frozen=True, gc=False, tag=8):
    """Answer, then push a book in parts."""

    line: int
    request_id: RequestId
    channel: str
    max_levels: int


class OpenOrders(Said, frozen=True, gc=False, tag=9):
    """The open orders after the command ``eseq``, which may not be published yet."""

    eseq: int
    books: list[SavedL3Book]


class Mark(Said, frozen=True, gc=False, tag=10):
    """All that was published when the worker asked for ``number`` came before this."""

    number: int


class GuestNews(Said, frozen=True, gc=False, tag=11):
    """Anonymous connections of other workers; back to the engine's process: of this one."""

    changes: list[GuestChange]


class Reload(Said, frozen=True, gc=False, tag=12):
    """Read the certificate again."""


class Goodbye(Said, frozen=True, gc=False, tag=13):
    """Take nobody new, and close every connection, told how far it got."""


class Kept(Said, frozen=True, gc=False, tag=14):
    """Some of the changes that a client can resume from."""

    changes: PackedChanges


class Complete(Said, frozen=True, gc=False, tag=15):
    """All that is kept has been told: the worker begins with it, then with what came in between."""


ToWorker: TypeAlias = (
    Begin
    | Events
    | Passed
    | Text
    | Framed
    | CloseLine
    | LoggedOn
    | Join
    | Leave
    | ShowBook
    | OpenOrders
    | Mark
    | GuestNews
    | Reload
    | Goodbye
    | Kept
    | Complete
)

# ---- to the engine's process


class Ready(Said, frozen=True, gc=False, tag=20):
    """The worker takes connections."""


class LogOn(Said, frozen=True, gc=False, tag=21):
    """A connection asks to be an account's; from here on its requests are worked by the engine's process.

    ``channels`` is what it follows and how, ``full_at`` the state of its message budget.
    """

    line: int
    key: str
    address: str
    request_id: RequestId
    params: LogonParams
    channels: dict[str, Options]
    full_at: int


class Request(Said, frozen=True, gc=False, tag=22):
    """One message of a connection, JSON."""

    line: int
    payload: bytes


class Taken(Said, frozen=True, gc=False, tag=23):
    """Bytes for a connection that reads have gone to its socket."""

    line: int
    size: int


class Refused(Said, frozen=True, gc=False, tag=24):
    """A connection does not follow a public channel after all."""

    line: int
    channel: str


class Gone(Said, frozen=True, gc=False, tag=25):
    """A connection has ended."""

    line: int


class AskMark(Said, frozen=True, gc=False, tag=26):
    """Say when all is here that is published now."""

    number: int


class AskOrders(Said, frozen=True, gc=False, tag=27):
    """Tell the open orders and events of orders, or do not any more."""

    wanted: bool


class Report(Said, frozen=True, gc=False, tag=28):
    """What the worker measures."""

    samples: list[Sample]


class Quiet(Said, frozen=True, gc=False, tag=29):
    """After the goodbye: no connection is left."""


ToEngine: TypeAlias = (
    Ready | LogOn | Request | Taken | Refused | Gone | AskMark | AskOrders | GuestNews | Report | Quiet
)

_encode: Final = msgspec.msgpack.Encoder().encode

Message = TypeVar("Message")


def pack_message(message: Said) -> bytes:
    """Return a message as it goes over the link."""
    body = _encode(message)
    return len(body).to_bytes(_PREFIX, "big") + body


class LinkReader(Generic[Message]):
    """Takes bytes in any pieces and gives messages of one direction. Raises ``LinkError``."""

    def __init__(self, kind: Any) -> None:
        self._decode: Any = msgspec.msgpack.Decoder(kind).decode
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that ``data`` completes."""
        buffer = self._buffer
        buffer += data
        messages: list[Message] = []
        start, end = 0, len(buffer)
        while end - start >= _PREFIX:
            body = start + _PREFIX
            size = int.from_bytes(buffer[start:body], "big")
            if size > MAX_MESSAGE:
                raise LinkError(f"a message of {size} bytes")
            if end - body < size:
                break
            start = body + size
            try:
                messages.append(self._decode(buffer[body:start]))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise LinkError(str(error)) from None
        del buffer[:start]
        return messages


def to_worker() -> LinkReader[ToWorker]:
    """Return the reader of a worker."""
    return LinkReader(ToWorker)


def to_engine() -> LinkReader[ToEngine]:
    """Return the reader of the engine's process."""
    return LinkReader(ToEngine)


# ---- what the public may know


def market_events(events: Iterable[Event]) -> list[Event]:
    """Return those of ``events`` that are public."""
    return [event for event in events if isinstance(event, Trade | BookDelta | InstrumentStatus)]


def events_with_orders(events: Sequence[Event]) -> list[Event]:
    """Return the public events, and those of orders, which name no account, session or ClOrdID."""
    told: list[Event] = []
    for event in events:
        if isinstance(event, Trade | BookDelta | InstrumentStatus):
            told.append(event)
        elif isinstance(event, OrderFilled | OrderCanceled | OrderAccepted | OrderReplaced):
            told.append(_anonymous(event))
    return told


def _anonymous(event: Any) -> Event:
    anonymous: Event = msgspec.structs.replace(event, **_BLANKS[type(event)])
    return anonymous


def _blanks(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: value for name, value in _PRIVATE.items() if name in kind.__struct_fields__}


_PRIVATE: Final[dict[str, Any]] = {
    "account": "",
    "owner": "",
    "session": "",
    "msg_seq_num": 0,
    "cl_ord_id": b"",
    "orig_cl_ord_id": b"",
}
_BLANKS: Final = {kind: _blanks(kind) for kind in (OrderAccepted, OrderFilled, OrderCanceled, OrderReplaced)}
