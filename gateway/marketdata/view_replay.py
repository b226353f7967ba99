"""Pushes of a view of a book, or of its best prices, made anew from the changes that its market keeps.

A market of its own goes back to where a client was, and from there does again what happened; what its view
pushes is what the stream pushed, or would have if somebody had followed. NOT here: recent pushes as they were
(``ring``), and whole books (``replay``).
"""

from bisect import bisect_right
from operator import attrgetter
from typing import Final
from weakref import WeakSet

import msgspec

from gateway.marketdata.change_ring import Past
from gateway.marketdata.channels import RAW, Channel, ChannelKind
from gateway.marketdata.market import Market
from gateway.marketdata.raw_ring import RingBounds
from gateway.marketdata.replay import ReplayBounds, Slices
from gateway.marketdata.ring import ReplayRing
from gateway.marketdata.stream import Imprint, Stream
from gateway.model import BookDelta, Instrument
from gateway.ports.market_data import DELTA, EVENT, BookLevels, BookLevelsContent, Position, Push

MAX_LEVELS: Final = 500_000
"""How many levels the books of all replays that are under way may have together: about 250 bytes each."""

SLOWER: Final = 4
"""To do a change again takes about so many times as long as to tell it."""

_SPARE: Final = 1_000
"""What a replay takes besides, in levels."""
_UNBOUNDED: Final = 1 << 62
_NO_RING: Final = RingBounds(changes=1_000)
_NO_LEVELS: Final = BookLevelsContent([], [])
_eseq: Final = attrgetter("eseq")


def can_be_made_anew(channel: Channel) -> bool:
    """Whether the changes of the book tell all pushes of ``channel``."""
    is_view = channel.kind is ChannelKind.BOOK and channel.speed == RAW
    return is_view or channel.kind is ChannelKind.BBO


def is_logged(channel: Channel) -> bool:
    """Whether the log tells the pushes of ``channel``, so that they outlast a life of the gateway."""
    return channel.kind is ChannelKind.TRADES or can_be_made_anew(channel)


class ViewReplays:
    """The replays of views that are under way: no more than there is room for."""

    __slots__ = ("_going_on",)

    def __init__(self) -> None:
        self._going_on: WeakSet[ViewReplay] = WeakSet()

    def begin(
        self,
        stream: Stream,
        channel: Channel,
        market: Market,
        from_seq: int,
        bounds: ReplayBounds,
    ) -> "ViewReplay | None":
        """Return the replay of ``stream`` after ``from_seq``; ``None``: not all is kept, or no room."""
        count = market.deltas.count_since(from_seq) if can_be_made_anew(channel) else None
        if count is None:
            return None
        levels = _SPARE + len(market.levels)
        if sum([replay.levels for replay in self._going_on]) + levels > MAX_LEVELS:
            return None
        replay = ViewReplay(stream, channel, market, from_seq, Slices(count, bounds, market.book, SLOWER))
        replay.levels = levels
        self._going_on.add(replay)
        return replay


class ViewReplay:
    """The pushes of a view after a place, from which on the market keeps all changes.

    Each stands for the view's pushes of at least a number of changes of the book, and says for how many. The
    last one leads to where the stream stands, even if the view did not change on the way there.
    """

    __slots__ = (
        "__weakref__",
        "_at",
        "_channel",
        "_market",
        "_past",
        "_replica",
        "_slice",
        "_slices",
        "_stream",
        "_told",
        "levels",
    )

    def __init__(
        self,
        stream: Stream,
        channel: Channel,
        market: Market,
        from_seq: int,
        slices: Slices,
    ) -> None:
        self._stream = stream
        self._channel = channel
        self._market = market
        self._slices = slices
        self._past: Past | None = None
        self._replica: _Replica | None = None
        # How far the replica is, and how far the slice leads that was read last.
        self._at = self._told = from_seq
        self._slice: list[Push] = []
        self.levels = 0

    @property
    def is_behind(self) -> bool:
        """Whether there is more to tell: a slice without pushes is not the end."""
        return self._told != self._stream.seq

    def read(self, seq: int) -> list[Push] | None:
        """Return the next slice; what is left of the last one, if not all of that was taken."""
        if seq != self._told:
            return [push for push in self._slice if push.position.seq > seq]
        if not self.is_behind:
            return []
        if self._replica is None:
            self._go_back()
            return []
        if not self._replica.is_begun:
            self._replica.begin(self._stream, self._channel)
            return []
        return self._go_on(self._replica)

    def _go_back(self) -> None:
        past = self._past
        if past is None:
            self._past = self._market.deltas.past(self._at)
        elif not past.is_there:
            past.go_back()
        else:
            self._past = None
            self._replica = _Replica(self._stream, self._market.instrument, past, self._at)

    def _go_on(self, replica: "_Replica") -> list[Push] | None:
        step, most = self._slices.cut()
        changes = self._market.deltas.since(self._at, most)
        if changes is None:
            return None
        target = self._stream.seq
        start, end = 0, bisect_right(changes, target, key=_eseq)
        pushes: list[Push] = []
        done = 0
        while start < end:
            eseq = self._at = changes[start].eseq
            stop = bisect_right(changes, eseq, lo=start, key=_eseq)
            replica.change(changes[start:stop], eseq)
            if stop - done >= step or stop >= end:
                pushes += replica.take()
                done = stop
            start = stop
        if end < len(changes) or not changes or self._at == target:
            self._at = target
            if (pushes[-1].position.seq if pushes else self._told) != target:
                pushes.append(replica.stay(target, self._stream.ts))
        if pushes:
            self._slice = pushes
            self._told = pushes[-1].position.seq
        return pushes


