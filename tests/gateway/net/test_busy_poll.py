"""The loop looks for input instead of sleeping, as long as something was said a short while ago."""

import pytest

from gateway.net import busy_poll
from gateway.net.busy_poll import BusyPoll
from tests.gateway.net.turn_stage import Stage, turn

POLL_NS = 300_000


class Clock:
    """A clock that stands still until it is set, and counts the looks: one a turn of a loop that polls."""

    def __init__(self) -> None:
        self.now = 1_000
        self.looks = 0

    def monotonic_ns(self) -> int:
        self.looks += 1
        return self.now

    async def is_looked_at(self) -> bool:
        before = self.looks
        await turn()
        return self.looks > before


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(busy_poll, "time", clock)
    return clock


@pytest.fixture
async def stage() -> Stage:
    stage = Stage()
    BusyPoll(stage.turns, POLL_NS)
    return stage


async def say(stage: Stage) -> None:
    stage.order()
    await turn()
    stage.store.finish()


async def test_a_loop_sleeps_until_something_is_said(stage: Stage, clock: Clock) -> None:
    stage.order()
    await turn()
    assert clock.looks == 0
    stage.store.finish()
    assert await clock.is_looked_at()


async def test_it_looks_until_the_time_is_over_and_sleeps_then(stage: Stage, clock: Clock) -> None:
    await say(stage)
    clock.now += POLL_NS - 1
    assert await clock.is_looked_at()
    assert await clock.is_looked_at()
    clock.now += 1
    await turn()
    assert not await clock.is_looked_at()


async def test_whatever_is_said_begins_the_time_anew(stage: Stage, clock: Clock) -> None:
    await say(stage)
    clock.now += POLL_NS - 1
    await say(stage)
    clock.now += POLL_NS - 1
    assert await clock.is_looked_at()
    clock.now += 1
    await turn()
    assert not await clock.is_looked_at()
    await say(stage)
    assert await clock.is_looked_at()


async def test_it_looks_once_in_a_turn_however_much_is_said(stage: Stage, clock: Clock) -> None:
    await say(stage)
    await turn()
    once = clock.looks
    await turn()
    once = clock.looks - once
    for _ in range(3):
        await say(stage)
    await turn()
    before = clock.looks
    await turn()
    assert clock.looks - before == once


async def test_it_looks_on_during_a_commit(stage: Stage, clock: Clock) -> None:
    await say(stage)
    stage.order()
    await turn()
    assert len(stage.store.under_way) == 1
    assert await clock.is_looked_at()
