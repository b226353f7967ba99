"""What was true at each engine sequence: the log's commands, worked once more by the engine, one by one."""

from bisect import bisect_right
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Final

from gateway.app.replica import decode_origin
from gateway.engine import EmbeddedEngine
from gateway.engine.embedded import OpenOrders
from gateway.marketdata import parse_channel
from gateway.model import Command, Event, Instrument, Instruments, Side, Trade
from gateway.store.encoding import hash_events
from gateway.store.log_reader import LogReader
from gateway.store.records import Record
from tests.system.market_data.rebuilding import KEPT_TRADES, View

_Orders = tuple[tuple[int, int], ...]
"""Open orders of one side as (price, quantity), scaled, in priority."""

_SIDES: Final = {Side.BUY: "buy", Side.SELL: "sell"}


class Truth:
    """The engine's books and trades after each command of the log in ``data_dir``, as far as it was read."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._batches = 0
        self._engine: EmbeddedEngine | None = None
        self._moments: dict[str, list[int]] = {}
        self._orders: dict[str, list[tuple[_Orders, _Orders]]] = {}
        self._trades: dict[str, list[Trade]] = {}
        self.instruments: Instruments | None = None
        self._known: dict[tuple[int, int], tuple[int, int]] = {}
        self.eseq = 0

    def read_on(self) -> None:
        """Read what the log has got since; also beside a gateway that does not write at the moment."""
        for item in LogReader(self._data_dir).read(self._batches):
            if isinstance(item, Record):
                assert self._engine is not None
                self._work(self._engine, item)
                self._batches = item.number
            elif self._engine is None:
                origin = decode_origin(item.origin)
                self.instruments = origin.instruments
                # A late cancel is answered by what is remembered of closed orders.
                self._engine = EmbeddedEngine(origin.instruments, closed_kept=origin.limits.closed_max)
                for symbol in self.instruments:
                    self._moments[symbol], self._orders[symbol] = [0], [((), ())]
                    self._trades[symbol] = []

    def view(self, channel: str, eseq: int) -> View:
        """Return what ``channel`` should say after the command ``eseq``."""
        assert self.instruments is not None
        assert eseq <= self.eseq, f"{channel} at {eseq}: the log ends with {self.eseq}"
        name = parse_channel(channel, self.instruments)
        instrument = self.instruments[name.symbol]
        kind = name.kind.value
        if kind == "trades":
            trades = self._trades[name.symbol]
            until = bisect_right(trades, eseq, key=lambda trade: trade.eseq)
            return tuple(_trade(trade, instrument) for trade in trades[max(0, until - KEPT_TRADES) : until])
        sides = self._orders[name.symbol][bisect_right(self._moments[name.symbol], eseq) - 1]
        if kind == "l3":
            return tuple(tuple(_amounts(level, instrument) for level in side) for side in sides)
        # Grouped by a step, bids are rounded down and asks up: to what the price is at least as good as.
        levels = tuple(
            tuple(_amounts(level, instrument) for level in _totals(side, sign * (name.step or 1)))
            for side, sign in zip(sides, (1, -1), strict=True)
        )
        if kind == "bbo":
            return tuple(side[0] if side else None for side in levels)
        return tuple(side[: name.depth or None] for side in levels)

    def _work(self, engine: EmbeddedEngine, record: Record) -> None:
        """Work one batch, and see that the gateway got the same events of it."""
        batch: list[Event] = []
        for command in record.commands:
            batch += self._step(engine, command)
        assert hash_events(batch) == record.event_hash

    def _step(self, engine: EmbeddedEngine, command: Command) -> list[Event]:
        engine.submit(command)
        events = engine.drain()
        self.eseq, books = engine.open_orders()
        for event in events:
            if isinstance(event, Trade):
                self._trades[event.symbol].append(event)
        for symbol, bids, asks in books:
            now = self._side(bids), self._side(asks)
            if now != self._orders[symbol][-1]:
                self._moments[symbol].append(self.eseq)
                self._orders[symbol].append(now)
        return events

    def _side(self, orders: OpenOrders) -> _Orders:
        """Return price and quantity of each; equal ones are one object, as there are many books."""
        known = self._known
        return tuple(known.setdefault(pair, pair) for pair in ((price, left) for _, price, left in orders))


def _totals(side: _Orders, step: int) -> list[tuple[int, int]]:
    """Return the levels of a side, best first; a negative ``step`` rounds up."""
    return [
        (price * step, sum(quantity for _, quantity in orders))
        for price, orders in groupby(side, key=lambda order: order[0] // step)
    ]


def _amounts(level: tuple[int, int], instrument: Instrument) -> View:
    price, quantity = level
    return Decimal(price).scaleb(-instrument.price_places), Decimal(quantity).scaleb(-instrument.qty_places)


def _trade(trade: Trade, instrument: Instrument) -> View:
    side = _SIDES[trade.aggressor_side]
    return f"{trade.eseq}-{trade.n}", side, *_amounts((trade.price, trade.quantity), instrument)
