"""Candles: the trades of an instrument summed up by intervals of UTC time.

NOT here: how a candle is shown, and when clients hear of it.
"""

from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from gateway.model import Trade

_SECOND: Final = 1_000_000_000

INTERVALS: Final[Mapping[str, int]] = {
    "1s": _SECOND,
    "1m": 60 * _SECOND,
    "5m": 300 * _SECOND,
    "15m": 900 * _SECOND,
    "1h": 3600 * _SECOND,
    "4h": 4 * 3600 * _SECOND,
    "1d": 24 * 3600 * _SECOND,
}
"""The length of each interval in ns, shortest first; each is a whole part of the next."""

CANDLES_KEPT: Final = 500
"""How many closed candles of each interval are kept."""

_LENGTHS: Final = tuple(INTERVALS.values())
_PLACES: Final = {interval: place for place, interval in enumerate(INTERVALS)}
_NEVER: Final = 2**64


class Candle(msgspec.Struct, gc=False):
    """The trades in the interval that begins at ``start`` (UTC ns): at least one.

    ``volume`` is the sum of quantities; ``turnover`` that of price times quantity, exact, scaled by the
    places of both together. Either may be larger than 64 bits. A candle that is closed changes no more.
    """

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    turnover: int = 0
    count: int = 0

    def add(self, price: int, quantity: int) -> None:
        """Count one trade, the last so far."""
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += quantity
        self.turnover += price * quantity
        self.count += 1

    def fold(self, later: "Candle") -> None:
        """Count all trades of ``later``, which come after the ones here."""
        if later.high > self.high:
            self.high = later.high
        if later.low < self.low:
            self.low = later.low
        self.close = later.close
        self.volume += later.volume
        self.turnover += later.turnover
        self.count += later.count

    def starting(self, start: int) -> "Candle":
        """Return a copy that begins at ``start``."""
        return Candle(
            start, self.open, self.high, self.low, self.close, self.volume, self.turnover, self.count
        )


