"""Fan-outs leave room for orders, timers run only while something is due, and a failure is the gateway's."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import cast

import pytest

from gateway.marketdata.alert import Alert
from gateway.net.pump import (
    LEAST_NS,
    MAX_BUDGET,
    MAX_RUN,
    MIN_BUDGET,
    SLICE_NS,
    Pump,
    backend_of,
    input_of,
)

TIMEOUT_S = 5.0


class Exchange:
    """A hub, a publisher and the turns of a gateway that write down what is asked of them."""

    def __init__(self) -> None:
        self.queued = 0
        self.failed = False
        self.is_ending = True
        self.commit_age_ns = 0
        self.is_restless = False
        """Whether its work wakes the pump again."""
        self.is_one_by_one = False
        """Whether it serves one receiver at a time."""
        self.alert = Alert()
        self.asked = 0
        self._deadline: int | None = None
        self.log: list[str] = []
        self.budgets: list[int] = []
        self.errors: list[Exception] = []
        self.broken: Exception | None = None
        self.ticked = asyncio.Event()
        self.wake: Callable[[], None] = lambda: None
        self.released: Callable[[], None] = lambda: None

    @property
    def deadline(self) -> int | None:
        return self._deadline

    @deadline.setter
    def deadline(self, deadline: int | None) -> None:
        self._deadline = deadline
        self.alert.is_on = True

    def pumped_by(self, wake: Callable[[], None]) -> None:
        self.wake = wake

    def work(self, budget: int) -> int:
        if self.broken is not None:
            raise self.broken
        self.log.append("slice")
        self.budgets.append(budget)
        if self.is_restless:
            self.wake()
        done = min(1 if self.is_one_by_one else budget, self.queued)
        self.queued -= done
        return done

    def next_deadline(self) -> int | None:
        self.asked += 1
        self.alert.is_on = False
        return self._deadline

    def on_tick(self, now: int) -> None:
        if self.broken is not None:
            raise self.broken
        assert now > 0
        self.deadline = None
        self.log.append("tick")
        self.ticked.set()

    def flush(self) -> None:
        self.log.append("flush")

    def fail(self, error: Exception) -> None:
        self.failed = True
        self.errors.append(error)
        self.ticked.set()

    def call_after_release(self, released: Callable[[], None], alert: Alert) -> None:
        assert alert is self.alert
        self.released = released


def pump_of(exchange: Exchange) -> Pump:
    return Pump(exchange, exchange, exchange)


async def turns_of_the_loop(exchange: Exchange, count: int) -> None:
    """Let the loop turn; each turn stands for orders that it could read."""
    for _ in range(count):
        exchange.log.append("orders")
        await asyncio.sleep(0)


async def test_orders_are_read_between_two_slices_and_each_slice_is_written() -> None:
    exchange = Exchange()
    pump = pump_of(exchange)
    exchange.wake()
    exchange.queued = 3 * MAX_BUDGET
    turns = 0
    while exchange.queued:
        await turns_of_the_loop(exchange, 1)
        turns += 1
        assert turns < 10_000
    assert pump.slices >= 3
    assert "slice,slice" not in ",".join(exchange.log).replace("flush,", "")
    assert exchange.log.count("flush") == exchange.log.count("slice") == pump.slices
    await turns_of_the_loop(exchange, 3)
    assert exchange.log[-3:] == ["orders"] * 3


async def test_with_nothing_to_read_and_nothing_to_say_there_are_slices_in_a_row() -> None:
    exchange = Exchange()
    pump = Pump(exchange, exchange, exchange, slice_ns=10**12)
    exchange.is_ending = False
    exchange.queued = 10 * MAX_BUDGET
    exchange.wake()
    await turns_of_the_loop(exchange, 1)
    assert (exchange.queued, exchange.log.count("orders")) == (0, 1)
    assert exchange.log.count("flush") == pump.slices >= 10


async def test_a_row_of_slices_ends_when_its_time_is_up() -> None:
    exchange = Exchange()
    pump = Pump(exchange, exchange, exchange, slice_ns=0)
    exchange.is_ending = False
    exchange.queued = 3 * MIN_BUDGET
    exchange.wake()
    for slices in range(1, 4):
        await turns_of_the_loop(exchange, 1)
        assert pump.slices == slices
    assert exchange.queued == 0


class Watch:
    """A broadcast that writes down what it is told."""

    def __init__(self) -> None:
        self.fd = -2
        self.times: list[tuple[int, int]] = []
        self.gave_way: list[bool] = []

    def watch(self, fd: int) -> None:
        self.fd = fd

    def open(self, end: int, until: int, *, gives_way: bool) -> None:
        self.times.append((end, until))
        self.gave_way.append(gives_way)


@pytest.mark.parametrize("is_ending", [True, False])
async def test_the_broadcast_is_told_how_long_it_may_go_on(is_ending: bool) -> None:
    exchange, watch = Exchange(), Watch()
    pump = Pump(exchange, exchange, exchange, slice_ns=10**9)
    pump.opens(watch)
    assert watch.fd == backend_of(asyncio.get_running_loop()) >= 0
    exchange.is_ending = is_ending
    exchange.queued = 1
    before = time.monotonic_ns()
    exchange.wake()
    await turns_of_the_loop(exchange, 1 + is_ending)
    [(end, until)] = watch.times
    assert before <= end - LEAST_NS <= time.monotonic_ns()
    assert until - end == (0 if is_ending else MAX_RUN * 10**9 - LEAST_NS)


async def test_the_broadcast_gives_way_to_a_commit_that_is_under_way() -> None:
    exchange, watch = Exchange(), Watch()
    Pump(exchange, exchange, exchange).opens(watch)
    for age_ns in (0, 1, 0):
        exchange.commit_age_ns = age_ns
        exchange.queued = 1
        exchange.wake()
        await turns_of_the_loop(exchange, 2)
    assert watch.gave_way == [False, True, False]


async def test_a_slice_asks_for_a_deadline_only_if_one_may_have_come_nearer() -> None:
    exchange = Exchange()
    pump_of(exchange)
    exchange.is_ending = False
    for deadline_moves in (True, False, True):
        asked = exchange.asked
        if deadline_moves:
            exchange.deadline = time.monotonic_ns() + 10**12
        exchange.queued = 1
        exchange.wake()
        await turns_of_the_loop(exchange, 1)
        assert exchange.queued == 0
        assert exchange.asked - asked == deadline_moves


async def test_a_slice_lets_the_end_of_a_turn_go_first_but_not_twice() -> None:
    exchange = Exchange()
    pump = pump_of(exchange)
    exchange.queued = 2
    exchange.is_one_by_one = True
    exchange.wake()
    for slices in (0, 1, 1, 2, 2):
        await turns_of_the_loop(exchange, 1)
        assert pump.slices == slices
    assert exchange.queued == 0


async def test_a_slice_takes_as_long_as_what_was_in_front_of_it() -> None:
    exchange, watch = Exchange(), Watch()
    pump = Pump(exchange, exchange, exchange)
    pump.opens(watch)

    def length(since_last_ns: int) -> int:
        exchange.queued = MAX_BUDGET
        watch.times.clear()
        before = time.monotonic_ns()
        pump._left_at = before - since_last_ns
        pump._work()
        [(end, _)] = watch.times
        return end - before

    # What the machine needs to come there is part of it, twice where it is what was in front.
    assert length(0) >= LEAST_NS
    assert length(150_000) >= 150_000
    assert length(10**9) >= SLICE_NS
    before = time.monotonic_ns()
    pump._left_at = before - 10**9
    exchange.wake()
    pump._work()
    # There was nothing to push in between.
    assert watch.times[-1][0] - time.monotonic_ns() <= LEAST_NS
    short = Pump(exchange, exchange, exchange, slice_ns=1)
    short.opens(watch)
    before = time.monotonic_ns()
    short._work()
    assert watch.times[-1][0] - time.monotonic_ns() <= 1


async def test_what_can_be_read_or_comes_from_a_thread_ends_the_row() -> None:
    loop, exchange = asyncio.get_running_loop(), Exchange()
    pump = pump_of(exchange)
    ours, theirs = socket.socketpair()
    read = asyncio.Event()
    loop.add_reader(ours, read.set)
    try:
        # The kernel is asked from the next turn on.
        await turns_of_the_loop(exchange, 2)
        exchange.is_ending = False
        exchange.queued = 10 * MAX_BUDGET
        theirs.send(b"order")
        pump._slice()
        assert pump.slices == 1
    finally:
        loop.remove_reader(ours)
        ours.close()
        theirs.close()


async def test_a_thread_that_wakes_the_loop_ends_the_row() -> None:
    loop, exchange = asyncio.get_running_loop(), Exchange()
    pump = pump_of(exchange)
    # The kernel is asked from the first turn on.
    await turns_of_the_loop(exchange, 2)
    exchange.is_ending = False
    exchange.queued = 10 * MAX_BUDGET
    loop.call_soon_threadsafe(int)
    pump._slice()
    assert pump.slices == 1


async def test_a_release_asks_for_a_deadline_only_if_one_may_have_come_nearer() -> None:
    exchange = Exchange()
    pump = pump_of(exchange)
    for _ in range(3):
        exchange.released()
    assert exchange.asked == 1
    exchange.deadline = 1
    for _ in range(3):
        exchange.released()
    assert exchange.asked == 2
    async with asyncio.timeout(TIMEOUT_S):
        await exchange.ticked.wait()
    pump.end()


async def test_a_loop_that_does_not_tell_is_always_asked() -> None:
    class Silent:
        pass

    backend = backend_of(cast("asyncio.AbstractEventLoop", Silent()))
    assert backend < 0
    assert input_of(backend)()


async def test_the_publisher_has_its_time_however_long_the_queue_is() -> None:
    exchange = Exchange()
    pump = pump_of(exchange)
    exchange.is_one_by_one = True
    exchange.queued = waiting = 10**9
    exchange.wake()
    for _ in range(3):
        exchange.ticked.clear()
        exchange.deadline = 1
        # A release in front of a slice that is planned looks at no deadline; the slice does.
        exchange.released()
        async with asyncio.timeout(TIMEOUT_S):
            await exchange.ticked.wait()
    assert exchange.log.count("tick") == 3
    assert 0 < exchange.queued < waiting
    pump.end()


async def test_work_that_comes_while_a_slice_is_planned_plans_no_second_one() -> None:
    exchange = Exchange()
    pump = pump_of(exchange)
    exchange.wake()
    exchange.wake()
    exchange.queued = 1
    await turns_of_the_loop(exchange, 3)
    assert pump.slices == 1


async def test_work_that_makes_more_work_plans_one_more_slice() -> None:
    exchange = Exchange()
    pump = Pump(exchange, exchange, exchange, slice_ns=0)
    exchange.queued = 3 * MAX_BUDGET
    exchange.is_ending = False
    exchange.is_restless = True
    exchange.wake()
    for slices in range(1, 4):
        await turns_of_the_loop(exchange, 1)
        assert pump.slices == slices


async def test_at_the_end_all_that_waits_is_served_at_once() -> None:
    exchange = Exchange()
    pump = pump_of(exchange)
    exchange.wake()
    exchange.queued = 2 * MAX_BUDGET + 1
    pump.finish()
    assert exchange.queued == 0
    assert exchange.log == ["slice"] * 3 + ["flush"]
    pump.end()
    exchange.deadline = 0
    exchange.released()
    await turns_of_the_loop(exchange, 3)
    assert pump.slices == 0


async def test_the_publisher_is_called_when_its_time_has_come_and_not_without() -> None:
    exchange = Exchange()
    pump = pump_of(exchange)
    exchange.released()
    assert pump._timer._handle is None
    exchange.deadline = 1
    exchange.released()
    async with asyncio.timeout(TIMEOUT_S):
        await exchange.ticked.wait()
    await turns_of_the_loop(exchange, 1)
    assert exchange.log[:2] == ["tick", "flush"]
    assert pump._timer._handle is None


@pytest.mark.parametrize("what", ["slice", "tick"])
async def test_a_failure_ends_the_gateway_and_nothing_more_is_said(what: str) -> None:
    exchange = Exchange()
    pump = pump_of(exchange)
    exchange.broken = RuntimeError("broken")
    exchange.queued = 1
    if what == "slice":
        exchange.wake()
    else:
        exchange.deadline = 1
        exchange.released()
    async with asyncio.timeout(TIMEOUT_S):
        await exchange.ticked.wait()
    assert exchange.errors == [exchange.broken]
    exchange.broken = None
    exchange.wake()
    exchange.released()
    pump._on_timer(1)
    await turns_of_the_loop(exchange, 3)
    assert "slice" not in exchange.log
    assert "flush" not in exchange.log
