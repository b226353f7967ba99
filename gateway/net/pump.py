"""Market data's share of the event loop: fan-outs in slices, and the clock of publisher and hub.

A fan-out to many would keep orders waiting; so it is worked in slices, and between two of them the loop reads
its sockets where it has anything to read. A slice takes as long as what the loop did before it, but neither
very little time nor much. NOT here: who gets what (``marketdata``), and how a frame gets to many sockets
(``broadcast``).
"""

import asyncio
import logging
import select
import time
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from gateway.marketdata.alert import Alert
from gateway.net.timer import DeadlineTimer

SLICE_NS: Final = 250_000
"""How long a slice is at most."""
LEAST_NS: Final = 100_000
"""How long it is at least, where that is not more than it may be at most."""
MIN_BUDGET: Final = 8
MAX_BUDGET: Final = 1_024
_FIRST_COST_NS: Final = 8_000
"""About what one receiver takes, most of it in the kernel."""
_SLOW_TURNS: Final = 8
MAX_RUN: Final = 4
"""It goes on for so many of the longest slices while there is nothing to read, and no commit is done."""

log = logging.getLogger(__name__)


class FanOut(Protocol):
    """What waits for its receivers (``marketdata.Hub``)."""

    @property
    def queued(self) -> int:
        """How many are left."""

    def pumped_by(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` when there is work after there was none."""

    def work(self, budget: int) -> int:
        """Serve up to about ``budget`` receivers, and whom the broadcast serves; return how many."""


class Clocked(Protocol):
    """What is to be called when its time has come (``marketdata.Publisher``).

    ``alert`` is on when that may be sooner than ``next_deadline`` has last said.
    """

    @property
    def alert(self) -> Alert:
        """Turned on by whoever brings a deadline nearer, and off by ``next_deadline``."""

    def next_deadline(self) -> int | None:
        """Return when (monotonic ns), ``None``: not at all."""

    def on_tick(self, now: int) -> None:
        """Do what is due."""


class Timed(Protocol):
    """What serves many receivers in one call, and looks at the clock itself (``broadcast.Broadcast``)."""

    def watch(self, fd: int) -> None:
        """Stop at the end of a slice when ``fd`` can be read; while it is negative, in any case."""

    def open(self, end: int, until: int, *, gives_way: bool) -> None:
        """Serve until ``end`` (monotonic ns), and until ``until`` while there is nothing to read.

        ``gives_way``: a commit is under way, whose thread may need the core.
        """


class Outlet(Protocol):
    """Where pushes are written (``turns.Turns``)."""

    failed: bool

    @property
    def is_ending(self) -> bool:
        """Whether something was worked in this turn, which waits for the turn's end."""

    @property
    def commit_age_ns(self) -> int:
        """How long the commit under way has taken so far; 0 when there is none."""

    def flush(self) -> None:
        """Write what was pushed."""

    def fail(self, error: Exception) -> None:
        """Say nothing more."""

    def call_after_release(self, released: Callable[[], None], alert: Alert) -> None:
        """Call ``released`` where ``alert`` is on when something was published or worked."""


class Pump:
    """Serves what waits at the hub, and calls the publisher in time.

    There is a timer only while something is due some time: a stream at a speed has changed, a member
    waits for its interval, somebody follows anything (heartbeats). ``slices`` counts them.
    """

    def __init__(self, hub: FanOut, publisher: Clocked, turns: Outlet, slice_ns: int = SLICE_NS) -> None:
        self._hub = hub
        self._publisher = publisher
        self._alert = publisher.alert
        self._turns = turns
        self._loop = asyncio.get_running_loop()
        self._timer = DeadlineTimer(self._loop, self._on_timer)
        self._slice_ns = slice_ns
        self._pace = Pace()
        self._backend = backend_of(self._loop)
        self._has_input = input_of(self._backend)
        self._broadcast: Timed | None = None
        self._scheduled = False
        self._left_at = 0
        self._gave_way = False
        self._ended = False
        self.slices = 0
        hub.pumped_by(self._wake)
        turns.call_after_release(self.arm, publisher.alert)

    def opens(self, broadcast: Timed) -> None:
        """Say of each slice to ``broadcast`` when it ends."""
        self._broadcast = broadcast
        broadcast.watch(self._backend)

    def arm(self) -> None:
        """Follow the publisher's next deadline; after all that may have brought it nearer."""
        # A slice that is planned does it.
        if self._alert.is_on and not self._scheduled:
            self._follow()

    def finish(self) -> None:
        """Serve all that waits, at once; nothing when nothing may be said any more."""
        while self._hub.queued and not self._turns.failed:
            self._hub.work(MAX_BUDGET)
        self._turns.flush()

    def end(self) -> None:
        """Call nobody any more."""
        self._ended = True
        self._timer.cancel()

    def _wake(self) -> None:
        self._left_at = 0
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._slice)

    def _slice(self) -> None:
        self._scheduled = False
        if self._ended or self._turns.failed:
            return
        if self._turns.is_ending and not self._gave_way:
            # What was just read goes first; but not what is read until the next time too.
            self._gave_way = self._scheduled = True
            self._loop.call_soon(self._slice)
            return
        self._gave_way = False
        try:
            is_left = self._work()
        except Exception as error:
            log.exception("a slice of market data failed")
            self._turns.fail(error)
            return
        if is_left and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._slice)
        # Also while more waits: where it always does, the publisher has its time all the same.
        if self._alert.is_on:
            self._follow()

    def _follow(self) -> None:
        if not self._ended:
            self._timer.arm(self._publisher.next_deadline(), time.monotonic_ns())

    def _work(self) -> bool:
        """Serve those that wait; return whether some still do."""
        hub, turns, pace = self._hub, self._turns, self._pace
        began = time.monotonic_ns()
        # The others had the time since the last slice, unless there was nothing to push.
        share = min(max(began - (self._left_at or began), LEAST_NS), self._slice_ns)
        until = began + (share if turns.is_ending else self._slice_ns * MAX_RUN)
        if self._broadcast is not None:
            self._broadcast.open(began + share, until, gives_way=turns.commit_age_ns > 0)
        while True:
            done = hub.work(pace.budget(share))
            turns.flush()
            self.slices += 1
            now = self._left_at = time.monotonic_ns()
            pace.note(now - began, done)
            # Who takes a push may have something else to do after it. A turn of the loop for nothing takes
            # as long as three receivers.
            if not hub.queued:
                return False
            if now >= until or turns.is_ending or self._has_input():
                return True
            began = now

    def _on_timer(self, now: int) -> None:
        if self._turns.failed:
            return
        try:
            self._publisher.on_tick(now)
        except Exception as error:
            log.exception("a tick of market data failed")
            self._turns.fail(error)
            return
        self._turns.flush()
        self._follow()


class Pace:
    """How many receivers fit into a slice that are served one by one.

    What a slice took includes what the machine did meanwhile: so a short time is believed at once, a long
    one little by little.
    """

    __slots__ = ("_cost_ns",)

    def __init__(self) -> None:
        self._cost_ns = _FIRST_COST_NS

    def note(self, taken_ns: int, receivers: int) -> None:
        """Learn that ``receivers`` took ``taken_ns``."""
        if not receivers:
            return
        cost, known = taken_ns // receivers, self._cost_ns
        if cost > known:
            # At most doubled, however long the machine was busy with something else.
            cost = known + min(cost - known, known) // _SLOW_TURNS
        self._cost_ns = max(cost, 1)

    def budget(self, slice_ns: int) -> int:
        """Return how many fit into ``slice_ns``."""
        return max(MIN_BUDGET, min(slice_ns // self._cost_ns, MAX_BUDGET))


def backend_of(loop: asyncio.AbstractEventLoop) -> int:
    """Return the epoll descriptor of ``loop``; -1 where it has none, or tells nobody of it."""
    backend = getattr(loop, "_get_backend_id", None)
    return -1 if backend is None or not hasattr(select, "epoll") else int(backend())


def input_of(backend: int) -> Callable[[], object]:
    """Return what tells whether a loop has anything to read or was woken by a thread.

    An epoll descriptor can be read when a socket in it can. Without one the answer is always yes.
    """
    if backend < 0:
        return _always
    poll = select.poll()
    poll.register(backend, select.POLLIN)
    return partial(poll.poll, 0)


def _always() -> bool:
    return True
