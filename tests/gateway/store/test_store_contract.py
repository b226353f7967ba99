"""What every adapter of the store port promises; each adapter joins ``STORES``."""

from collections.abc import Callable

import pytest

from gateway.ports import Batch, SessionNumbers, Store, StoredMessage, StoreError
from gateway.store import MemoryStore

STORES: list[Callable[[], Store]] = [MemoryStore]


@pytest.fixture(params=STORES, ids=lambda make: make.__name__)
def store(request: pytest.FixtureRequest) -> Store:
    make: Callable[[], Store] = request.param
    return make()


def commit(store: Store, batch: Batch) -> list[StoreError | None]:
    done: list[StoreError | None] = []
    store.commit(batch, done.append)
    return done


def batch_of(*messages: StoredMessage, numbers: SessionNumbers | None = None) -> Batch:
    batch = Batch.empty()
    batch.messages.extend(messages)
    if numbers is not None:
        batch.sessions["A"] = numbers
    return batch


def message(number: int, session: str = "A", epoch: int = 0) -> StoredMessage:
    return StoredMessage(session, epoch, number, b"%s %d" % (session.encode(), number))


def test_a_commit_calls_back_once_without_an_error(store: Store) -> None:
    assert commit(store, batch_of(message(1))) == [None]


def test_an_unknown_session_starts_at_one(store: Store) -> None:
    assert store.numbers("nobody") == SessionNumbers(1, 1, 0)


def test_numbers_are_those_of_the_last_commit(store: Store) -> None:
    commit(store, batch_of(numbers=SessionNumbers(5, 7, 1)))
    commit(store, batch_of(numbers=SessionNumbers(6, 9, 1, 1_760_000_000_000_000_000)))
    assert store.numbers("A") == SessionNumbers(6, 9, 1, 1_760_000_000_000_000_000)


def test_numbers_belong_to_the_caller(store: Store) -> None:
    commit(store, batch_of(numbers=SessionNumbers(5, 7, 1)))
    store.numbers("A").next_out = 99
    assert store.numbers("A").next_out == 5


def test_messages_come_back_in_order_within_the_range_of_one_session_and_epoch(store: Store) -> None:
    commit(store, batch_of(message(1), message(1, "B"), message(2), message(1, epoch=1)))
    commit(store, batch_of(message(3), message(4)))
    assert store.messages("A", 0, 2, 3) == [message(2), message(3)]
    assert store.messages("A", 0, 1, 10**9) == [message(1), message(2), message(3), message(4)]
    assert store.messages("A", 1, 1, 9) == [message(1, epoch=1)]
    assert store.messages("A", 2, 1, 9) == []
    assert store.messages("B", 0, 2, 9) == []


def test_closing_twice_is_harmless(store: Store) -> None:
    store.close()
    store.close()


def test_memory_keeps_the_newest_messages_within_its_bound() -> None:
    store = MemoryStore(max_bytes=9)
    commit(store, batch_of(message(1), message(1, "B"), message(2), message(3)))
    assert store.messages("A", 0, 1, 9) == [message(2), message(3)]
    assert store.messages("B", 0, 1, 9) == [message(1, "B")]
    commit(store, batch_of(message(4), message(5)))
    assert store.messages("B", 0, 1, 9) == []
    assert store.messages("A", 0, 1, 9) == [message(3), message(4), message(5)]
