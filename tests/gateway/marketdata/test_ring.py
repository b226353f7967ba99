"""The ring of recent pushes against a naive one that keeps everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import ReplayRing


def _ring(max_items: int = 100, max_age_ns: int = 1000, max_bytes: int = 10_000) -> ReplayRing[str]:
    return ReplayRing(max_items, max_age_ns, max_bytes)


def test_a_ring_that_never_held_anything_knows_its_own_place_only() -> None:
    ring = _ring()
    assert ring.since(0) == []
    assert ring.since(1) is None
    ring.reset(7)
    assert (ring.base, ring.last, len(ring)) == (7, 7, 0)
    assert ring.since(7) == []
    assert ring.since(0) is None


def test_items_after_a_place_are_returned_oldest_first() -> None:
    ring = _ring()
    ring.append(3, 0, "a", 1, 0)
    ring.append(5, 3, "b", 1, 0)
    ring.append(9, 5, "c", 1, 0)
    assert ring.since(0) == ["a", "b", "c"]
    assert ring.since(3) == ["b", "c"]
    assert ring.since(9) == []
    for between_or_beyond in (1, 4, 8, 10, -1):
        assert ring.since(between_or_beyond) is None


def test_the_oldest_go_when_there_are_too_many() -> None:
    ring = _ring(max_items=2)
    for seq in range(1, 5):
        ring.append(seq, seq - 1, f"{seq}", 1, 0)
    assert (len(ring), ring.base, ring.last, ring.evicted) == (2, 2, 4, 2)
    assert ring.since(1) is None
    assert ring.since(2) == ["3", "4"]


def test_the_oldest_go_when_they_are_too_large_even_the_newest_if_it_alone_is() -> None:
    ring = _ring(max_bytes=10)
    ring.append(1, 0, "a", 6, 0)
    ring.append(2, 1, "b", 4, 0)
    assert (len(ring), ring.bytes_held) == (2, 10)
    ring.append(3, 2, "c", 1, 0)
    assert (len(ring), ring.bytes_held, ring.base) == (2, 5, 1)
    ring.append(4, 3, "d", 11, 0)
    assert (len(ring), ring.bytes_held, ring.base, ring.evicted) == (0, 0, 4, 4)
    assert ring.since(3) is None
    assert ring.since(4) == []


def test_items_go_when_they_are_older_than_the_bound_and_not_before() -> None:
    ring = _ring(max_age_ns=10)
    ring.append(1, 0, "a", 1, 100)
    ring.append(2, 1, "b", 1, 110)
    assert ring.since(0) == ["a", "b"]
    ring.append(3, 2, "c", 1, 111)
    assert ring.since(0) is None
    assert ring.since(1) == ["b", "c"]
    ring.append(4, 3, "d", 1, 121)
    assert ring.since(1) is None
    assert ring.since(2) == ["c", "d"]
    ring.append(5, 4, "e", 1, 1000)
    assert (len(ring), ring.base, ring.last) == (1, 4, 5)


def test_an_item_that_does_not_go_on_begins_a_new_chain() -> None:
    ring = _ring()
    ring.append(1, 0, "a", 1, 0)
    ring.append(5, 4, "b", 1, 0)
    assert (len(ring), ring.base, ring.bytes_held) == (1, 4, 1)
    assert ring.since(1) is None
    assert ring.since(4) == ["b"]


def test_an_item_that_leads_back_is_refused() -> None:
    ring = _ring()
    with pytest.raises(ValueError, match="from 2 back to 1"):
        ring.append(1, 2, "a", 1, 0)


_APPENDS = st.lists(
    st.tuples(
        st.integers(1, 4),  # how far the item leads
        st.integers(0, 5),  # its size
        st.integers(0, 6),  # how much later it is
        st.sampled_from([0, 0, 0, 0, 0, 0, 0, 0, 0, 3]),  # the hole before it
    ),
    max_size=60,
)


@given(_APPENDS, st.integers(1, 12), st.integers(0, 40), st.integers(0, 30))
def test_a_ring_gives_what_a_naive_one_gives(
    appends: list[tuple[int, int, int, int]], max_items: int, max_age_ns: int, max_bytes: int
) -> None:
    ring = ReplayRing[int](max_items, max_age_ns, max_bytes)
    naive: list[tuple[int, int, int, int]] = []
    base = last = ts = 0
    for step, size, later, hole in appends:
        prev, ts = last + hole, ts + later
        seq = prev + step
        if hole:
            naive, base = [], prev
        ring.append(seq, prev, seq, size, ts)
        naive.append((seq, prev, size, ts))
        last = seq
        while naive and (
            len(naive) > max_items or sum(n[2] for n in naive) > max_bytes or naive[0][3] < ts - max_age_ns
        ):
            base = naive.pop(0)[0]
        assert (ring.base, ring.last, len(ring)) == (base, last, len(naive))
        assert ring.bytes_held == sum(n[2] for n in naive)
        places = {base, *(n[0] for n in naive)}
        for place in range(-1, last + 2):
            expected = [n[0] for n in naive if n[0] > place] if place in places else None
            assert ring.since(place) == expected


def test_an_item_that_leads_nowhere_comes_after_its_place_and_stands_for_those_before_it() -> None:
    ring = _ring()
    ring.append(0, 0, "early", 1, 0)
    ring.append(3, 0, "a", 1, 0)
    ring.append(3, 3, "a1", 5, 0)
    ring.append(3, 3, "a2", 7, 0)
    assert (len(ring), ring.bytes_held, ring.last) == (3, 9, 3)
    assert ring.since(0) == ["early", "a", "a2"]
    assert ring.since(3) == ["a2"]
    ring.append(5, 3, "b", 1, 0)
    assert ring.since(3) == ["a2", "b"]
    # It is in no other piece than what is in front of it.
    assert ring.since(0, 1) == ["early"]
    assert ring.since(0, 2) == ["early", "a", "a2"]
    assert ring.since(0, 0) == []
    assert ring.since(5) == []


def test_an_item_that_leads_nowhere_outlives_its_place() -> None:
    ring = _ring(max_age_ns=10)
    ring.append(3, 0, "a", 1, 0)
    ring.append(3, 3, "a1", 1, 20)
    assert (len(ring), ring.base, ring.since(3)) == (1, 3, ["a1"])
    ring.append(3, 3, "a2", 1, 21)
    assert (len(ring), ring.base, ring.since(3)) == (1, 3, ["a2"])


def test_a_place_whose_item_that_leads_nowhere_is_gone_is_not_known_any_more() -> None:
    ring = _ring(max_age_ns=10)
    ring.append(3, 0, "a", 1, 0)
    ring.append(3, 3, "a1", 1, 20)
    ring.append(5, 3, "b", 1, 31)
    assert (len(ring), ring.since(3)) == (1, None)
    ring.append(6, 5, "c", 1, 31)
    assert (ring.since(3), ring.since(5)) == (None, ["c"])
    ring.reset(3)
    assert ring.since(3) == []
