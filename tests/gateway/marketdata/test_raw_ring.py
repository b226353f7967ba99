"""The ring of changes against a plain list of them."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata.raw_ring import MAX_PER_CHUNK, MAX_UNPACKED, RawRing, RingBounds, RingState
from gateway.model import BookDelta, Trade
from tests.gateway.marketdata.market import TS, S, bid, trade, trade_at

Commands = list[tuple[int, int]]
_commands: st.SearchStrategy[Commands] = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 4)), max_size=25
)
_sizes = st.integers(0, 12)


def add(ring: RawRing[BookDelta], changes: list[BookDelta]) -> None:
    ring.recent += changes
    if len(ring.recent) >= ring.pack_at:
        ring.pack()


def fill(ring: RawRing[BookDelta], commands: Commands, eseq: int = 0) -> list[BookDelta]:
    """Add commands (the step to the next sequence, and the number of changes there); return all changes."""
    added: list[BookDelta] = []
    for step, count in commands:
        eseq += step
        changes = [bid(eseq, price, 1) for price in range(count)]
        add(ring, changes)
        added += changes
    return added


def encoded(ring: RawRing[BookDelta]) -> bytes:
    return msgspec.msgpack.encode(ring.state())


def restored(ring: RawRing[BookDelta], bounds: RingBounds) -> RawRing[BookDelta]:
    copy = RawRing(list[BookDelta], bounds)
    copy.restore(msgspec.msgpack.decode(encoded(ring), type=RingState[BookDelta]))
    return copy


def held(ring: RawRing[BookDelta]) -> list[BookDelta]:
    changes = ring.since(ring.base, 1_000_000)
    assert changes is not None
    return changes


@given(_commands, _sizes, st.integers(0, 80), st.integers(1, 9))
def test_what_came_after_a_place_is_all_there_or_refused(
    commands: Commands, size: int, seq: int, most: int
) -> None:
    ring = RawRing(list[BookDelta], RingBounds(changes=size))
    added = fill(ring, commands)
    missed = [change for change in added if change.eseq > seq]
    count = ring.count_since(seq)
    if count is None:
        assert ring.since(seq, most) is None
        assert seq < ring.base
        # The command of the oldest change may not be whole.
        assert len(missed) > size - 4
        return
    assert count == len(missed)
    found: list[BookDelta] = []
    while changes := ring.since(found[-1].eseq if found else seq, most):
        # Whole commands, as many as fit; one that has more comes alone.
        assert len(changes) <= most or changes[0].eseq == changes[-1].eseq
        found += changes
        rest = missed[len(found) :]
        if rest:
            assert rest[0].eseq != changes[-1].eseq
            assert len(changes) + sum(change.eseq == rest[0].eseq for change in rest) > most
    assert found == missed


@given(_commands, _sizes, st.integers(1, 30))
def test_the_newest_are_those_that_were_added_last(commands: Commands, size: int, count: int) -> None:
    ring = RawRing(list[BookDelta], RingBounds(changes=size))
    added = fill(ring, commands)
    assert len(ring) >= min(size, len(added))
    last = min(count, len(ring))
    assert ring.newest(count) == added[len(added) - last :]


@given(_commands, _commands, _sizes)
def test_a_restored_ring_goes_on_as_the_one_it_was_taken_of(
    before: Commands, after: Commands, size: int
) -> None:
    bounds = RingBounds(changes=size)
    ring = RawRing(list[BookDelta], bounds)
    fill(ring, before)
    copy = restored(ring, bounds)
    for one in (ring, copy):
        fill(one, after, 1_000)
    assert encoded(copy) == encoded(ring)
    assert (len(copy), copy.size) == (len(ring), ring.size)


@given(_commands, _commands, _sizes, st.integers(1, 4))
def test_a_ring_restored_in_parts_goes_on_as_the_one_they_were_taken_of(
    before: Commands, after: Commands, size: int, most: int
) -> None:
    bounds = RingBounds(changes=size)
    ring = RawRing(list[BookDelta], bounds)
    fill(ring, before)
    copy = RawRing(list[BookDelta], bounds)
    state, parts = msgspec.msgpack.encode(ring.state(packed=False)), ring.packed(most)
    copy.restore(msgspec.msgpack.decode(state, type=RingState[BookDelta]))
    assert not copy.size
    for base, chunks in parts:
        assert len(chunks) <= most
        copy.prepend(base, chunks)
    for one in (ring, copy):
        fill(one, after, 1_000)
    assert encoded(copy) == encoded(ring)
    assert (len(copy), copy.size) == (len(ring), ring.size)


@given(_commands, st.integers(0, 9), _sizes)
def test_it_does_not_matter_how_many_are_added_at_once(commands: Commands, most: int, size: int) -> None:
    bounds = RingBounds(changes=size, size=60 * most)
    at_once, singly = RawRing(list[BookDelta], bounds), RawRing(list[BookDelta], bounds)
    for change in fill(at_once, commands):
        add(singly, [change])
    assert encoded(singly) == encoded(at_once)


@given(_commands, _commands, _sizes, _sizes)
def test_bounds_may_be_others_after_a_restore(
    before: Commands, after: Commands, size: int, later: int
) -> None:
    ring = RawRing(list[BookDelta], RingBounds(changes=size))
    added = fill(ring, before)
    copy = restored(ring, RingBounds(changes=later))
    added += fill(copy, after, 1_000)
    assert held(copy) == [change for change in added if change.eseq > copy.base]
    # Chunks of the larger ring may be there.
    assert len(copy) <= max(size, later) + 2 * (1 + max(size, later)) + 4


def test_all_but_the_newest_are_packed_and_much_smaller() -> None:
    ring = RawRing(list[BookDelta], RingBounds())
    fill(ring, [(1, 1)] * 100_000)
    assert MAX_UNPACKED <= len(ring.recent) < MAX_UNPACKED + MAX_PER_CHUNK
    assert ring.base == 0
    assert ring.size < 50 * (len(ring) - len(ring.recent))
    fill(ring, [(1, 1)] * 50_000, 100_000)
    assert 100_000 <= len(ring) < 100_000 + 2 * MAX_PER_CHUNK
    assert ring.size < 50 * 100_000


def test_a_large_command_is_packed_in_one_go() -> None:
    ring = RawRing(list[BookDelta], RingBounds(changes=1_000))
    added = fill(ring, [(1, 5_000), (1, 1)])
    assert len(ring) < 1_500
    # Not all of it is here.
    assert ring.base == 1
    assert ring.since(0, 100) is None
    assert ring.since(1, 100) == added[-1:]


def test_what_takes_too_many_bytes_goes() -> None:
    ring = RawRing(list[BookDelta], RingBounds(size=20_000))
    added = fill(ring, [(1, 1)] * 5_000)
    assert ring.size <= 20_000
    assert 400 <= len(ring) <= 1_000
    assert held(ring) == added[-len(ring) :]


def test_what_is_too_old_goes_and_the_newest_stay() -> None:
    ring = RawRing(list[Trade], RingBounds(age_ns=60 * S))
    for second in range(1_000):
        ring.recent.append(trade_at(TS + second * S, 1_000, 1))
        if len(ring.recent) >= ring.pack_at:
            ring.pack()
    assert MAX_UNPACKED <= len(ring) < MAX_UNPACKED + 2 * MAX_PER_CHUNK
    ring.recent.append(trade(2))
    assert ring.newest(1) == [trade(2)]
