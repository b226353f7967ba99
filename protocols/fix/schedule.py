"""When a session is open, and where its sequence numbers start again (FIX 4.4 vol. 2, "Session management").

UTC nanoseconds go in, decisions come out. Times of day are local to the schedule's time zone, so a boundary
moves with daylight saving time; a local time that a change of the clock skips or repeats is the first
instant at or after it, the first of two. NOT here: a clock, and what a reset does (``session``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_NS: Final = 1_000_000_000
_DAY: Final = timedelta(days=1)
_WEEK: Final = 7

EVERY_DAY: Final = frozenset(range(_WEEK))


@dataclass(frozen=True, slots=True)
class Period:
    """One time the session is open: from ``start`` up to but not including ``end``, UTC ns."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Opening times of a session, daily or weekly.

    Daily: each day in ``days`` (0 is Monday) a period begins at ``start`` and ends at the next ``end``, which
    may be on the day after; equal times make it 24 hours. Weekly, when ``end_day`` is given: one period from
    ``start`` on the one day in ``days`` to ``end`` on ``end_day``; equal day and times make it a week.
    """

    start: time
    end: time
    time_zone: ZoneInfo
    days: frozenset[int] = EVERY_DAY
    end_day: int | None = None

    def __post_init__(self) -> None:
        if not self.days or not self.days <= EVERY_DAY:
            raise ValueError("days are 0 (Monday) to 6, at least one")
        if self.end_day is not None and (len(self.days) != 1 or self.end_day not in EVERY_DAY):
            raise ValueError("a weekly schedule begins on one day and ends on one")

    def is_open(self, utc_ns: int) -> bool:
        """Whether the session may be logged on at ``utc_ns``."""
        return self.period(utc_ns) is not None

    def period(self, utc_ns: int) -> Period | None:
        """Return the period that contains ``utc_ns``, or ``None`` outside all."""
        for period in self._near(utc_ns):
            if period.start <= utc_ns < period.end:
                return period
        return None

    def next_change(self, utc_ns: int) -> int:
        """Return the first boundary after ``utc_ns``: the end of the period it is in, or the next start."""
        period = self.period(utc_ns)
        if period is not None:
            return period.end
        return min(period.start for period in self._near(utc_ns) if period.start > utc_ns)

    def needs_reset(self, opened_at: int, utc_ns: int) -> bool:
        """Whether numbers that began to count at ``opened_at`` must start again at ``utc_ns``.

        True once the period at ``utc_ns`` is another than the one of ``opened_at``, however many passed in
        between; never outside a period.
        """
        period = self.period(utc_ns)
        return period is not None and opened_at < period.start

    def _near(self, utc_ns: int) -> Iterator[Period]:
        """Yield the periods that begin in the weeks around ``utc_ns``, in order."""
        today = datetime.fromtimestamp(utc_ns // _NS, UTC).astimezone(self.time_zone).date()
        for offset in range(-_WEEK - 1, _WEEK + 2):
            day = today + offset * _DAY
            if day.weekday() not in self.days:
                continue
            length = 0 if self.end_day is None else (self.end_day - day.weekday()) % _WEEK
            if length == 0 and self.end <= self.start:
                length = 1 if self.end_day is None else _WEEK
            yield Period(self._instant(day, self.start), self._instant(day + length * _DAY, self.end))

    def _instant(self, day: date, at: time) -> int:
        local = datetime.combine(day, at, tzinfo=self.time_zone)
        utc = local.astimezone(UTC)
        # A skipped local time maps, with fold=0, to the instant after the gap by as much as it lies in it.
        return int(utc.timestamp()) * _NS
