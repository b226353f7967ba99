"""The compiled commit leaves the log, the history and the numbers that the plain one does."""

import asyncio
import resource
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ports import (
    Batch,
    Durability,
    SessionNumbers,
    StoredExecution,
    StoredMessage,
    StoreError,
)
from gateway.store import history, log_writer, ranges
from gateway.store.history import History
from gateway.store.log_file import LogFile
from gateway.store.log_store import LogStore
from gateway.store.ranges import SegmentRanges
from gateway.store.segments import LOG_NAME
from gateway.store.usual_commit import CommitState, Otherwise
from tests.gateway.store.batches import NOW, SEED, batch, read_numbers
from tests.gateway.store.history_log import execution, message
from tests.gateway.store.running import Answered, begin, commit
from tests.other_form import COMPILED, hold_for_the_other_form

SERIES = ("ann", "bob", "cyd")


@pytest.fixture(scope="module", autouse=True)
def _same_each_time() -> Iterator[None]:
    """Let every store write at one time, with one seed, and begin a chunk every few batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time_ns", lambda: NOW)
        patch.setattr(secrets, "randbits", lambda _bits: SEED)
        patch.setattr(ranges, "CHUNK_SIZE", 2000)
        yield


class Left(NamedTuple):
    """What a store leaves."""

    files: dict[str, bytes]
    numbers: tuple[int, int, int]
    sessions: dict[str, SessionNumbers]
    messages: list[StoredMessage]
    executions: list[StoredExecution]


async def committed(
    data_dir: Path, durability: Durability, batches: list[Batch], commands: int, *, is_plain: bool
) -> Left:
    store = begin(data_dir, durability, commands=commands)
    with pytest.MonkeyPatch.context() as patch:
        if is_plain:
            store.commit = store._commit
            patch.setattr(history, "take", SegmentRanges.take)
        for content in batches:
            assert await commit(store, content) is None
    found = (
        [one for name in SERIES for epoch in (0, 1) for one in store.messages(name, epoch, 1, 999)],
        [one for name in SERIES for one in store.executions(name, 0, 999)],
    )
    store.close()
    files = {path.name: path.read_bytes() for path in sorted((data_dir / LOG_NAME).iterdir())}
    numbers = store.number, store.eseq, store.bytes_written
    return Left(files, numbers, dict(store.sessions), *found)


@st.composite
def runs(draw: st.DrawFn) -> list[Batch]:
    """Draw batches whose messages and executions ascend within their series."""
    at: dict[tuple[object, ...], int] = {}

    def following(*series: object) -> int:
        at[series] = at.get(series, 0) + 1
        return at[series]

    epoch = st.integers(0, 1)
    batches = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        content = batch(number)
        content.messages, content.executions = [], []
        if draw(st.booleans()):
            content.commands, content.events = [], []
        for name, of in draw(st.lists(st.tuples(st.sampled_from(SERIES), epoch), max_size=8)):
            # A name that is equal, and another object.
            name = name if draw(st.booleans()) else str(name.encode(), "ascii")
            size = draw(st.sampled_from([10, 300]))
            content.messages.append(message(following("m", name, of), name, of, size))
            content.executions.append(execution(following("e", name), name, number))
        batches.append(content)
    return batches


@COMPILED
@settings(max_examples=30)
@given(st.sampled_from([Durability.OS, Durability.FSYNC]), runs(), st.sampled_from([2, 5, 1 << 30]))
def test_both_forms_leave_the_same(
    tmp_path_factory: pytest.TempPathFactory, durability: Durability, batches: list[Batch], commands: int
) -> None:
    found, plain = (
        asyncio.run(
            committed(tmp_path_factory.mktemp("log"), durability, batches, commands, is_plain=is_plain)
        )
        for is_plain in (False, True)
    )
    assert found == plain


@pytest.fixture(params=[Durability.FSYNC, Durability.OS], ids=lambda durability: durability.value)
def durability(request: pytest.FixtureRequest) -> Durability:
    value: Durability = request.param
    return value


@COMPILED
async def test_a_usual_commit_goes_the_compiled_way(
    tmp_path: Path, durability: Durability, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(tmp_path, durability)
    assert await commit(store, batch(1)) is None
    # The history is asked for the first batch of a segment only.
    monkeypatch.delattr(History, "take")
    assert await commit(store, batch(2)) is None
    assert list(store.messages("A", 0, 1, 9)) == batch(1).messages + batch(2).messages
    store.close()


async def test_a_disk_that_takes_a_part_is_said(
    tmp_path: Path, durability: Durability, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LogFile, "room", lambda _: 0)
    store = begin(tmp_path, durability)
    assert await commit(store, batch(1)) is None
    (segment,) = (tmp_path / LOG_NAME).iterdir()
    size = segment.stat().st_size
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, most[1]))
    try:
        error = await commit(store, batch(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert str(error) == f"{segment}: File too large: check its disk and owner, then start again"
    assert await commit(store, batch(3)) is error
    assert (segment.stat().st_size, store.number) == (size, 1)
    store.close()
    assert read_numbers(tmp_path) == [1]


@COMPILED
async def test_a_write_that_was_refused_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LogFile, "room", lambda _: 0)
    store = begin(tmp_path, Durability.FSYNC)
    assert await commit(store, batch(1)) is None
    (segment,) = (tmp_path / LOG_NAME).iterdir()
    size = segment.stat().st_size
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most[1]))
    answered = Answered()
    try:
        store.commit(batch(2), answered)
        # Over when this returns: the same write would be taken from here on.
        assert store._commits.close(10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    error = await answered.future
    assert str(error) == f"{segment}: File too large: check its disk and owner, then start again"
    assert await commit(store, batch(3)) is error
    assert (segment.stat().st_size, store.number) == (size, 1)
    store.close()


async def test_a_segment_that_begins_after_a_failure_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, failed = threading.Event(), threading.Event()

    def beginning(*_: object) -> None:
        begins.set()
        assert failed.wait(10)

    def forgetful(*_: object) -> None:
        assert begins.wait(10)
        raise RuntimeError("odd")

    store = begin(tmp_path, Durability.FSYNC, commands=1)
    begun = asyncio.Event()
    store.on_segment_closed = lambda _: begun.set()
    with monkeypatch.context() as patch:
        patch.setattr(History, "take", forgetful)
        patch.setattr(log_writer, "note_end", beginning)
        error = await commit(store, batch(1))
        failed.set()
        async with asyncio.timeout(10):
            await begun.wait()
    assert str(error) == f"{tmp_path / LOG_NAME}: RuntimeError('odd'): start again"
    assert await commit(store, batch(2)) is error
    store.close()
    assert await commit(store, batch(2)) is error
    assert read_numbers(tmp_path) == [1]


async def test_a_closed_store_says_so(tmp_path: Path, durability: Durability) -> None:
    store = begin(tmp_path, durability)
    store.close()
    assert str(await commit(store, batch(1))) == f"{tmp_path / LOG_NAME}: the store is closed"
    assert read_numbers(tmp_path) == []


async def test_a_store_that_is_closed_while_a_segment_begins_says_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(tmp_path, Durability.FSYNC, commands=1)
    closes = threading.Event()
    monkeypatch.setattr(log_writer, "note_end", lambda *_: closes.wait(10))
    assert await commit(store, batch(1)) is None
    monkeypatch.setattr(History, "close", lambda _: closes.set())
    store.close()
    assert str(await commit(store, batch(2))) == f"{tmp_path / LOG_NAME}: the store is closed"
    assert read_numbers(tmp_path) == [1]


async def test_a_large_batch_and_a_small_one_behind_it(tmp_path: Path, durability: Durability) -> None:
    store = begin(tmp_path, durability)
    for number, text in ((1, b""), (2, bytes(3 << 20)), (3, b"")):
        assert await commit(store, batch(number, text=text)) is None
    store.close()
    assert read_numbers(tmp_path) == [1, 2, 3]


async def test_a_batch_that_cannot_be_encoded_raises_and_is_not_there(
    tmp_path: Path, durability: Durability
) -> None:
    store = begin(tmp_path, durability)
    odd: Any = object()
    with pytest.raises(TypeError):
        store.commit(Batch([odd], [], {}, [], []), _unexpected)
    assert await commit(store, batch(1)) is None
    store.close()
    assert read_numbers(tmp_path) == [1]


async def test_a_commit_may_be_made_by_the_answer_of_one(tmp_path: Path) -> None:
    store = begin(tmp_path)
    answers: list[StoreError | None] = []

    def again(error: StoreError | None) -> None:
        answers.append(error)
        if len(answers) < 5:
            store.commit(batch(len(answers) + 1), again)

    store.commit(batch(1), again)
    store.close()
    assert answers == [None] * 5
    assert read_numbers(tmp_path) == [1, 2, 3, 4, 5]


@COMPILED
async def test_the_thread_of_a_usual_commit_is_none_of_the_interpreter(tmp_path: Path) -> None:
    store = begin(tmp_path, Durability.FSYNC)
    answered = Answered()
    store.commit(batch(1), answered)
    assert not answered.future.done()
    # Whatever the loop does meanwhile: the batch is on the disk before it comes to answer.
    (segment,) = (tmp_path / LOG_NAME).iterdir()
    while read_numbers(tmp_path) != [1]:
        assert segment.exists()
    assert (store.number, answered.future.done()) == (0, False)
    assert await answered.future is None
    assert store.number == 1
    store.close()


@COMPILED
async def test_one_commit_is_under_way_at_most(tmp_path: Path) -> None:
    store = begin(tmp_path, Durability.FSYNC)
    answered = Answered()
    store.commit(batch(1), answered)
    with pytest.raises(RuntimeError, match="a commit is under way"):
        store.commit(batch(2), _unexpected)
    assert await answered.future is None
    assert await commit(store, batch(2)) is None
    store.close()
    assert read_numbers(tmp_path) == [1, 2]


async def test_what_is_under_way_at_the_end_is_written_and_answered(tmp_path: Path) -> None:
    store = begin(tmp_path, Durability.FSYNC)
    answered = Answered()
    store.commit(batch(1, text=bytes(1 << 20)), answered)
    store.close()
    assert not store.is_writing
    assert read_numbers(tmp_path) == [1]
    assert await answered.future is None
    store.close()


@COMPILED
async def test_what_is_not_written_in_time_is_answered_when_it_is(tmp_path: Path) -> None:
    store = begin(tmp_path, Durability.FSYNC)
    commits, answered = store._commits, Answered()
    _append_only(store)
    store.commit(batch(1, text=bytes(50 << 20)), answered)
    assert (commits.close(0.0), commits.is_writing) == (False, True)
    assert await answered.future is None
    assert (commits.close(0.0), commits.is_writing) == (True, False)
    store.close()
    assert read_numbers(tmp_path) == [1]


@COMPILED
async def test_the_end_of_what_did_not_end_in_time_is_seen(tmp_path: Path) -> None:
    store = begin(tmp_path, Durability.FSYNC)
    commits, answered = store._commits, Answered()
    _append_only(store)
    store.commit(batch(1, text=bytes(50 << 20)), answered)
    commits.close(0.0)
    while commits.is_writing:
        pass
    assert await answered.future is None
    store.close()


@COMPILED
async def test_what_is_no_tail_is_refused(tmp_path: Path) -> None:
    from gateway.store._committing import Committing

    store = begin(tmp_path)
    nothing: list[Any] = [None] * 5
    with pytest.raises(TypeError, match="not the tail of a log"):
        Committing(CommitState(*nothing), Otherwise(store._commit, _never, _never, _never))
    store.close()


def _append_only(store: LogStore) -> None:
    """Fill the log's file no more: a batch of any size goes the usual way."""
    assert store._writer._filler is not None
    store._writer._filler.leave()


def _unexpected(error: StoreError | None) -> None:
    raise AssertionError(error)


def _never(*_: object) -> None:
    raise AssertionError


@pytest.mark.timeout(120)
def test_the_tests_of_the_store_hold_for_the_other_form() -> None:
    hold_for_the_other_form(
        f"tests/gateway/store/test_{name}.py" for name in ("records", "commit_threads", "log_store")
    )
