"""The streams of a book to a depth, at a speed, with prices grouped; and when each of them looks at it.

One with members that are told of each push follows the book. One that nobody follows, or all at an interval
of their own, rests: until it is asked for, a change costs it nothing. NOT here: the whole book
(``book_streams``), what a view shows (``depth``), and when streams are made and dropped (``catalog``).
"""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from gateway.marketdata.alert import Alert
from gateway.marketdata.book import BookSide
from gateway.marketdata.channels import Channel
from gateway.marketdata.checksum import CHECKSUM_LEVELS, book_checksum
from gateway.marketdata.depth import DepthView, Levels
from gateway.marketdata.stream import Imprint, Stream
from gateway.model import BookDelta, Side
from gateway.ports.market_data import DELTA, BookLevelsContent

if TYPE_CHECKING:
    from gateway.marketdata.market import Market

# As a global: a look-up on the class costs as much as looking at a change.
_BUY: Final = Side.BUY

MAX_PENDING: Final = 4096
"""Changes noted for the next tick above which those of the same level are thrown together."""

_UNKNOWN: Final = -1


class ViewStream(Stream):
    """The best levels of a book as last looked at: after each command, on ticks of a ``pulse``, or at rest.

    The first look is ``refresh``, or that somebody comes who is told of each push.
    """

    __slots__ = (
        "_attentive",
        "_book",
        "_counted",
        "_follows",
        "_group",
        "_grouping",
        "_looked_at",
        "_market",
        "_pulse",
        "_seen",
        "_stood",
        "_sum",
        "_view",
        "is_begun",
        "is_checked",
        "period_ns",
    )

    rank = 2

    def __init__(
        self, channel: Channel, imprint: Imprint, market: "Market", pulse: "Pulse | None", *, checked: bool
    ) -> None:
        super().__init__(channel.name, market.instrument, imprint)
        self._market = market
        self._book = market.levels
        self._pulse = pulse
        self.period_ns = 0 if pulse is None else pulse.period_ns
        self._group: TimedGroup | None = None
        self._grouping = market.open_grouping(channel.step) if channel.step else None
        self._view = DepthView(channel.depth)
        self.is_checked = checked
        self._sum = 0
        # How many members are told of each push, and whether it follows the book for them.
        self._attentive = 0
        self._follows = False
        # Of the grouping's places the one seen; of the book's pushes those looked at, and those counted.
        self._seen = self._stood = _UNKNOWN
        self._counted = 0
        self._looked_at = imprint.eseq
        self.is_begun = False
        self.place(market.book.seq, market.book.ts)

    def content(self) -> BookLevelsContent:
        """Return the levels as last looked at."""
        return BookLevelsContent(*self._view.levels())

    def as_of(self) -> int:
        """Return where the levels were last what they are as looked at, if they may have changed since."""
        group = self._group
        if group is None:
            return self._looked_at if self.is_stale else super().as_of()
        return max(self._looked_at, group.true_to) if group.pending else super().as_of()

    def checksum(self) -> int | None:
        """Return the checksum of the best levels shown."""
        return self._sum if self.is_checked else None

    @property
    def effort(self) -> int:
        """About how many levels are looked at and told by ``refresh`` and a snapshot."""
        is_due = not self.is_begun or self.is_stale
        if not is_due and self.has_snapshot:
            return 0
        grouping, size = self._grouping, len(self._book)
        shown = min(2 * (self._view.depth or size), size)
        return shown if grouping is None or not is_due else shown + grouping.effort

    # ---- at rest

    @property
    def is_stale(self) -> bool:
        """Whether it rests, and the book may have changed since it was looked at."""
        return not self._follows and self._stood != self._market.book.pushes

    def refresh(self) -> None:
        """Look, if it rests and the book may have changed; push what did in the view.

        From then on it follows the book if it has members that are told of each push.
        """
        if not self.is_begun or self.is_stale:
            self._catch_up()
        if self._follows:
            return
        if self._attentive:
            self._start()
        else:
            self._market.resting.add(self)

    def _catch_up(self) -> None:
        book = self._market.book
        changed = self._look_anew()
        self._stood = book.pushes
        self._looked_at = max(self.imprint.eseq, book.seq)
        if not self.is_begun:
            self.is_begun = True
            self.place(book.seq, book.ts)
            if self.is_checked:
                self._add_up()
            if self.ring is not None:
                self.ring.reset(book.seq)
        elif changed[0] or changed[1]:
            # It stands for as many pushes as the book had.
            self.pushes += max(book.pushes - self._counted, 1) - 1
            self._show(changed, (book.seq, self._looked_at, book.ts))
        elif not self.members:
            # What it shows may have gone and come back: it is as the last change of the book left it.
            self.place(book.seq, book.ts)
            if self.ring is not None:
                self.ring.reset(book.seq)
        self._counted = book.pushes

    def change_came(self) -> None:
        """Note that the book, which was looked at, has changed with the command that is being applied."""
        self._looked_at = max(self._looked_at, self.imprint.eseq)
        self.stir()

    def stir(self) -> None:
        """Note that the book may have changed: those that wait for a push are to look."""
        self._stood = _UNKNOWN
        if self.waiting:
            self.imprint.stir(self)

    def attend(self, change: int) -> None:
        """Count so many members more that are to be told of each push: after the next ``refresh``."""
        self._attentive += change
        if not self._attentive and self._follows:
            if self._group is None:
                self._looked_at = max(self.imprint.eseq, self.seq)
            self._counted = self._market.book.pushes
            self._stop()
            self.stir()

    def end(self) -> None:
        """Look at the book no more: nobody follows it."""
        self._market.resting.discard(self)
        if self._grouping is not None:
            self._market.close_grouping(self._grouping.step)

    def _start(self) -> None:
        self._follows = True
        market, pulse = self._market, self._pulse
        if pulse is None:
            market.views = [*market.views, self]
            return
        group = market.timed.get(pulse.speed)
        if group is None:
            group = market.timed[pulse.speed] = TimedGroup(pulse, market.book)
        group.streams = [*group.streams, self]
        self._group = group

    def _stop(self) -> None:
        self._follows = False
        market, group = self._market, self._group
        if group is None:
            market.views = [view for view in market.views if view is not self]
            return
        self._group = None
        group.streams = [view for view in group.streams if view is not self]
        if not group.streams:
            del market.timed[group.pulse.speed]
            group.pulse.changed.pop(group, None)

    # ---- looks

    def follow(self, changes: Sequence[BookDelta], eseq: int, ts: int) -> None:
        """Push what a command changed in the view."""
        self._show(self._look(changes), (eseq, eseq, ts))

    def tick(self, changes: Sequence[BookDelta], book: Stream) -> None:
        """Push what changed in the view since the last tick; the book stands where ``book`` does."""
        eseq = self._looked_at = max(self.imprint.eseq, book.seq)
        self._show(self._look(changes), (book.seq, eseq, book.ts))

    def _look(self, changes: Sequence[BookDelta]) -> tuple[Levels, Levels]:
        """Look at what ``changes`` may have changed; return what they did."""
        grouping = self._grouping
        if grouping is not None:
            grouping.look()
            seen, self._seen = self._seen, grouping.at
            if seen == grouping.since:
                return self._view.changes(grouping.sides(), *grouping.touched)
            return ([], []) if seen == grouping.at else self._view.compare(grouping.sides())
        bids: list[int] = []
        asks: list[int] = []
        for change in changes:
            (bids if change.side is _BUY else asks).append(change.price)
        return self._view.changes(self._book.sides(), bids, asks)

    def _look_anew(self) -> tuple[Levels, Levels]:
        """Look at all; return what changed."""
        grouping = self._grouping
        if grouping is not None:
            grouping.look()
            self._seen = grouping.at
        return self._view.compare(self._sides())

    def _sides(self) -> tuple[BookSide, BookSide]:
        return self._book.sides() if self._grouping is None else self._grouping.sides()

    def _add_up(self) -> None:
        """Compute the checksum. What was looked at last is what is shown: no need to sort that."""
        (bids, bid_keys), (asks, ask_keys) = self._sides()
        count = min(CHECKSUM_LEVELS, self._view.depth or CHECKSUM_LEVELS)
        self._sum = book_checksum(
            [(key, bids[key]) for key in islice(reversed(bid_keys), count)],
            [(-key, asks[-key]) for key in islice(reversed(ask_keys), count)],
        )

    def _show(self, changed: tuple[Levels, Levels], position: tuple[int, int, int]) -> None:
        bids, asks = changed
        if bids or asks:
            if self.is_checked:
                self._add_up()
            self.tell(DELTA, position, BookLevelsContent(bids, asks), len(bids) + len(asks))


