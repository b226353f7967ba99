"""How many receivers fit into a slice that are served one by one."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.net.pump import MAX_BUDGET, MIN_BUDGET, SLICE_NS, Pace


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 2_000)), max_size=50))
def test_a_slice_is_never_too_short_nor_too_long(samples: list[tuple[int, int]]) -> None:
    pace = Pace()
    for taken_ns, receivers in samples:
        pace.note(taken_ns, receivers)
        assert MIN_BUDGET <= pace.budget(SLICE_NS) <= MAX_BUDGET


def test_the_pace_follows_what_receivers_take() -> None:
    pace = Pace()
    assert (pace.budget(250_000), pace.budget(125_000)) == (31, 15)
    pace.note(31 * 2_000, 31)
    assert pace.budget(250_000) == 125
    # One long turn of the loop says little, many say that receivers take long.
    pace.note(10**9, 100)
    assert pace.budget(250_000) > 100
    for _ in range(100):
        pace.note(12_000 * 20, 20)
    assert 20 <= pace.budget(250_000) <= 22
    # An empty slice says nothing; and there are some receivers in any.
    pace.note(10**9, 0)
    for _ in range(100):
        pace.note(10**9, 1)
    assert pace.budget(250_000) == MIN_BUDGET
