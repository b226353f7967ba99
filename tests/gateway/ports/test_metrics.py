import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import LatencyBuckets

durations = st.integers(0, 2**64 - 1) | st.integers(0, 10**9)


@given(durations)
def test_a_bucket_is_at_most_a_quarter_wide(ns: int) -> None:
    buckets = LatencyBuckets()
    buckets.record(ns)
    upper = buckets.quantile(1.0)
    assert ns <= upper <= ns + ns // 4 + 1


@given(st.lists(st.tuples(durations, st.integers(1, 5))))
def test_counts_and_sums_are_exact(records: list[tuple[int, int]]) -> None:
    buckets = LatencyBuckets()
    for ns, times in records:
        buckets.record(ns, times)
    assert buckets.count == sum(times for _, times in records)
    assert buckets.total_ns == sum(ns * times for ns, times in records)
    value = buckets.value()
    assert value.observations == buckets.count
    assert value.sum_s == buckets.total_ns / 1e9
    for bound, count in value.buckets:
        assert count == sum(times for ns, times in records if ns < round(bound * 1e9))


@given(st.lists(durations, min_size=1), st.floats(0.01, 1))
def test_quantiles_keep_their_order(records: list[int], q: float) -> None:
    buckets = LatencyBuckets()
    for ns in records:
        buckets.record(ns)
    exact = sorted(records)[max(0, -int(-q * len(records) // 1) - 1)]
    assert exact <= buckets.quantile(q) <= exact + exact // 4 + 1


def test_nothing_recorded() -> None:
    buckets = LatencyBuckets()
    assert buckets.quantile(0.5) == 0
    assert buckets.count == 0
    assert {count for _, count in buckets.value().buckets} == {0}


def test_exported_bounds_are_powers_of_two() -> None:
    bounds = [bound for bound, _ in LatencyBuckets().value().buckets]
    assert bounds[0] == pytest.approx(8.192e-6)
    assert bounds[-1] == pytest.approx(17.179869184)
    assert all(upper == pytest.approx(2 * lower) for lower, upper in itertools.pairwise(bounds))
