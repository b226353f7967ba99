"""Whatever the front end: nothing is said before the store says so, and nothing at all when it fails."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.app import gateway as composition
from gateway.ports import Batch, StoreError
from tests.gateway.net.running import TIMEOUT_S, Running, StartRunning, WsPeer, order, soon, watched
from tests.gateway.net.worker_here import BOTH

Done = Callable[[StoreError | None], None]


class HeldCommits:
    """Stands before a gateway's store and commits when the test says so."""

    def __init__(self, gateway: Running) -> None:
        self._store = gateway.gateway._store
        self._commit = self._store.commit
        self._under_way: list[tuple[Batch, Done]] = []
        self.came = asyncio.Event()
        self._store.commit = self._hold  # type: ignore[method-assign]  # the store is slow from now on

    def _hold(self, batch: Batch, done: Done) -> None:
        self._under_way.append((batch, done))
        self.came.set()

    async def next(self) -> Batch:
        """Return the batch of the next commit, which stays under way."""
        async with asyncio.timeout(TIMEOUT_S):
            await self.came.wait()
        return self._under_way[0][0]

    def finish(self) -> None:
        """End the commit under way."""
        self.came.clear()
        batch, done = self._under_way.pop()
        self._commit(batch, done)

    def fail(self, error: StoreError) -> None:
        """Fail the commit under way."""
        _, done = self._under_way.pop()
        done(error)

    def be_quick(self) -> None:
        """Commit at once again."""
        self._store.commit = self._commit  # type: ignore[method-assign]
        while self._under_way:
            self.finish()


async def test_a_fix_report_waits_for_its_commit(gateway: Running) -> None:
    peer = await gateway.fix_session()
    commits = HeldCommits(gateway)
    peer.send(peer.order("o1"))
    batch = await commits.next()
    assert [len(batch.commands), len(batch.messages), batch.sessions["ALICE"].next_out] == [1, 1, 3]
    sent = gateway.gateway.fix.counters.bytes_out
    worked = watched(gateway.client(), "receive_data")
    peer.send(peer.encode("1", (112, "x")))
    await soon(worked)
    assert gateway.gateway.fix.counters.bytes_out == sent
    commits.be_quick()
    assert (await peer.expect("8"))[11] == "o1"
    await peer.expect("0")