class SavedCandle(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A candle in a snapshot: amounts that may be larger than 64 bits as big-endian bytes."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: bytes
    turnover: bytes
    count: int


class CandlesState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The state of ``Candles``: by interval, shortest first, the part under way and the closed ones."""

    now: int
    parts: list[SavedCandle | None]
    closed: list[list[SavedCandle]]


class ClosedCandle(NamedTuple):
    """A candle of ``interval`` that closed."""

    interval: str
    candle: Candle


class Candles:
    """The candles of one instrument: for each interval the open one and the last ``kept`` closed ones.

    Intervals are aligned to UTC. One without a trade has no candle: a reader carries the last close on. Time
    is that of the trades and of ``advance``, and never steps back: a trade from before the time reached
    counts in the interval that is open then.

    A trade costs the shortest interval only; a candle that closes is counted in the one of the next length.
    """

    __slots__ = ("_closed", "_closes_at", "_parts", "now")

    def __init__(self, kept: int = CANDLES_KEPT) -> None:
        self.now = 0
        # By interval, the trades since the last candle of the interval before closed. An open candle is its
        # part and those of all shorter intervals after it.
        self._parts: list[Candle | None] = [None] * len(_LENGTHS)
        self._closed: tuple[deque[Candle], ...] = tuple(deque(maxlen=kept) for _ in _LENGTHS)
        self._closes_at = _NEVER

    def on_trade(self, trade: Trade) -> list[ClosedCandle]:
        """Count a trade; return the candles that its time closed, as ``advance`` does."""
        closed = self.advance(trade.transact_time)
        price = trade.price
        part = self._parts[0]
        if part is None:
            start = self.now - self.now % _SECOND
            part = self._parts[0] = Candle(start, price, price, price, price)
            self._closes_at = start + _SECOND
        part.add(price, trade.quantity)
        return closed

    def on_run(self, run: Candle) -> list[ClosedCandle]:
        """Count the trades of one second, summed up; ``run.start`` is the time reached with the last.

        Returns the candles that closed, as ``on_trade`` one by one does.
        """
        closed = self.advance(run.start)
        part = self._parts[0]
        if part is None:
            start = self.now - self.now % _SECOND
            self._parts[0] = run.starting(start)
            self._closes_at = start + _SECOND
        else:
            part.fold(run)
        return closed

    def advance(self, utc_ns: int) -> list[ClosedCandle]:
        """Let time come to ``utc_ns``; return the candles that closed, those of the shortest interval first.

        A time before the one reached does nothing. Trades of before ``utc_ns`` should have been counted:
        whoever passes a clock's time leaves a margin for those under way.
        """
        if utc_ns > self.now:
            self.now = utc_ns
        return self._close() if self.now >= self._closes_at else []

    @property
    def closes_at(self) -> int | None:
        """When the next candle closes (UTC ns); ``None`` when none is open."""
        return None if self._closes_at == _NEVER else self._closes_at

    def open(self, interval: str) -> Candle | None:
        """Return a copy of the open candle of ``interval``; ``None`` before the first trade in it."""
        place = _PLACES[interval]
        candle: Candle | None = None
        for part in reversed(self._parts[: place + 1]):
            if part is None:
                continue
            if candle is None:
                candle = part.starting(part.start - part.start % _LENGTHS[place])
            else:
                candle.fold(part)
        return candle

    def closed(self, interval: str, limit: int | None = None) -> list[Candle]:
        """Return the last closed candles of ``interval``, oldest first, at most ``limit`` (``None``: all)."""
        closed = self._closed[_PLACES[interval]]
        return list(closed if limit is None else islice(closed, max(len(closed) - limit, 0), None))

    def state(self) -> CandlesState:
        """Return the whole state; equal states give equal bytes."""
        return CandlesState(
            self.now,
            [None if part is None else save_candle(part) for part in self._parts],
            [[save_candle(candle) for candle in closed] for closed in self._closed],
        )

    def restore(self, state: CandlesState) -> None:
        """Go on where ``state`` was taken, whatever was before.

        Raises ``ValueError`` if its intervals are others.
        """
        if not len(state.parts) == len(state.closed) == len(_LENGTHS):
            raise ValueError(f"candles of {len(state.parts)} intervals, expected {len(_LENGTHS)}")
        self.now = state.now
        self._parts = [None if part is None else load_candle(part) for part in state.parts]
        for closed, saved in zip(self._closed, state.closed, strict=True):
            closed.clear()
            closed.extend(map(load_candle, saved))
        self._arm()

    def _close(self) -> list[ClosedCandle]:
        """Close what has ended. A longer interval never ends before a shorter one that is open."""
        parts, now = self._parts, self.now
        closed: list[ClosedCandle] = []
        last = len(parts) - 1
        for place, (interval, length) in enumerate(INTERVALS.items()):
            part = parts[place]
            if part is None:
                continue
            if part.start + length > now:
                break
            parts[place] = None
            self._closed[place].append(part)
            closed.append(ClosedCandle(interval, part))
            if place < last:
                longer = parts[place + 1]
                if longer is None:
                    parts[place + 1] = part.starting(part.start - part.start % _LENGTHS[place + 1])
                else:
                    longer.fold(part)
        self._arm()
        return closed

    def _arm(self) -> None:
        self._closes_at = next(
            (part.start + length for part, length in zip(self._parts, _LENGTHS, strict=True) if part), _NEVER
        )


def save_candle(candle: Candle) -> SavedCandle:
    """Return ``candle`` in the form of a snapshot."""
    return SavedCandle(
        candle.start,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume.to_bytes((candle.volume.bit_length() + 7) // 8, "big"),
        candle.turnover.to_bytes((candle.turnover.bit_length() + 7) // 8, "big"),
        candle.count,
    )


def load_candle(saved: SavedCandle) -> Candle:
    """Return the candle that ``save_candle`` saved."""
    return Candle(
        saved.start,
        saved.open,
        saved.high,
        saved.low,
        saved.close,
        int.from_bytes(saved.volume, "big"),
        int.from_bytes(saved.turnover, "big"),
        saved.count,
    )
