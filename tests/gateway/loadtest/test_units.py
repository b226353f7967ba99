"""Quantities read as a person writes them, at the edges between units too."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.loadtest import units


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (842, "842 ns"),
        (999.4, "999 ns"),
        (999.6, "1.00 µs"),
        (1_000, "1 µs"),
        (12_440, "12.4 µs"),
        (999_600, "1.00 ms"),
        (5_000_000, "5 ms"),
        (1_034_000_000, "1.03 s"),
        (86_400_000_000_000, "86,400 s"),
    ],
)
def test_a_duration_takes_the_unit_that_fits(ns: float, text: str) -> None:
    assert units.duration_text(ns) == text


@given(st.floats(min_value=1, max_value=1e15))
def test_a_duration_reads_as_what_it_was_within_three_digits(ns: float) -> None:
    figure, unit = units.duration_text(ns).replace(",", "").split()
    size = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}[unit]
    assert math.isclose(float(figure) * size, ns, rel_tol=0.006)
    assert unit == "s" or float(figure) < 1_000


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1_023, "1,023 B"),
        (1_024, "1 KiB"),
        (67_318_579, "64.2 MiB"),
        (1 << 30, "1 GiB"),
        (5_000 << 30, "5,000 GiB"),
    ],
)
def test_a_size_takes_the_binary_unit_that_fits(count: int, text: str) -> None:
    assert units.size_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "clock", "span"),
    [
        (0, "0:00", "0 ns"),
        (7.9, "0:07", "7.90 s"),
        (0.35, "0:00", "350 ms"),
        (60, "1:00", "1 min"),
        (750, "12:30", "12 min 30 s"),
        (3_600, "1:00:00", "1 h"),
        (3_723, "1:02:03", "1 h 2 min"),
        (-1, "0:00", "-1,000,000,000 ns"),
    ],
)
def test_a_span_reads_as_a_clock_and_in_words(seconds: float, clock: str, span: str) -> None:
    assert units.clock_text(seconds) == clock
    assert units.span_text(seconds) == span


@pytest.mark.parametrize(
    ("percentile", "text"), [(50, "p50"), (99.9, "p99.9"), (99.999, "p99.999"), (100, "max")]
)
def test_a_percentile_has_its_short_name(percentile: float, text: str) -> None:
    assert units.percentile_text(percentile) == text


def test_rates_counts_ratios_and_words() -> None:
    assert units.rate_text(48_213.4) == "48,213/s"
    assert units.rate_text(0.25) == "0.250/s"
    assert units.count_text(1_234_567) == "1,234,567"
    assert [units.ratio_text(ratio) for ratio in (0.0123, 0.8, 1, 1.084, 10.3)] == [
        "0.012x",
        "0.80x",
        "1.00x",
        "1.08x",
        "10.3x",
    ]
    assert units.plural(1, "worker") == "1 worker"
    assert units.plural(1_200, "worker") == "1,200 workers"
