"""Full collections look at what is new since the last one, and still find garbage in that."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from gateway.app import survivors


class Node:
    def __init__(self) -> None:
        self.other: Node | None = None


@pytest.fixture(autouse=True)
def _unsettled() -> Iterator[None]:
    yield
    survivors.unsettle()


def test_what_outlives_a_full_collection_is_not_looked_at_again() -> None:
    survivors.settle()
    survivors.settle()
    frozen = gc.get_freeze_count()
    kept = [Node() for _ in range(1_000)]
    gc.collect(1)
    assert gc.get_freeze_count() <= frozen
    gc.collect()
    assert gc.get_freeze_count() >= frozen + len(kept)
    assert gc.isenabled()
    freed = weakref.ref(kept[0])
    kept.clear()
    assert freed() is None


def test_a_full_collection_looks_at_little_however_much_comes() -> None:
    survivors.settle()
    sizes: list[int] = []

    def count(phase: str, collection: dict[str, int]) -> None:
        if phase == "start" and collection["generation"] == 2:
            sizes.append(sum(len(gc.get_objects(generation)) for generation in range(3)))

    gc.callbacks.append(count)
    try:
        kept = [Node() for _ in range(150_000)]
    finally:
        gc.callbacks.remove(count)
    del kept
    assert len(sizes) >= 4
    assert max(sizes) <= 30_000


def test_new_cycles_are_still_found() -> None:
    survivors.settle()
    node = Node()
    node.other = node
    gone = weakref.ref(node)
    del node
    gc.collect()
    assert gone() is None


def test_it_can_be_undone() -> None:
    before = gc.get_threshold()
    survivors.settle()
    survivors.unsettle()
    survivors.unsettle()
    gc.collect()
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before
