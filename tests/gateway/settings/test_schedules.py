# ruff: noqa: E501  # a row of a table is one line
from datetime import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import FixSession, ScheduleSettings, SettingsError, load_accounts
from gateway.settings.schedules import WEEK, check_schedule

TIMES = 'start = "09:00:00"\nend = "18:30:15"\n'
SEOUL = 'time_zone = "Asia/Seoul"\n'


def write(files: Any, table: str) -> Path:
    text = (files.folder / "accounts.toml").read_text()
    session, rest = text.split("[[api_keys]]")
    path: Path = files.write(
        "accounts.toml", f"{session}[fix_sessions.schedule]\n{table}\n[[api_keys]]{rest}"
    )
    return path


def read(path: Path) -> ScheduleSettings:
    session: FixSession = load_accounts(path).fix_sessions[0]
    assert session.schedule is not None
    return session.schedule


def test_a_daily_schedule_is_every_days_unless_days_are_named(files: Any) -> None:
    schedule = read(write(files, TIMES + SEOUL))
    assert (schedule.opens, schedule.closes) == (time(9), time(18, 30, 15))
    assert schedule.zone.key == "Asia/Seoul"
    assert (schedule.weekdays, schedule.end_weekday) == (frozenset(range(7)), None)


def test_days_are_numbered_from_monday(files: Any) -> None:
    schedule = read(write(files, TIMES + SEOUL + 'days = ["sun", "mon", "wed"]'))
    assert (schedule.weekdays, schedule.end_weekday) == (frozenset({6, 0, 2}), None)


def test_a_weekly_schedule_has_a_first_and_a_last_day(files: Any) -> None:
    schedule = read(write(files, TIMES + SEOUL + 'start_day = "sun"\nend_day = "fri"'))
    assert (schedule.weekdays, schedule.end_weekday) == (frozenset({6}), 4)


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (SEOUL + 'start = "09:00:00"', ".end: missing"),
        (TIMES, ".time_zone: missing"),
        (TIMES.replace("09:00:00", "24:00:00") + SEOUL, '.start: not a time of day HH:MM:SS (value "24:00:00")'),
        (TIMES.replace("09:00:00", "09:00") + SEOUL, '.start: not a time of day HH:MM:SS (value "09:00")'),
        (TIMES.replace("18:30:15", "18:30:15Z") + SEOUL, '.end: not a time of day HH:MM:SS (value "18:30:15Z")'),
        (TIMES.replace("18:30:15", "18:30:60") + SEOUL, '.end: not a time of day HH:MM:SS (value "18:30:60")'),
        (TIMES.replace('"09:00:00"', "09:00:00") + SEOUL, ".start: must be a string (value 09:00:00)"),
        (TIMES + 'time_zone = "Asia/Busan"', '.time_zone: unknown time zone (value "Asia/Busan")'),
        (TIMES + 'time_zone = "Asia"', '.time_zone: unknown time zone (value "Asia")'),
        (TIMES + 'time_zone = "../UTC"', '.time_zone: unknown time zone (value "../UTC")'),
        (TIMES + 'time_zone = "/etc/localtime"', '.time_zone: unknown time zone (value "/etc/localtime")'),
        (TIMES + 'time_zone = "a\\u0000b"', '.time_zone: unknown time zone (value "a\\x00b")'),
        (TIMES + 'time_zone = "Азия/Сеул"', '.time_zone: unknown time zone (value "Азия/Сеул")'),
        (TIMES + 'time_zone = ""', '.time_zone: too short (limit 1, value "")'),
        (TIMES + SEOUL + "days = []", ".days: too short (limit 1, value [])"),
        (
            TIMES + SEOUL + 'days = ["mon", "Tue"]',
            '.days[1]: not a known value (limit mon|tue|wed|thu|fri|sat|sun, value "Tue")',
        ),
        (TIMES + SEOUL + 'days = ["mon", "fri", "mon"]', '.days[2]: given twice (value "mon")'),
        (TIMES + SEOUL + 'start_day = "x"', '.start_day: not a known value (limit mon|tue|wed|thu|fri|sat|sun, value "x")'),
        (TIMES + SEOUL + 'start_day = "mon"', ".end_day: missing: a weekly schedule has start_day and end_day"),
        (TIMES + SEOUL + 'end_day = "mon"', ".start_day: missing: a weekly schedule has start_day and end_day"),
        (
            TIMES + SEOUL + 'start_day = "mon"\nend_day = "fri"\ndays = ["mon"]',
            ".days: not in a weekly schedule (start_day, end_day)",
        ),
        (TIMES + SEOUL + 'day = "mon"', '.day: unknown key, did you mean "days"?'),
    ],
)  # fmt: skip
def test_a_wrong_schedule_is_named(files: Any, table: str, line: str) -> None:
    write(files, table)
    assert files.fault() == f"accounts.toml: fix_sessions[0].schedule{line}"


def test_a_schedule_is_a_table(files: Any) -> None:
    files.edit("accounts.toml", 'account = "A1"\n', 'account = "A1"\nschedule = "always"\n')
    assert files.fault() == 'accounts.toml: fix_sessions[0].schedule: must be a table (value "always")'


@given(st.text(max_size=12), st.text(max_size=12) | st.sampled_from(["UTC", "Europe/London", "posix", "."]))
def test_a_schedule_is_usable_or_one_error(start: str, zone: str) -> None:
    schedule = ScheduleSettings(start=start, end="00:00:00", time_zone=zone)
    fault = ""
    try:
        check_schedule("f", "k", schedule)
    except SettingsError as error:
        fault = str(error)
    if fault:
        assert fault.isprintable()
        assert fault.startswith(("f: k.start: not a time", "f: k.time_zone: unknown"))
    else:
        assert schedule.opens.isoformat() == start
        assert schedule.zone.key == zone


@given(st.sets(st.sampled_from(WEEK), min_size=1), st.sampled_from(WEEK), st.sampled_from(WEEK))
def test_days_keep_their_names(days: set[Any], start_day: Any, end_day: Any) -> None:
    schedule = ScheduleSettings(start="00:00:00", end="00:00:00", time_zone="UTC")
    daily = msgspec.structs.replace(schedule, days=tuple(days))
    assert {WEEK[day] for day in daily.weekdays} == days
    weekly = msgspec.structs.replace(schedule, start_day=start_day, end_day=end_day)
    assert ([WEEK[day] for day in weekly.weekdays], weekly.end_weekday) == ([start_day], WEEK.index(end_day))
