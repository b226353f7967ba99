"""Opens, closes and resets FIX sessions as their schedules say.

NOT here: when a session is open (``protocols.fix.schedule``), what closing one says (``fix_client``).
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Final, Protocol

from gateway.settings import FixSession
from protocols.fix import Timestamps
from protocols.fix.schedule import Schedule

LONGEST_WAIT_S: Final = 60.0
"""Between two looks at the clock, so that a corrected system time is noticed."""
_NS: Final = 1_000_000_000


class Scheduled(Protocol):
    """A client that has a schedule, or none."""

    schedule: Schedule | None

    def keep_schedule(self, now: int) -> None:
        """Do what the schedule asks for at ``now`` (monotonic ns)."""


class ScheduleKeeper:
    """Lets the clients keep their schedules, at the start and at each boundary."""

    def __init__(self, clients: Iterable[Scheduled], timestamps: Timestamps) -> None:
        self._clients = [client for client in clients if client.schedule is not None]
        self._timestamps = timestamps
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look at the clock now and at every boundary from now on."""
        self._look()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        if not self._clients:
            return
        now = time.monotonic_ns()
        for client in self._clients:
            client.keep_schedule(now)
        utc = self._timestamps.utc(now)
        changes = [client.schedule.next_change(utc) for client in self._clients if client.schedule]
        wait = min((min(changes) - utc) / _NS + 0.001, LONGEST_WAIT_S)
        self._timer = asyncio.get_running_loop().call_later(wait, self._look)


def schedule_of(entry: FixSession) -> Schedule | None:
    """Return the schedule of a configured session, ``None`` for one that is always open."""
    settings = entry.schedule
    if settings is None:
        return None
    return Schedule(
        start=settings.opens,
        end=settings.closes,
        time_zone=settings.zone,
        days=settings.weekdays,
        end_day=settings.end_weekday,
    )
