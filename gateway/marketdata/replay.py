"""Pushes made anew: what a client missed of a raw stream, and a snapshot in parts.

NOT here: which changes are kept (``raw_ring``).
"""

from itertools import chain

import msgspec

from gateway.marketdata.book_streams import changed_levels
from gateway.marketdata.raw_ring import E, RawRing
from gateway.marketdata.stream import Stream
from gateway.model import BookDelta, Trade
from gateway.ports.market_data import (
    DELTA,
    EVENT,
    BookLevelsContent,
    Position,
    Push,
    PushContent,
    TradesContent,
)


def replay_book(stream: Stream, ring: RawRing[BookDelta], from_seq: int, limit: int) -> list[Push] | None:
    """Return the pushes of a book after ``from_seq``, or ``None``; see ``replay_trades``."""
    commands = ring.since(from_seq)
    if commands is None:
        return None
    pushes, prev = [], from_seq
    for changes, merged in _merge(commands, limit):
        pushes.append(_again(stream, DELTA, changes[-1], prev, changed_levels(changes), merged))
        prev = changes[-1].eseq
    return pushes


def replay_trades(stream: Stream, ring: RawRing[Trade], from_seq: int, limit: int) -> list[Push] | None:
    """Return the pushes of trades after ``from_seq``; ``None`` when not all are kept.

    If they are more than ``limit``, those of several commands are merged into one, which says how many.
    """
    commands = ring.since(from_seq)
    if commands is None:
        return None
    pushes, prev = [], from_seq
    for trades, merged in _merge(commands, limit):
        pushes.append(_again(stream, EVENT, trades[-1], prev, TradesContent(trades), merged))
        prev = trades[-1].eseq
    return pushes


def split_snapshot(snapshot: Push, max_levels: int) -> list[Push]:
    """Return the snapshot of a book in parts of at most ``max_levels`` levels, bids first; at least one."""
    content = snapshot.content
    if not isinstance(content, BookLevelsContent):
        return [snapshot]
    bids, asks = content
    size = len(bids) + len(asks)
    if size <= max_levels:
        return [snapshot]
    count = -(-size // max_levels)
    parts = []
    for number in range(count):
        start, stop = number * max_levels, (number + 1) * max_levels
        asks_from, asks_to = max(start - len(bids), 0), max(stop - len(bids), 0)
        part = BookLevelsContent(bids[start:stop], asks[asks_from:asks_to])
        parts.append(
            msgspec.structs.replace(
                snapshot, content=part, part=(number + 1, count), bodies=None, _frames=None
            )
        )
    return parts


def _merge(commands: list[list[E]], limit: int) -> list[tuple[list[E], int]]:
    """Return at most ``limit`` lists of changes, each with the number of commands in it."""
    if len(commands) <= limit:
        return [(changes, 1) for changes in commands]
    step = -(-len(commands) // limit)
    chunks: list[tuple[list[E], int]] = []
    for start in range(0, len(commands), step):
        chunk = commands[start : start + step]
        chunks.append((list(chain.from_iterable(chunk)), len(chunk)))
    return chunks


def _again(
    stream: Stream, kind: str, last: BookDelta | Trade, prev: int, content: PushContent, merged: int
) -> Push:
    position = Position(last.eseq, prev, last.eseq, last.transact_time)
    push = stream.push(kind, position, content)
    return push if merged == 1 else msgspec.structs.replace(push, conflated=merged, _frames=None)
