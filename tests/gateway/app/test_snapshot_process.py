"""The process that takes snapshots: what it follows, when it writes, and how it ends."""

import queue
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gateway.app import snapshot_process
from gateway.app.replica import ReplicaError
from gateway.app.snapshot_process import Follower, follow
from gateway.app.snapshot_task import Task, Written
from gateway.settings import LogSettings
from gateway.store.history_index import indexed_segments
from gateway.store.segments import segment_names
from gateway.store.snapshots import newest_snapshots
from tests.gateway.app.live import order_maker, origin
from tests.gateway.app.starts import Start

HOUR_NS = 3_600_000_000_000
TASK = msgspec.json.encode(Task(retention_ns=HOUR_NS, log=LogSettings()))


@pytest.fixture
def live(tmp_path: Path) -> Callable[[int], Start]:
    """Give lives of a gateway, each of which commits some batches of one order; a start closes a segment."""
    make = order_maker()

    def live(batches: int) -> Start:
        life = Start(tmp_path, origin())
        for n in range(batches):
            life.commit(make(price=100 + n))
        life.end()
        return life

    return live


async def test_closed_segments_become_a_snapshot_and_an_index(
    live: Callable[[int], Start], tmp_path: Path
) -> None:
    state = live(3).replica.snapshot()
    live(2)
    follower = Follower(tmp_path, HOUR_NS)
    assert not follower.is_ahead
    follower.advance()
    written = follower.write()
    assert (written.batch, written.eseq, written.size) == (3, 3, len(state.body))
    [taken] = newest_snapshots(tmp_path)
    assert taken.load() == state
    assert list(indexed_segments(tmp_path)) == [1]
    live(0)
    follower.advance()
    follower.advance()
    assert (follower.is_ahead, list(indexed_segments(tmp_path))) == (True, [1, 4])


async def test_it_goes_on_from_the_newest_snapshot(live: Callable[[int], Start], tmp_path: Path) -> None:
    live(2).snapshot()
    state = live(2).replica.snapshot()
    live(0)
    follower = Follower(tmp_path, HOUR_NS)
    follower.advance()
    follower.write()
    assert newest_snapshots(tmp_path)[0].load() == state


async def test_two_snapshots_are_kept_and_what_they_do_not_need_is_pruned(
    live: Callable[[int], Start], tmp_path: Path
) -> None:
    follower = Follower(tmp_path, 0)
    for _ in range(4):
        live(2)
        follower.advance()
        if follower.is_ahead:
            follower.write()
    assert [snapshot.batch for snapshot in newest_snapshots(tmp_path)] == [6, 4]
    assert segment_names(tmp_path / "log") == [5, 7], "a start from the older one needs what is behind it"


def test_without_a_log_there_is_nothing_to_do(tmp_path: Path) -> None:
    follower = Follower(tmp_path, HOUR_NS)
    follower.advance()
    assert not follower.is_ahead
    with pytest.raises(ReplicaError, match="nothing"):
        follower.write()


@pytest.fixture(autouse=True)
def _own_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the log of the tests alone."""
    monkeypatch.setattr(snapshot_process, "set_up_logging", lambda _: None)


class Told(queue.Queue[bytes]):
    """What the gateway says: lines, then the end. Remembers how long it was waited for."""

    def __init__(self, *lines: bytes) -> None:
        super().__init__()
        self.waits: list[float | None] = []
        for line in lines:
            self.put(line)

    def get(self, block: bool = True, timeout: float | None = None) -> bytes:
        if not self.empty():
            return super().get(block=False)
        if not block:
            raise queue.Empty
        self.waits.append(timeout)
        if timeout is None or len(self.waits) > 1:
            raise SystemExit(0)
        raise queue.Empty


async def test_it_writes_what_it_finds_and_then_waits(
    live: Callable[[int], Start], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    live(2)
    live(0)
    told = Told(TASK)
    with pytest.raises(SystemExit):
        follow(tmp_path, told)
    [line] = capsysbinary.readouterr().out.splitlines()
    assert msgspec.json.decode(line, type=Written).batch == 2
    assert told.waits == [None]


async def test_it_rests_after_a_snapshot(
    live: Callable[[int], Start],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    write = Follower.write

    def write_and_go_on(follower: Follower) -> Written:
        written = write(follower)
        live(1)
        live(0)
        return msgspec.structs.replace(written, seconds=30.0)

    monkeypatch.setattr(Follower, "write", write_and_go_on)
    live(2)
    live(0)
    told = Told(TASK, b"closed\n")
    with pytest.raises(SystemExit):
        follow(tmp_path, told)
    assert len(capsysbinary.readouterr().out.splitlines()) == 1
    assert 290 < (told.waits[0] or 0) <= 300


def test_the_end_of_what_is_said_also_wakes_who_began_to_wait_just_behind_the_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals: list[tuple[int | None, int]] = []
    monkeypatch.setattr(signal, "pthread_kill", lambda *sent: signals.append(sent))
    lines: queue.Queue[bytes] = queue.Queue()
    (tmp_path / "said").write_bytes(b"one\n")
    with (tmp_path / "said").open() as said:
        monkeypatch.setattr("sys.stdin", said)
        snapshot_process._read(lines)
    assert signals == [(threading.main_thread().ident, signal.SIGTERM)]
    assert [lines.get_nowait(), lines.get_nowait()] == [b"one\n", b""]
