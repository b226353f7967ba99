"""Which thread commits, and what happens when it cannot."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.ports import Durability, StoreError
from gateway.store import commit_pace
from gateway.store.commit_pace import QUICK_RUN
from gateway.store.history import History
from gateway.store.log_file import LogFile
from gateway.store.log_store import LogStore
from gateway.store.records import Record
from gateway.store.segments import LOG_NAME, Segment, scan
from tests.gateway.store.batches import batch, read_numbers
from tests.gateway.store.running import begin, commit


@pytest.fixture(params=[Durability.FSYNC, Durability.OS], ids=lambda durability: durability.value)
def durability(request: pytest.FixtureRequest) -> Durability:
    value: Durability = request.param
    return value


class Threads(list[str]):
    """The names of the threads that wrote."""

    def __init__(self) -> None:
        self.fails = False

    def open_file(self, path: Path, *, sync: bool) -> LogFile:
        threads = self

        class Noting(LogFile):
            def write(self, parts: Sequence[bytes], offset: int) -> int:
                if threads.fails:
                    raise OSError(5, "Input/output error")
                threads.append(threading.current_thread().name)
                return super().write(parts, offset)

        return Noting(path, sync=sync)


MAIN = threading.current_thread().name


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every commit for quick."""
    monkeypatch.setattr(commit_pace, "QUICK_NS", 1 << 62)


def rest(store: LogStore) -> None:
    """Let the disk have been idle for long, and the thread be done with the commit that it answered."""
    with store._writing:
        store._pace.note(0, 1)


async def test_fsync_writes_beside_the_loop_and_answers_on_it(tmp_path: Path) -> None:
    threads = []

    class Noting(LogFile):
        def write(self, parts: Sequence[bytes], offset: int) -> int:
            threads.append(threading.current_thread().name)
            return super().write(parts, offset)

    store = begin(tmp_path, Durability.FSYNC, open_file=Noting)
    answers: list[StoreError | None] = []
    done = asyncio.Event()

    def answer(error: StoreError | None) -> None:
        threads.append(threading.current_thread().name)
        answers.append(error)
        done.set()

    store.commit(batch(1), answer)
    assert answers == []
    await asyncio.wait_for(done.wait(), 10)
    store.close()
    main = threading.current_thread().name
    assert (answers, threads) == ([None], [main, "store", main])


@pytest.mark.usefixtures("quick_disk")
async def test_fsync_answers_within_the_call_when_the_disk_is_quick_and_idle(tmp_path: Path) -> None:
    threads = Threads()
    store = begin(tmp_path, Durability.FSYNC, open_file=threads.open_file)
    for number in range(1, QUICK_RUN + 1):
        await commit(store, batch(number))
    assert threads == [MAIN, *["store"] * QUICK_RUN]
    rest(store)
    answers: list[StoreError | None] = []
    store.commit(batch(QUICK_RUN + 1), answers.append)
    assert (answers, threads[-1]) == ([None], MAIN)
    await commit(store, batch(QUICK_RUN + 2))
    store.close()
    assert read_numbers(tmp_path) == [*range(1, QUICK_RUN + 3)]


@pytest.mark.usefixtures("quick_disk")
async def test_a_full_segment_is_left_to_the_thread(tmp_path: Path) -> None:
    threads = Threads()
    size = QUICK_RUN + 1
    store = begin(tmp_path, Durability.FSYNC, open_file=threads.open_file, commands=size)
    closed = asyncio.Event()
    store.on_segment_closed = lambda _segment: closed.set()
    for number in range(1, size):
        await commit(store, batch(number))
    rest(store)
    await commit(store, batch(size))
    assert (threads[-1], store.segments) == (MAIN, 1)
    rest(store)
    await commit(store, batch(size + 1))
    async with asyncio.timeout(10):
        await closed.wait()
    store.close()
    assert threads[-2:] == ["store", "store"]
    assert read_numbers(tmp_path) == [*range(1, size + 2)]


