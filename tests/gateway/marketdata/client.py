"""A client that knows nothing but the pushes it reads, and checks at each of them what it has rebuilt."""

import zlib
from typing import Any

import orjson

from gateway.marketdata import Channel, parse_channel
from gateway.ports.market_data import JSON
from tests.gateway.marketdata.exchange import Exchange, Truth
from tests.gateway.marketdata.market import Told
from tests.gateway.matching.trading_floor import two_instruments

INTERVALS = {"1s": 10**9, "1m": 60 * 10**9}
UNKNOWN = 2**63
BY_THEMSELVES = {"ticker", "candles"}


class Client:
    """One connection at a time; what it has rebuilt outlives a connection.

    ``seq`` and ``state`` are by channel, ``running`` has the start of a candle that may change. ``full``: it
    does not read.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.form = JSON
        self.full = False
        self.checked = False
        self.seq: dict[str, int] = {}
        self.state: dict[str, Any] = {}
        self.running: dict[str, int] = {}
        self.gaps: dict[str, int] = {}
        self.conflating: set[str] = set()
        self.resumed: dict[str, int] = {}
        self.lost: set[str] = set()
        self.eseq = 0

    def resume(self, channel: str) -> None:
        """Await what was missed of a channel, or a snapshot of it if that cannot be had."""
        self.resumed[channel] = UNKNOWN
        self.lost.add(channel)

    def connect(self) -> None:
        """Begin a new connection."""
        self.full = False
        self.gaps.clear()
        self.conflating.clear()
        self.resumed.clear()
        self.lost.clear()
        self.eseq = 0

    def forget(self, channel: str) -> None:
        """Lose what is known of a channel."""
        for known in (self.seq, self.state, self.gaps, self.resumed):
            known.pop(channel, None)

    def push(self, frame: bytes) -> bool:
        if self.full:
            return False
        for line in frame.splitlines():
            self.read(orjson.loads(line))
        return True

    # ---- what a client does with a push

    def read(self, push: Told) -> None:
        name, kind, seq = push["ch"], push["type"], push["seq"]
        channel = parse_channel(name, two_instruments())
        if kind == "gap":
            assert push["from_seq"] == self.seq[name] < push["to_seq"] + (channel.kind.value in BY_THEMSELVES)
            self.gaps[name] = push["to_seq"]
            return
        if kind == "heartbeat":
            assert push["prev"] == seq == self.seq[name]
        elif kind == "snapshot":
            assert push["prev"] == 0
            assert self.gaps.pop(name, seq) == seq
            assert seq >= self.seq.get(name, 0) or name in self.lost
            self.lost.discard(name)
            assert ("conflated" in push) <= (name in self.conflating)
            self.restate(channel, push)
        else:
            assert name not in self.gaps, "a gap is followed by its snapshot"
            # What changes by itself keeps its channel's place, and may be told again.
            by_itself = kind == "event" and push["prev"] == seq and channel.kind.value in BY_THEMSELVES
            assert push["prev"] == self.seq[name] < seq + by_itself, f"hole in {name}"
            self.change(channel, push)
        self.seq[name] = seq
        self.check(channel, push)

    def restate(self, channel: Channel, push: Told) -> None:
        kind = channel.kind.value
        if kind == "book":
            self.state[channel.name] = dict(push["bids"]), dict(push["asks"])
        elif kind == "l3":
            self.state[channel.name] = push["bids"], push["asks"]
        elif kind == "candles":
            self.state[channel.name] = {}
            self.running.pop(channel.name, None)
            self.follow_candles(channel.name, push)
        elif kind == "instruments":
            self.state[channel.name] = dict(push["instruments"])
        else:
            self.state[channel.name] = valued(kind, push)

    def change(self, channel: Channel, push: Told) -> None:
        kind, state = channel.kind.value, self.state[channel.name]
        if kind == "book":
            for side, changes in zip(state, (push["bids"], push["asks"]), strict=True):
                for price, quantity in changes:
                    if quantity:
                        side[price] = quantity
                    else:
                        assert side.pop(price, 0), "a level that is not there goes"
        elif kind == "l3":
            for change in push["changes"]:
                follow_order(state, *change)
        elif kind == "candles":
            self.follow_candles(channel.name, push)
        elif kind == "instruments":
            state.update(dict(push["instruments"]))
        elif kind == "trades":
            self.state[channel.name] = (state + push["trades"])[-100:]
        else:
            self.state[channel.name] = valued(kind, push)

    def follow_candles(self, name: str, push: Told) -> None:
        told = {candle[0]: candle[1:] for candle in push["candles"]}
        if name in self.running:
            assert self.running.pop(name) in told, "a candle whose end is never told"
        if push["is_open"]:
            self.running[name] = max(told)
        self.state[name].update(told)

    # ---- what is true

    def check(self, channel: Channel, push: Told) -> None:
        truth = self.exchange.at[push["eseq"]]
        assert self.view(channel.name) == true_view(channel, truth), f"{channel.name} at {push['eseq']}"
        if "checksum" in push:
            assert push["checksum"] == checksum(*self.view(channel.name))
        # Where only a state comes now and then, a heartbeat says of when the last one was.
        is_old = push["type"] == "heartbeat" and channel.name in self.conflating
        is_raw = channel.speed == "raw" and not is_old and push["seq"] > self.resumed.get(channel.name, 0)
        # A channel that is replayed is behind the others until it has caught up.
        if is_raw and not self.exchange.is_replaying(self, channel.name):
            assert push["eseq"] >= self.eseq, "pushes of one connection come in the order of the engine"
            self.eseq = push["eseq"]

    def view(self, name: str) -> Any:
        """Return what is known of a channel, as ``true_view`` shows it."""
        kind, state = name.partition(".")[0], self.state[name]
        if kind == "book":
            bids, asks = state
            return [sorted(map(list, bids.items()), reverse=True), sorted(map(list, asks.items()))]
        if kind == "l3":
            bids, asks = state
            # Sorting is stable: at one price they stay in the queue's order.
            return [
                sorted(bids, key=lambda order: order[1], reverse=True),
                sorted(asks, key=lambda order: order[1]),
            ]
        return state


def valued(kind: str, push: Told) -> Any:
    """Return what a push of a channel without changes says."""
    names = {
        "bbo": ("bid", "ask"),
        "ticker": ("open", "high", "low", "last", "volume", "trades", "bid", "ask"),
        "status": ("status",),
        "trades": ("trades",),
    }[kind]
    values = [push[name] for name in names]
    return values if len(values) > 1 else values[0]


def follow_order(
    sides: Any, action: str, number: int, side: int, price: int, quantity: int, executed: int
) -> None:
    """Apply one change to a book order by order."""
    orders = sides[0 if side == 1 else 1]
    at = next((n for n, order in enumerate(orders) if order[0] == number), None)
    if action == "add":
        assert at is None
        orders.append([number, price, quantity])
        return
    assert at is not None
    if action == "execute":
        assert orders[at][2] - executed == quantity
        # Only the first of a queue trades.
        assert all(order[1] != price for order in orders[:at])
    orders[at][2] = quantity
    if not quantity:
        del orders[at]


def true_view(channel: Channel, truths: dict[str, Truth]) -> Any:
    """Return what a client should know of a channel."""
    kind = channel.kind.value
    if kind == "instruments":
        return {symbol: truth.status for symbol, truth in truths.items()}
    truth = truths[channel.symbol]
    if kind == "book":
        return truth.view(channel.depth, channel.step)
    if kind == "l3":
        return truth.orders
    best = [side[0] if side else None for side in (truth.bids, truth.asks)]
    trades = truth.trades
    if kind == "bbo":
        return best
    if kind == "status":
        return truth.status
    if kind == "trades":
        return [[trade.eseq, trade.n, trade.price, trade.quantity] for trade in trades[-100:]]
    if kind == "ticker":
        return [*summed([[trade.price, trade.quantity] for trade in trades]), *best]
    length = INTERVALS[channel.interval]
    found: dict[int, list[list[int]]] = {}
    for trade in trades:
        found.setdefault(trade.transact_time // length * length, []).append([trade.price, trade.quantity])
    return {start: candle(told) for start, told in found.items()}


def candle(trades: list[list[int]]) -> list[int]:
    """Return open, high, low, close, volume, turnover and number of trades."""
    prices = [price for price, _ in trades]
    volume = sum(quantity for _, quantity in trades)
    turnover = sum(price * quantity for price, quantity in trades)
    return [prices[0], max(prices), min(prices), prices[-1], volume, turnover, len(trades)]


def summed(trades: list[list[int]]) -> list[int | None]:
    """Return what a ticker says of trades: open, high, low, last, volume, their number."""
    if not trades:
        return [None, None, None, None, 0, 0]
    opened, high, low, last, volume, _, count = candle(trades)
    return [opened, high, low, last, volume, count]


def checksum(bids: list[list[int]], asks: list[list[int]]) -> int:
    """Return the checksum of a book as the documentation says."""
    words = []
    for place in range(10):
        for side in (bids, asks):
            words += [str(number) for level in side[place : place + 1] for number in level]
    return zlib.crc32(":".join(words).encode())
