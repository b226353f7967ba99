from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.spent_logons import SpentLogons


def test_a_logon_is_spent_once_per_session() -> None:
    spent = SpentLogons(0)
    assert spent.spend("A", b"text", 5)
    assert not spent.spend("A", b"text", 5)
    assert spent.spend("B", b"text", 5)
    assert spent.spend("A", b"other", 5)
    assert (spent.remembered("A"), spent.remembered("B"), spent.remembered("C")) == (2, 1, 0)


def test_a_logon_from_before_the_start_may_have_been_spent_then() -> None:
    spent = SpentLogons(100)
    assert not spent.spend("A", b"old", 99)
    assert spent.spend("A", b"new", 100)


def test_at_the_bound_the_oldest_is_forgotten_and_its_time_with_it() -> None:
    spent = SpentLogons(0, kept=2)
    assert [spent.spend("A", b"%d" % at, at) for at in (30, 10, 20)] == [True] * 3
    assert spent.remembered("A") == 2
    assert not spent.spend("A", b"10", 10)
    assert not spent.spend("A", b"never seen, but as old", 10)
    assert spent.spend("A", b"11", 11)
    assert spent.spend("B", b"10", 10)


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 30), st.integers(0, 3)), max_size=120),
    st.integers(1, 5),
)
def test_none_passes_twice_a_new_one_always_and_memory_is_bounded(
    logons: list[tuple[str, int, int]], kept: int
) -> None:
    spent = SpentLogons(0, kept=kept)
    passed: set[tuple[str, bytes]] = set()
    newest = {"A": -1, "B": -1}
    for session, at, which in logons:
        text = b"%d/%d" % (at, which)
        outcome = spent.spend(session, text, at)
        if outcome:
            assert (session, text) not in passed
            passed.add((session, text))
        else:
            assert at <= newest[session]
        newest[session] = max(newest[session], at)
        assert spent.remembered(session) <= kept
