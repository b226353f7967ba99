"""One channel as it is published: its place in the sequence, its state, its recent pushes, its members.

NOT here: what moves it on (``publisher``), and who is told how (``hub``).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from gateway.marketdata.membership import Membership
from gateway.marketdata.ring import ReplayRing
from gateway.model import Instrument
from gateway.ports.market_data import (
    GAP,
    HEARTBEAT,
    SNAPSHOT,
    GapContent,
    Position,
    Push,
    PushContent,
    PushEncoder,
    Subscriber,
)

if TYPE_CHECKING:
    from gateway.marketdata.targets import Targets

PUSH_BYTES: Final = 1000
ENTRY_BYTES: Final = 250
"""About what a push kept for resume takes, and what each level, trade or order in it, in two wire forms."""


class Imprint:
    """What all pushes of a publisher have in common.

    ``eseq`` is the engine sequence up to which everything is published, ``began`` what it was when this life
    of the gateway began; ``publish`` takes a stream's pushes to its members, ``stir`` has those look that
    wait for one at an interval.
    """

    __slots__ = ("began", "encoders", "epoch", "eseq", "publish", "stir")

    def __init__(self, publish: "Callable[[Stream, Push], None]", stir: "Callable[[Stream], None]") -> None:
        self.encoders: dict[int, PushEncoder] = {}
        self.epoch = ""
        self.eseq = 0
        self.began = 0
        self.publish = publish
        self.stir = stir


class Stream(ABC):
    """A channel variant. A kind of stream overrides ``content``, and ``as_of`` where that is not of now.

    One that may rest overrides ``is_stale``, ``refresh`` and ``attend`` too; one that takes long to be told,
    ``effort`` and ``prepare``.

    ``seq`` and ``ts`` are those of its last push, which was the ``pushes``-th; a push is counted whether
    anybody receives it or not. ``ring`` holds the recent pushes while the stream is live. One that is not
    ``ready`` has no state yet, and pushes nothing.

    The rest is the hub's. ``members`` in the order of subscription; ``targets`` those that are pushed to,
    built when first needed; ``waiting`` those that follow at an interval and have all so far. ``told_seq``
    and ``told_pushes`` are where those stand that have all that left the queue. ``heard`` is the part of time
    (``due``) in which they were told something; it is looked at while ``is_timed``.
    """

    __slots__ = (
        "_plain",
        "_snapshots",
        "heard",
        "imprint",
        "instrument",
        "is_timed",
        "members",
        "name",
        "pushes",
        "ready",
        "ring",
        "seq",
        "targets",
        "told_pushes",
        "told_seq",
        "ts",
        "waiting",
    )

    def __init__(self, name: str, instrument: Instrument | None, imprint: Imprint) -> None:
        self.name = name
        self.instrument = instrument
        self.imprint = imprint
        self.seq = 0
        self.ts = 0
        self.pushes = 0
        self.ready = True
        self.ring: ReplayRing[Push] | None = None
        self.members: dict[Subscriber, Membership] = {}
        self.targets: Targets | None = None
        self.waiting: dict[Membership, None] = {}
        self.told_seq = 0
        self.told_pushes = 0
        self.heard = 0
        self.is_timed = False
        self._plain: Push | None = None
        self._snapshots: dict[int, Push] = {}

    is_checked = False
    """Whether it has checksums."""

    period_ns = 0
    """The least time between two pushes."""

    rank = 0
    """Of streams that a command moves on, those of a lower one are told first."""

    @abstractmethod
    def content(self) -> PushContent:
        """Return the state, as pushes have told it so far."""

    def checksum(self) -> int | None:
        """Return the checksum of the state, where the variant has one."""
        return None

    @property
    def is_stale(self) -> bool:
        """Whether ``refresh`` may push something."""
        return False

    def refresh(self) -> None:
        """Look at what the stream shows, if it rests; push what changed."""
        return

    @property
    def effort(self) -> int:
        """About how many levels, or the like, are looked at and told by ``refresh`` and a snapshot."""
        return 0

    @property
    def has_snapshot(self) -> bool:
        """Whether the snapshot is there that would be told now."""
        plain = self._plain
        return plain is not None and plain.position.eseq == self.as_of()

    def prepare(self) -> bool:
        """Do a part of what a snapshot needs that takes long; return whether nothing is left of it."""
        return True

    def attend(self, change: int) -> None:
        """Count so many members more that are to be told of each push; without any a stream may rest."""
        del change

    def as_of(self) -> int:
        """Return the engine sequence up to which the state is true."""
        return max(self.imprint.eseq, self.seq)

    def place(self, seq: int, ts: int) -> None:
        """Stand at ``seq`` without a push: a new stream begins there, or a restored one goes on."""
        self.seq = self.told_seq = seq
        self.ts = ts
        self._plain = None

    def advance(self, eseq: int, ts: int) -> int:
        """Move to the push of ``eseq`` and return the ``seq`` of the one before it."""
        prev = self.seq
        self.seq = eseq
        self.ts = ts
        self.pushes += 1
        self._plain = None
        return prev

    def begin_ring(self, ring: ReplayRing[Push]) -> None:
        """Keep the pushes that come from now on in ``ring``, and nothing else."""
        ring.reset(self.seq)
        self.ring = ring

    def push(self, kind: str, position: Position, content: PushContent) -> Push:
        """Return a push of the stream."""
        return Push(self.imprint.encoders, self.name, kind, self.instrument, position, content)

    def tell(self, kind: str, position: tuple[int, int, int], content: PushContent, entries: int) -> None:
        """Push ``content``, the change of ``position``: its ``seq``, ``eseq`` and ``ts``.

        The state is changed already. ``entries`` says how much the content holds.
        """
        seq, eseq, ts = position
        prev = self.advance(seq, ts)
        ring = self.ring
        if ring is None and not self.members:
            return
        imprint = self.imprint
        push = Push(
            imprint.encoders,
            self.name,
            kind,
            self.instrument,
            Position(seq, prev, eseq, ts),
            content,
            checksum=self.checksum(),
        )
        if ring is not None:
            ring.append(seq, prev, push, PUSH_BYTES + ENTRY_BYTES * entries, ts)
        if self.members:
            imprint.publish(self, push)

    def snapshot(self, conflated: int = 0) -> Push:
        """Return the state; the next push has its ``seq`` as ``prev``. It stands for ``conflated`` pushes.

        Between two changes it is made once for each count.
        """
        plain = self._plain
        if plain is None or not self.has_snapshot:
            imprint = self.imprint
            plain = self._plain = Push(
                imprint.encoders,
                self.name,
                SNAPSHOT,
                self.instrument,
                Position(self.seq, 0, self.as_of(), self.ts),
                self.content(),
                checksum=self.checksum(),
                epoch=imprint.epoch,
            )
            self._snapshots.clear()
        if not conflated:
            return plain
        merged = self._snapshots.get(conflated)
        if merged is None:
            merged = self._snapshots[conflated] = plain.conflating(conflated)
        return merged

    def gap(self, seq: int, upto: Position) -> Push:
        """Return a push that says that what came after ``seq``, up to ``upto``, is not told."""
        return self.push(GAP, Position(upto.seq, seq, upto.eseq, upto.ts), GapContent(seq, upto.seq))

    def heartbeat(self) -> Push:
        """Return a push that says nothing but where the stream stands."""
        return self.push(HEARTBEAT, Position(self.seq, self.seq, self.as_of(), self.ts), None)
