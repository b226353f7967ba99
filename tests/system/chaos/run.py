"""One crash test: clients trade, the gateway is killed and started again, and in the end all is asked."""

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.system.chaos import ending, plan
from tests.system.chaos.exchange import Exchange
from tests.system.chaos.fix_trader import FixDesk, QuickFixTrader, RawFixTrader
from tests.system.chaos.plan import Kill
from tests.system.chaos.public_reader import PublicReader
from tests.system.chaos.records import Evidence
from tests.system.chaos.tally import Tally
from tests.system.chaos.ws_trader import WsTrader

RAW_FIX: Final = ("RAW1", "RAW2")
QUICKFIX: Final = "QF1"
WEBSOCKET: Final = ("WS1", "WS2")
FIX_CANCELING: Final = "RAW3"
WS_CANCELING: Final = "WS3"
"""Their open orders go with their connection."""

log = logging.getLogger(__name__)

PATIENCE_S: Final = 4.0
CHILD_PATIENCE_S: Final = 15.0
"""How long a kill waits for its moment; the process that writes snapshots has low priority."""
QUIET_TIMEOUT_S: Final = 30.0
SETTLE_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is about. The same seed makes the same choices."""

    seed: int
    kills: int
    durability: str
    folder: Path


class CrashTest:
    """One run: ``evidence`` is for the auditor, ``tally`` for the table."""

    def __init__(self, terms: Terms) -> None:
        seed, tally = terms.seed, Tally()
        self.terms = terms
        self.tally = tally
        self.evidence = Evidence()
        self._exchange = Exchange(
            terms.folder,
            terms.durability,
            [*RAW_FIX, FIX_CANCELING, QUICKFIX],
            [*WEBSOCKET, WS_CANCELING],
            (FIX_CANCELING,),
        )
        fix, ws = self._exchange.fix, self._exchange.ws
        self._raw = [RawFixTrader(name, fix, seed, tally) for name in RAW_FIX]
        self._raw.append(RawFixTrader(FIX_CANCELING, fix, seed, tally, cancels_on_disconnect=True))
        files = terms.folder / "quickfix"
        files.mkdir()
        self._quickfix = QuickFixTrader(QUICKFIX, fix, files, seed, tally)
        self._ws = [WsTrader(name, ws, seed, tally) for name in WEBSOCKET]
        self._ws.append(WsTrader(WS_CANCELING, ws, seed, tally, cancels_on_disconnect=True))
        self._public = PublicReader(ws, self.evidence.public)
        self.evidence.fix = [trader.log for trader in (*self._raw, self._quickfix)]
        self.evidence.ws = [trader.log for trader in self._ws]

    async def run(self) -> None:
        """Do it all. The gateway has ended when this returns or raises."""
        clients: list[RawFixTrader | WsTrader | PublicReader] = [*self._raw, *self._ws, self._public]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        quickfix = asyncio.create_task(self._quickfix.run())
        watched = [*tasks, quickfix]
        try:
            await _before_any_fails(self._crash_and_quiesce(), watched)
            await _end(quickfix)
            await _before_any_fails(self._ask(), tasks)
        finally:
            for task in watched:
                await _end(task)
            await self._exchange.kill()

    async def _crash_and_quiesce(self) -> None:
        for kill in plan.kills(self.terms.seed, self.terms.kills, QUICKFIX):
            began = time.monotonic()
            await self._live_until(kill)
            log.info("%s after %.1f s", kill, time.monotonic() - began)
            await self._exchange.kill()
        assert await self._exchange.start({})
        if not self.terms.kills:
            await self.tally.until(1000)
        self.tally.closing = True
        log.info("the clients finish")
        traders: list[FixDesk | WsTrader] = [*self._raw, self._quickfix, *self._ws]
        with contextlib.suppress(TimeoutError):  # what stays unanswered, the auditor names
            async with asyncio.timeout(QUIET_TIMEOUT_S):
                while not all(trader.is_quiet for trader in traders):
                    self.tally.moved.clear()
                    await self.tally.moved.wait()
        # Their last orders go too, so that none is left to be canceled when the gateway is asked no more.
        leaving: list[RawFixTrader | WsTrader] = [*self._raw, *self._ws]
        for one in leaving:
            if one.log.cancels_on_disconnect:
                one.leave()
        await asyncio.sleep(SETTLE_S)

    async def _live_until(self, kill: Kill) -> None:
        """Run the gateway until the moment of ``kill``."""
        counts = self.tally.counts
        counts[f"kill: {kill.point}"] += 1
        if kill.point == plan.AT_START:
            await self._exchange.spawn({})
            await asyncio.sleep(kill.delay_s)
            return
        seen = self.tally.answers(kill.client)
        in_the_child = kill.point in plan.IN_THE_CHILD
        if not await self._exchange.start(kill.environment):
            return
        try:
            async with asyncio.timeout(CHILD_PATIENCE_S if in_the_child else PATIENCE_S):
                if kill.point == plan.RANDOM:
                    await self.tally.until(seen + kill.answers, kill.client)
                    await asyncio.sleep(kill.delay_s)
                elif in_the_child:
                    await self._exchange.child_ended()
                    await self.tally.until(self.tally.answers() + kill.answers)
                else:
                    await self._exchange.ended()
        except TimeoutError:
            counts[f"missed: {kill.point}"] += 1

    async def _ask(self) -> None:
        evidence, exchange = self.evidence, self._exchange
        fix: list[RawFixTrader | QuickFixTrader] = [*self._raw, self._quickfix]
        for trader in fix:
            async with asyncio.timeout(ending.TIMEOUT_S):
                await trader.read_history()
        log.info("the FIX sessions' histories are read")
        for account in (*RAW_FIX, FIX_CANCELING, QUICKFIX, *WEBSOCKET, WS_CANCELING):
            evidence.endings[account] = await ending.ask_ending(exchange.ws, account)
        log.info("the accounts' executions are read")
        evidence.public += await ending.read_snapshots(exchange.ws)
        status = await exchange.stop()
        assert status == 0, f"the gateway stopped with exit {status}"
        await asyncio.sleep(SETTLE_S)
        assert not (left := exchange.processes()), f"processes outlive their gateway: {left}"
        if self.terms.durability != "none":
            await self._read_log()

    async def _read_log(self) -> None:
        """Ask the log, once with the snapshots and once without."""
        data_dir = self._exchange.data_dir
        self.evidence.log_orders = await ending.log_orders(data_dir)
        self.evidence.log_hashes.append(await ending.log_hash(data_dir))
        copy = data_dir.with_name("without-snapshots")
        shutil.copytree(data_dir, copy, ignore=shutil.ignore_patterns("*.snapshot", "history.db*"))
        self.evidence.log_hashes.append(await ending.log_hash(copy))
        log.info("the log is read")
        shutil.rmtree(copy)


async def _before_any_fails(work: Coroutine[Any, Any, None], tasks: list[asyncio.Task[None]]) -> None:
    """Do ``work``; raise at once what one of ``tasks``, which have no end, fails with."""
    working = asyncio.create_task(work)
    done, _ = await asyncio.wait([working, *tasks], return_when=asyncio.FIRST_COMPLETED)
    if working not in done:
        await _end(working)
    for task in done:
        task.result()


async def _end(task: Awaitable[None]) -> None:
    """Cancel a task and wait for its end; what it failed with was raised elsewhere."""
    assert isinstance(task, asyncio.Task)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task
