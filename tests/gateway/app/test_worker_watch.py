"""Workers that hang, and troubles while one is started again: they end, and another comes."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.app import workers as app
from tests.gateway.net.running import TIMEOUT_S, Running, StartRunning, soon, watched
from tests.gateway.net.worker_here import WorkerHere


@pytest.fixture
def workers() -> int:
    return 1


def metric(gateway: Running, name: str) -> float:
    """Return a metric of the workers."""
    [value] = [sample.value for sample in gateway.gateway.workers.samples() if sample.name == name]
    assert isinstance(value, int | float)
    return value


async def ended(child: WorkerHere) -> None:
    """Return when a worker has ended."""
    async with asyncio.timeout(TIMEOUT_S):
        await child.wait()


async def again(gateway: Running) -> None:
    """Return when another worker takes connections."""
    async with asyncio.timeout(TIMEOUT_S):
        await (await gateway.ws()).request("ping")
    await gateway.until(lambda: metric(gateway, "bdax_workers") == 1, "the next worker")


async def test_a_worker_that_hangs_is_killed(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "LOOK_S", 0.05)
    monkeypatch.setattr("gateway.app.worker.REPORT_S", 0.01)
    gateway = await start()
    peer = await gateway.ws("ALICE")
    await peer.place("o1")
    [hung] = gateway.here.started
    hung.worker._parts._report.cancel()  # type: ignore[union-attr]  # it says nothing more
    await ended(hung)
    await again(gateway)
    assert "worker does not answer" in caplog.text


async def test_a_worker_is_not_silent_while_nobody_listens_to_it(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "LOOK_S", 0.01)
    monkeypatch.setattr("gateway.app.worker.REPORT_S", 0.001)
    gateway = await start()
    link: Any = gateway.gateway._links._links[1]
    link.pause_reading()
    looks = watched(link, "is_silent")
    for _ in range(2 * app.MAX_SILENT):
        await soon(looks)
    assert not link.lost.is_set()
    link.resume_reading()
    assert gateway.gateway.workers.restarts == 0


async def test_a_worker_started_again_that_never_is_ready_is_killed(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "READY_TIMEOUT_S", 0.3)
    spawn = gateway.gateway.workers._spawn
    [first] = gateway.here.started
    dumb: asyncio.Queue[Dumb] = asyncio.Queue()
    starts = 0

    async def spawn_dumb_once(link: socket.socket, listening: Sequence[socket.socket]) -> Any:
        nonlocal starts
        starts += 1
        if starts > 1:
            return await spawn(link, listening)
        child = Dumb(link)
        dumb.put_nowait(child)
        return child

    gateway.gateway.workers._spawn = spawn_dumb_once
    first.kill()
    await ended(first)
    async with asyncio.timeout(TIMEOUT_S):
        await (await dumb.get()).killed.wait()
    await again(gateway)


class Dumb:
    """A worker that keeps its link and says nothing."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link.dup()
        self.killed = asyncio.Event()

    async def wait(self) -> int:
        await self.killed.wait()
        return -9

    def kill(self) -> None:
        self._link.close()
        self.killed.set()


async def test_a_worker_is_started_again_when_descriptors_are_short(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first] = gateway.here.started
    failures = [OSError(24, "Too many open files")] * 2
    pair = socket.socketpair

    def short() -> tuple[socket.socket, socket.socket]:
        if failures:
            raise failures.pop()
        return pair()

    monkeypatch.setattr(app, "FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr(socket, "socketpair", short)
    first.kill()
    await ended(first)
    await gateway.until(lambda: metric(gateway, "bdax_workers") == 0, "the loss")
    await again(gateway)
    assert not failures
