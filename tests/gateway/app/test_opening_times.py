from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.app.opening_times import schedule_of
from gateway.settings import FixSession, ScheduleSettings


def opened(utc: str, **keys: Any) -> bool:
    times = {"start": "09:00:00", "end": "18:00:00", "time_zone": "Asia/Seoul"} | keys
    schedule = schedule_of(FixSession(sender_comp_id="ONE", account="A", schedule=ScheduleSettings(**times)))
    assert schedule is not None
    return schedule.is_open(int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()) * 10**9)


def test_a_session_without_a_schedule_is_always_open() -> None:
    assert schedule_of(FixSession(sender_comp_id="ONE", account="A")) is None


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2025-10-09T00:00:00", True),  # 09:00 in Seoul
        ("2025-10-08T23:59:59", False),
        ("2025-10-09T08:59:59", True),
        ("2025-10-09T09:00:00", False),
        ("2025-10-11T00:00:00", True),  # a Saturday
    ],
)
def test_times_of_day_are_local(utc: str, is_open: bool) -> None:
    assert opened(utc) is is_open


@pytest.mark.parametrize(("utc", "is_open"), [("2025-10-10T03:00:00", True), ("2025-10-11T03:00:00", False)])
def test_days_are_those_named(utc: str, is_open: bool) -> None:
    assert opened(utc, days=("mon", "fri")) is is_open


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2025-10-06T00:00:00", True),  # Monday
        ("2025-10-07T20:00:00", True),
        ("2025-10-10T08:59:59", True),  # Friday
        ("2025-10-10T09:00:00", False),
        ("2025-10-12T12:00:00", False),
    ],
)
def test_a_weekly_session_is_open_over_the_nights(utc: str, is_open: bool) -> None:
    assert opened(utc, start_day="mon", end_day="fri") is is_open
