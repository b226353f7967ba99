import asyncio
import errno
import logging
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import Batch, Durability, SessionNumbers, StoreError
from gateway.store import log_store
from gateway.store.history_index import index_segment
from gateway.store.log_file import LogFile
from gateway.store.log_store import LogStore, Recovery
from gateway.store.records import HEADER_SIZE, LogDamaged, Record
from gateway.store.segments import LOG_NAME, Segment, list_segments, segment_names
from tests.gateway.store.batches import (
    NOW,
    ORIGIN,
    batch,
    entry,
    flipped,
    read_numbers,
    same,
    settings,
    write_log,
)
from tests.gateway.store.running import Answered, begin, commit


@pytest.fixture(params=[Durability.FSYNC, Durability.OS], ids=lambda durability: durability.value)
def durability(request: pytest.FixtureRequest) -> Durability:
    value: Durability = request.param
    return value


async def test_a_fresh_start_begins_a_private_log(tmp_path: Path, durability: Durability) -> None:
    store = begin(tmp_path, durability)
    assert segment_names(tmp_path / LOG_NAME) == [1]
    assert stat.S_IMODE((tmp_path / LOG_NAME).stat().st_mode) == 0o700
    assert (store.segments, store.damaged_tail_bytes) == (1, 0)
    assert await commit(store, batch(1)) is None
    store.close()
    assert read_numbers(tmp_path) == [1]


async def test_what_was_committed_is_there_after_a_start(tmp_path: Path, durability: Durability) -> None:
    store = begin(tmp_path, durability)
    for number in (1, 2, 3):
        assert await commit(store, batch(number)) is None
    store.close()
    store = begin(tmp_path, durability)
    assert store.numbers("A") == SessionNumbers(4, 4)
    assert (store.number, store.sessions) == (3, {"A": SessionNumbers(4, 4)})
    assert store.messages("A", 0, 2, 9) == batch(2).messages + batch(3).messages
    assert store.executions("acc", 1, 1) == batch(2).executions
    assert await commit(store, batch(4)) is None
    assert store.messages("A", 0, 3, 9) == batch(3).messages + batch(4).messages
    store.close()
    segments = list_segments(tmp_path / LOG_NAME)
    assert [(segment.first, segment.previous, segment.eseq) for segment in segments] == [(1, 0, 0), (4, 1, 3)]
    assert segments[0].seed != segments[1].seed
    records = [item for item in LogStore.recover(tmp_path).replay(0) if isinstance(item, Record)]
    assert all(same(record, batch(record.number)) for record in records)


async def test_a_start_without_commits_leaves_nothing_behind(tmp_path: Path) -> None:
    for _ in range(3):
        begin(tmp_path).close()
    assert segment_names(tmp_path / LOG_NAME) == [1]
    store = begin(tmp_path)
    await commit(store, batch(1))
    store.close()
    for _ in range(3):
        begin(tmp_path).close()
    (first, second) = list_segments(tmp_path / LOG_NAME)
    assert (first.first, second.first, second.previous) == (1, 2, 1)


async def test_a_batch_without_events_keeps_the_engine_sequence(tmp_path: Path) -> None:
    store = begin(tmp_path)
    quiet = Batch([], [], {"A": SessionNumbers(2, 2)}, [], [])
    await commit(store, quiet)
    await commit(store, batch(7))
    await commit(store, quiet)
    store.close()
    eseqs = [item.eseq for item in LogStore.recover(tmp_path).replay(0) if isinstance(item, Record)]
    assert eseqs == [0, 7, 7]
    store = begin(tmp_path)
    await commit(store, quiet)
    store.close()
    assert list_segments(tmp_path / LOG_NAME)[-1].eseq == 7


async def test_batches_carry_the_time_of_their_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: NOW)
    store = begin(tmp_path)
    await commit(store, batch(1))
    store.close()
    assert [item.utc_ns for item in LogStore.recover(tmp_path).replay(0) if isinstance(item, Record)] == [NOW]


async def test_an_answer_nobody_waits_for_is_an_error(tmp_path: Path) -> None:
    store = begin(tmp_path)
    with pytest.raises(RuntimeError, match="nothing was under way"):
        store._failed(StoreError("too late"))
    store.close()


async def test_metrics(tmp_path: Path) -> None:
    store = begin(tmp_path, commands=1)
    await commit(store, batch(1))
    size = sum(path.stat().st_size for path in (tmp_path / LOG_NAME).iterdir())
    assert {sample.name: sample.value for sample in store.samples()} == {
        "bdax_log_written_bytes": size,
        "bdax_log_segments": 2,
        "bdax_log_cut_bytes": 0,
    }
    store.close()


# ---- recovery


def replayed(recovery: Recovery, after: int = 0) -> list[int]:
    return [item.number for item in recovery.replay(after) if isinstance(item, Record)]


