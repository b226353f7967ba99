"""Time passes only as far as all is published; and by way of the workers too."""

import asyncio
import time
from collections.abc import Callable

import pytest

from gateway.net.passing_time import MARGIN_NS, PassingTime
from tests.gateway.net.running import Running
from tests.gateway.net.turn_stage import Stage, turn

S = 1_000_000_000
DAY = 86_400 * S
NOON = 1_700_000_000 * S


async def test_time_passes_when_all_is_published_that_was_stamped_before() -> None:
    stage = Stage()
    passing = PassingTime(stage.turns, lambda: NOON + 7, lambda utc: stage.log.append(f"passed {utc}"))
    stage.order()
    passing.start()
    stage.order()
    await turn()
    assert stage.log == []
    stage.store.finish()
    await turn()
    passing.stop()
    assert stage.log == ["published 1,2", f"passed {NOON - S}"]


async def test_a_command_that_comes_later_is_not_waited_for() -> None:
    stage = Stage()
    passing = PassingTime(stage.turns, lambda: NOON + MARGIN_NS, lambda utc: stage.log.append(f"{utc}"))
    passing.start()
    await turn()
    passing.stop()
    stage.order()
    await turn()
    assert stage.log == [str(NOON)]


async def test_it_looks_again_when_the_next_second_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(at_once=True)
    loop = asyncio.get_running_loop()
    delays: list[float] = []
    later = loop.call_later

    def at_once(delay: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        delays.append(delay)
        return later(0, act)

    monkeypatch.setattr(loop, "call_later", at_once)
    clock = [NOON + S // 4 + MARGIN_NS]
    seconds: list[int] = []
    passing = PassingTime(stage.turns, lambda: clock[0], seconds.append)
    passing.start()
    clock[0] = NOON + S + MARGIN_NS
    while len(seconds) < 2:
        await turn()
    passing.stop()
    monkeypatch.undo()
    assert seconds[:2] == [NOON, NOON + S]
    assert delays[:2] == [0.75, 1.0]
    PassingTime(stage.turns, lambda: 0, seconds.append).stop()


@pytest.mark.parametrize("workers", [0, 1])
async def test_a_quiet_market_is_told_of_its_time(gateway: Running) -> None:
    trader, reader = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("a", price="99000000")
    await trader.place("b", "sell", price="99000000")
    await reader.request("subscribe", channels=["ticker.BTC-KRW", "candles.BTC-KRW.1d"])
    ticker, candles = [await reader.push(name) for name in ("ticker.BTC-KRW", "candles.BTC-KRW.1d")]
    assert (ticker["data"]["trades"], candles["data"][-1]["closed"]) == (1, False)
    gateway.gateway.turns.after_commit(lambda: gateway.gateway._pass_time(time.time_ns() + DAY))
    after = {push["ch"]: push for push in [await reader.receive() for _ in range(2)]}
    ticker, candles = after["ticker.BTC-KRW"], after["candles.BTC-KRW.1d"]
    assert (ticker["data"]["trades"], ticker["data"]["last"]) == (0, "99000000")
    assert [candle["closed"] for candle in candles["data"]] == [True]
    assert all(push["type"] == "event" and push["seq"] == push["prev"] for push in after.values())
