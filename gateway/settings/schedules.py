"""When a FIX session is open, as configured: times of day in a time zone, on days or over a week.

NOT here: what a schedule means at an instant (``protocols.fix.schedule``).
"""

import re
from datetime import time
from typing import Annotated, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from gateway.settings.errors import SettingsError
from gateway.settings.toml_file import shown

Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

WEEK: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")


class ScheduleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opening times, local to ``time_zone``, as ``HH:MM:SS``.

    Daily: on each of ``days`` (every day when left out) from ``start`` to the next ``end``. Weekly: from
    ``start`` on ``start_day`` to ``end`` on ``end_day``. The properties are the same in terms of the standard
    library (0 is Monday), once the struct is checked.
    """

    start: str
    end: str
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
    days: Annotated[tuple[Day, ...], Meta(min_length=1)] | None = None
    start_day: Day | None = None
    end_day: Day | None = None

    @property
    def opens(self) -> time:
        """When a period begins, local."""
        return time.fromisoformat(self.start)

    @property
    def closes(self) -> time:
        """When a period ends, local."""
        return time.fromisoformat(self.end)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def weekdays(self) -> frozenset[int]:
        """The days on which a period begins."""
        days = (self.days or WEEK) if self.start_day is None else (self.start_day,)
        return frozenset(WEEK.index(day) for day in days)

    @property
    def end_weekday(self) -> int | None:
        """The day on which the period of a weekly schedule ends; ``None`` of a daily one."""
        return None if self.end_day is None else WEEK.index(self.end_day)


def check_schedule(file: str, key: str, schedule: ScheduleSettings) -> None:
    """Check times, time zone and days; raise ``SettingsError`` for ``file`` and the fault under ``key``."""
    for field, text in (("start", schedule.start), ("end", schedule.end)):
        if not _TIME.fullmatch(text):
            raise SettingsError(file, f"{key}.{field}", "not a time of day HH:MM:SS", "", shown(text))
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        # A name that is a folder of the database is an OSError, one that leaves it a ValueError.
        where, value = f"{key}.time_zone", shown(schedule.time_zone)
        raise SettingsError(file, where, "unknown time zone", "", value) from None
    given = {"start_day": schedule.start_day, "end_day": schedule.end_day}
    absent = [name for name, day in given.items() if day is None]
    if len(absent) == 1:
        raise SettingsError(
            file, f"{key}.{absent[0]}", "missing: a weekly schedule has start_day and end_day"
        )
    if schedule.days is not None:
        if not absent:
            raise SettingsError(file, f"{key}.days", "not in a weekly schedule (start_day, end_day)")
        for index, day in enumerate(schedule.days):
            if day in schedule.days[:index]:
                raise SettingsError(file, f"{key}.days[{index}]", "given twice", "", shown(day))
