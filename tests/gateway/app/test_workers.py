"""Workers that do not start, end too early or cannot listen: told in one line, and started again."""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from gateway.app import workers as app
from gateway.app.worker import NoEngine
from gateway.model import MassCancel, MassCancelScope
from gateway.net import worker_link as wire
from gateway.net.listeners import ListenError, bind_shared
from gateway.settings import TlsFiles, WsSettings
from tests.gateway.net.running import Running, StartRunning
from tests.gateway.net.worker_here import WorkerHere, copied


class Stillborn:
    """A worker that ends, or stays and says nothing."""

    def __init__(self, link: socket.socket, *, stays: bool) -> None:
        self._link = copied(link)
        self._ended = asyncio.Event()
        if not stays:
            self.kill()

    async def wait(self) -> int:
        await self._ended.wait()
        return 1

    def kill(self) -> None:
        self._link.close()
        self._ended.set()


def spawn_of(running: Running, spawn: Any) -> None:
    running.gateway.workers._spawn = spawn


async def running_with(start_dir: Path, spawn: Any) -> Running:
    running = Running(start_dir, {"ws": {"workers": 1}})
    spawn_of(running, spawn)
    return running


async def test_a_worker_that_ends_before_it_is_ready_fails_the_start(tmp_path: Path) -> None:
    async def spawn(link: socket.socket, listening: Sequence[socket.socket]) -> Stillborn:
        assert listening
        return Stillborn(link, stays=False)

    running = await running_with(tmp_path, spawn)
    with pytest.raises(ListenError, match=r"ws\.workers: worker 1: ended with 1"):
        await running.start()
    await running.stop()


async def test_a_worker_that_cannot_be_started_fails_the_start(tmp_path: Path) -> None:
    async def spawn(link: socket.socket, listening: Sequence[socket.socket]) -> Stillborn:
        raise OSError(12, "Cannot allocate memory", link, listening)

    running = await running_with(tmp_path, spawn)
    with pytest.raises(ListenError, match=r"worker 1: gateway\.app\.worker: Cannot allocate memory"):
        await running.start()
    await running.stop()


async def test_a_worker_that_says_nothing_fails_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "READY_TIMEOUT_S", 0.05)

    async def spawn(link: socket.socket, listening: Sequence[socket.socket]) -> Stillborn:
        assert listening
        return Stillborn(link, stays=True)

    monkeypatch.setattr(app, "END_TIMEOUT_S", 0.05)
    running = await running_with(tmp_path, spawn)
    with pytest.raises(ListenError, match="not all are ready"):
        await running.start()
    await running.stop()


async def test_a_certificate_that_cannot_be_used_fails_the_start(tmp_path: Path) -> None:
    (tmp_path / "certificate.pem").write_text("")
    (tmp_path / "key.pem").write_text("")
    files = TlsFiles(certificate=str(tmp_path / "certificate.pem"), key=str(tmp_path / "key.pem"))
    running = Running(tmp_path / "data", {"ws": {"workers": 1, "tls": files}})
    with pytest.raises(ListenError, match=r"certificate\.pem"):
        await running.start()
    await running.stop()
    assert running.here.started == []


async def test_an_address_that_is_taken_fails_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        running = Running(tmp_path, {"ws": {"workers": 2, "port": other.getsockname()[1]}})
        with pytest.raises(ListenError, match=r"ws listener 127\.0\.0\.1:\d+: Address already in use"):
            await running.start()
        await running.stop()


