"""A market under followers on bad lines, and the comparison of what they rebuilt with what was true."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

import orjson

from tests.system.chaos.exchange import Exchange, bdax
from tests.system.market_data.follower import Evidence, Follower, Habits
from tests.system.market_data.orders import ACCOUNT, OrderFlow
from tests.system.market_data.rebuilding import View
from tests.system.market_data.truth import Truth

RAW: Final = ("book.BTC-KRW", "l3.BTC-KRW", "bbo.BTC-KRW", "trades.BTC-KRW", "book.ETH-KRW", "trades.ETH-KRW")
VIEWS: Final = (
    "book.BTC-KRW.5.raw",
    "book.BTC-KRW.10.20ms",
    "book.ETH-KRW.5.100ms",
    "book.BTC-KRW.10.20ms.g5000",
    "book.ETH-KRW.20.raw.g2000",
)
MANY: Final = (*RAW, *VIEWS, "l3.ETH-KRW", "bbo.ETH-KRW", "book.BTC-KRW.50.raw", "book.ETH-KRW.50.raw")
SILENT: Final = "book.XRP-KRW"
SETTLE_TIMEOUT_S: Final = 20.0


class Runner(Protocol):
    """A client."""

    async def run(self) -> None:
        """Run until cancelled."""


@dataclass(frozen=True)
class Terms:
    """What a run is made of: the same terms make the same orders and faults, if not the same timing."""

    seed: int
    seconds: float
    kills: int
    folder: Path
    rate: int = 500


class Market:
    """One run: followers of all kinds, kills of the gateway between, and the end."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.evidence = Evidence()
        self.exchange = Exchange(terms.folder, "os", [], [ACCOUNT])
        url, seed = self.exchange.ws, terms.seed
        self.flow = OrderFlow(url, seed, terms.rate)
        lines: Sequence[tuple[Sequence[str], Habits]] = (
            ((*RAW, *VIEWS, SILENT), Habits(faults_s=0, modes=("every",))),
            (MANY, Habits(faults_s=0.5, faults=("stall",), modes=("every",), slow=True)),
            (MANY, Habits(faults_s=1, modes=("every", "conflate"), slow=True)),
            (VIEWS, Habits(faults_s=0.5)),
            (RAW, Habits(faults_s=0.4)),
        )
        self.followers = [
            Follower(url, channels, self.evidence, habits, seed * 100 + n)
            for n, (channels, habits) in enumerate(lines)
        ]

    async def run(self) -> Truth:
        """Run to the end, with the gateway stopped in order; return what was true."""
        chance = random.Random(self.terms.seed)
        await self.exchange.start({})
        try:
            async with running(self.followers):
                async with running([self.flow]):
                    for _ in range(self.terms.kills):
                        pause = self.terms.seconds / (self.terms.kills + 1)
                        await asyncio.sleep(pause * chance.uniform(0.7, 1.3))
                        await self.exchange.kill()
                        await self.exchange.start({})
                    await asyncio.sleep(self.terms.seconds / (self.terms.kills + 1))
                    end = await self.flow.finish()
                async with asyncio.timeout(SETTLE_TIMEOUT_S):
                    await asyncio.gather(*(follower.settle(end) for follower in self.followers))
            assert await self.exchange.stop() == 0
        finally:
            await self.exchange.kill()
        return Truth(self.exchange.data_dir)

    def ends(self, truth: Truth) -> list[str]:
        """Return what followers have not got to know in the end, one line for each channel."""
        return [
            f"follower {n}, {channel}: ends at {state.seq} with {state.view()}, true is {true}"
            for n, follower in enumerate(self.followers)
            for channel, state in follower.rebuilt.items()
            if state.view() != (true := truth.view(channel, truth.eseq))
        ]


async def replayed_book(data_dir: Path, symbol: str, eseq: int) -> View:
    """Return a book as ``bdax replay`` prints it."""
    text = await bdax("replay", "--data", str(data_dir), "--until", str(eseq), "--print", "book")
    books = {book["symbol"]: book for book in map(orjson.loads, text.splitlines())}
    return tuple(
        tuple((Decimal(price), Decimal(quantity)) for price, quantity in books[symbol][side])
        for side in ("bids", "asks")
    )


@contextlib.asynccontextmanager
async def running(runners: Sequence[Runner]) -> AsyncIterator[None]:
    """Run while the block does; one that fails ends the block by its error."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(runner.run()) for runner in runners]
        yield
        for task in tasks:
            task.cancel()
