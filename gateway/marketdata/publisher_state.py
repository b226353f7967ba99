"""The publisher's state as bytes, and back: books, recent changes, sums, statuses, places in the sequence.

The bytes depend on the state alone. NOT here: where snapshots are kept, and their checksum
(``gateway.store``); the books by order, which come from the engine's orders.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.marketdata.candles import CandlesState
from gateway.marketdata.market import Market
from gateway.marketdata.raw_ring import Chunk, RingState
from gateway.marketdata.ticker import TickerState
from gateway.model import BookDelta, InstrumentStatus, Trade

FORMAT: Final = "bdax-market-data"
VERSION: Final = 4

CHUNKS_PER_PART: Final = 16
"""How many chunks of packed changes go in one part of the state: about 200 kB."""


class PublisherStateError(ValueError):
    """The bytes are no state of this version. The message says why, in one line."""


class PackedChanges(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Some of what is packed of a market's book changes, or trades, from the place ``base`` on."""

    symbol: str
    of_trades: bool
    base: int
    chunks: list[Chunk]


class _MarketState(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One instrument. ``places`` are (seq, ts) of book, best prices, trades and status."""

    symbol: str
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    changes: RingState[BookDelta]
    trades: RingState[Trade]
    status: InstrumentStatus
    places: tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
    candles: CandlesState
    ticker: TickerState


class _State(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    format: str
    version: int
    eseq: int
    markets: list[_MarketState]


class _Head(msgspec.Struct, frozen=True, array_like=True):
    format: str
    version: int


def encode_publisher(eseq: int, markets: Mapping[str, Market], *, packed: bool = True) -> bytes:
    """Return the state of a publisher between two calls; or without what is ``packed_changes``."""
    states = [_market_state(symbol, markets[symbol], packed=packed) for symbol in sorted(markets)]
    return msgspec.msgpack.encode(_State(FORMAT, VERSION, eseq, states))


def packed_changes(markets: Mapping[str, Market]) -> list[PackedChanges]:
    """Return the packed changes of all markets in parts, for ``prepend_changes`` in this order; no copies."""
    return [
        PackedChanges(symbol, of_trades, *part)
        for symbol, market in markets.items()
        for of_trades, parts in (
            (False, market.deltas.packed(CHUNKS_PER_PART)),
            (True, market.past_trades.packed(CHUNKS_PER_PART)),
        )
        for part in parts
    ]


def prepend_changes(part: PackedChanges, markets: Mapping[str, Market]) -> None:
    """Put a part of the packed changes back, behind the state without them and before the next event."""
    market = markets[part.symbol]
    if part.of_trades:
        market.past_trades.prepend(part.base, part.chunks)
    else:
        market.deltas.prepend(part.base, part.chunks)


def restore_publisher(encoded: bytes, markets: Mapping[str, Market]) -> int:
    """Put the state in ``encoded`` into the fresh ``markets`` and return its ``eseq``.

    A market that the state does not know stays fresh; one that is not there any more is left out. Raises
    ``PublisherStateError``.
    """
    try:
        state = _decode(encoded)
        for saved in state.markets:
            market = markets.get(saved.symbol)
            if market is not None:
                _restore_market(saved, market)
    except ValueError as error:
        raise PublisherStateError(str(error)) from None
    return state.eseq


def _decode(encoded: bytes) -> _State:
    try:
        head = msgspec.msgpack.decode(encoded, type=_Head)
        if head.format == FORMAT and head.version == VERSION:
            return msgspec.msgpack.decode(encoded, type=_State)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"market data state is damaged: {error}") from None
    raise ValueError(
        f"market data state is {head.format[:32]!r} version {head.version},"
        f" this gateway reads {FORMAT!r} version {VERSION}"
    )


def _market_state(symbol: str, market: Market, *, packed: bool) -> _MarketState:
    bids, asks = market.levels.levels()
    book, bbo, trades, status = (
        (stream.seq, stream.ts) for stream in (market.book, market.bbo, market.trades, market.status)
    )
    # As far as the instrument's last event, whether its candles were followed until then or not.
    tally = market.tally
    tally.advance(market.clock)
    return _MarketState(
        symbol,
        bids,
        asks,
        market.deltas.state(packed=packed),
        market.past_trades.state(packed=packed),
        market.status.status,
        (book, bbo, trades, status),
        tally.candles.state(),
        tally.ticker.state(),
    )


def _restore_market(saved: _MarketState, market: Market) -> None:
    market.levels.fill(dict(saved.bids), dict(saved.asks))
    market.bbo.best = market.levels.best()
    market.deltas.restore(saved.changes)
    market.deltas.place(dict(saved.bids), dict(saved.asks), saved.changes.former)
    market.past_trades.restore(saved.trades)
    market.status.status = saved.status
    market.tally.candles.restore(saved.candles)
    market.tally.ticker.restore(saved.ticker)
    market.clock = market.tally.candles.now
    streams = (market.book, market.bbo, market.trades, market.status)
    for stream, place in zip(streams, saved.places, strict=True):
        stream.place(*place)