@pytest.mark.usefixtures("quick_disk")
async def test_while_the_thread_is_busy_the_loop_does_not_write(tmp_path: Path) -> None:
    threads = Threads()
    store = begin(tmp_path, Durability.FSYNC, open_file=threads.open_file)
    for number in range(1, QUICK_RUN + 1):
        await commit(store, batch(number))
    rest(store)
    with store._writing:
        store.commit(batch(QUICK_RUN + 1), lambda _error: None)
    store.close()
    assert threads[-1] == "store"
    assert read_numbers(tmp_path) == [*range(1, QUICK_RUN + 2)]


@pytest.mark.usefixtures("quick_disk")
async def test_a_commit_at_once_that_fails_says_so_and_nothing_follows(tmp_path: Path) -> None:
    threads = Threads()
    store = begin(tmp_path, Durability.FSYNC, open_file=threads.open_file)
    for number in range(1, QUICK_RUN + 1):
        await commit(store, batch(number))
    rest(store)
    threads.fails = True
    answers: list[StoreError | None] = []
    store.commit(batch(QUICK_RUN + 1), answers.append)
    threads.fails = False
    store.commit(batch(QUICK_RUN + 1), answers.append)
    assert ["Input/output error" in str(answer) for answer in answers] == [True, True]
    assert answers[0] is answers[1]
    store.close()
    assert read_numbers(tmp_path) == [*range(1, QUICK_RUN + 1)]


async def test_os_answers_within_the_call(tmp_path: Path) -> None:
    before = threading.active_count()
    store = begin(tmp_path, Durability.OS)
    answers: list[StoreError | None] = []
    store.commit(batch(1), answers.append)
    assert (answers, threading.active_count()) == ([None], before)
    store.close()


async def test_a_closed_segment_is_told_after_its_last_batch(tmp_path: Path, durability: Durability) -> None:
    store = begin(tmp_path, durability, commands=2)
    told: list[tuple[int, int]] = []
    both = asyncio.Event()

    def on_closed(segment: Segment) -> None:
        assert [record.number for record in scan(segment, is_last=False)] == [
            segment.first,
            segment.first + 1,
        ]
        told.append((segment.first, store.numbers("A").next_out - 1))
        if len(told) == 2:
            both.set()

    store.on_segment_closed = on_closed
    for number in (1, 2, 3, 4):
        await commit(store, batch(number))
    async with asyncio.timeout(10):
        await both.wait()
    assert [first for first, _ in told] == [1, 3]
    assert all(committed >= first + 1 for first, committed in told)
    assert store.segments == 3
    store.close()


async def test_nobody_needs_to_hear_of_closed_segments(tmp_path: Path, durability: Durability) -> None:
    store = begin(tmp_path, durability, commands=1)
    for number in (1, 2):
        assert await commit(store, batch(number)) is None
    store.close()


async def test_an_error_of_any_other_kind_fails_the_commit_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(LogFile):
        def write(self, parts: Sequence[bytes], offset: int) -> int:
            if offset > 1000:
                raise RuntimeError("odd")
            return super().write(parts, offset)

    store = begin(tmp_path, Durability.FSYNC, open_file=Odd)
    await commit(store, batch(1))
    error = await commit(store, batch(2, text=b"x" * 1000)) or await commit(store, batch(3))
    assert str(error) == f"{tmp_path / LOG_NAME}: RuntimeError('odd'): start again"
    assert await commit(store, batch(4)) is error
    assert "a batch could not be written" in caplog.text
    store.close()


async def test_a_batch_that_cannot_be_noted_is_answered_with_a_failure(
    tmp_path: Path, durability: Durability, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def forgetful(_: History, record: Record) -> None:
        raise RuntimeError(record.number)

    store = begin(tmp_path, durability)
    with monkeypatch.context() as patch:
        patch.setattr(History, "note", forgetful)
        error = await commit(store, batch(1))
    assert str(error) == f"{tmp_path / LOG_NAME}: RuntimeError(1): start again"
    assert await commit(store, batch(2)) is error
    assert "a batch was not noted" in caplog.text
    store.close()
    again = begin(tmp_path)
    assert again.number == 1
    again.close()
