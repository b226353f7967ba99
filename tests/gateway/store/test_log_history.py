"""The history of a log store over its starts, whatever became of the index, and with old segments removed."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.ports import Durability, StoredExecution, StoredMessage, StoreError
from gateway.store.history_index import INDEX_NAME, index_segment
from gateway.store.log_store import LogStore
from gateway.store.retention import prune
from gateway.store.segments import LOG_NAME, list_segments
from tests.gateway.store.batches import ORIGIN, batch, settings

ALL = 1 << 62


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def start(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Callable[[int], LogStore]]:
    """Return how to start, from a snapshot of a batch; segments hold three batches each."""
    started = []

    def start(after: int) -> LogStore:
        recovery = LogStore.recover(tmp_path)
        for _ in recovery.replay(after):
            pass
        store = recovery.start(settings(Durability.OS, commands=3), ORIGIN, {}, loop)
        started.append(store)
        return store

    yield start
    for store in started:
        store.close()


def keep(store: LogStore, numbers: range) -> None:
    done: list[StoreError | None] = []
    for number in numbers:
        store.commit(batch(number), done.append)
    assert done == [None] * len(numbers)


def messages(*numbers: int) -> list[StoredMessage]:
    return [message for number in numbers for message in batch(number).messages]


def executions(*numbers: int) -> list[StoredExecution]:
    return [execution for number in numbers for execution in batch(number).executions]


def index_all(data_dir: Path) -> None:
    for segment in list_segments(data_dir / LOG_NAME)[:-1]:
        index_segment(data_dir, segment)


def forget_index(data_dir: Path) -> None:
    (data_dir / INDEX_NAME).unlink(missing_ok=True)


@pytest.mark.parametrize("snapshot", [0, 5, 20])
def test_history_outlives_the_store_and_its_index(
    tmp_path: Path, start: Callable[[int], LogStore], snapshot: int
) -> None:
    store = start(0)
    keep(store, range(1, 21))
    for number, prepare in enumerate((forget_index, index_all, forget_index, index_all), 21):
        store.close()
        prepare(tmp_path)
        store = start(snapshot)
        keep(store, range(number, number + 1))
        everything = range(1, number + 1)
        assert store.messages("A", 0, 1, 99) == messages(*everything)
        assert store.executions("acc", 0, 99) == executions(*everything)
        assert store.executions_at("acc", 9) == executions(9)
        assert store.executions_at("acc", number) == executions(number)


def test_what_retention_removes_is_not_kept(tmp_path: Path, start: Callable[[int], LogStore]) -> None:
    store = start(0)
    keep(store, range(1, 11))
    assert store.executions("acc", 0, 2) == executions(1, 2)
    index_all(tmp_path)
    assert prune(tmp_path, ALL, 6) == [1, 4]
    assert store.executions("acc", 3, 2) == executions(7, 8)
    assert store.executions("acc", 0, 2) == executions(7, 8)
    assert store.messages("A", 0, 1, 99) == messages(7, 8, 9, 10)
    assert store.executions_at("acc", 6) == []
    keep(store, range(11, 12))
    assert store.executions("acc", 0, 99) == executions(7, 8, 9, 10, 11)
    store.close()
    store = start(6)
    assert store.executions("acc", 0, 99) == executions(7, 8, 9, 10, 11)
