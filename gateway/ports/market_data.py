"""The ports between market data and the wire: what a push says, how it is encoded, and who receives it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import msgspec

from gateway.model import Instrument, InstrumentStatus, Side, Trade, TradingStatus

JSON: Final = 0
JSON_DEFLATED: Final = 1
MSGPACK: Final = 2
MSGPACK_DEFLATED: Final = 3
FIRST_FIX_FORM: Final = 4
"""Forms from here on are FIX bodies, one for each BeginString that has market data sessions."""

SNAPSHOT: Final = "snapshot"
DELTA: Final = "delta"
EVENT: Final = "event"
GAP: Final = "gap"
HEARTBEAT: Final = "heartbeat"

PriceLevel: TypeAlias = tuple[int, int]
"""``(price, quantity)``, scaled."""

BookLevels: TypeAlias = Sequence[PriceLevel]
"""Price levels, best first; in a delta quantity 0 removes the level."""


class Position(NamedTuple):
    """Where a push stands in its channel and in the engine's sequence.

    ``seq`` is the ``eseq`` of the last change in the push, ``prev`` the ``seq`` of the push before it on that
    channel (0: none), ``eseq`` the engine sequence up to which the push is true, ``ts`` the engine's time of
    the last change (UTC ns). A snapshot is no link of the chain: its ``prev`` is 0, and the push after it has
    the snapshot's ``seq`` as ``prev``.
    """

    seq: int
    prev: int
    eseq: int
    ts: int


class BookLevelsContent(NamedTuple):
    """Levels of a book: all in a snapshot, the changed ones in a delta."""

    bids: BookLevels
    asks: BookLevels


class BboContent(NamedTuple):
    """The best bid and offer; ``None`` for an empty side."""

    bid: PriceLevel | None
    ask: PriceLevel | None


class TradesContent(NamedTuple):
    """Public trades, oldest first: the recent ones in a snapshot."""

    trades: Sequence[Trade]


class L3Order(NamedTuple):
    """An open order as the public sees it: under an ``id`` that says nothing of it or its owner."""

    id: int
    price: int
    quantity: int


class L3OrdersContent(NamedTuple):
    """The whole book by order, for a snapshot: best price first, at one price in queue order."""

    bids: Sequence[L3Order]
    asks: Sequence[L3Order]


class L3Change(NamedTuple):
    """What happened to one resting order, in the order of the engine.

    ``action`` is ``"add"`` (to the end of the queue at ``price``), ``"change"`` (less quantity, the place in
    the queue is kept), ``"execute"`` (``executed`` of it traded) or ``"remove"``. ``quantity`` is what is
    open after it; an order with 0 left is gone, without a ``"remove"`` of its own. An order that loses its
    place is removed and added.
    """

    action: str
    id: int
    side: Side
    price: int
    quantity: int
    executed: int = 0


class L3ChangesContent(NamedTuple):
    """What a command did to the resting orders, for a delta."""

    changes: Sequence[L3Change]


class TickerContent(NamedTuple):
    """The last 24 hours, prices and quantities scaled; ``None`` for a price that there is none of.

    ``open`` is the first price in the 24 hours, ``last`` the last trade's, however old, ``change`` the
    difference. ``turnover`` is the sum of price times quantity, scaled by the places of both together.
    ``trades`` counts them. ``bid`` and ``ask`` are the best of the moment.
    """

    open: int | None
    high: int | None
    low: int | None
    last: int | None
    change: int | None
    volume: int
    turnover: int
    trades: int
    bid: PriceLevel | None
    ask: PriceLevel | None


class CandleContent(NamedTuple):
    """The trades of one interval, which began at ``start`` (UTC ns). Amounts as in a ticker."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    turnover: int
    trades: int


class CandlesContent(NamedTuple):
    """Candles of one interval, oldest first. ``is_open``: the last one is still open."""

    candles: Sequence[CandleContent]
    is_open: bool


