"""Tallies keep an HdrHistogram's precision, add up, and become one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.loadtest.results import ORDER_TO_ACK, PERCENTILES, Measure
from gateway.loadtest.tally import HIGHEST, Tally, decoded

VALUES = st.lists(st.integers(-10, 2 * HIGHEST), min_size=1, max_size=50)


def _tally(values: list[int]) -> Tally:
    tally = Tally()
    tally.add(values)
    return tally


@given(VALUES, VALUES)
def test_two_tallies_are_the_tally_of_both(first: list[int], second: list[int]) -> None:
    merged = _tally(first)
    merged.merge(_tally(second))
    assert merged.counts == _tally(first + second).counts
    assert merged.total() == len(first) + len(second)


@given(VALUES, st.sampled_from([1.0, 50.0, 90.0, 99.9, 100.0]))
def test_a_percentile_is_true_to_three_digits(values: list[int], percent: float) -> None:
    within = sorted(min(max(value, 0), HIGHEST) for value in values)
    true = within[max(1, -int(-len(within) * percent // 100)) - 1]
    found = _tally(values).percentile(percent)
    assert found is not None
    assert true <= found <= true * 1.001 + 1


@given(VALUES)
def test_the_measure_has_the_same_values_and_its_histogram_too(values: list[int]) -> None:
    tally = _tally(values)
    measure = tally.measure(ORDER_TO_ACK)
    assert measure is not None
    assert measure.count == len(values)
    assert tuple(measure.percentiles) == PERCENTILES
    assert measure.min <= measure.percentiles["50"] <= measure.percentiles["99.999"] <= measure.max
    assert decoded(measure).get_total_count() == len(values)
    highest = tally.highest()
    assert highest == measure.max
    assert decoded(measure).get_value_at_percentile(99.9) == measure.percentiles["99.9"]


def test_nothing_has_no_figures() -> None:
    tally = Tally()
    assert not tally
    assert tally.percentile(50) is None
    assert tally.highest() is None
    assert tally.measure(ORDER_TO_ACK) is None


@pytest.mark.parametrize("histogram", ["", "!", "HISTFAAAABx4nJNpmSzMwMDAxAABzFCaEUoz2X+AMAAAAAAA"])
def test_what_is_no_histogram_is_a_value_error(histogram: str) -> None:
    measure = Measure(
        name="x", count=1, min=1, mean=1.0, stddev=0.0, max=1, percentiles={}, histogram=histogram
    )
    with pytest.raises(ValueError, match="x: no histogram"):
        decoded(measure)
