"""The message budget: bursts, the steady rate, and no limit at all."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.orders.throttle import TokenBucket

SECOND = 1_000_000_000


def test_a_burst_then_the_rate() -> None:
    bucket = TokenBucket(rate=10, burst=3)
    assert [bucket.take(0) for _ in range(5)] == [True, True, True, False, False]
    assert not bucket.take(SECOND // 10 - 1)
    assert bucket.take(SECOND // 10)
    assert not bucket.take(SECOND // 10)
    assert [bucket.take(10 * SECOND) for _ in range(4)] == [True, True, True, False]


def test_a_rate_of_0_lifts_the_limit() -> None:
    bucket = TokenBucket(rate=0, burst=0)
    assert all(bucket.take(0) for _ in range(1000))
    assert all(bucket.take(0, 9) for _ in range(1000))


def test_one_token_is_enough_for_more_which_are_owed() -> None:
    bucket = TokenBucket(rate=10, burst=3)
    assert [bucket.take(0, 5), bucket.take(0)] == [True, False]
    assert not bucket.take(3 * SECOND // 10 - 1)
    assert [bucket.take(3 * SECOND // 10, 2), bucket.take(3 * SECOND // 10)] == [True, False]


@given(
    rate=st.integers(1, 1000),
    burst=st.integers(1, 50),
    steps=st.lists(st.integers(0, SECOND // 4), min_size=1, max_size=100),
)
def test_no_window_holds_more_than_burst_and_rate_allow(rate: int, burst: int, steps: list[int]) -> None:
    bucket = TokenBucket(rate, burst)
    interval = SECOND // rate
    taken: list[int] = []
    now = 0
    for step in steps:
        now += step
        while bucket.take(now):
            taken.append(now)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - taken[first]) // interval + 1
