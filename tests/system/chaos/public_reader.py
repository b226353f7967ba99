"""A client that follows the public trades and books, and subscribes again after each crash."""

import asyncio
import contextlib

from tests.system.chaos.records import Push, Span
from tests.system.chaos.trader import MIDDLES
from tests.system.chaos.ws_peer import GONE, RECONNECT_S, WsPeer, connecting

CHANNELS = [f"{name}.{symbol}" for name in ("trades", "book") for symbol in MIDDLES]


class PublicReader:
    """Keeps what each subscription brought in ``spans``."""

    def __init__(self, url: str, spans: list[Span]) -> None:
        self._url = url
        self._spans = spans
        self._current: dict[str, Span] = {}
        self.complete = asyncio.Event()
        """Set when every channel has sent its snapshot."""

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            with contextlib.suppress(*GONE):
                await self.follow()
            await asyncio.sleep(RECONNECT_S)

    async def follow(self) -> None:
        """Follow on one connection, until its end."""
        async with connecting(self._url) as socket:
            peer = WsPeer(socket, self._on_push)
            self._current = {}
            await peer.send("subscribe", {"channels": CHANNELS}, lambda _: None)
            await peer.read()

    def _on_push(self, push: Push) -> None:
        channel = push["ch"]
        if push["type"] == "snapshot":
            span = self._current[channel] = Span(channel, [push])
            self._spans.append(span)
            if len(self._current) == len(CHANNELS):
                self.complete.set()
        elif push["type"] != "heartbeat":
            self._current[channel].pushes.append(push)
