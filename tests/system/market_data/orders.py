"""A client that keeps the books moving: orders, trades, replaces and cancels around a middle price."""

import asyncio
import contextlib
import random
from typing import Final

from tests.system.chaos.records import Push
from tests.system.chaos.ws_peer import GONE, RECONNECT_S, WsPeer, connecting

ACCOUNT: Final = "MOVER"
MIDDLES: Final = {"BTC-KRW": 100_000_000, "ETH-KRW": 4_000_000}
TICK: Final = 1000
MAX_OPEN: Final = 60
PAUSE_S: Final = 0.05
FINISH_S: Final = 20.0
EXPECTED: Final = {"TOO_LATE", "QUANTITY_BELOW_FILLED", "UNKNOWN_ORDER"}
"""An order may have traded meanwhile, or was on its way to a gateway that was killed."""


class OrderFlow:
    """Sends bursts of requests, ``rate`` a second on average, and comes back after each crash."""

    def __init__(self, url: str, seed: int, rate: int) -> None:
        self._url = url
        self._chance = random.Random(seed)
        self._burst = 2 * rate * PAUSE_S
        self._open: list[tuple[str, str]] = []
        self._count = 0
        self._outstanding = 0
        self._ending = False
        self.answered = 0
        self.last_eseq = 0
        self.refused: list[Push] = []

    def go_on(self) -> None:
        """Send again after ``finish``, when it is run."""
        self._ending = False

    async def finish(self) -> int:
        """Send nothing more, wait for the replies; return the engine sequence of the last change."""
        self._ending = True
        for _ in range(int(FINISH_S / PAUSE_S)):
            if not self._outstanding:
                return self.last_eseq
            await asyncio.sleep(PAUSE_S)
        raise TimeoutError(f"{self._outstanding} requests are not answered")

    async def run(self) -> None:
        """Trade until cancelled."""
        while True:
            with contextlib.suppress(*GONE):
                await self._trade()
            await asyncio.sleep(RECONNECT_S)

    async def _trade(self) -> None:
        async with connecting(self._url) as socket:
            peer = WsPeer(socket, lambda _: None)
            self._outstanding = 0
            reading = asyncio.create_task(peer.read())
            try:
                await peer.logon(ACCOUNT)
                while not reading.done():
                    for _ in range(0 if self._ending else self._chance.randint(0, int(self._burst))):
                        self._outstanding += 1
                        await peer.send(*self._request(), self._on_reply)
                    await asyncio.sleep(PAUSE_S)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    def _on_reply(self, reply: Push) -> None:
        self.answered += 1
        self._outstanding -= 1
        if reply["status"] == 200:
            self.last_eseq = max(self.last_eseq, reply["result"]["eseq"])
        if reply["status"] != 200 and reply["error"]["name"] not in EXPECTED:
            self.refused.append(reply)

    def _request(self) -> tuple[str, dict[str, object]]:
        chance = self._chance
        draw = chance.random()
        if self._open and (draw < 0.3 or len(self._open) >= MAX_OPEN):
            symbol, cl_ord_id = self._open.pop(chance.randrange(len(self._open)))
            return "order.cancel", {"cl_ord_id": cl_ord_id}
        if self._open and draw < 0.45:
            symbol, cl_ord_id = chance.choice(self._open)
            return "order.replace", {"cl_ord_id": cl_ord_id, **self._amounts(symbol, chance.choice("bs"))}
        symbol, side = chance.choice(list(MIDDLES)), chance.choice("bs")
        self._count += 1
        cl_ord_id = f"m-{self._count}"
        order: dict[str, object] = {"symbol": symbol, "side": "buy" if side == "b" else "sell"}
        order |= {"type": "limit", "cl_ord_id": cl_ord_id, **self._amounts(symbol, side)}
        if draw > 0.85:
            order["time_in_force"] = "ioc"
        else:
            self._open.append((symbol, cl_ord_id))
        return "order.place", order

    def _amounts(self, symbol: str, side: str) -> dict[str, object]:
        """Return a price on the side's half mostly, at times beyond the middle, and a quantity."""
        away = self._chance.randint(-3, 14) * TICK
        price = MIDDLES[symbol] + (-away if side == "b" else away)
        return {"price": str(price), "quantity": f"{self._chance.randint(10, 90) / 1000:.3f}"}