class Resting:
    """The views of one market that rest and were looked at since the last change of its book."""

    __slots__ = ("_follows", "_market", "_views")

    def __init__(self, market: "Market") -> None:
        self._market = market
        self._follows = False
        self._views: dict[ViewStream, None] = {}

    def add(self, view: ViewStream) -> None:
        """Stir ``view`` with the next change."""
        if not self._follows:
            self._follows = True
            self._market.views = [*self._market.views, self]
        self._views[view] = None

    def discard(self, view: ViewStream) -> None:
        """Leave ``view`` alone."""
        self._views.pop(view, None)

    def follow(self, changes: Sequence[BookDelta], eseq: int, ts: int) -> None:
        """Stir all: a command changed the book."""
        del changes, eseq, ts
        market = self._market
        market.views = [view for view in market.views if view is not self]
        self._follows = False
        views, self._views = self._views, {}
        for view in views:
            view.change_came()


class Pulse:
    """The ticks of one speed. ``next_at`` is when the next may be; there is one only if a group changed."""

    __slots__ = ("alert", "changed", "next_at", "period_ns", "speed")

    def __init__(self, speed: str, period_ns: int, alert: Alert) -> None:
        self.speed = speed
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
    """The streams of one book at one speed, and the changes that they have yet to look at.

    ``true_to`` is the engine sequence up to which the book was as it was before these.
    """

    __slots__ = ("_book", "pending", "pulse", "streams", "true_to")

    def __init__(self, pulse: Pulse, book: Stream) -> None:
        self.pulse = pulse
        self.streams: list[ViewStream] = []
        self.pending: list[BookDelta] = []
        self.true_to = 0
        self._book = book

    def note(self, changes: Sequence[BookDelta]) -> None:
        """Let the next tick look at ``changes``, of the command that is being applied."""
        pulse = self.pulse
        if not self.pending:
            self.true_to = self._book.imprint.eseq
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
