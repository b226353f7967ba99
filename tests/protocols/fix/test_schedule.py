"""Opening times and sequence resets: over midnight, over weeks, over changes of the clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.fix.schedule import EVERY_DAY, Schedule

NS = 1_000_000_000
SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def utc(text: str, zone: ZoneInfo | None = None) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=zone or UTC)
    return int(moment.timestamp()) * NS


OFFICE = Schedule(start=time(9), end=time(17, 30), time_zone=SEOUL, days=frozenset({MON, TUE, WED, THU, FRI}))
OVERNIGHT = Schedule(start=time(22), end=time(21, 55), time_zone=SEOUL)
ROUND_THE_CLOCK = Schedule(start=time(0), end=time(0), time_zone=SEOUL)
TRADING_WEEK = Schedule(start=time(17), end=time(16), time_zone=NEW_YORK, days=frozenset({SUN}), end_day=FRI)
WHOLE_WEEK = Schedule(start=time(6), end=time(6), time_zone=SEOUL, days=frozenset({MON}), end_day=MON)


@pytest.mark.parametrize(
    ("schedule", "moment", "is_open"),
    [
        (OFFICE, utc("2026-11-23 08:59:59", SEOUL), False),
        (OFFICE, utc("2026-11-23 09:00:00", SEOUL), True),
        (OFFICE, utc("2026-11-23 17:29:59", SEOUL), True),
        (OFFICE, utc("2026-11-23 17:30:00", SEOUL), False),
        (OFFICE, utc("2026-11-22 12:00:00", SEOUL), False),
        (OVERNIGHT, utc("2026-11-22 21:54:59", SEOUL), True),
        (OVERNIGHT, utc("2026-11-22 21:55:00", SEOUL), False),
        (OVERNIGHT, utc("2026-11-22 22:00:00", SEOUL), True),
        (OVERNIGHT, utc("2026-11-23 03:00:00", SEOUL), True),
        (ROUND_THE_CLOCK, utc("2026-11-22 00:00:00", SEOUL), True),
        (ROUND_THE_CLOCK, utc("2026-11-22 23:59:59", SEOUL), True),
        (TRADING_WEEK, utc("2026-11-22 16:59:59", NEW_YORK), False),
        (TRADING_WEEK, utc("2026-11-22 17:00:00", NEW_YORK), True),
        (TRADING_WEEK, utc("2026-11-25 03:00:00", NEW_YORK), True),
        (TRADING_WEEK, utc("2026-11-27 15:59:59", NEW_YORK), True),
        (TRADING_WEEK, utc("2026-11-27 16:00:00", NEW_YORK), False),
        (TRADING_WEEK, utc("2026-11-28 12:00:00", NEW_YORK), False),
        (WHOLE_WEEK, utc("2026-11-23 05:59:59", SEOUL), True),
        (WHOLE_WEEK, utc("2026-11-23 06:00:00", SEOUL), True),
    ],
)
def test_when_a_session_is_open(schedule: Schedule, moment: int, is_open: bool) -> None:
    assert schedule.is_open(moment) is is_open


def test_a_boundary_resets_once_however_long_the_gateway_was_down() -> None:
    opened_at = utc("2026-11-20 23:00:00", SEOUL)
    assert not OVERNIGHT.needs_reset(opened_at, utc("2026-11-21 21:00:00", SEOUL))
    assert not OVERNIGHT.needs_reset(opened_at, utc("2026-11-21 21:57:00", SEOUL)), "never while it is closed"
    after = utc("2026-11-24 01:00:00", SEOUL)
    assert OVERNIGHT.needs_reset(opened_at, after)
    assert not OVERNIGHT.needs_reset(after, after + 3600 * NS)


def test_a_session_without_an_end_still_resets_each_day_or_week() -> None:
    before, after = utc("2026-11-22 23:59:59", SEOUL), utc("2026-11-23 00:00:00", SEOUL)
    assert ROUND_THE_CLOCK.needs_reset(before, after)
    monday = utc("2026-11-23 06:00:00", SEOUL)
    assert WHOLE_WEEK.needs_reset(monday - NS, monday)
    assert not WHOLE_WEEK.needs_reset(monday, monday + 6 * 86_400 * NS)


def test_the_next_change_is_the_end_or_the_next_start() -> None:
    assert OFFICE.next_change(utc("2026-11-23 10:00:00", SEOUL)) == utc("2026-11-23 17:30:00", SEOUL)
    assert OFFICE.next_change(utc("2026-11-20 18:00:00", SEOUL)) == utc("2026-11-23 09:00:00", SEOUL)
    assert TRADING_WEEK.next_change(utc("2026-11-28 12:00:00", NEW_YORK)) == utc(
        "2026-11-29 17:00:00", NEW_YORK
    )


def test_local_times_follow_daylight_saving_time() -> None:
    daily = Schedule(start=time(8), end=time(7), time_zone=NEW_YORK)
    summer, winter = utc("2026-10-31 08:00:00", NEW_YORK), utc("2026-11-01 08:00:00", NEW_YORK)
    assert winter - summer == 25 * 3600 * NS
    period = daily.period(summer)
    assert period is not None
    assert (period.start, period.end) == (summer, winter - 3600 * NS)


def test_a_local_time_that_the_clock_skips_or_repeats_is_an_instant_all_the_same() -> None:
    skipped = Schedule(start=time(2, 30), end=time(12), time_zone=NEW_YORK)
    period = skipped.period(utc("2026-03-08 10:00:00", NEW_YORK))
    assert period is not None
    assert period.start == utc("2026-03-08 07:30:00")
    repeated = Schedule(start=time(1, 30), end=time(12), time_zone=NEW_YORK)
    period = repeated.period(utc("2026-11-01 10:00:00", NEW_YORK))
    assert period is not None
    assert period.start == utc("2026-11-01 05:30:00")


@pytest.mark.parametrize(
    ("days", "end_day"),
    [(frozenset(), None), (frozenset({7}), None), (frozenset({0, 1}), 4), (frozenset({0}), 9)],
)
def test_days_that_make_no_schedule(days: frozenset[int], end_day: int | None) -> None:
    with pytest.raises(ValueError, match="day"):
        Schedule(start=time(9), end=time(17), time_zone=SEOUL, days=days, end_day=end_day)


times = st.times().map(lambda at: at.replace(microsecond=0))
zones = st.sampled_from(["Asia/Seoul", "America/New_York", "Europe/London", "Australia/Lord_Howe"]).map(
    ZoneInfo
)
daily = st.builds(
    Schedule,
    start=times,
    end=times,
    time_zone=zones,
    days=st.frozensets(st.sampled_from(sorted(EVERY_DAY)), min_size=1),
)
weekly = st.builds(
    Schedule,
    start=times,
    end=times,
    time_zone=zones,
    days=st.sampled_from(sorted(EVERY_DAY)).map(lambda day: frozenset({day})),
    end_day=st.sampled_from(sorted(EVERY_DAY)),
)
moments = st.integers(utc("2026-01-01 00:00:00"), utc("2027-12-31 00:00:00"))


@given(schedule=daily | weekly, moment=moments)
def test_nothing_changes_before_the_next_change(schedule: Schedule, moment: int) -> None:
    change = schedule.next_change(moment)
    assert change > moment
    assert change - moment <= timedelta(days=8, hours=2) / timedelta(seconds=1) * NS
    assert schedule.is_open(moment) == schedule.is_open(change - 1)
    assert schedule.period(moment) == schedule.period(change - 1)


@given(schedule=daily | weekly, opened_at=moments, later=moments)
def test_numbers_reset_exactly_when_their_period_is_over_and_another_has_begun(
    schedule: Schedule, opened_at: int, later: int
) -> None:
    opened_at, later = sorted((opened_at, later))
    now, then = schedule.period(later), schedule.period(opened_at)
    if now is None:
        assert not schedule.needs_reset(opened_at, later)
    elif then is not None:
        assert schedule.needs_reset(opened_at, later) == (then != now)
