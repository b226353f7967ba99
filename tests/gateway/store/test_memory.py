"""What is the memory store's own: its bound. What every store promises is in ``tests/contracts``."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import Batch, StoredExecution, StoreError
from gateway.store import MemoryStore
from tests.gateway.store.history_log import execution, message


def keep(store: MemoryStore, *executions: StoredExecution) -> None:
    batch = Batch.empty()
    batch.executions.extend(executions)
    done: list[StoreError | None] = []
    store.commit(batch, done.append)
    assert done == [None]


def sized(exec_id: int, account: str = "acc", eseq: int = 1) -> StoredExecution:
    return StoredExecution(account, exec_id, eseq, b"12345")


def test_the_newest_messages_are_kept_within_the_bound() -> None:
    store = MemoryStore(max_bytes=9)
    batch = Batch.empty()
    batch.messages += [message(1, size=2), message(1, "B", size=2), message(2, size=2), message(3, size=2)]
    store.commit(batch, lambda _: None)
    assert store.messages("A", 0, 1, 9) == [message(2, size=2), message(3, size=2)]
    assert store.messages("B", 0, 1, 9) == [message(1, "B", size=2)]


def test_a_session_of_which_nothing_is_kept_is_forgotten() -> None:
    store = MemoryStore(max_bytes=9)
    batch = Batch.empty()
    batch.messages += [message(1), message(1, "B", size=2)]
    store.commit(batch, lambda _: None)
    assert store.messages("A", 0, 1, 9) == []
    assert list(store._messages) == [("B", 0)]


def test_the_newest_executions_are_kept_within_the_bound() -> None:
    store = MemoryStore(max_bytes=15)
    keep(store, sized(1), sized(1, "other"), sized(2), sized(3))
    assert store.executions("acc", 0, 9) == [sized(2), sized(3)]
    assert store.executions("acc", 2, 9) == [sized(3)]
    assert store.executions("other", 0, 9) == [sized(1, "other")]
    keep(store, sized(4), sized(5))
    assert store.executions("other", 0, 9) == []
    assert store.executions_at("other", 1) == []
    assert store.executions_at("acc", 1) == [sized(3), sized(4), sized(5)]


def test_what_was_dropped_leaves_the_memory() -> None:
    store = MemoryStore(max_bytes=5 * 100)
    for exec_id in range(1, 5001):
        keep(store, sized(exec_id, eseq=exec_id))
    kept = store._executions["acc"]
    assert len(kept.items) <= 1200
    assert sum(len(item.execution) for item in kept.items) == 500
    assert [item.exec_id for item in store.executions("acc", 0, 5000)] == list(range(4901, 5001))
    assert store.executions_at("acc", 4950) == [sized(4950, eseq=4950)]
    assert store.executions_at("acc", 4900) == []


@given(
    st.lists(st.tuples(st.sampled_from(["acc", "other"]), st.booleans()), max_size=60),
    st.integers(1, 300),
)
def test_reads_are_those_of_a_list(works: list[tuple[str, bool]], max_bytes: int) -> None:
    store = MemoryStore(max_bytes)
    written: list[StoredExecution] = []
    eseq = 1
    for account, is_new in works:
        eseq += is_new
        exec_id = 1 + sum(done.account == account for done in written)
        written.append(execution(exec_id, account, eseq))
        keep(store, written[-1])
    kept = written[:]
    while sum(len(item.execution) for item in kept) > max_bytes:
        kept.pop(0)
    for account in "acc", "other", "nobody":
        own = [item for item in kept if item.account == account]
        for at in range(eseq + 2):
            assert store.executions(account, at, 3) == [item for item in own if item.exec_id > at][:3]
            assert store.executions_at(account, at) == [item for item in own if item.eseq == at]
