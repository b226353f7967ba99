"""What a worker is told before it begins: the first word, and part by part what clients can resume from."""

import asyncio
import contextlib
import socket

import pytest
from websockets.exceptions import ConnectionClosed

from gateway.marketdata.publisher_state import PackedChanges
from gateway.marketdata.raw_ring import Chunk
from gateway.model import BookDelta, Side
from gateway.net import worker_link as wire
from gateway.net.worker_links import WorkerLink
from tests.gateway.net.running import Running, StartRunning

BOOK = "book.BTC-KRW"


@pytest.fixture
def workers() -> int:
    return 1


async def test_what_a_worker_is_to_keep_is_told_part_by_part(gateway: Running) -> None:
    # Workers are told of each second that has passed.
    gateway.gateway._passing.stop()
    begin, _ = gateway.gateway._describe(7, 1)
    parts = [PackedChanges("BTC-KRW", False, n, [Chunk(n + 1, 1, 1, b"x" * 50)]) for n in range(5)]
    ours, theirs = socket.socketpair()
    for sock in (ours, theirs):
        sock.setblocking(False)
    link = WorkerLink(gateway.gateway._links, 7, lambda: None)
    loop = asyncio.get_running_loop()
    await loop.create_unix_connection(lambda: link, sock=ours)
    reader = wire.to_worker()

    async def told() -> list[str]:
        with contextlib.suppress(BlockingIOError):
            return [type(message).__name__ for message in reader.feed(theirs.recv(1 << 20))]
        return []

    link.begin(begin, parts)
    assert await told() == ["Begin", "Kept"]
    # Between two parts the loop does what else there is.
    await asyncio.sleep(0)
    assert await told() == ["Kept"]
    gateway.gateway._links.publish([BookDelta(1, 1, 1, "BTC-KRW", Side.BUY, 990, 1)])
    gateway.gateway.turns.flush()
    assert await told() == ["Events"]
    link.pause_writing()
    for _ in range(3):
        await asyncio.sleep(0)
    assert await told() == []
    link.resume_writing()
    for _ in range(3):
        await asyncio.sleep(0)
    assert await told() == ["Kept", "Kept", "Kept", "Complete"]
    link.resume_writing()
    await asyncio.sleep(0)
    assert await told() == []
    link.abort()
    await link.lost.wait()
    theirs.close()


async def test_a_worker_that_starts_late_resumes_from_far_back(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.marketdata.publisher_state.CHUNKS_PER_PART", 1)
    monkeypatch.setattr("gateway.marketdata.raw_ring.MAX_PER_CHUNK", 4)
    monkeypatch.setattr("gateway.marketdata.raw_ring.MAX_UNPACKED", 4)
    gateway = await start(ws={"workers": 1})
    trader = await gateway.ws("ALICE")
    for number in range(30):
        await trader.place(f"o{number}", quantity="0.1")
    assert len(gateway.gateway.feed.publisher.state_in_parts()[1]) > 4
    gateway.here.started[0].kill()
    with pytest.raises(ConnectionClosed):
        await trader.receive()
    # Who comes now waits for the next worker.
    async with asyncio.timeout(5):
        peer = await gateway.ws()
    assert len(gateway.here.started) == 2
    epoch = gateway.gateway.ws.epoch
    [entry] = await peer.request("subscribe", channels=[BOOK], from_seq=2, epoch=epoch)
    assert (entry["recovered"], entry["seq"]) == (True, 30)
    seqs = [(await peer.push(BOOK))["seq"] for _ in range(28)]
    assert seqs == list(range(3, 31))
