"""A small market for tests: instruments, events, a recording encoder, and subscribers that can refuse."""

from collections.abc import Callable
from typing import Any

import orjson

from gateway.marketdata import (
    Hub,
    Publisher,
    PublisherSettings,
    ReplayBounds,
    RingBounds,
    StreamBounds,
    Subscription,
)
from gateway.model import (
    BookDelta,
    Instrument,
    Instruments,
    InstrumentStatus,
    MassCanceled,
    Side,
    TickTable,
    Trade,
    TradingStatus,
)
from gateway.ports.market_data import JSON, InstrumentsContent, Push, StatusContent, TradesContent

BTC = "BTC-KRW"
ETH = "ETH-KRW"
TS = 1_700_000_000_000_000_000
S = 1_000_000_000
MINUTE = 60 * S
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MIDNIGHT = 19_700 * DAY  # 2023-12-09T00:00:00Z

Told = dict[str, Any]


def instrument(symbol: str) -> Instrument:
    base, quote = symbol.split("-")
    return Instrument(
        symbol=symbol,
        base=base,
        quote=quote,
        price_places=1,
        qty_places=8,
        ticks=TickTable([(0, 1)]),
        lot=1,
        min_qty=1,
        max_qty=10**12,
        min_notional=0,
        max_notional=10**30,
        reference_price=1000,
        band_pct=0,
    )


INSTRUMENTS = Instruments([instrument(BTC), instrument(ETH)])


def bid(eseq: int, price: int, quantity: int, symbol: str = BTC) -> BookDelta:
    return BookDelta(eseq, 1, TS + eseq, symbol, Side.BUY, price, quantity)


def ask(eseq: int, price: int, quantity: int, symbol: str = BTC) -> BookDelta:
    return BookDelta(eseq, 1, TS + eseq, symbol, Side.SELL, price, quantity)


def trade(eseq: int, n: int = 1, price: int = 1000, quantity: int = 5, symbol: str = BTC) -> Trade:
    return Trade(eseq, n, TS + eseq, symbol, price, quantity, Side.BUY)


def trade_at(time: int, price: int, quantity: int) -> Trade:
    return Trade(1, 1, time, BTC, price, quantity, Side.BUY)


def status(eseq: int, value: TradingStatus, symbol: str = BTC) -> InstrumentStatus:
    return InstrumentStatus(eseq, 1, TS + eseq, symbol, value)


def private(eseq: int) -> MassCanceled:
    """Return an event that changes no market."""
    return MassCanceled(eseq, 1, TS + eseq, "S", 1, "A", b"", 0)


class RecordingEncoder:
    """Encodes a push as a line of JSON and remembers the channels for which it encoded."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, push: Push) -> bytes:
        self.encoded.append(push.channel)
        told: dict[str, Any] = {"ch": push.channel, "type": push.type, **push.position._asdict()}
        if push.instrument is not None:
            told["symbol"] = push.instrument.symbol
        if push.conflated:
            told["conflated"] = push.conflated
        if push.checksum is not None:
            told["checksum"] = push.checksum
        content = push.content
        if isinstance(content, TradesContent):
            told["trades"] = [[trade.eseq, trade.n, trade.price, trade.quantity] for trade in content.trades]
        elif isinstance(content, StatusContent):
            told |= {"status": content.status.status.name, "since": content.status.eseq}
        elif isinstance(content, InstrumentsContent):
            told["instruments"] = [[listed.symbol, state.name] for listed, state in content.instruments]
        elif content is not None:
            told |= content._asdict()
        return orjson.dumps(told, default=list) + b"\n"


class Inbox:
    """A subscriber that keeps its pushes; ``full`` refuses them, ``then`` runs inside ``push``."""

    def __init__(self, then: Callable[["Inbox", bytes], None] | None = None, *, full: bool = False) -> None:
        self.form = JSON
        self.frames: list[bytes] = []
        self.full = full
        self.then = then

    def push(self, frame: bytes) -> bool:
        if self.full:
            return False
        self.frames.append(frame)
        if self.then is not None:
            self.then(self, frame)
        return True

    def take(self) -> list[Told]:
        """Return the pushes since the last call, decoded."""
        frames, self.frames = self.frames, []
        return [orjson.loads(line) for line in b"".join(frames).splitlines()]


class Market:
    """Publisher, hub and encoder joined."""

    def __init__(self, settings: PublisherSettings | None = None) -> None:
        self.encoder = RecordingEncoder()
        self.hub = Hub()
        self.publisher = Publisher(INSTRUMENTS, self.encoder, self.hub, settings)

    def subscriber(self, *channels: str) -> Inbox:
        """Return a subscriber of ``channels`` whose snapshots are taken."""
        inbox = Inbox()
        for channel in channels:
            assert self.publisher.subscribe(channel, inbox)
        inbox.take()
        return inbox


def brief(push: Told) -> tuple[str, str, int, int]:
    """Return a push's channel, type, seq and prev."""
    return push["ch"], push["type"], push["seq"], push["prev"]


def bounded(**bounds: int) -> Market:
    """Return a market whose publisher has these bounds."""
    streams = {name: bounds.pop(name) for name in ("max_streams", "idle_ns") if name in bounds}
    ring = RingBounds(changes=bounds.pop("ring_changes", 100_000))
    return Market(
        PublisherSettings(ring=ring, replay=ReplayBounds(**bounds), streams=StreamBounds(**streams))
    )


def resumed(seq: int, epoch: str = "e1") -> Subscription:
    """Return the wish of one who knows the channel up to ``seq``."""
    return Subscription(from_seq=seq, epoch=epoch)
