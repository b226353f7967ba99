"""The memory of used ClOrdIDs: what it finds, what it evicts, what it weighs."""

import sys
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.orders import idempotency
from gateway.orders.idempotency import UsedIds

HOUR = 3_600_000_000_000
ROOMY = 1 << 20


def name(number: int) -> bytes:
    return b"order-%d" % number


def memory(capacity: int = ROOMY, keep_ns: int = HOUR) -> UsedIds:
    return UsedIds(capacity=capacity, keep_ns=keep_ns)


def filled(capacity: int, count: int) -> UsedIds:
    used = memory(capacity)
    for number in range(1, count + 1):
        used.add("A", name(number), number, 0)
    return used


def test_a_used_id_is_found_in_its_account_alone() -> None:
    used = memory()
    assert used.find("A", b"x") == ()
    used.add("A", b"x", 7, 0)
    assert used.find("A", b"x") == [7]
    assert not used.find("B", b"x")
    assert not used.find("A", b"y")
    assert len(used) == 1


def test_an_id_used_again_is_found_under_each_eseq() -> None:
    used = memory()
    used.add("A", b"x", 7, 0)
    used.add("A", b"x", 9, 0)
    assert used.find("A", b"x") == [7, 9]


def test_a_fingerprint_that_straddles_two_entries_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {b"x": b"\x01" * 8, b"y": b"\x01" * 4 + bytes(4)}
    monkeypatch.setattr(idempotency, "_fingerprint", lambda _, cl_ord_id: keys[cl_ord_id])
    used = memory(capacity=1)
    used.add("A", b"x", 7, 0)
    assert not used.find("A", b"y")
    used.add("A", b"y", 8, 0)
    assert used.find("A", b"y") == [8]


def test_at_least_the_last_ones_are_kept_and_evictions_are_counted() -> None:
    capacity, count = 6_400, 20_000
    used = filled(capacity, count)
    assert capacity <= len(used) <= capacity + 100
    assert used.evicted == count - len(used)
    assert all(used.find("A", name(number)) == [number] for number in range(count - capacity + 1, count + 1))
    assert not any(used.find("A", name(number)) for number in range(1, used.evicted + 1))


def test_the_ids_of_one_command_are_evicted_together() -> None:
    used = memory(capacity=64)
    for number in range(500):
        used.add("A", name(number), 1, 0)
    assert (len(used), used.evicted) == (500, 0)
    for number in range(500, 564):
        used.add("A", name(number), number, 0)
    assert (len(used), used.evicted) == (64, 500)
    assert not used.find("A", name(499))
    assert used.find("A", name(500)) == [500]


def test_old_ones_expire_by_the_times_given_in_a_chunk_at_a_time() -> None:
    used = memory(capacity=64, keep_ns=100)
    for number in range(1, 11):
        used.add("A", name(number), number, number * 10)
    used.expire(110)
    assert len(used) == 10
    used.expire(125)
    assert (len(used), used.evicted) == (9, 0)
    assert not used.find("A", name(1))
    assert used.find("A", name(2)) == [2]
    for _ in range(20):
        used.expire(10**9)
    assert len(used) == 1
    assert used.find("A", name(10)) == [10]


def test_a_chunk_is_as_old_as_its_youngest_though_clocks_step_back() -> None:
    used = memory(capacity=128, keep_ns=100)
    for eseq, time in ((1, 500), (1, 100), (2, 90), (2, 90), (3, 80)):
        used.add("A", name(eseq), eseq, time)
    used.expire(550)
    assert used.find("A", name(1)) == [1, 1]


def test_evicted_entries_leave_no_bytes_behind() -> None:
    used = filled(1_280, 100_000)
    held = sum(len(bucket) for bucket in used._buckets if bucket is not None)
    assert held <= 16 * (len(used) + 2 * 20 + 4 * len(used._buckets))


def test_an_entry_weighs_at_most_40_bytes() -> None:
    for capacity in (50_000, 20 * 50_000):
        used = filled(capacity, 50_000)
        buckets = [bucket for bucket in used._buckets if bucket is not None]
        chunks = sum(sys.getsizeof(chunk) + 3 * 32 + 8 for chunk in used._chunks)
        size = sys.getsizeof(used._buckets) + chunks + sum(map(sys.getsizeof, buckets))
        assert size <= 40 * len(used)


