"""A market under a large crowd, for long: the memory is flat, nothing is lost, no error is logged.

``make soak``, or ``python -m tests.system.market_data --seconds 600 --subscribers 2000 --workers 0``.
"""

import asyncio
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from tests.system.chaos.exchange import Exchange
from tests.system.gateway_process import children, is_alive
from tests.system.market_data.crowd import Crowd
from tests.system.market_data.follower import Evidence, Follower
from tests.system.market_data.market import SETTLE_TIMEOUT_S, running
from tests.system.market_data.orders import ACCOUNT, OrderFlow
from tests.system.market_data.plans import STEADY, Form
from tests.system.market_data.truth import Truth

WARM_UP_SHARE: Final = 0.3
"""Of the samples, beginning when all places of the crowd have been taken."""

SAMPLE_S: Final = 0.5
FLOOR_MB: Final = 12.0
"""What the allocator of each process may keep of the noise of comings and goings."""

GROWTH_MB_A_MINUTE: Final = 1.5
"""What orders leave behind by design: the ClOrdIDs that are remembered, the indexes of the log."""

MOST_SHUT_OUT: Final = 0.01
"""Of those that came, where the machine had other work for seconds."""

FORMS: Final = (Form(), Form(packed=True), Form(packed=True, deflated=True))
"""How the steady followers talk, of whom there is one for each."""


@dataclass(frozen=True)
class SoakTerms:
    """How long, how many, and how much happens."""

    seconds: float
    subscribers: int
    folder: Path
    seed: int = 1
    rate: int = 30
    workers: int = 0


class Soak:
    """One soak: the crowd, steady followers who look closely, and orders."""

    def __init__(self, terms: SoakTerms) -> None:
        self.terms = terms
        self.evidence = Evidence()
        self.exchange = Exchange(terms.folder, "os", [], [ACCOUNT], workers=terms.workers)
        self._log = terms.folder / "gateway.log"
        url = self.exchange.ws
        self.flow = OrderFlow(url, terms.seed, terms.rate)
        self.crowd = Crowd(url, terms.subscribers, terms.seed)
        self.steady = [Follower(url, self.evidence, STEADY._replace(forms=(form,))) for form in FORMS]
        self.rss_mb: list[list[float]] = []
        """Samples of the gateway's process, then of each worker."""

        self.most_present = 0
        self._filling = 0

    async def run(self) -> list[str]:
        """Run to the end; return what was wrong, one line for each."""
        await self.exchange.start({})
        try:
            async with running(self.steady):
                async with running([self.flow, self.crowd]):
                    await self._watch()
                    end = await self.flow.finish()
                async with asyncio.timeout(SETTLE_TIMEOUT_S):
                    await asyncio.gather(*(follower.settle(end) for follower in self.steady))
            assert await self.exchange.stop() == 0
        finally:
            await self.exchange.kill()
        truth = Truth(self.exchange.data_dir)
        truth.read_on()
        return [*self._lost(truth), *self._shut_out(), *self._grown(), *self._complaints()]

    def summary(self) -> str:
        """Return one line about the run."""
        crowd = self.crowd
        memory = ", ".join(f"{self._growth_mb(of_one):+.1f} to {of_one[-1]:.0f} MB" for of_one in self.rss_mb)
        return (
            f"{self.flow.answered} requests answered, {crowd.came} subscribers came, at most"
            f" {self.most_present} at once, told {crowd.told / 1e6:.0f} MB,"
            f" {crowd.failed.total()} not let in;"
            f" {len(self.evidence.views)} moments compared; memory {memory}"
        )

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.terms.seconds
        gateway = self.exchange.pid
        pids = [gateway, *children(gateway, "gateway.app.worker")]
        assert len(pids) == 1 + self.terms.workers
        self.rss_mb = [[] for _ in pids]
        while loop.time() < end:
            await asyncio.sleep(SAMPLE_S)
            for pid, samples in zip(pids, self.rss_mb, strict=True):
                # A worker that is gone is logged, which is told with what was wrong.
                if is_alive(pid):
                    samples.append(_rss_mb(pid))
            self.most_present = max(self.most_present, self.crowd.present)
            self._filling += self.crowd.came < self.terms.subscribers

    def _lost(self, truth: Truth) -> list[str]:
        happened = self.evidence.happened
        wrong = [*self.evidence.violations, *self.evidence.judge(truth)]
        wrong += [
            f"a steady follower was told {what} {happened[what]} times"
            for what in ("gap", "conflated")
            if happened[what]
        ]
        wrong += [
            f"{channel} ends at {state.seq} with {state.view()}"
            for follower in self.steady
            for channel, state in follower.rebuilt.items()
            if state.view() != truth.view(channel, truth.eseq)
        ]
        return wrong + [f"refused: {reply}" for reply in self.flow.refused]

    def _shut_out(self) -> list[str]:
        came, failed = self.crowd.came, self.crowd.failed
        if failed.total() <= (came + failed.total()) * MOST_SHUT_OUT:
            return []
        return [f"{failed.total()} subscribers were not let in, {came} were: {dict(failed)}"]

    def _growth_mb(self, samples: Sequence[float]) -> float:
        """Return how much more the last quarter of the samples has than the first one after the warm-up."""
        full = samples[self._filling :]
        settled = full[int(len(full) * WARM_UP_SHARE) :]
        if not settled:
            return 0.0
        quarter = max(1, len(settled) // 4)
        return statistics.median(settled[-quarter:]) - statistics.median(settled[:quarter])

    def _grown(self) -> list[str]:
        bound = FLOOR_MB + GROWTH_MB_A_MINUTE * self.terms.seconds / 60
        never_full = self._filling == len(self.rss_mb[0])
        return ["the crowd never was whole"] * never_full + [
            f"the memory of process {n} (0: the gateway's) has grown by {growth:.1f} MB, bound {bound:.1f}"
            for n, growth in enumerate(map(self._growth_mb, self.rss_mb))
            if growth > bound
        ]

    def _complaints(self) -> list[str]:
        lines = [orjson.loads(line) for line in self._log.read_text().splitlines()]
        return [f"logged: {line}" for line in lines if line["level"] not in {"debug", "info"}]


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
