"""An engine, a publisher and what is true at each engine sequence, for tests with clients that rebuild it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from gateway.engine import EmbeddedEngine
from gateway.marketdata import (
    DEPTHS,
    Hub,
    HubSettings,
    OrderIds,
    Publisher,
    PublisherSettings,
    ReplayBounds,
    RingBounds,
    StreamBounds,
)
from gateway.model import Command, Event, InstrumentStatus, Trade
from gateway.ports.market_data import Subscriber
from tests.gateway.marketdata.market import RecordingEncoder
from tests.gateway.matching.trading_floor import BTC, ETH, two_instruments

S = 1_000_000_000
IDS = OrderIds(bytes(16))
SYMBOLS = (BTC, ETH)
EPOCH = "e1"

Levels = list[list[int]]


class Truth:
    """What is true of one instrument after a command."""

    def __init__(self, bids: Levels, asks: Levels) -> None:
        self.bids = bids
        self.asks = asks
        self.orders: list[Levels] = []
        self.trades: list[Trade] = []
        self.status = ""

    def view(self, depth: int, step: int) -> list[Levels]:
        """Return bids and asks to a depth, grouped."""
        if step:
            sides = (
                grouped(self.bids, lambda price: price // step * step, reverse=True),
                grouped(self.asks, lambda price: -(-price // step) * step, reverse=False),
            )
        else:
            sides = self.bids, self.asks
        return [side[: depth or None] for side in sides]


def grouped(levels: Levels, group: Any, *, reverse: bool) -> Levels:
    """Return levels with their prices grouped, best first."""
    totals: defaultdict[int, int] = defaultdict(int)
    for price, quantity in levels:
        totals[group(price)] += quantity
    return sorted(([price, quantity] for price, quantity in totals.items()), reverse=reverse)


class Exchange:
    """Works commands at once, and publishes them when told: the engine is ahead of what is published."""

    def __init__(self, *, max_inline: int = 2) -> None:
        self.engine = EmbeddedEngine(two_instruments())
        self.hub_settings = HubSettings(max_inline=max_inline, max_queued=20, max_lags=1_000_000)
        self.settings = PublisherSettings(
            ring=RingBounds(changes=30),
            # Most replays take several slices.
            replay=ReplayBounds(most=8, changes=4, pushes=2, rush=12),
            streams=StreamBounds(max_streams=12, idle_ns=2 * S, ring_items=6),
        )
        self.now = 0
        self.waiting: list[list[Event]] = []
        self.trades: dict[str, list[Trade]] = {symbol: [] for symbol in SYMBOLS}
        self.statuses = dict.fromkeys(SYMBOLS, "OPEN")
        self.at: dict[int, dict[str, Truth]] = {}
        self._note()
        self.open()

    def open(self, state: bytes | None = None) -> None:
        """Start a publisher, where another one was when it gave its ``state``."""
        self.hub = Hub(self.hub_settings)
        self.hub.pumped_by(lambda: None)
        instruments = two_instruments()
        self.publisher = Publisher(instruments, RecordingEncoder(), self.hub, self.settings)
        if state is not None:
            self.publisher.restore_state(state)
        self.publisher.set_epoch(EPOCH)
        self.publisher.follow_orders(self.engine.open_orders, IDS)

    def restart(self) -> None:
        """End the publisher and go on with another one."""
        self.open(self.publisher.snapshot_state())

    def work(self, commands: Iterable[Command]) -> None:
        """Let the engine work commands."""
        for command in commands:
            self.engine.submit(command)
            events = self.engine.drain()
            self.waiting.append(events)
            for event in events:
                if isinstance(event, Trade):
                    self.trades[event.symbol].append(event)
                elif isinstance(event, InstrumentStatus) and event.symbol in SYMBOLS:
                    self.statuses[event.symbol] = event.status.name
            self._note()

    def publish(self, commands: int) -> None:
        """Publish the next commands in one batch."""
        batch, self.waiting = self.waiting[:commands], self.waiting[commands:]
        self.publisher.apply([event for events in batch for event in events])

    def tick(self, ns: int) -> None:
        """Let time pass, the publisher's deadlines in their order."""
        until = self.now + ns
        for _ in range(1_000):
            deadline = self.publisher.next_deadline()
            if deadline is None or deadline > until:
                break
            self.now = max(self.now, deadline)
            self.publisher.on_tick(self.now)
        else:
            raise AssertionError("the publisher has a deadline that does not pass")
        self.now = until

    def pump(self, budget: int) -> None:
        """Let the hub deliver."""
        self.hub.work(budget)

    def is_replaying(self, client: Subscriber, channel: str) -> bool:
        """Return whether what a client missed of a channel is on its way."""
        following = self.hub._following.get(client)
        member = following.by_name.get(channel) if following is not None else None
        return member is not None and member.replay is not None

    def settle(self) -> None:
        """Publish and deliver everything."""
        self.publish(len(self.waiting))
        self.tick(3 * S)
        while self.hub.work(7):
            pass

    def _note(self) -> None:
        eseq, books = self.engine.open_orders()
        truths: dict[str, Truth] = {}
        for symbol, bids, asks in books:
            truth = truths[symbol] = Truth(levels(bids), levels(asks))
            truth.orders = [[[IDS.public(number), *rest] for number, *rest in side] for side in (bids, asks)]
            truth.trades = self.trades[symbol][:]
            truth.status = self.statuses[symbol]
        self.at[eseq] = truths


def levels(orders: Sequence[tuple[int, int, int]]) -> Levels:
    """Return the levels of orders in priority."""
    totals: dict[int, int] = {}
    for _, price, quantity in orders:
        totals[price] = totals.get(price, 0) + quantity
    return [[price, quantity] for price, quantity in totals.items()]


def channels() -> list[str]:
    """Return channels of all kinds."""
    views = [f"{depth}.{speed}" for depth in DEPTHS[:2] for speed in ("raw", "20ms", "1s")]
    views += ["10.raw.g0.02", "5.100ms.g0.05"]
    found = ["instruments"]
    for symbol in SYMBOLS:
        found += [f"{kind}.{symbol}" for kind in ("book", "bbo", "trades", "l3", "ticker", "status", "book")]
        found += [f"book.{symbol}.{view}" for view in views]
        found += [f"candles.{symbol}.1s", f"candles.{symbol}.1m"]
    return found
