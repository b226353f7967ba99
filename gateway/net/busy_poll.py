"""Looking for input instead of sleeping, for a while after something was said.

A core that sleeps takes tens of microseconds to wake, and finds its caches cold: with few orders in flight
that is most of an order's time. Who has a core to spare lets the loop poll. NOT here: what is read
(``turns``).
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Saying(Protocol):
    """What tells that something was said (``turns.Turns``)."""

    def call_when_said(self, said: Callable[[], None]) -> None:
        """Call ``said`` whenever a unit has been said."""


class BusyPoll:
    """Keeps the running loop from sleeping until ``poll_ns`` have passed since ``turns`` last said something.

    It goes on during commits: the core that waits for the disk is awake when the disk has done.
    """

    def __init__(self, turns: Saying, poll_ns: int) -> None:
        self._poll_ns = poll_ns
        self._soon = asyncio.get_running_loop().call_soon
        self._until = 0
        self._polls = False
        turns.call_when_said(self._stay)

    def _stay(self) -> None:
        self._until = time.monotonic_ns() + self._poll_ns
        if not self._polls:
            self._polls = True
            self._soon(self._poll)

    def _poll(self) -> None:
        # A loop that has something to do soon looks at its sockets without waiting for them.
        if time.monotonic_ns() < self._until:
            self._soon(self._poll)
        else:
            self._polls = False
