"""One timer per connection, however its deadline moves."""

import asyncio
import time

from gateway.net.timer import DeadlineTimer

MS = 1_000_000


class Alarm:
    """A timer, and when it fired."""

    def __init__(self) -> None:
        self.fired: asyncio.Queue[int] = asyncio.Queue()
        self.timer = DeadlineTimer(asyncio.get_running_loop(), self.fired.put_nowait)

    async def next(self) -> int:
        async with asyncio.timeout(5):
            return await self.fired.get()


async def test_it_fires_after_the_deadline_once() -> None:
    alarm = Alarm()
    now = time.monotonic_ns()
    alarm.timer.arm(now + 5 * MS, now)
    assert await alarm.next() >= now + 5 * MS
    assert alarm.fired.empty()


async def test_a_deadline_that_moves_later_keeps_the_timer() -> None:
    alarm = Alarm()
    now = time.monotonic_ns()
    alarm.timer.arm(now + 5 * MS, now)
    handle = alarm.timer._handle
    alarm.timer.arm(now + 3600_000 * MS, now)
    assert alarm.timer._handle is handle
    assert await alarm.next() < now + 3600_000 * MS


async def test_a_deadline_that_moves_earlier_and_one_that_has_passed() -> None:
    alarm = Alarm()
    now = time.monotonic_ns()
    alarm.timer.arm(now + 3600_000 * MS, now)
    alarm.timer.arm(now - 1, now)
    await alarm.next()
    alarm.timer.arm(None, now)
    assert alarm.timer._handle is None


async def test_a_canceled_timer_is_silent() -> None:
    alarm = Alarm()
    now = time.monotonic_ns()
    alarm.timer.arm(now, now)
    alarm.timer.cancel()
    alarm.timer.arm(now, now)
    other = Alarm()
    other.timer.arm(now + 5 * MS, now)
    await other.next()
    assert alarm.fired.empty()
    alarm.timer.cancel()
