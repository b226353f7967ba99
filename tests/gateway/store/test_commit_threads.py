"""Which thread commits, and what happens when it cannot."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.ports import Batch, Durability, StoreError
from gateway.store.history import History
from gateway.store.log_file import LogFile
from gateway.store.log_store import LogStore
from gateway.store.log_tail import NOT_USUAL
from gateway.store.records import Place
from gateway.store.segments import LOG_NAME, Segment, list_segments, scan
from tests.gateway.store.batches import batch, read_numbers
from tests.gateway.store.running import begin, commit
from tests.other_form import COMPILED


@pytest.fixture(params=[Durability.FSYNC, Durability.OS], ids=lambda durability: durability.value)
def durability(request: pytest.FixtureRequest) -> Durability:
    value: Durability = request.param
    return value


async def test_fsync_writes_beside_the_loop_and_answers_on_it(tmp_path: Path) -> None:
    threads = []

    class Noting(LogFile):
        def write(self, content: bytes, offset: int) -> int:
            threads.append(threading.current_thread().name)
            return super().write(content, offset)

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
        def write(self, content: bytes, offset: int) -> int:
            if offset > 1000:
                raise RuntimeError("odd")
            return super().write(content, offset)

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
    def forgetful(_: History, number: int, _place: Place, _batch: Batch) -> None:
        raise RuntimeError(number)

    store = begin(tmp_path, durability)
    with monkeypatch.context() as patch:
        patch.setattr(History, "take", forgetful)
        error = await commit(store, batch(1))
    assert str(error) == f"{tmp_path / LOG_NAME}: RuntimeError(1): start again"
    assert await commit(store, batch(2)) is error
    assert "a batch was not noted" in caplog.text
    store.close()
    again = begin(tmp_path)
    assert again.number == 1
    again.close()


@COMPILED
async def test_a_segment_ends_behind_the_batch_that_filled_it_when_a_thread_before_is_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate, is_filled = LogStore._rotate_if_due, threading.Event()

    def late(self: LogStore, post: Callable[[Callable[[], None]], object], number: int, eseq: int) -> None:
        assert is_filled.wait(10)
        rotate(self, post, number, eseq)

    monkeypatch.setattr(LogStore, "_rotate_if_due", late)
    store = begin(tmp_path, Durability.FSYNC, commands=2)
    usual, store._tail.fd = store._tail.fd, NOT_USUAL
    assert await commit(store, batch(1)) is None
    store._tail.fd = usual
    assert await commit(store, batch(2)) is None
    is_filled.set()
    assert await commit(store, batch(3)) is None
    store.close()
    assert [segment.first for segment in list_segments(tmp_path / LOG_NAME)] == [1, 3]
    assert read_numbers(tmp_path) == [1, 2, 3]
