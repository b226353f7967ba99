"""A reader rebuilds each channel from snapshots and pushes alone, and is compared at each of them.

Commands, batches, subscriptions, refusals and resyncs come at random. The reference is a naive book kept by
the test at each engine sequence, not the publisher's.
"""

from itertools import count
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Event, TradingStatus
from gateway.ports.market_data import JSON
from tests.gateway.marketdata.market import BTC, ETH, Market, ask, bid, private, status, trade

SYMBOLS = (BTC, ETH)
KINDS = ("book", "bbo", "trades", "status")
CHANNELS = tuple(f"{kind}.{symbol}" for symbol in SYMBOLS for kind in KINDS)


class Reference:
    """What is true at each engine sequence, by channel."""

    def __init__(self) -> None:
        self.eseq = 0
        self.books: dict[str, dict[bool, dict[int, int]]] = {s: {True: {}, False: {}} for s in SYMBOLS}
        self.trades: dict[str, list[list[int]]] = {s: [] for s in SYMBOLS}
        self.statuses = dict.fromkeys(SYMBOLS, "OPEN")
        self.at: dict[int, dict[str, Any]] = {}
        self.last: dict[str, int] = dict.fromkeys(CHANNELS, 0)
        self.remember()

    def remember(self) -> None:
        self.at[self.eseq] = {name: self.state(name) for name in CHANNELS}

    def state(self, channel: str) -> Any:
        kind, symbol = channel.split(".")
        bids = sorted(([p, q] for p, q in self.books[symbol][True].items()), reverse=True)
        asks = sorted([p, q] for p, q in self.books[symbol][False].items())
        if kind == "book":
            return [bids, asks]
        if kind == "bbo":
            return [bids[0] if bids else None, asks[0] if asks else None]
        if kind == "trades":
            return self.trades[symbol][-100:]
        return self.statuses[symbol]

    def command(self, changes: list[tuple[str, str, int, int]]) -> list[Event]:
        """Work one command; return its events."""
        self.eseq += 1
        eseq = self.eseq
        events: list[Event] = [private(eseq)]
        before = {name: self.state(name) for name in CHANNELS}
        touched = {f"status.{symbol}" for what, symbol, _, _ in changes if what == "status"}
        for n, (what, symbol, price, quantity) in enumerate(changes, 2):
            if what == "trade":
                events.append(trade(eseq, n, price, quantity, symbol))
                self.trades[symbol].append([eseq, n, price, quantity])
            elif what == "status":
                value = list(TradingStatus)[price % len(TradingStatus)]
                events.append(status(eseq, value, symbol))
                self.statuses[symbol] = value.name
            else:
                side = self.books[symbol][what == "bid"]
                if quantity == side.get(price, 0):
                    continue
                events.append((bid if what == "bid" else ask)(eseq, price, quantity, symbol))
                side[price] = quantity
                if not quantity:
                    del side[price]
        for name in CHANNELS:
            if self.state(name) != before[name] or name in touched:
                self.last[name] = eseq
        self.remember()
        return events