async def test_a_reply_its_execution_and_its_book_change_wait_for_their_commit(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.request("subscribe", channels=["executions", "book.BTC-KRW"])
    await peer.push("book.BTC-KRW")
    commits = HeldCommits(gateway)
    request = await peer.send("order.place", **order("o1"))
    await commits.next()
    sent = gateway.gateway.ws.counters.bytes_out
    assert gateway.gateway.feed.publisher.eseq == 0
    commits.finish()
    assert gateway.gateway.ws.counters.bytes_out > sent
    assert (await peer.reply(request))["result"]["cl_ord_id"] == "o1"
    assert (await peer.push("executions"))["data"]["kind"] == "accepted"
    assert (await peer.push("book.BTC-KRW"))["type"] == "delta"
    commits.be_quick()


@BOTH
@pytest.mark.parametrize("before", ["subscribe", "executions.replay"])
async def test_an_execution_that_was_held_waits_for_its_commit(gateway: Running, before: str) -> None:
    gateway.gateway.turns.most_owed = 0
    trader, follower = await gateway.ws("ALICE"), await gateway.ws("ALICE")
    params: dict[str, object] = {"channels": ["executions", "book.BTC-KRW"]}
    if before == "executions.replay":
        await follower.request("subscribe", **params)
        params = {"from_exec_id": 2}
    commits = HeldCommits(gateway)
    await trader.send("order.place", **order("o1"))
    await commits.next()
    # Two requests in one unit, with o2; o3 is of the next one.
    asked = watched(gateway.gateway.turns, "after_commit")
    await follower.send_together((before, params), ("subscribe", {"channels": ["trades.BTC-KRW"]}))
    await soon(asked)
    await soon(asked)
    await trader.send("order.place", **order("o2"))
    await gateway.until(lambda: len(gateway.gateway.turns.unit.batch.commands) == 1, "o2")
    commits.finish()
    await commits.next()
    await trader.send("order.place", **order("o3"))
    await gateway.until(lambda: gateway.gateway.turns.unit.batch.events, "o3")
    commits.finish()
    await follower.reply(follower.count - 1)
    await follower.reply(follower.count)
    assert "o3" not in executions(follower)
    commits.be_quick()
    while "o3" not in executions(follower):
        follower.pushes.append(await follower.receive())
    assert executions(follower)[-2:] == ["o2", "o3"]


def executions(follower: WsPeer) -> list[str]:
    """Return the ClOrdIDs of the executions told so far."""
    return [
        push["data"]["cl_ord_id"]
        for push in follower.pushes
        if push["type"] == "event" and push["ch"] == "executions"
    ]


async def test_nobody_is_read_while_too_much_waits_for_a_commit(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "MAX_UNCOMMITTED_BYTES", 100)
    gateway = await start()
    fix, ws = await gateway.fix_session("ALICE"), await gateway.ws("BOB")
    commits = HeldCommits(gateway)
    line, connection = gateway.client().line, gateway.ws_connection()
    fix.send(fix.order("f1"))
    await commits.next()
    assert not line._transport.is_reading()
    assert not connection._transport.is_reading()
    # A connection that comes now waits with the others.
    late = await gateway.fix("CAROL")
    known = watched(gateway.client("CAROL"), "connect")
    late.send(late.logon("correct horse"))
    async with asyncio.timeout(TIMEOUT_S):
        await known.get()
    assert not gateway.client("CAROL").line._transport.is_reading()
    request = await ws.send("order.place", **order("w1"))
    commits.be_quick()
    await fix.expect("8")
    await late.expect("A")
    assert (await ws.reply(request))["status"] == 200


async def test_a_websocket_that_comes_while_too_much_waits_for_a_commit_waits_too(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "MAX_UNCOMMITTED_BYTES", 100)
    gateway = await start()
    fix = await gateway.fix_session("ALICE")
    commits = HeldCommits(gateway)
    fix.send(fix.order("f1"))
    await commits.next()
    reader, writer = await gateway.raw(gateway.ws_port)
    writer.write(b"GET /v1 HTTP/1.1\r\n\r\n")
    await gateway.until(lambda: gateway.ws_connections, "the connection")
    for _ in range(20):
        await asyncio.sleep(0)
    assert not gateway.ws_connection()._transport.is_reading()
    assert gateway.gateway.ws.counters.bytes_in == 0
    commits.be_quick()
    assert (await reader.read()).startswith(b"HTTP/1.1 426")


@pytest.mark.parametrize("front", ["fix", "ws"])
async def test_when_the_store_fails_nothing_is_said(gateway: Running, front: str) -> None:
    fix, ws = await gateway.fix_session("ALICE"), await gateway.ws("BOB")
    commits = HeldCommits(gateway)
    if front == "fix":
        fix.send(fix.order("o1"))
    else:
        await ws.send("order.place", **order("o1"))
    await commits.next()
    commits.fail(StoreError("disk full"))
    assert [str(failure) for failure in gateway.failures] == ["disk full"]
    assert gateway.gateway.health()["status"] == "failed"
    loop = asyncio.get_running_loop()
    began = loop.time()
    await gateway.shut_down()
    # Nobody could hear a goodbye, so nobody is waited for.
    assert loop.time() - began < 1.0
    assert await fix.rest() == b""
    assert await ws.end() == (0, "")


async def test_the_stop_waits_for_the_commit_of_the_last_disconnects(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "SETTLE_TIMEOUT_S", 0.1)
    monkeypatch.setattr(composition, "GOODBYE_TIMEOUT_S", 0.1)
    gateway = await start()
    peer: WsPeer = await gateway.ws()
    await peer.log_on("ALICE", cancel_on_disconnect=True)
    await peer.place("o1")
    commits = HeldCommits(gateway)
    stopped = asyncio.create_task(gateway.shut_down())
    batch = await commits.next()
    assert [type(command).__name__ for command in batch.commands] == ["MassCancel"]
    # A store that never answers does not hold the stop up either.
    await stopped
