"""The streams of a book: whole, to a depth, at a speed, with a checksum; and the best prices.

NOT here: the book itself (``book``), and when streams are made and dropped (``catalog``).
"""

from collections.abc import Sequence
from typing import Final

from gateway.marketdata.alert import Alert
from gateway.marketdata.book import Book
from gateway.marketdata.checksum import CHECKSUM_LEVELS, book_checksum
from gateway.marketdata.depth import DepthView
from gateway.marketdata.stream import Imprint, Stream
from gateway.model import BookDelta, Instrument, Side
from gateway.ports.market_data import DELTA, BboContent, BookLevelsContent, PriceLevel

# As a global: a look-up on the class costs as much as looking at a change.
_BUY: Final = Side.BUY

MAX_PENDING: Final = 4096
"""Changes noted for the next tick above which those of the same level are thrown together."""


class BookStream(Stream):
    """The whole book after each command; with a checksum if ``checked``."""

    __slots__ = ("_book", "_checked")

    def __init__(
        self, name: str, instrument: Instrument, imprint: Imprint, book: Book, *, checked: bool = False
    ) -> None:
        super().__init__(name, instrument, imprint)
        self._book = book
        self._checked = checked

    def content(self) -> BookLevelsContent:
        """Return all levels."""
        return BookLevelsContent(*self._book.levels())

    def checksum(self) -> int | None:
        """Return the checksum of the best levels."""
        return book_checksum(*self._book.levels(CHECKSUM_LEVELS)) if self._checked else None

    def follow(self, changes: Sequence[BookDelta], eseq: int, ts: int) -> None:
        """Push what a command changed."""
        content = changed_levels(changes)
        self.tell(DELTA, (eseq, eseq, ts), content, len(changes))


class ViewStream(Stream):
    """The best levels of a book, as last looked at: after each command, or on the ticks of a ``Pulse``."""

    __slots__ = ("_book", "_checked", "_group", "_looked_at", "_view")

    def __init__(
        self, name: str, instrument: Instrument, imprint: Imprint, book: Book, *, checked: bool
    ) -> None:
        super().__init__(name, instrument, imprint)
        self._book = book
        self._checked = checked
        self._group: TimedGroup | None = None
        self._looked_at = imprint.eseq
        self._view = DepthView(None)

    def look(self, view: DepthView, group: "TimedGroup | None") -> None:
        """Take the first look, through ``view``; the next ones are those of ``group``, if any."""
        self._view = view
        self._group = group
        view.changes(self._book, ())

    def content(self) -> BookLevelsContent:
        """Return the levels as last looked at."""
        return BookLevelsContent(*self._view.levels())

    def as_of(self) -> int:
        """Return when the levels were last looked at, if they may have changed since."""
        group = self._group
        return self._looked_at if group is not None and group.pending else super().as_of()

    def checksum(self) -> int | None:
        """Return the checksum of the best levels shown."""
        return book_checksum(*self._view.levels()) if self._checked else None

    def follow(self, changes: Sequence[BookDelta], eseq: int, ts: int) -> None:
        """Push what a command changed in the view."""
        self._show(changes, (eseq, eseq, ts))

    def tick(self, changes: Sequence[BookDelta], book: Stream) -> None:
        """Push what changed in the view since the last tick; the book stands where ``book`` does."""
        eseq = self._looked_at = max(self.imprint.eseq, book.seq)
        self._show(changes, (book.seq, eseq, book.ts))

    def _show(self, changes: Sequence[BookDelta], position: tuple[int, int, int]) -> None:
        bids, asks = self._view.changes(self._book, changes)
        if bids or asks:
            self.tell(DELTA, position, BookLevelsContent(bids, asks), len(bids) + len(asks))


class BboStream(Stream):
    """The best prices, pushed when they change. ``best`` is set by the market."""

    __slots__ = ("best",)

    def __init__(self, name: str, instrument: Instrument, imprint: Imprint) -> None:
        super().__init__(name, instrument, imprint)
        self.best: tuple[PriceLevel | None, PriceLevel | None] = (None, None)

    def content(self) -> BboContent:
        """Return the best prices."""
        return BboContent(*self.best)


class Pulse:
    """The ticks of one speed. ``next_at`` is when the next may be; there is one only if a group changed."""

    __slots__ = ("alert", "changed", "next_at", "period_ns")

    def __init__(self, period_ns: int, alert: Alert) -> None:
        self.period_ns = period_ns
        self.alert = alert
        self.next_at = 0
        self.changed: dict[TimedGroup, None] = {}

    def next_deadline(self) -> int | None:
        """Return when the next tick is due."""
        return self.next_at if self.changed else None

    def on_tick(self, now: int) -> None:
        """Push what changed, if it is time."""
        if not self.changed or now < self.next_at:
            return
        self.next_at = now + self.period_ns
        changed, self.changed = self.changed, {}
        for group in changed:
            group.tick()


class TimedGroup:
    """The streams of one book at one speed, and the changes that they have yet to look at."""

    __slots__ = ("_book", "pending", "pulse", "streams")

    def __init__(self, pulse: Pulse, book: Stream) -> None:
        self.pulse = pulse
        self.streams: list[ViewStream] = []
        self.pending: list[BookDelta] = []
        self._book = book

    def note(self, changes: Sequence[BookDelta]) -> None:
        """Let the next tick look at ``changes``."""
        pulse = self.pulse
        if not pulse.changed:
            pulse.alert.is_on = True
        pulse.changed[self] = None
        self.pending += changes
        if len(self.pending) > MAX_PENDING:
            self.pending = list({(change.side, change.price): change for change in self.pending}.values())

    def tick(self) -> None:
        """Look."""
        changes, self.pending = self.pending, []
        for stream in self.streams:
            stream.tick(changes, self._book)


def changed_levels(changes: Sequence[BookDelta]) -> BookLevelsContent:
    """Return the changed bids and asks, best first, each level once with its last quantity."""
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for change in changes:
        if change.side is _BUY:
            bids[change.price] = change.quantity
        else:
            asks[change.price] = change.quantity
    return BookLevelsContent(sorted(bids.items(), reverse=True), sorted(asks.items()))
