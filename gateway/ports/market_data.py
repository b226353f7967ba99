"""The ports between market data and the wire: how a push is encoded, and who receives it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from gateway.model import Instrument, InstrumentStatus, Trade

BookLevels: TypeAlias = Sequence[tuple[int, int]]
"""``(price, quantity)`` pairs, scaled, best first; in a delta quantity 0 removes the level."""


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


class MarketDataEncoder(Protocol):
    """Turns one push into framed wire bytes, which every subscriber of the channel shares."""

    def book(
        self,
        channel: str,
        kind: str,
        instrument: Instrument,
        position: Position,
        bids: BookLevels,
        asks: BookLevels,
    ) -> bytes:
        """Encode a book push; ``kind`` is ``"snapshot"`` or ``"delta"``."""

    def bbo(
        self,
        channel: str,
        kind: str,
        instrument: Instrument,
        position: Position,
        bid: tuple[int, int] | None,
        ask: tuple[int, int] | None,
    ) -> bytes:
        """Encode the best bid and offer, each (price, quantity) or ``None`` for an empty side.

        ``kind`` is ``"snapshot"`` or ``"event"``.
        """

    def trades(
        self,
        channel: str,
        kind: str,
        instrument: Instrument,
        position: Position,
        trades: Sequence[Trade],
    ) -> bytes:
        """Encode public trades, oldest first: ``"snapshot"`` (recent ones) or ``"event"``."""

    def status(self, channel: str, kind: str, position: Position, status: InstrumentStatus) -> bytes:
        """Encode an instrument's trading status: ``"snapshot"`` or ``"event"``.

        Before the first change of a status its event has ``eseq`` 0.
        """


class Subscriber(Protocol):
    """One connection that receives pushes."""

    def push(self, frame: bytes) -> bool:
        """Take one framed push without blocking.

        Return ``False`` when the connection does not read and the frame was NOT taken: the subscriber is
        lagging, receives nothing more, and asks for fresh snapshots (``Hub.resync``) when it has drained.
        Subscribers are told apart by identity.
        """
