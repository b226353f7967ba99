"""A market under followers on bad lines, and the comparison of what they rebuilt with what was true."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

import orjson

from tests.system.chaos.exchange import Exchange, bdax
from tests.system.market_data.follower import Evidence, Follower
from tests.system.market_data.orders import ACCOUNT, OrderFlow
from tests.system.market_data.plans import STEADY, Restart, Scene
from tests.system.market_data.rebuilding import View
from tests.system.market_data.truth import Truth

SETTLE_TIMEOUT_S: Final = 20.0
REST_S: Final = 0.6
"""How long orders flow at least, and behind the last restart."""

ORDERS_PER_S: Final = 500
SEED: Final = 7
"""Of the orders; what goes wrong is planned."""


class Runner(Protocol):
    """A client."""

    async def run(self) -> None:
        """Run until cancelled."""


class Market:
    """One gateway over all its starts, and scenes on it in turn. ``happened`` counts over all of them."""

    def __init__(self, folder: Path, workers: int = 0) -> None:
        self.exchange = Exchange(folder, "os", [], [ACCOUNT], workers=workers)
        self.flow = OrderFlow(self.exchange.ws, SEED, ORDERS_PER_S)
        self.truth = Truth(self.exchange.data_dir)
        self.happened: Counter[str] = Counter()

    async def play(self, scene: Scene) -> list[str]:
        """Let a scene happen; return what was wrong, one line for each."""
        evidence = Evidence()
        followers = [Follower(self.exchange.ws, evidence, plan) for plan in (STEADY, *scene.plans)]
        self.flow.go_on()
        async with running(followers):
            async with running([self.flow]):
                for restart in scene.restarts:
                    await self._restart(restart)
                await asyncio.sleep(REST_S)
                end = await self.flow.finish()
            async with asyncio.timeout(SETTLE_TIMEOUT_S):
                await asyncio.gather(*(follower.settle(end) for follower in followers))
        self.happened += evidence.happened
        self.truth.read_on()
        refused = [f"refused: {reply}" for reply in self.flow.refused]
        return [*evidence.violations, *evidence.judge(self.truth), *refused, *self._ends(followers)]

    async def _restart(self, restart: Restart) -> None:
        await asyncio.sleep(restart.after_ms / 1000)
        if restart.kills:
            await self.exchange.kill()
        else:
            assert await self.exchange.stop() == 0
        self.happened["killed" if restart.kills else "stopped"] += 1
        await self.exchange.start({})

    def _ends(self, followers: Sequence[Follower]) -> list[str]:
        """Return what followers have not got to know in the end, one line for each channel."""
        truth = self.truth
        return [
            f"follower {n}, {channel}: ends at {state.seq} with {state.view()}, true is {true}"
            for n, follower in enumerate(followers)
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
