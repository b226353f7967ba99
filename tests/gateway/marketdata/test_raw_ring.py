"""The ring of changes against a plain list of them."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata.raw_ring import RawRing
from gateway.model import BookDelta
from tests.gateway.marketdata.market import bid

Commands = list[tuple[int, int]]
_commands: st.SearchStrategy[Commands] = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 4)), max_size=25
)


def filled(commands: Commands, size: int) -> tuple[RawRing[BookDelta], list[BookDelta]]:
    """Return a ring and all that went in: steps to the next sequence, and changes there."""
    ring: RawRing[BookDelta] = RawRing(size)
    added: list[BookDelta] = []
    eseq = 0
    for step, count in commands:
        eseq += step
        changes = [bid(eseq, price, 1) for price in range(count)]
        ring.extend(changes)
        added += changes
    return ring, added


@given(_commands, st.integers(1, 12), st.integers(0, 80))
def test_what_came_after_a_place_is_all_there_or_refused(commands: Commands, size: int, seq: int) -> None:
    ring, added = filled(commands, size)
    found = ring.since(seq)
    missed = [change for change in added if change.eseq > seq]
    if found is None:
        assert len(missed) >= size or seq < ring.base
        assert seq < ring.base
        return
    assert [change for command in found for change in command] == missed
    sequences = [{change.eseq for change in command} for command in found]
    assert all(len(of_one) == 1 for of_one in sequences)
    assert sequences == sorted(sequences, key=min)


@given(_commands, st.integers(6, 12))
def test_the_newest_are_never_refused(commands: Commands, size: int) -> None:
    ring, added = filled(commands, size)
    if added:
        assert ring.since(added[-1].eseq) == []
        # A command has at most four changes: the last one is whole.
        assert ring.since(added[-1].eseq - 1) == [[c for c in added if c.eseq == added[-1].eseq]]


@given(_commands, _commands, st.integers(1, 8), st.integers(8, 12))
def test_a_tail_does_not_depend_on_how_much_is_still_there(
    before: Commands, after: Commands, most: int, size: int
) -> None:
    ring, _ = filled(before, size)
    copy: RawRing[BookDelta] = RawRing(size)
    copy.reset(*ring.tail(most))
    assert copy.tail(most) == ring.tail(most)
    eseq = 1_000
    for step, count in after:
        eseq += step
        changes = [bid(eseq, price, 1) for price in range(count)]
        for one in (ring, copy):
            one.extend(changes)
        assert copy.tail(most) == ring.tail(most)
        assert len(ring.tail(most)[1]) <= most
