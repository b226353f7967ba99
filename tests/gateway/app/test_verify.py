"""``verify``: what a whole directory shows, and that no damage passes for whole."""

import asyncio
import contextlib
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.app import verify as verification
from gateway.app.replica import ReplicaError
from gateway.app.verify import verify
from gateway.model import Side
from gateway.ports import Batch, StoredExecution, StoredMessage, StoreError
from gateway.store.history_index import INDEX_NAME, index_segment
from gateway.store.log_end import FILE_NAME
from gateway.store.log_identity import read_identity
from gateway.store.records import Record
from gateway.store.segments import LOG_NAME, Segment, list_segments, scan, segment_path
from gateway.store.snapshots import SNAPSHOTS_NAME, SnapshotFile, SnapshotPath, newest_snapshots
from tests.gateway.app.live import Live, order_maker, origin
from tests.gateway.app.starts import Start
from tests.gateway.store.batches import flipped


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six batches of two orders in four segments, two of them indexed; two snapshots."""
    data_dir = tmp_path_factory.mktemp("whole")

    async def fill() -> None:
        make, life = order_maker(), Start(data_dir, origin(), snapshot_commands=4)
        for number in range(1, 7):
            life.commit(make(), make(Side.SELL, 101))
            if number in (3, 6):
                life.snapshot()
        life.end()
        for segment in list_segments(data_dir / LOG_NAME)[:2]:
            index_segment(data_dir, segment)

    asyncio.run(fill())
    read_identity(data_dir, is_new=True)
    return data_dir


@pytest.fixture
def data_dir(whole: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    copy = tmp_path / "copy"
    shutil.copytree(whole, copy)
    return copy


def found(data_dir: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in verify(data_dir)]


def test_what_a_whole_directory_holds(whole: Path) -> None:
    identity, newest, older, log, index = found(whole)
    assert identity == {"part": "identity", "epoch": read_identity(whole, is_new=False).epoch}
    assert [(one["batch"], one["eseq"]) for one in (newest, older)] == [(6, 12), (3, 6)]
    assert {name: log[name] for name in log if name not in ("bytes", "oldest", "newest")} == {
        "part": "log",
        "segments": 4,
        "unfinished_bytes": 0,
        "batches": 6,
        "commands": 12,
        "messages": 0,
        "executions": 12,
        "session_changes": 0,
        "last_batch": 6,
        "last_eseq": 12,
    }
    assert log["bytes"] == sum(path.stat().st_size for path in (whole / LOG_NAME).iterdir())
    assert log["oldest"] <= log["newest"]
    assert index == {"part": "index", "segments": 2, "not_indexed": 1}


def test_an_empty_directory_is_whole(tmp_path: Path) -> None:
    log, index = found(tmp_path)
    assert (log["last_batch"], log["last_eseq"], log["oldest"]) == (0, 0, None)
    assert index == {"part": "index", "segments": 0, "not_indexed": 0}


def test_nothing_is_written(data_dir: Path) -> None:
    def content() -> dict[str, bytes]:
        names = (path for path in data_dir.rglob("*") if path.is_file() and "-" not in path.name)
        return {str(path): path.read_bytes() for path in names}

    before = content()
    found(data_dir)
    assert content() == before


def test_no_flipped_bit_passes_for_whole(whole: Path, data_dir: Path) -> None:
    chance = random.Random(7)
    expected = found(whole)
    last = max((whole / LOG_NAME).iterdir())
    paths = [*(whole / LOG_NAME).iterdir(), *(whole / SNAPSHOTS_NAME).iterdir()]
    for path in paths:
        content = path.read_bytes()
        damaged = data_dir / path.relative_to(whole)
        for _ in range(25):
            damaged.write_bytes(flipped(content, chance.randrange(len(content)), chance.randrange(8)))
            with contextlib.suppress(StoreError, ReplicaError):
                shown = found(data_dir)
                assert path == last
                assert shown[-2]["unfinished_bytes"] > 0
        damaged.write_bytes(content)
    assert found(data_dir) == expected


def test_an_unfinished_batch_is_told_of(data_dir: Path) -> None:
    # As a crash leaves it, or a gateway that is writing.
    last = max((data_dir / LOG_NAME).iterdir())
    last.write_bytes(last.read_bytes() + b"\xf5BDX begun")
    assert found(data_dir)[-2]["unfinished_bytes"] == len(b"\xf5BDX begun")


def test_a_log_whose_end_is_gone(data_dir: Path) -> None:
    max((data_dir / LOG_NAME).iterdir()).unlink()
    third = max((data_dir / LOG_NAME).iterdir())
    (data_dir / FILE_NAME).write_bytes(b"0000000000000007\n")
    with pytest.raises(StoreError, match="missing, and the log ended with it"):
        found(data_dir)
    (data_dir / FILE_NAME).unlink()
    found(data_dir)
    third.unlink()
    with pytest.raises(StoreError, match="the log ends with batch 4, and a snapshot is of batch 6"):
        found(data_dir)


def test_a_log_whose_beginning_no_snapshot_reaches(data_dir: Path) -> None:
    log_dir = data_dir / LOG_NAME
    segment_path(log_dir, 1).unlink()
    assert found(data_dir)[-2]["batches"] == 4
    for snapshot in newest_snapshots(data_dir):
        snapshot.path.unlink()
    with pytest.raises(StoreError, match="begins with batch 3, and no snapshot reaches it: restore"):
        found(data_dir)


def test_what_retention_takes_meanwhile_is_passed_over(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(log_dir: Path) -> list[Segment]:
        segments = list_segments(log_dir)
        segments[0].path.unlink()
        return segments

    load = SnapshotPath.load

    def late(snapshot: SnapshotPath) -> SnapshotFile:
        if snapshot.batch == 3:
            snapshot.path.unlink()
        return load(snapshot)

    monkeypatch.setattr(verification, "list_segments", taken)
    monkeypatch.setattr(SnapshotPath, "load", late)
    parts = found(data_dir)
    assert [(one["part"], one.get("batch", one.get("batches"))) for one in parts] == [
        ("identity", None),
        ("snapshot", 6),
        ("log", 4),
        ("index", None),
    ]


def test_what_retention_takes_after_a_part_was_read_leaves_no_hole(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(segment: Segment, *, is_last: bool) -> Iterator[Record]:
        yield from scan(segment, is_last=is_last)
        if segment.first == 1:
            for first in (1, 3):
                segment_path(data_dir / LOG_NAME, first).unlink()

    monkeypatch.setattr(verification, "scan", taken)
    log = found(data_dir)[-2]
    assert (log["segments"], log["batches"], log["last_batch"], log["last_eseq"]) == (3, 4, 6, 12)


def test_a_snapshot_and_a_retention_since_the_snapshots_were_read(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest, older = newest_snapshots(data_dir)
    later = newest.path.read_bytes()
    newest.path.unlink()

    def meanwhile(log_dir: Path) -> list[Segment]:
        newest.path.write_bytes(later)
        for first in (1, 3):
            segment_path(log_dir, first).unlink()
        return list_segments(log_dir)

    monkeypatch.setattr(verification, "list_segments", meanwhile)
    parts = found(data_dir)
    assert [one["batch"] for one in parts if one["part"] == "snapshot"] == [older.batch]
    assert (parts[-2]["batches"], parts[-2]["last_batch"]) == (2, 6)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE ranges SET first_eseq = first_eseq + 1 WHERE segment = 3",
            "does not fit the segment of batch 3",
        ),
        ("DELETE FROM ranges WHERE segment = 1", "does not fit the segment of batch 1"),
        ("PRAGMA user_version = 9", "schema version 9"),
    ],
)
def test_an_index_that_says_something_else(data_dir: Path, statement: str, words: str) -> None:
    with closing(sqlite3.connect(data_dir / INDEX_NAME)) as db, db:
        db.execute(statement)
    with pytest.raises(StoreError, match=words):
        found(data_dir)


def test_an_index_of_another_copy_counts_as_none(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / INDEX_NAME)) as db, db:
        db.execute("UPDATE segments SET size = size + 1 WHERE first = 3")
    assert found(data_dir)[-1] == {"part": "index", "segments": 1, "not_indexed": 2}


def test_a_damaged_index(data_dir: Path) -> None:
    path = data_dir / INDEX_NAME
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StoreError, match=r"history\.db: .*: stop the gateway and delete this file"):
        found(data_dir)


async def test_numbers_that_do_not_go_on_are_damage(tmp_path: Path) -> None:
    record = (live := Live(origin())).work([order_maker()()])
    commands, executions, events = record.commands, record.executions, live.last_events
    message, odd = StoredMessage("DEMO1", 0, 2, b""), StoredExecution("ACC1", 1, 1, b"\xc1")
    wrong = {
        "MsgSeqNum 2 of session DEMO1 again": Batch([], [message, message], {}, [], []),
        "eseq 1 after 0": Batch([*commands, *commands], [], {}, executions, events),
        "exec_id 1 of ACC1, where 2 should be": Batch(commands, [], {}, [*executions, *executions], events),
        "an execution is not readable by this version": Batch(commands, [], {}, [odd], events),
    }
    for number, (words, batch) in enumerate(wrong.items()):
        data_dir = tmp_path / str(number)
        data_dir.mkdir()
        life = Start(data_dir, origin())
        life.recovered.store.commit(batch, lambda _: None)
        life.end()
        with pytest.raises(StoreError, match=f"damaged batch at byte .*: {words}.*: restore"):
            found(data_dir)


async def test_a_snapshot_and_a_log_that_do_not_belong_together(tmp_path: Path) -> None:
    make = order_maker()
    for name, count in (("one", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        life = Start(tmp_path / name, origin())
        life.commit(*(make() for _ in range(count)))
        life.snapshot()
        life.end()
    shutil.copytree(
        tmp_path / "one" / SNAPSHOTS_NAME, tmp_path / "other" / SNAPSHOTS_NAME, dirs_exist_ok=True
    )
    with pytest.raises(StoreError, match="a snapshot of this batch has another eseq: restore"):
        found(tmp_path / "other")