class Reader:
    """A client that knows nothing but the pushes it reads."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.full = False
        self.form = JSON
        self.seq: dict[str, int] = {}
        self.state: dict[str, Any] = {}
        self.order: list[tuple[int, str]] = []

    def push(self, frame: bytes) -> bool:
        if self.full:
            return False
        for line in frame.splitlines():
            self.read(orjson.loads(line))
        return True

    def read(self, push: dict[str, Any]) -> None:
        channel, kind = push["ch"], push["type"]
        if kind == "gap":
            assert push["from_seq"] == self.seq[channel] < push["to_seq"]
            return
        if kind == "snapshot":
            assert push["prev"] == 0
        else:
            assert push["prev"] == self.seq[channel], f"hole in {channel}"
            assert push["seq"] == push["eseq"] > push["prev"]
            self.order.append((push["eseq"], channel))
        self.seq[channel] = push["seq"]
        self.take(channel, kind, push)
        assert self.view(channel) == self.reference.at[push["eseq"]][channel]

    def take(self, channel: str, kind: str, push: dict[str, Any]) -> None:
        name = channel.split(".")[0]
        if name == "book":
            if kind == "snapshot":
                self.state[channel] = ({}, {})
            for side, levels in zip(self.state[channel], (push["bids"], push["asks"]), strict=True):
                for price, quantity in levels:
                    if quantity:
                        side[price] = quantity
                    else:
                        del side[price]
        elif name == "bbo":
            self.state[channel] = [push["bid"], push["ask"]]
        elif name == "status":
            self.state[channel] = push["status"]
        elif kind == "snapshot":
            self.state[channel] = push["trades"]
        else:
            self.state[channel] = (self.state[channel] + push["trades"])[-100:]

    def view(self, channel: str) -> Any:
        state = self.state[channel]
        if channel.startswith("book"):
            bids, asks = state
            return [
                sorted(([p, q] for p, q in bids.items()), reverse=True),
                sorted([p, q] for p, q in asks.items()),
            ]
        return state

    def forget(self, channel: str) -> None:
        self.seq.pop(channel, None)


_changes = st.lists(
    st.tuples(
        st.sampled_from(["bid", "ask", "bid", "ask", "trade", "status"]),
        st.sampled_from(SYMBOLS),
        st.integers(1, 6),
        st.integers(0, 3),
    ),
    max_size=5,
    # As the engine does: a level is told once per command, with what it has after it.
    unique_by=lambda change: change[:3],
)
_actions = st.one_of(
    st.tuples(st.just("batch"), st.lists(_changes, max_size=4)),
    st.tuples(st.just("batch"), st.lists(_changes, max_size=4)),
    st.tuples(
        st.sampled_from(["subscribe", "subscribe", "unsubscribe", "fill", "drain", "drop"]),
        st.tuples(st.integers(0, 2), st.sampled_from(CHANNELS)),
    ),
)


@given(st.lists(_actions, max_size=40))
def test_a_reader_is_right_at_each_push_and_misses_none(actions: list[tuple[str, Any]]) -> None:
    market, reference = Market(), Reference()
    hub, publisher = market.hub, market.publisher
    readers = [Reader(reference) for _ in range(3)]
    # Far enough apart that nobody is given up.
    moments = count(0, 60_000_000_000)
    for action, argument in actions:
        if action == "batch":
            publisher.apply([event for changes in argument for event in reference.command(changes)])
            continue
        reader, channel = readers[argument[0]], argument[1]
        if action == "subscribe":
            publisher.subscribe(channel, reader)
        elif action == "unsubscribe":
            hub.unsubscribe(channel, reader)
            reader.forget(channel)
        elif action == "fill":
            reader.full = True
        elif action == "drain":
            reader.full = False
            assert hub.resync(reader, next(moments))
        else:
            hub.drop(reader)
            reader.seq.clear()
    for reader in readers:
        reader.full = False
        assert hub.resync(reader, next(moments))
        for channel in hub.followed(reader):
            assert reader.seq[channel] == reference.last[channel]
            assert reader.view(channel) == reference.state(channel)
    assert publisher.eseq == reference.eseq
    assert hub.lagging == 0


@given(st.lists(_changes, max_size=12), st.integers(1, 5))
def test_batches_of_any_size_say_the_same(commands: list[list[tuple[str, str, int, int]]], size: int) -> None:
    frames: list[list[bytes]] = []
    for step in (size, 1):
        market, reference = Market(), Reference()
        inbox = market.subscriber(*CHANNELS)
        for i in range(0, len(commands), step):
            events = [event for changes in commands[i : i + step] for event in reference.command(changes)]
            market.publisher.apply(events)
        frames.append(inbox.frames)
    assert frames[0] == frames[1]


@given(st.lists(_changes, max_size=12))
def test_on_one_connection_a_trade_comes_before_the_book_change_that_it_made(
    commands: list[list[tuple[str, str, int, int]]],
) -> None:
    market, reference = Market(), Reference()
    reader = Reader(reference)
    for channel in CHANNELS:
        market.publisher.subscribe(channel, reader)
    market.publisher.apply([event for changes in commands for event in reference.command(changes)])
    rank = {"trades": 0, "book": 1, "bbo": 2, "status": 3}
    assert len(set(reader.order)) == len(reader.order)
    for symbol in SYMBOLS:
        told = [(eseq, rank[name.split(".")[0]]) for eseq, name in reader.order if name.endswith(symbol)]
        assert told == sorted(told)