class _Replica:
    """A market that is where another was, with one view that keeps its pushes until they are taken."""

    def __init__(self, stream: Stream, instrument: Instrument, past: Past, seq: int) -> None:
        imprint = Imprint(_nobody, _nobody)
        imprint.encoders = stream.imprint.encoders
        imprint.eseq = seq
        self._market = market = Market(instrument, imprint, _NO_RING)
        market.levels.fill(past.bids, past.asks)
        for fixed in (market.book, market.bbo):
            fixed.place(seq, 0)
        market.bbo.best = market.levels.best()
        self._view: Stream = market.bbo
        self._pushes: ReplayRing[Push] = ReplayRing(_UNBOUNDED, _UNBOUNDED, _UNBOUNDED)
        self._pushes.reset(seq)
        # The prices of the levels that were told.
        self._bids: set[int] = set()
        self._asks: set[int] = set()
        self.is_begun = False

    def begin(self, stream: Stream, channel: Channel) -> None:
        """Make the view, like ``stream``."""
        self.is_begun = True
        if channel.kind is not ChannelKind.BBO:
            self._view = self._market.open_view(channel, None, checked=stream.is_checked)
            self._view.attend(1)
            self._view.refresh()
        self._view.ring = self._pushes
        content = self._view.content()
        if isinstance(content, BookLevelsContent):
            self._bids.update([price for price, _ in content.bids])
            self._asks.update([price for price, _ in content.asks])

    def change(self, changes: list[BookDelta], eseq: int) -> None:
        """Do again what a command did."""
        self._market.changes = changes
        self._market.flush(eseq)

    def take(self) -> list[Push]:
        """Return the pushes since the last call as one; none if there are none."""
        pushes = self._pushes.since(self._pushes.base) or []
        self._pushes.reset(self._pushes.last)
        if not pushes:
            return []
        push = _merged(pushes)
        if isinstance(push.content, BookLevelsContent):
            bids, asks = push.content
            content = BookLevelsContent(_tell(bids, self._bids), _tell(asks, self._asks))
            if len(pushes) > 1:
                push = msgspec.structs.replace(push, content=content)
        return [push]

    def stay(self, seq: int, ts: int) -> Push:
        """Return a push that leads to ``seq`` and changes nothing."""
        view = self._view
        kind, content = (EVENT, view.content()) if view is self._market.bbo else (DELTA, _NO_LEVELS)
        push = view.push(kind, Position(seq, view.seq, seq, ts), content)
        self._pushes.reset(seq)
        view.place(seq, ts)
        return msgspec.structs.replace(push, checksum=view.checksum())


def _merged(pushes: list[Push]) -> Push:
    """Return one push for some in a row."""
    last = pushes[-1]
    if len(pushes) == 1:
        return last
    content = last.content
    if isinstance(content, BookLevelsContent):
        bids: dict[int, int] = {}
        asks: dict[int, int] = {}
        for push in pushes:
            if isinstance(push.content, BookLevelsContent):
                bids.update(push.content.bids)
                asks.update(push.content.asks)
        content = BookLevelsContent(sorted(bids.items(), reverse=True), sorted(asks.items()))
    position = last.position._replace(prev=pushes[0].position.prev)
    return msgspec.structs.replace(last, position=position, content=content, conflated=len(pushes))


def _tell(levels: BookLevels, told: set[int]) -> BookLevels:
    """Return the levels but those that came and went without being ``told``, which is brought up to date."""
    found = [level for level in levels if level[1] or level[0] in told]
    for price, quantity in found:
        if quantity:
            told.add(price)
        else:
            told.discard(price)
    return found


def _nobody(*told: object) -> None:
    """Tell nobody."""
