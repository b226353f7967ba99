"""UTCTimestamp text and UTC nanoseconds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocols.fix import Timestamps, is_utc_timestamp, parse_utc_timestamp, utc_text

DAY_END = 253402300799_999_999_999
START = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(0, DAY_END))
@example(0)
@example(999_999)
@example(1_000_000)
@example(DAY_END)
def test_text_is_the_instant_rounded_down_to_milliseconds(utc_ns: int) -> None:
    text = utc_text(utc_ns)
    instant = START + timedelta(milliseconds=utc_ns // 1_000_000)
    assert text.decode() == instant.strftime("%Y%m%d-%H:%M:%S.") + f"{instant.microsecond // 1000:03d}"
    assert parse_utc_timestamp(text) == utc_ns // 1_000_000 * 1_000_000
    assert is_utc_timestamp(text)


@pytest.mark.parametrize(
    ("text", "fraction_ns"),
    [
        (b"20260301-23:59:59", 0),
        (b"20260301-23:59:59.001", 1_000_000),
        (b"20260301-23:59:59.000002", 2_000),
        (b"20260301-23:59:59.000000003", 3),
        (b"20260301-23:59:59.999999999", 999_999_999),
    ],
)
def test_every_precision_is_read(text: bytes, fraction_ns: int) -> None:
    second = int(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC).timestamp())
    assert parse_utc_timestamp(text) == second * 10**9 + fraction_ns
    assert is_utc_timestamp(text)


def test_a_leap_second_is_the_second_after_it() -> None:
    assert parse_utc_timestamp(b"20161231-23:59:60.5".ljust(21, b"0")) == parse_utc_timestamp(
        b"20170101-00:00:00.500"
    )
    assert is_utc_timestamp(b"20161231-23:59:60")


def test_a_leap_day() -> None:
    assert parse_utc_timestamp(b"20240229-00:00:00") == 1709164800 * 10**9


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"2026",
        b"20260101",
        b"20260101 12:00:00",
        b"20260101-12:00",
        b"20260101-12:00:0",
        b"20260101-12.00.00",
        b"20260101-12:00.00",
        b"20260101-24:00:00",
        b"20260101-12:60:00",
        b"20260101-12:00:61",
        b"20260101-1a:00:00",
        b"20260101-+1:00:00",
        b"20260101- 1:00:00",
        b"20261301-12:00:00",
        b"20260230-12:00:00",
        b"20250229-12:00:00",
        b"00000101-12:00:00",
        b"2026010a-12:00:00",
        b"20260101-12:00:00.",
        b"20260101-12:00:00.1",
        b"20260101-12:00:00.12",
        b"20260101-12:00:00.1234",
        b"20260101-12:00:00,123",
        b"20260101-12:00:00.12a",
        b"20260101-12:00:00.+12",
        b"20260101-12:00:00.123456789012",
        b"20260101-12:00:00Z",
        b"20260101-12:00:00.000Z",
    ],
)
def test_anything_else_is_refused(text: bytes) -> None:
    assert not is_utc_timestamp(text)
    with pytest.raises(ValueError, match=r"fraction|two digits|form|month|day|year|hours"):
        parse_utc_timestamp(text)


@given(st.binary(max_size=30) | st.text(alphabet="0123456789-:.", max_size=30).map(str.encode))
def test_both_readers_agree_on_any_bytes(text: bytes) -> None:
    try:
        parse_utc_timestamp(text)
    except ValueError:
        assert not is_utc_timestamp(text)
    else:
        assert is_utc_timestamp(text)


def test_monotonic_time_becomes_utc() -> None:
    stamps = Timestamps(1_767_225_600_000_000_000 - 5_000_000)
    assert stamps.utc(5_000_000) == 1_767_225_600_000_000_000
    assert stamps.text(5_999_999) == b"20260101-00:00:00.000"
    assert stamps.text(6_000_000) == b"20260101-00:00:00.001"
    stamps.offset_ns += 1_000_000_000
    assert stamps.text(6_000_000) == b"20260101-00:00:01.001"