async def test_a_worker_whose_link_is_cut_but_stays_is_killed(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await start(ws={"workers": 1})
    monkeypatch.setattr(app, "END_TIMEOUT_S", 0.01)
    children = gateway.gateway.workers._children
    first = children[1]
    killed: list[bool] = []
    ended = asyncio.Event()

    class Stubborn:
        async def wait(self) -> int:
            await ended.wait()
            return -9

        def kill(self) -> None:
            killed.append(True)
            ended.set()

    async def spawn(link: socket.socket, listening: Sequence[socket.socket]) -> Stubborn:
        assert listening
        kept.append(copied(link))
        started.set()
        return Stubborn()

    kept: list[socket.socket] = []
    started = asyncio.Event()
    spawn_of(gateway, spawn)
    first.kill()
    await gateway.until(lambda: gateway.gateway.workers.restarts, "the end")
    async with asyncio.timeout(5):
        await started.wait()
        kept.pop().close()
        await ended.wait()
    assert killed[0]


async def test_certificates_are_read_again_by_the_workers(
    start: StartRunning, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = trustme.CA().issue_cert("localhost")
    files = TlsFiles(certificate=str(tmp_path / "c.pem"), key=str(tmp_path / "k.pem"))
    certificate.cert_chain_pems[0].write_to_path(files.certificate)
    certificate.private_key_pem.write_to_path(files.key)
    gateway = await start(ws={"workers": 1, "tls": files})
    caplog.set_level("INFO")

    def said(event: str) -> list[str]:
        return [record.levelname for record in caplog.records if record.message == event]

    gateway.gateway.reload()
    await gateway.until(lambda: said("certificate reloaded"), "the certificate")
    certificate.cert_chain_pems[0].write_to_path(files.key)
    gateway.gateway.reload()
    await gateway.until(lambda: said("certificate not reloaded") == ["ERROR"], "the fault")


async def test_a_worker_whose_certificate_is_gone_ends(tmp_path: Path, start: StartRunning) -> None:
    gateway = await start(ws={"workers": 1})
    describe = gateway.gateway.workers._describe
    files = TlsFiles(certificate=str(tmp_path / "c.pem"), key=str(tmp_path / "k.pem"))
    begin = msgspec.structs.replace(describe(2, 2)[0], ws=WsSettings(tls=files))
    assert await worked(begin, wire.Complete()) == 1


async def worked(*words: wire.Said, then: bytes = b"") -> int:
    """Return the exit status of a worker that is told this."""
    ours, theirs = socket.socketpair()
    [listening] = bind_shared("ws", "127.0.0.1", 0, 1)
    worker = WorkerHere(theirs, listening)
    theirs.close()
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(ours, b"".join(map(wire.pack_message, words)) + then)
    if not words or not isinstance(words[0], wire.Begin):
        ours.shutdown(socket.SHUT_WR)
    async with asyncio.timeout(5):
        status = await worker.wait()
    for sock in (ours, *listening):
        sock.close()
    return status


@pytest.mark.parametrize("words", [(), (wire.Goodbye(),)], ids=["nothing", "another word first"])
async def test_a_worker_that_is_not_begun_fails(words: tuple[wire.Said, ...]) -> None:
    assert await worked(*words) == 1


async def test_a_worker_that_cannot_understand_ends(gateway: Running) -> None:
    begin, _ = gateway.gateway._describe(1, 1)
    for words in ((begin,), (begin, wire.Complete())):
        assert await worked(*words, then=b"\xff" * 8) == 1


async def test_what_cannot_be_worked_fails_the_worker(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError(arguments)

    monkeypatch.setattr("gateway.marketdata.Publisher.reach", fail)
    begin, _ = gateway.gateway._describe(1, 1)
    # What comes before all is told is worked when it is.
    assert await worked(begin, wire.Events(1, []), wire.Complete()) == 1
    assert "what the engine's process says cannot be worked" in caplog.text


def test_a_worker_has_no_engine() -> None:
    command = MassCancel("S", 1, "A", 0, b"", MassCancelScope.SESSION)
    with pytest.raises(RuntimeError, match="MassCancel in a worker"):
        NoEngine().submit(command)
    assert NoEngine().drain() == []


def test_an_address_of_two_families_is_bound_for_each_worker() -> None:
    bound = bind_shared("ws", "localhost", 0, 2)
    try:
        assert len(bound) == 2
        assert len({sock.getsockname()[1] for of_one in bound for sock in of_one}) == 1
        families = [{sock.family for sock in of_one} for of_one in bound]
        assert families[0] == families[1]
    finally:
        for of_one in bound:
            for sock in of_one:
                sock.close()


@pytest.mark.parametrize("host", ["203.0.113.1", "a" * 300])
def test_an_address_that_cannot_be_bound_is_one_line(host: str) -> None:
    with pytest.raises(ListenError, match=f"ws listener {host[:20]}"):
        bind_shared("ws", host, 0, 2)
