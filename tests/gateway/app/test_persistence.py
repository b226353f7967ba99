"""How the state is kept at the end of a gateway, and what happens when it cannot be."""

import asyncio
import logging
import threading
import time
from pathlib import Path

import pytest

from gateway.app import persistence
from gateway.app.gateway import Gateway
from gateway.app.snapshotter import Snapshotter
from gateway.ports import StoreError
from gateway.store import DataDir, DataDirError, log_store, usual_commit
from gateway.store.log_file import LogFile
from gateway.store.snapshots import newest_snapshots
from tests.gateway.app.test_gateway import metrics
from tests.gateway.net.running import PASSWORD, TIMEOUT_S, Running, StartRunning
from tests.gateway.orders.floor import Hearing

OS = {"durability": "os"}


def data_dir(gateway: Running) -> Path:
    return gateway.gateway._data_dir.path


async def end_after_an_order(gateway: Running) -> None:
    alice = await gateway.fix_session("ALICE")
    alice.send(alice.order("a1"))
    await alice.expect("8")
    await gateway.stop()


async def test_the_state_is_saved_at_the_end(start: StartRunning) -> None:
    gateway = await start(store=OS)
    await end_after_an_order(gateway)
    [snapshot] = newest_snapshots(data_dir(gateway))
    assert snapshot.load().eseq == 1


async def test_a_failed_gateway_saves_nothing(start: StartRunning) -> None:
    gateway = await start(store=OS)
    alice = await gateway.fix_session("ALICE")
    alice.send(alice.order("a1"))
    await alice.expect("8")
    gateway.gateway.turns.fail(StoreError("disk full"))
    assert gateway.gateway.health()["status"] == "failed"
    await gateway.stop()
    assert newest_snapshots(data_dir(gateway)) == []


async def test_a_state_that_is_ahead_of_the_log_is_not_saved(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await start(store=OS)
    router = gateway.gateway.router

    async def stop(self: Snapshotter) -> None:
        del self
        # A connection that is lost while the process beside ends: its cancel is not committed any more.
        lost = Hearing("ws:1.1:cod", "ALICE")
        router.cancel_on_disconnect(lost.key, lost.account, time.time_ns(), time.monotonic_ns())

    monkeypatch.setattr(Snapshotter, "stop", stop)
    await end_after_an_order(gateway)
    assert newest_snapshots(data_dir(gateway)) == []


async def test_a_gateway_that_committed_nothing_saves_nothing(start: StartRunning) -> None:
    gateway = await start(store=OS)
    await end_after_an_order(gateway)
    [snapshot] = newest_snapshots(data_dir(gateway))
    snapshot.path.unlink()
    again = await start(store={**OS, "data_dir": str(data_dir(gateway))})
    await again.stop()
    assert newest_snapshots(data_dir(again)) == []


async def test_a_snapshot_that_cannot_be_written_is_an_error_in_the_log(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(persistence, "write_snapshot", fail)
    gateway = await start(store=OS)
    await end_after_an_order(gateway)
    said = [(record.message, vars(record).get("reason")) for record in caplog.records]
    assert ("snapshot not written", "disk full") in said


async def test_a_snapshot_that_takes_long_is_left_to_the_next_start(
    start: StartRunning, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    gateway = await start(store=OS)
    state = gateway.gateway._state
    assert isinstance(state, persistence.Durable)
    state._snapshotter.seconds = 60.0
    await end_after_an_order(gateway)
    assert newest_snapshots(data_dir(gateway)) == []
    assert "no snapshot at the end" in caplog.text


async def test_while_the_disk_does_not_answer_nobody_else_gets_the_directory(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only what is written in plain Python can be held up here.
    monkeypatch.setattr(usual_commit, "IS_PLAIN", True)
    gateway = await start(store={"durability": "fsync"})
    hanging, loop = asyncio.Event(), asyncio.get_running_loop()
    answers, written, write = threading.Event(), threading.Event(), LogFile.write

    def hang(self: LogFile, content: bytes, offset: int) -> int:
        loop.call_soon_threadsafe(hanging.set)
        answers.wait()
        try:
            return write(self, content, offset)
        finally:
            written.set()

    monkeypatch.setattr(LogFile, "write", hang)
    monkeypatch.setattr(log_store, "CLOSE_TIMEOUT_S", 0.01)
    alice = await gateway.fix("ALICE")
    # Its numbers are to be committed.
    alice.send(alice.logon(PASSWORD))
    async with asyncio.timeout(TIMEOUT_S):
        await hanging.wait()
    await gateway.stop()
    try:
        with pytest.raises(DataDirError, match="in use by process"):
            DataDir(data_dir(gateway))
    finally:
        answers.set()
        assert written.wait(TIMEOUT_S)
        gateway.gateway._data_dir.release()


async def test_the_store_is_measured(start: StartRunning) -> None:
    gateway = await start(store=OS)
    alice = await gateway.fix_session("ALICE")
    alice.send(alice.order("a1"))
    await alice.expect("8")
    seen = await metrics(gateway)
    assert seen["bdax_log_written_bytes_total"] > 0
    assert seen["bdax_log_segments"] == 1
    assert seen["bdax_recovery_seconds"] > 0
    assert (seen["bdax_recovery_commands"], seen["bdax_snapshots_total"]) == (0, 0)
    assert (seen["bdax_idempotency_entries"], seen["bdax_idempotency_evictions_total"]) == (0, 0)
    await gateway.stop()
    again = Gateway(gateway.settings, print)
    assert "bdax_snapshot_age_seconds" in {sample.name for sample in again._state.samples()}
    again.take_snapshots()
    await again.stop()


async def test_a_log_that_is_not_read_is_a_warning(
    start: StartRunning, caplog: pytest.LogCaptureFixture
) -> None:
    first = await start(store=OS)
    await end_after_an_order(first)
    said = "the log is not read: durability is none"
    assert said not in caplog.messages
    await start(store={"data_dir": str(data_dir(first)), "durability": "none"})
    assert said in caplog.messages


async def test_a_start_that_had_much_to_work_is_followed_by_a_snapshot(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await start(store=OS)
    monkeypatch.setattr(persistence, "MAX_LAST_SNAPSHOT_S", -1.0)
    alice = await first.fix_session("ALICE")
    for number in range(300):
        alice.send(alice.order(f"a{number}"))
        await alice.expect("8")
    await first.stop()
    assert newest_snapshots(data_dir(first)) == []
    monkeypatch.undo()
    second = await start(store=OS | {"data_dir": str(data_dir(first)), "snapshot_commands": 100})
    [snapshot] = newest_snapshots(data_dir(second))
    assert snapshot.load().eseq == 300
