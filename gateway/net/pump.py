"""Market data's share of the event loop: fan-outs in slices, and the clock of publisher and hub.

A fan-out to many would keep orders waiting; so it is worked in slices of about a quarter of a millisecond,
and between two of them the loop reads its sockets where it has anything to read. NOT here: who gets what
(``marketdata``), and how a frame gets to many sockets (``broadcast``).
"""

import asyncio
import logging
import select
import time
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from gateway.net.timer import DeadlineTimer

SLICE_NS: Final = 250_000
MIN_BUDGET: Final = 16
MAX_BUDGET: Final = 1_024
_FIRST_COST_NS: Final = 8_000
"""About what one receiver takes, most of it in the kernel."""
_SLOW_TURNS: Final = 8
MAX_RUN: Final = 4
"""How many slices long a row of them is, while the loop has nothing to read and the turns nothing to do."""

log = logging.getLogger(__name__)


class FanOut(Protocol):
    """What waits for its receivers, of which ``queued`` are left (``marketdata.Hub``)."""

    queued: int

    def pumped_by(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` when there is work after there was none."""

    def work(self, budget: int) -> int:
        """Serve up to about ``budget`` receivers, and whom the broadcast serves; return how many."""


class Clocked(Protocol):
    """What is to be called when its time has come (``marketdata.Publisher``)."""

    def next_deadline(self) -> int | None:
        """Return when (monotonic ns), ``None``: not at all."""

    def on_tick(self, now: int) -> None:
        """Do what is due."""


class Timed(Protocol):
    """What serves many receivers in one call, and looks at the clock itself (``broadcast.Broadcast``)."""

    def watch(self, fd: int) -> None:
        """Stop at the end of a slice when ``fd`` can be read; while it is negative, at the end of any."""

    def open(self, now: int, until: int, slice_ns: int) -> None:
        """Serve until ``until`` (monotonic ns) at most, in slices of ``slice_ns``, the first from ``now``."""


class Outlet(Protocol):
    """Where pushes are written (``turns.Turns``)."""

    failed: bool

    @property
    def is_idle(self) -> bool:
        """Whether everything that was worked has been said."""

    def flush(self) -> None:
        """Write what was pushed."""

    def fail(self, error: Exception) -> None:
        """Say nothing more."""

    def call_after_release(self, released: Callable[[], None]) -> None:
        """Call ``released`` whenever something was published or worked."""


class Pump:
    """Serves what waits at the hub, and calls the publisher in time.

    There is a timer only while something is due some time: a stream at a speed has changed, a member
    waits for its interval, somebody follows anything (heartbeats). ``slices`` counts them.
    """

    def __init__(self, hub: FanOut, publisher: Clocked, turns: Outlet, slice_ns: int = SLICE_NS) -> None:
        self._hub = hub
        self._publisher = publisher
        self._turns = turns
        self._loop = asyncio.get_running_loop()
        self._timer = DeadlineTimer(self._loop, self._on_timer)
        self._slice_ns = slice_ns
        self._pace = Pace(slice_ns)
        self._backend = backend_of(self._loop)
        self._has_input = input_of(self._backend)
        self._broadcast: Timed | None = None
        self._scheduled = False
        self._ended = False
        self.slices = 0
        hub.pumped_by(self._wake)
        turns.call_after_release(self.arm)

    def opens(self, broadcast: Timed) -> None:
        """Say of each slice to ``broadcast`` when it ends."""
        self._broadcast = broadcast
        broadcast.watch(self._backend)

    def arm(self) -> None:
        """Follow the publisher's next deadline; after all that may have changed it."""
        # A slice that is planned does it when the queue is empty.
        if not self._ended and not self._scheduled:
            self._timer.arm(self._publisher.next_deadline(), time.monotonic_ns())

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
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._slice)

    def _slice(self) -> None:
        self._scheduled = False
        if self._ended or self._turns.failed:
            return
        try:
            self._work()
        except Exception as error:
            log.exception("a slice of market data failed")
            self._turns.fail(error)
            return
        if not self._hub.queued:
            self.arm()
        elif not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._slice)

    def _work(self) -> None:
        hub, turns, pace = self._hub, self._turns, self._pace
        began = time.monotonic_ns()
        until = began + self._slice_ns * (MAX_RUN if turns.is_idle else 1)
        if self._broadcast is not None:
            self._broadcast.open(began, until, self._slice_ns)
        while True:
            done = hub.work(pace.budget)
            turns.flush()
            self.slices += 1
            now = time.monotonic_ns()
            pace.note(now - began, done)
            # A turn of the loop for nothing takes as long as three receivers.
            if not hub.queued or now >= until or not turns.is_idle or self._has_input():
                return
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
        self.arm()


class Pace:
    """How many receivers, ``budget``, fit into a slice of ``slice_ns``.

    What a slice took includes what the machine did meanwhile: so a short time is believed at once, a long
    one little by little.
    """

    __slots__ = ("_cost_ns", "_slice_ns", "budget")

    def __init__(self, slice_ns: int) -> None:
        self._slice_ns = slice_ns
        self._cost_ns = _FIRST_COST_NS
        self.budget = self._fitting()

    def note(self, taken_ns: int, receivers: int) -> None:
        """Learn that ``receivers`` took ``taken_ns``."""
        if not receivers:
            return
        cost, known = taken_ns // receivers, self._cost_ns
        if cost > known:
            # At most doubled, however long the machine was busy with something else.
            cost = known + min(cost - known, known) // _SLOW_TURNS
        self._cost_ns = max(cost, 1)
        self.budget = self._fitting()

    def _fitting(self) -> int:
        return max(MIN_BUDGET, min(self._slice_ns // self._cost_ns, MAX_BUDGET))


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
