"""The gateway's side of the process that takes snapshots: a real process on a real log."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.app import snapshotter
from gateway.app.snapshot_task import Task
from gateway.app.snapshotter import Snapshotter
from gateway.ports import Batch
from gateway.settings import LogSettings
from gateway.store.snapshots import newest_snapshots
from tests.gateway.app.live import order_maker, origin
from tests.gateway.app.starts import Start
from tests.gateway.net.running import watched

START_TIMEOUT_S = 30.0
TASK = Task(retention_ns=3_600_000_000_000, log=LogSettings())
STUBBORN = (
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    'sys.stdin.readline(); print(\'{"type":"failed","failed":"as told"}\', flush=True);'
    "sys.stdin.readline(); signal.pause()"
)


@pytest.fixture
async def watcher(tmp_path: Path) -> AsyncIterator[Snapshotter]:
    watcher = Snapshotter(tmp_path, TASK)
    yield watcher
    await watcher.stop()


class Failures(logging.Handler):
    """Takes what is logged of a process that ended."""

    def __init__(self) -> None:
        super().__init__()
        self._said: asyncio.Queue[logging.LogRecord] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self._said.put_nowait(record)

    async def reason(self) -> str:
        """Return why the next one ended."""
        async with asyncio.timeout(START_TIMEOUT_S):
            record = await self._said.get()
        assert record.getMessage() == "snapshots are not taken"
        return str(vars(record)["reason"])


@pytest.fixture
async def failures() -> AsyncIterator[Failures]:
    failures = Failures()
    snapshotter.log.addHandler(failures)
    yield failures
    snapshotter.log.removeHandler(failures)


@pytest.fixture
def words(watcher: Snapshotter) -> "asyncio.Queue[tuple[Any, ...]]":
    """Return the lines that the process said, once they are taken."""
    return watched(watcher, "_take")


async def word(words: "asyncio.Queue[tuple[Any, ...]]") -> None:
    """Wait for the next line."""
    async with asyncio.timeout(START_TIMEOUT_S):
        await words.get()


def spawning(monkeypatch: pytest.MonkeyPatch, *command: str) -> list[Any]:
    """Let the process be another program; return the processes."""
    spawn, processes = asyncio.create_subprocess_exec, []

    async def other(*_command: str, **streams: Any) -> Any:
        process = await spawn(*command, **streams)
        processes.append(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", other)
    return processes


def samples(watcher: Snapshotter) -> dict[str, Any]:
    return {sample.name: sample.value for sample in watcher.samples()}


async def test_a_closed_segment_becomes_a_snapshot(
    watcher: Snapshotter, words: "asyncio.Queue[tuple[Any, ...]]", tmp_path: Path
) -> None:
    make, life = order_maker(), Start(tmp_path, origin())
    life.commit(make())
    life.end()
    life = Start(tmp_path, origin())
    assert "bdax_snapshot_age_seconds" not in samples(watcher)
    watcher.start()
    await word(words)
    assert (watcher.written, watcher.eseq) == (1, 1)
    assert watcher.seconds > 0
    assert samples(watcher)["bdax_snapshots"] == 1
    assert 0 <= samples(watcher)["bdax_snapshot_age_seconds"] < START_TIMEOUT_S
    life.commit(make())
    life.end()
    life = Start(tmp_path, origin())
    watcher.segment_closed()
    await word(words)
    assert watcher.written == 2
    life.end()
    assert [snapshot.batch for snapshot in newest_snapshots(tmp_path)] == [2, 1]
    await watcher.stop()
    assert watcher.failures == 0
    await watcher.stop()


async def test_a_process_that_fails_is_started_again_after_a_while(
    watcher: Snapshotter, failures: Failures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshotter, "FIRST_BACKOFF_S", 0.0)
    make, life = order_maker(), Start(tmp_path, origin())
    record = life.work([make()])
    life.recovered.store.commit(Batch(record.commands, [], {}, [], life.last_events[:1]), lambda _: None)
    life.end()
    first = tmp_path / "log" / f"{1:016}.log"
    with pytest.raises(Exception, match="batch 1"):
        Start(tmp_path, origin())
    (tmp_path / "log" / f"{2:016}.log").write_bytes(first.read_bytes())
    watcher.start()
    assert "log" in await failures.reason()
    assert "log" in await failures.reason()
    assert samples(watcher)["bdax_snapshot_failures"] == 2


async def test_a_process_without_a_last_word_is_told_by_its_exit_code(
    watcher: Snapshotter, failures: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawning(monkeypatch, sys.executable, "-c", "raise SystemExit(3)")
    watcher.start()
    assert "ended with 3" in await failures.reason()
    watcher.segment_closed()


async def test_a_process_that_says_something_else_is_started_again_too(
    watcher: Snapshotter, failures: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshotter, "FIRST_BACKOFF_S", 0.0)
    spawning(monkeypatch, sys.executable, "-c", "print('hello')")
    watcher.start()
    assert "said b'hello" in await failures.reason()
    assert "said b'hello" in await failures.reason()


async def test_a_program_that_cannot_be_started_is_a_failure(
    watcher: Snapshotter, failures: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawning(monkeypatch, "/nowhere/python")
    watcher.start()
    assert "No such file" in await failures.reason()


async def test_one_that_is_being_started_ends_too(
    watcher: Snapshotter, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = spawning(monkeypatch, sys.executable, "-c", "import sys; sys.stdin.read()")
    watcher.start()
    await asyncio.sleep(0)
    await watcher.stop()
    assert [process.returncode for process in processes] == [-15]


async def test_one_that_does_not_end_is_killed(
    watcher: Snapshotter, words: "asyncio.Queue[tuple[Any, ...]]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshotter, "END_TIMEOUT_S", 0.05)
    processes = spawning(monkeypatch, sys.executable, "-c", STUBBORN)
    watcher.start()
    await word(words)
    await watcher.stop()
    assert processes[0].returncode == -9