async def test_a_torn_end_is_cut_off(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (segment,) = write_log(tmp_path, [1, 2])
    whole = segment.path.read_bytes()
    three = entry(3)
    segment.path.write_bytes(whole + three.record[: HEADER_SIZE + 20])
    with caplog.at_level(logging.WARNING):
        store = begin(tmp_path)
    cut = HEADER_SIZE + 20
    assert caplog.messages == [f"{segment.path}: cut off {cut} bytes behind batch 2"]
    assert store.damaged_tail_bytes == cut
    assert segment.path.read_bytes() == whole
    assert await commit(store, batch(3)) is None
    store.close()
    assert read_numbers(tmp_path) == [1, 2, 3]


@given(size=st.integers(0, 2000))
def test_a_last_segment_cut_anywhere_is_gone_on_with(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    data_dir = tmp_path_factory.mktemp("cut")
    _, segment = write_log(data_dir, range(1, 9), per_segment=5)
    size = segment.start + size % (segment.path.stat().st_size - segment.start + 1)
    os.truncate(segment.path, size)

    async def go_on() -> None:
        store = begin(data_dir)
        number = store.numbers("A").next_out
        assert await commit(store, batch(number)) is None
        store.close()
        assert read_numbers(data_dir) == list(range(1, number + 1))

    asyncio.run(go_on())


def test_damage_refuses_the_start_and_changes_nothing(tmp_path: Path) -> None:
    (segment,) = write_log(tmp_path, [1, 2, 3])
    damaged = flipped(segment.path.read_bytes(), segment.start + 50)
    segment.path.write_bytes(damaged)
    with pytest.raises(LogDamaged, match=f"{segment.path}: damaged batch at byte {segment.start}: restore"):
        replayed(LogStore.recover(tmp_path))
    assert segment.path.read_bytes() == damaged


def test_a_replay_begins_behind_a_snapshot(tmp_path: Path) -> None:
    write_log(tmp_path, range(1, 8), per_segment=2)
    for after in range(8):
        assert replayed(LogStore.recover(tmp_path), after) == list(range(after + 1, 8))
    firsts = [item.first for item in LogStore.recover(tmp_path).replay(3) if isinstance(item, Segment)]
    assert firsts == [3, 5, 7]
    firsts = [item.first for item in LogStore.recover(tmp_path).replay(4) if isinstance(item, Segment)]
    assert firsts == [5, 7]


def test_a_log_that_ends_before_the_snapshot_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path, range(1, 4))
    with pytest.raises(LogDamaged, match="ends with batch 3, and a snapshot is of batch 9: restore"):
        replayed(LogStore.recover(tmp_path), 9)


@pytest.mark.parametrize("after", [0, 3, 6])
@pytest.mark.parametrize("indexed", [0, 1, 2, 3])
async def test_history_is_found_whatever_was_indexed(tmp_path: Path, indexed: int, after: int) -> None:
    segments = write_log(tmp_path, range(1, 8), per_segment=2)
    for segment in segments[:indexed]:
        index_segment(tmp_path, segment)
    recovery = LogStore.recover(tmp_path)
    assert replayed(recovery, after) == list(range(after + 1, 8))
    store = recovery.start(settings(), ORIGIN, {}, asyncio.get_running_loop())
    await commit(store, batch(8))
    assert [message.msg_seq_num for message in store.messages("A", 0, 1, 99)] == list(range(1, 9))
    assert [execution.exec_id for execution in store.executions("acc", 0, 99)] == list(range(1, 9))
    assert [store.executions_at("acc", eseq) for eseq in (1, 8)] == [batch(1).executions, batch(8).executions]
    store.close()


async def test_a_segment_that_was_never_begun_is_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (segment,) = write_log(tmp_path, [1])
    unfinished = segment.path.with_name("0000000000000002.log.new")
    unfinished.write_bytes(b"BDAXL")
    begin(tmp_path).close()
    assert not unfinished.exists()
    assert caplog.messages == [f"{unfinished}: removed a segment that was never begun"]
    assert segment_names(tmp_path / LOG_NAME) == [1, 2]


async def test_the_log_has_to_be_replayed_first(tmp_path: Path) -> None:
    write_log(tmp_path, [1, 2])
    recovery = LogStore.recover(tmp_path)
    loop = asyncio.get_running_loop()
    next(recovery.replay(0))
    with pytest.raises(RuntimeError, match="not been replayed to its end"):
        recovery.start(settings(), ORIGIN, {}, loop)


async def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    recovery = LogStore.recover(tmp_path / "nowhere")
    assert replayed(recovery) == []
    with pytest.raises(StoreError, match="nowhere/log: No such file or directory: check its disk and owner"):
        recovery.start(settings(), ORIGIN, {}, asyncio.get_running_loop())


@pytest.mark.parametrize("call", ["truncate", "fdatasync"])
def test_a_recovery_that_cannot_write_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    (segment,) = write_log(tmp_path, [1])
    with segment.path.open("ab") as file:
        file.write(b"torn")

    def fail(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(StoreError, match="Read-only file system: check its disk and owner, then start again"):
        replayed(LogStore.recover(tmp_path))


def hanging(answers: threading.Event) -> type[LogFile]:
    """Return a file behind whose beginning nothing is written before the disk ``answers``."""

    class Hanging(LogFile):
        def write(self, content: bytes, offset: int) -> int:
            if offset:
                answers.wait()
            return super().write(content, offset)

    return Hanging


async def test_a_disk_that_does_not_answer_does_not_hold_the_end_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(log_store, "CLOSE_TIMEOUT_S", 0.01)
    store = begin(tmp_path, Durability.FSYNC, open_file=hanging(answers))
    answered = Answered()
    store.commit(batch(1), answered)
    store.close()
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / LOG_NAME}: the disk does not answer: ended without its last batch"
    ]
    assert not answered.future.done()
    answers.set()
    async with asyncio.timeout(10):
        assert await answered.future is None


def test_a_disk_that_answers_after_the_end_of_the_loop_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, said = threading.Event(), list[StoreError | None]()
    monkeypatch.setattr(log_store, "CLOSE_TIMEOUT_S", 0.01)

    async def commit_and_close() -> LogStore:
        # A segment of one command: its end is to be told as well.
        store = begin(tmp_path, Durability.FSYNC, commands=1, open_file=hanging(answers))
        store.commit(batch(1), said.append)
        store.close()
        return store

    store = asyncio.run(commit_and_close())
    answers.set()
    assert store._thread is not None
    store._thread.join(10)
    assert (store.is_writing, said) == (False, [])
    assert segment_names(tmp_path / LOG_NAME) == [1, 2]
    assert read_numbers(tmp_path) == [1]