class Model:
    """The same rules over a plain list, without buckets."""

    def __init__(self, capacity: int, keep_ns: int) -> None:
        self.capacity, self.keep_ns = capacity, keep_ns
        self.chunk_size = max(1, min(1024, capacity // 64))
        self.chunks: list[list[tuple[bytes, int, int]]] = []

    def add(self, cl_ord_id: bytes, eseq: int, time: int) -> None:
        newest = self.chunks[-1] if self.chunks else []
        if not newest or (len(newest) >= self.chunk_size and newest[-1][1] != eseq):
            newest = []
            self.chunks.append(newest)
        newest.append((cl_ord_id, eseq, time))
        while len(self.chunks) > 1 and sum(map(len, self.chunks[1:])) >= self.capacity:
            del self.chunks[0]

    def expire(self, now: int) -> None:
        if len(self.chunks) > 1 and max(entry[2] for entry in self.chunks[0]) < now - self.keep_ns:
            del self.chunks[0]

    def find(self, cl_ord_id: bytes) -> list[int]:
        return [entry[1] for chunk in self.chunks for entry in chunk if entry[0] == cl_ord_id]


STEPS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 2), st.integers(-5, 40), st.booleans()), max_size=300
)
CAPACITIES = st.sampled_from([1, 5, 64, 200, 1_000])


@given(capacity=CAPACITIES, later=CAPACITIES, steps=STEPS)
def test_it_remembers_what_a_plain_list_does_also_after_a_restore(
    capacity: int, later: int, steps: Sequence[tuple[int, int, int, bool]]
) -> None:
    used, model, restored = memory(capacity, 300), Model(capacity, 300), memory(capacity, 300)
    eseq = time = 1
    for number, ahead, elapsed, is_expiry in steps:
        eseq, time = eseq + ahead, time + elapsed
        for each in (used, restored):
            each.expire(time) if is_expiry else each.add("A", name(number), eseq, time)
        model.expire(time) if is_expiry else model.add(name(number), eseq, time)
        assert list(used.find("A", name(number))) == model.find(name(number))
        snapshot = used.snapshot()
        assert restored.snapshot() == snapshot
        restored = memory(capacity, 300)
        restored.restore(snapshot)
    assert len(used) == sum(map(len, model.chunks))
    assert all(list(restored.find("A", name(number))) == model.find(name(number)) for number in range(31))
    other = memory(later, 300)
    other.restore(used.snapshot())
    if later >= capacity:
        assert all(list(other.find("A", name(number))) == model.find(name(number)) for number in range(31))
    assert all(
        first <= second for number in range(31) for first, second in pairwise(other.find("A", name(number)))
    )


@pytest.mark.parametrize(("capacity", "later"), [(100_000, 1_000), (1_000, 100_000), (50_000, 50_000)])
def test_a_memory_of_another_size_takes_over_what_it_can(capacity: int, later: int) -> None:
    used, other = filled(capacity, 30_000), memory(later)
    other.restore(used.snapshot())
    kept = min(capacity, later, 30_000)
    assert len(other) >= kept
    assert all(other.find("A", name(number)) == [number] for number in range(30_001 - kept, 30_001))
    assert other.evicted == 30_000 - len(other)
    other.add("A", b"next", 30_001, 0)
    assert other.find("A", b"next") == [30_001]


def test_a_snapshot_that_contradicts_itself_is_refused() -> None:
    used = filled(1_000, 10)
    evicted, last_eseq, chunks, sizes, entries = msgspec.msgpack.decode(used.snapshot())
    assert len(sizes) == 4 * 4
    damaged: list[tuple[object, ...]] = [
        (evicted, last_eseq, chunks, sizes, entries[:-16]),
        (evicted, last_eseq, chunks[1:], sizes, entries),
        (evicted, last_eseq, chunks, sizes * 3, entries * 3),
        (evicted, last_eseq, [], b"", entries),
        (evicted, last_eseq, chunks, sizes + b"\0", entries),
        (evicted, last_eseq, chunks),
    ]
    for parts in damaged:
        with pytest.raises(ValueError):  # noqa: PT011  # each part of it says something else
            memory().restore(msgspec.msgpack.encode(parts))
