"""Instruments: scales, tick by price band, lot, and order limits as scaled integers.

NOT here: the configuration file (``gateway.settings``), or what an account may do (``gateway.orders``).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gateway.model.vocabulary import TradingStatus


class TickTable:
    """The price increment by price band.

    ``bands`` are ``(from_price, tick)`` pairs, scaled; a band holds from its price up to the next one's. The
    lowest band starts at 0.
    """

    def __init__(self, bands: Iterable[tuple[int, int]]) -> None:
        self._bands = sorted(bands)
        if not self._bands or self._bands[0][0] != 0:
            raise ValueError("a tick table needs a band that starts at 0")
        if any(tick <= 0 for _, tick in self._bands):
            raise ValueError("a tick must be positive")
        self._starts = [start for start, _ in self._bands]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TickTable) and self._bands == other._bands

    def __hash__(self) -> int:
        return hash(tuple(self._bands))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._bands)

    def tick(self, price: int) -> int:
        """Return the increment that holds at ``price``."""
        return self._bands[bisect_right(self._starts, price) - 1][1]


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """A tradable pair. Amounts are scaled by ``price_places`` and ``qty_places`` decimals.

    Notional amounts (price times quantity) are scaled by the sum of both. ``band_pct`` bounds a limit price
    to that percentage around the last trade (before one, ``reference_price``); 0 lifts the bound.
    """

    symbol: str
    base: str
    quote: str
    price_places: int
    qty_places: int
    ticks: TickTable
    lot: int
    min_qty: int
    max_qty: int
    min_notional: int
    max_notional: int
    reference_price: int
    band_pct: int
    status: TradingStatus = TradingStatus.OPEN


class Instruments(Mapping[str, Instrument]):
    """The instruments of the exchange by symbol, also by its wire bytes (``by_wire``).

    ``retired`` are those that are traded no more, by symbol: the amounts of their past orders are still told.
    """

    def __init__(self, instruments: Iterable[Instrument], retired: Iterable[Instrument] = ()) -> None:
        self._by_symbol = {instrument.symbol: instrument for instrument in instruments}
        self.by_wire = {symbol.encode("ascii"): instrument for symbol, instrument in self._by_symbol.items()}
        self.retired: Mapping[str, Instrument] = {
            instrument.symbol: instrument
            for instrument in sorted(retired, key=lambda instrument: instrument.symbol)
            if instrument.symbol not in self._by_symbol
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Instruments):
            return NotImplemented
        return self._by_symbol == other._by_symbol and self.retired == other.retired

    def after(self, former: "Instruments") -> "Instruments":
        """Return these instruments as they follow ``former`` ones: what is not among them is retired."""
        retired = {**self.retired, **former.retired, **former}
        return Instruments(self.values(), retired.values())

    def __getitem__(self, symbol: str) -> Instrument:
        return self._by_symbol[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_symbol)

    def __len__(self) -> int:
        return len(self._by_symbol)