class StatusContent(NamedTuple):
    """The trading status of an instrument. Before the first change its event has ``eseq`` 0."""

    status: InstrumentStatus


class InstrumentsContent(NamedTuple):
    """Instruments with their status: all in a snapshot, the changed ones in an event."""

    instruments: Sequence[tuple[Instrument, TradingStatus]]


class GapContent(NamedTuple):
    """What was not told: all pushes of the channel after ``from_seq`` up to and with ``to_seq``."""

    from_seq: int
    to_seq: int


PushContent: TypeAlias = (
    BookLevelsContent
    | BboContent
    | TradesContent
    | L3OrdersContent
    | L3ChangesContent
    | TickerContent
    | CandlesContent
    | StatusContent
    | InstrumentsContent
    | GapContent
    | None
)
"""What a push says; ``None``: nothing but its position, for a heartbeat."""


class PushEncoder(Protocol):
    """Turns a push into the bytes of one form, ready to be written, which all its receivers share."""

    def encode(self, push: "Push") -> bytes:
        """Encode ``push``; may ask it for another of its forms."""


class Push(msgspec.Struct, eq=False, gc=False):
    """One push of a channel, encoded when first asked for, once for each form.

    ``type`` is one of ``SNAPSHOT``, ``DELTA``, ``EVENT``, ``GAP`` and ``HEARTBEAT``. ``instrument`` is
    ``None`` where the channel is no instrument's. ``conflated`` counts the pushes that this one stands for, 0
    when it stands for itself. ``epoch`` names the log that the numbers belong to; told in snapshots. ``part``
    is the number of a part and that of all parts, (1, 1) for a whole. ``bodies`` is where an encoder may
    leave, under a key of its own, what pushes of the same content share. Must not be changed.
    """

    encoders: Mapping[int, PushEncoder]
    channel: str
    type: str
    instrument: Instrument | None
    position: Position
    content: PushContent
    conflated: int = 0
    checksum: int | None = None
    epoch: str = ""
    part: tuple[int, int] = (1, 1)
    bodies: dict[object, Any] | None = None
    _frames: dict[int, bytes] | None = None

    def frame(self, form: int) -> bytes:
        """Return the push in ``form``. Raises ``KeyError`` for a form that has no encoder."""
        frames = self._frames
        if frames is None:
            frames = self._frames = {}
        frame = frames.get(form)
        if frame is None:
            frame = frames[form] = self.encoders[form].encode(self)
        return frame

    def conflating(self, pushes: int) -> "Push":
        """Return this push standing for ``pushes`` others. What encoders leave in ``bodies`` is shared."""
        if self.bodies is None:
            self.bodies = {}
        return msgspec.structs.replace(self, conflated=pushes, _frames=None)


class Subscriber(Protocol):
    """One connection that receives pushes, in one form as long as it lives."""

    form: int

    def push(self, frame: bytes) -> bool:
        """Take one framed push without blocking.

        Return ``False`` when the connection does not read and the frame was NOT taken: the subscriber is
        lagging and receives nothing more until it has drained (``Hub.resync``). ``frame`` may be several
        framed pushes joined. Subscribers are told apart by identity.
        """


class Audience(Protocol):
    """WebSocket connections that get the same frames, each at the place where it was added."""

    members: list[Any]
    """The subscribers; ``None`` where there is nobody any more."""
    taken: int
    """How many took the last frame of those that were tried."""
    refused: list[Any]
    """Those that did not."""

    def add(self, receiver: Any) -> None:
        """Add ``receiver`` behind all others."""

    def discard(self, place: int) -> None:
        """Let nobody be at ``place``."""

    def send(self, frame: bytes, start: int, stop: int) -> int:
        """Do what ``push`` of each from ``start`` to ``stop`` does, in order; return where it ended.

        That is before ``stop`` when there is no more time, but never at ``start``.
        """


class Broadcasting(Protocol):
    """Pushes to many WebSocket connections at once, as long as it may."""

    def audience(self) -> Audience:
        """Return a new audience, of nobody."""
