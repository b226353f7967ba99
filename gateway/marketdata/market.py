"""One instrument as published: its state, and what each command changes in it.

NOT here: which streams there are (``catalog``), and which events belong to a command (``publisher``).
"""

from collections.abc import Sequence

from gateway.marketdata.book import Book
from gateway.marketdata.book_streams import BboStream, BookStream, changed_levels
from gateway.marketdata.change_ring import ChangeRing
from gateway.marketdata.channels import Channel
from gateway.marketdata.grouping import Grouping, Groupings
from gateway.marketdata.l3 import L3Change
from gateway.marketdata.l3_stream import L3Stream
from gateway.marketdata.raw_ring import RawRing, RingBounds
from gateway.marketdata.status_streams import InstrumentsStream, StatusStream
from gateway.marketdata.stream import Imprint
from gateway.marketdata.tally import MAX_PENDING, Tally
from gateway.marketdata.trade_streams import SummaryStream, TradesStream
from gateway.marketdata.view_streams import Pulse, Resting, TimedGroup, ViewStream
from gateway.model import BookDelta, Instrument, InstrumentStatus, Trade
from gateway.ports.market_data import DELTA, EVENT, BboContent, Position, PriceLevel, TradesContent


class Market:
    """An instrument's book, recent changes and sums; its streams; and what the command at hand changes.

    ``clock`` is the latest of its events' times. ``book``, ``bbo``, ``trades`` and ``status`` always have
    their place. The others are there while somebody follows them: ``views`` that look at the book after each
    command, ``timed`` ones, ``l3``, and ``summaries``; views that rest are in neither. ``groupings``:
    what those with grouped prices look at.
    """

    __slots__ = (
        "bbo",
        "book",
        "changes",
        "clock",
        "deltas",
        "groupings",
        "instrument",
        "instruments",
        "l3",
        "levels",
        "new_status",
        "new_trades",
        "past_trades",
        "resting",
        "status",
        "summaries",
        "tally",
        "timed",
        "trades",
        "views",
    )

    def __init__(self, instrument: Instrument, imprint: Imprint, ring: RingBounds) -> None:
        symbol = instrument.symbol
        self.instrument = instrument
        self.levels = Book(instrument)
        self.deltas = ChangeRing(ring)
        self.past_trades = RawRing(list[Trade], ring)
        self.tally = Tally()
        self.clock = 0
        self.book = BookStream(f"book.{symbol}", instrument, imprint, self.levels)
        self.bbo = BboStream(f"bbo.{symbol}", instrument, imprint)
        self.trades = TradesStream(f"trades.{symbol}", instrument, imprint, self.past_trades)
        self.status = StatusStream(f"status.{symbol}", instrument, imprint)
        self.views: list[ViewStream | BookStream | Resting] = []
        self.resting = Resting(self)
        self.groupings: Groupings | None = None
        self.timed: dict[str, TimedGroup] = {}
        self.summaries: list[SummaryStream] = []
        self.l3: L3Stream | None = None
        self.instruments: InstrumentsStream | None = None
        self.new_trades: list[Trade] = []
        self.changes: list[BookDelta] = []
        self.new_status: InstrumentStatus | None = None

    def open_view(self, channel: Channel, pulse: Pulse | None, *, checked: bool) -> ViewStream | BookStream:
        """Return a new stream of the book: to a depth, on ticks of ``pulse`` if any, or of the whole book."""
        imprint = self.book.imprint
        if channel.depth:
            return ViewStream(channel, imprint, self, pulse, checked=checked)
        book = BookStream(channel.name, self.instrument, imprint, self.levels, checked=checked)
        book.place(self.book.seq, self.book.ts)
        self.views = [*self.views, book]
        return book

    def open_grouping(self, step: int) -> Grouping:
        """Return the book with its prices grouped by ``step``, for one more view."""
        if self.groupings is None:
            self.groupings = Groupings(self.levels)
        return self.groupings.open(step)

    def close_grouping(self, step: int) -> None:
        """Group by ``step`` for one view less."""
        groupings = self.groupings
        if groupings is not None:
            groupings.close(step)
            if not groupings:
                self.groupings = None

    def open_summary(self, stream: SummaryStream) -> None:
        """Let ``stream`` be told what is summed up from now on; all that came before is."""
        self.tally.pass_time(self.clock, stream.imprint.eseq)
        self.summaries.append(stream)

    # Each step changes the state of one stream and pushes that change before the next step begins, so a
    # snapshot taken in between fits the pushes that follow it.

    def flush(self, eseq: int, orders: Sequence[L3Change] = (), ts: int = 0) -> None:
        """Push what the command ``eseq`` changed: trades, orders, book, best prices, sums, status.

        ``orders`` are the changes of the book by order, of the command's time ``ts``, if that has a stream.
        """
        trades, changes = self.new_trades, self.changes
        if trades:
            self.new_trades = []
            self._add_trades(trades, eseq)
        if orders and self.l3 is not None:
            self.l3.follow(orders, eseq, ts)
        if changes:
            self.changes = []
            self._change_book(changes, eseq)
        if self.summaries and (trades or changes):
            self._sum_up(trades, eseq)
        if self.new_status is not None:
            self._set_status(self.new_status)

    def pass_time(self, utc_ns: int, eseq: int) -> None:
        """Push what has changed by ``utc_ns`` without a command; all up to ``eseq`` is published.

        Such a push keeps its channel's ``seq``.
        """
        if utc_ns <= self.clock:
            return
        closed, is_other = self.tally.pass_time(utc_ns, eseq)
        if closed or is_other:
            self.clock = utc_ns
            for stream in self.summaries:
                position = stream.seq, max(eseq, stream.seq), utc_ns
                stream.follow((), closed, position, is_other=is_other)

    def _add_trades(self, trades: list[Trade], eseq: int) -> None:
        stream = self.trades
        ts = trades[-1].transact_time
        prev = stream.advance(eseq, ts)
        past = self.past_trades
        recent = past.recent
        recent += trades
        if len(recent) >= past.pack_at:
            past.pack()
        tally = self.tally
        if ts < self.clock:
            # Stamps may step back. Candles and ticker do not: such trades count in what runs now.
            tally.advance(self.clock)
        else:
            self.clock = ts
        pending = tally.pending
        pending += trades
        if len(pending) > MAX_PENDING and not self.summaries:
            tally.fold()
        if stream.members:
            position = Position(eseq, prev, eseq, ts)
            stream.imprint.publish(stream, stream.push(EVENT, position, TradesContent(trades)))

    def _change_book(self, changes: list[BookDelta], eseq: int) -> None:
        stream, levels = self.book, self.levels
        ts = changes[-1].transact_time
        prev = stream.advance(eseq, ts)
        deltas = self.deltas
        recent = deltas.recent
        recent += changes
        if len(recent) >= deltas.pack_at:
            deltas.pack()
        if ts > self.clock:
            self.clock = ts
        is_best = False
        for change in changes:
            if levels.apply(change):
                is_best = True
        if self.groupings is not None:
            self.groupings.note(changes)
        if stream.members:
            position = Position(eseq, prev, eseq, ts)
            stream.imprint.publish(stream, stream.push(DELTA, position, changed_levels(changes)))
        if self.views:
            for view in self.views:
                view.follow(changes, eseq, ts)
        if self.timed:
            for group in self.timed.values():
                group.note(changes)
        if is_best and (best := levels.best()) != self.bbo.best:
            self._set_best(best, eseq, ts)

    def _set_best(self, best: tuple[PriceLevel | None, PriceLevel | None], eseq: int, ts: int) -> None:
        stream = self.bbo
        stream.best = best
        if stream.members or stream.ring is not None:
            stream.tell(EVENT, (eseq, eseq, ts), BboContent(*best), 1)
        else:
            stream.advance(eseq, ts)

    def _sum_up(self, trades: Sequence[Trade], eseq: int) -> None:
        closed, is_other = self.tally.pass_time(self.clock, eseq)
        for stream in self.summaries:
            stream.follow(trades, closed, (eseq, eseq, self.clock), is_other=is_other)

    def _set_status(self, status: InstrumentStatus) -> None:
        self.new_status = None
        self.status.change(status)
        if self.instruments is not None:
            self.instruments.follow(self.instrument, status)
