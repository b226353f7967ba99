"""Many subscribers that come and go, some of them slow; what they are told is thrown away.

They are bare sockets, for one process must hold thousands of them beside followers that look closely.
"""

import asyncio
import contextlib
import random
from collections import Counter
from typing import Final, cast
from urllib.parse import urlsplit

import orjson

from tests.system.market_data.follower import narrow_line

CHANNELS: Final = (
    *("ticker.BTC-KRW", "book.BTC-KRW.10.1s", "book.ETH-KRW.10.1s", "candles.BTC-KRW.1m", "status.BTC-KRW")
    * 4,
    *("bbo.ETH-KRW", "trades.BTC-KRW", "book.BTC-KRW.5.100ms") * 2,
    *("book.BTC-KRW", "l3.ETH-KRW"),
)
"""Weighted: most look at what changes once a second."""

MODES: Final = ("every", "every", "conflate", "interval")
HANDSHAKE_TIMEOUT_S: Final = 10.0
SLOW_SHARE: Final = 0.05
MEAN_STAY_S: Final = 20.0
SLOW_STAY_S: Final = 3.0
_HANDSHAKE: Final = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_CLOSE: Final = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
"""A close frame with code 1000, masked with zeros."""


class Listener(asyncio.Protocol):
    """One subscriber's connection. It counts what comes, and reads no more while ``is_slow``."""

    def __init__(self) -> None:
        self.received = 0
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self.begun.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.begun.set()
        self.ended.set()


class Crowd:
    """``size`` subscribers, each followed by a new one when it goes."""

    def __init__(self, url: str, size: int, seed: int) -> None:
        self._url = url
        self._size = size
        self._chance = random.Random(seed)
        self.came = 0
        self.present = 0
        self.told = 0
        self.failed: Counter[str] = Counter()

    async def run(self) -> None:
        """Come and go until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._size):
                group.create_task(self._place())
                await asyncio.sleep(0.002)

    async def _place(self) -> None:
        while True:
            slow = self._chance.random() < SLOW_SHARE
            try:
                await self._visit(slow=slow)
            except (OSError, TimeoutError) as error:
                self.failed[type(error).__name__] += 1
                await asyncio.sleep(0.1)

    async def _visit(self, *, slow: bool) -> None:
        loop, address = asyncio.get_running_loop(), urlsplit(self._url)
        assert address.hostname is not None
        assert address.port is not None
        if slow:
            _, listener = await loop.create_connection(Listener, sock=narrow_line(self._url))
        else:
            _, listener = await loop.create_connection(Listener, address.hostname, address.port)
        transport = listener.transport
        try:
            transport.write(_HANDSHAKE.format(path=address.path, host=address.netloc).encode())
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await listener.begun.wait()
            await self._stay(listener, slow=slow)
            transport.write(_CLOSE)
        finally:
            self.told += listener.received
            if slow or self._chance.random() < 0.3:
                transport.abort()
            else:
                transport.close()

    async def _stay(self, listener: Listener, *, slow: bool) -> None:
        """Follow ever more channels until it is time to go."""
        chance, transport = self._chance, listener.transport
        self.came += 1
        self.present += 1
        try:
            left = chance.expovariate(1 / MEAN_STAY_S)
            while left > 0 and not listener.ended.is_set():
                transport.write(_subscription(chance))
                pause = chance.uniform(0, SLOW_STAY_S) if slow else 0.0
                if pause:
                    transport.pause_reading()
                    await asyncio.sleep(pause)
                    transport.resume_reading()
                stay = min(left, chance.uniform(2, 20))
                left -= pause + stay
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(stay):
                        await listener.ended.wait()
        finally:
            self.present -= 1


def _subscription(chance: random.Random) -> bytes:
    """Return a request as a text frame, masked with zeros."""
    mode = chance.choice(MODES)
    params: dict[str, object] = {"channels": chance.sample(CHANNELS, 2), "mode": mode}
    if mode == "interval":
        params["interval_ms"] = 500
    # As long as a frame with a length of two bytes must be at least.
    payload = orjson.dumps({"id": None, "method": "subscribe", "params": params}).ljust(126)
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload
