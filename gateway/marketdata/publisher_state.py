"""The publisher's whole state as bytes, and back: books, recent trades, statuses, places in the sequence.

The bytes depend on the state alone. NOT here: where snapshots are kept, and their checksum
(``gateway.store``).
"""

from collections import deque
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from gateway.marketdata.book import Book
from gateway.model import BookDelta, InstrumentStatus, Side, Trade

FORMAT: Final = "bdax-market-data"
VERSION: Final = 1


class PublisherStateError(ValueError):
    """The bytes are no state of this version. The message says why, in one line."""


class PublishedFeed(Protocol):
    """A channel's place: ``seq`` and ``ts`` of its last push."""

    seq: int
    ts: int


class PublishedMarket(Protocol):
    """One instrument as published; nothing of it is under way."""

    levels: Book
    best: tuple[tuple[int, int] | None, tuple[int, int] | None]
    recent: deque[Trade]
    status_now: InstrumentStatus

    @property
    def book(self) -> PublishedFeed:
        """Where the book channel stands."""

    @property
    def bbo(self) -> PublishedFeed:
        """Where the channel of best prices stands."""

    @property
    def trades(self) -> PublishedFeed:
        """Where the channel of trades stands."""

    @property
    def status(self) -> PublishedFeed:
        """Where the channel of the status stands."""


class _MarketState(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One instrument. ``places`` are (seq, ts) of book, best prices, trades and status."""

    symbol: str
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    recent: list[Trade]
    status: InstrumentStatus
    places: tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]


class _State(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    format: str
    version: int
    eseq: int
    markets: list[_MarketState]


class _Head(msgspec.Struct, frozen=True, array_like=True):
    format: str
    version: int


def encode_publisher(eseq: int, markets: Mapping[str, PublishedMarket]) -> bytes:
    """Return the state of a publisher between two calls."""
    states = [_market_state(symbol, markets[symbol]) for symbol in sorted(markets)]
    return msgspec.msgpack.encode(_State(FORMAT, VERSION, eseq, states))


def restore_publisher(encoded: bytes, markets: Mapping[str, PublishedMarket]) -> int:
    """Put the state in ``encoded`` into the fresh ``markets`` and return its ``eseq``.

    A market that the state does not know stays fresh; one that is not there any more is left out. Raises
    ``PublisherStateError``.
    """
    try:
        head = msgspec.msgpack.decode(encoded, type=_Head)
        if head.format != FORMAT or head.version != VERSION:
            raise PublisherStateError(
                f"market data state is {head.format[:32]!r} version {head.version},"
                f" this gateway reads {FORMAT!r} version {VERSION}"
            )
        state = msgspec.msgpack.decode(encoded, type=_State)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PublisherStateError(f"market data state is damaged: {error}") from None
    for saved in state.markets:
        market = markets.get(saved.symbol)
        if market is not None:
            _restore_market(saved, market)
    return state.eseq


def _market_state(symbol: str, market: PublishedMarket) -> _MarketState:
    bids, asks = market.levels.levels()
    book, bbo, trades, status = (
        (feed.seq, feed.ts) for feed in (market.book, market.bbo, market.trades, market.status)
    )
    places = (book, bbo, trades, status)
    return _MarketState(symbol, bids, asks, list(market.recent), market.status_now, places)


def _restore_market(saved: _MarketState, market: PublishedMarket) -> None:
    for side, levels in ((Side.BUY, saved.bids), (Side.SELL, saved.asks)):
        # The best one last: a level beyond the best is the cheapest to add.
        for price, quantity in reversed(levels):
            market.levels.apply(BookDelta(0, 0, 0, saved.symbol, side, price, quantity))
    market.best = market.levels.best()
    market.recent.extend(saved.recent)
    market.status_now = saved.status
    feeds = (market.book, market.bbo, market.trades, market.status)
    for feed, (seq, ts) in zip(feeds, saved.places, strict=True):
        feed.seq, feed.ts = seq, ts
