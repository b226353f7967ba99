"""Fill recovery by ExecID: a FIX client gets its own reports again, and is told where they end."""

from typing import Any

import pytest

from gateway.net import fix_recovery
from gateway.ports import StoreError
from tests.gateway.net.chunks import Chunks
from tests.gateway.net.fix_peer import FixPeer
from tests.gateway.net.running import Running, StartRunning, back, report, soon, watched

NEW, CANCELED, REPLACED, TRADE = "0", "4", "5", "F"


def request(peer: FixPeer, exec_id: str | None = None, request_id: str = "r1") -> bytes:
    """Return an ExecutionsRequest(U1)."""
    return peer.encode("U1", (20012, request_id), *([] if exec_id is None else [(17, exec_id)]))


async def recovered(peer: FixPeer, request_id: str = "r1") -> tuple[list[dict[int, str]], dict[int, str]]:
    """Return the reports told again, and ExecutionsComplete(U2)."""
    reports: list[dict[int, str]] = []
    while (message := await peer.receive())[35] == "8":
        assert message[97] == "Y"
        reports.append(message)
    assert message[35] == "U2", message
    assert (message[20012], message[911]) == (request_id, str(len(reports)))
    assert message.get(17) == (reports[-1][17] if reports else None)
    return reports, message


# What a report that is told again says otherwise: length, number, time, PossResend, checksum.
OTHERWISE = {9, 34, 52, 97, 10}


def same(again: list[dict[int, str]], told: list[dict[int, str]]) -> bool:
    def content(message: dict[int, str]) -> dict[int, str]:
        return {tag: value for tag, value in message.items() if tag not in OTHERWISE}

    return [content(message) for message in again] == [content(message) for message in told]


async def traded(alice: FixPeer, bob: FixPeer) -> list[dict[int, str]]:
    """Let ALICE trade; return her reports."""
    told = []
    alice.send(alice.order("a1"), alice.order("a2", price="91000000"))
    told += [await report(alice, NEW, "a1"), await report(alice, NEW, "a2")]
    bob.send(bob.order("b1", "2", price="90000000", qty="0.015"))
    told += [await report(alice, TRADE, "a2"), await report(alice, TRADE, "a1")]
    alice.send(alice.replace("a3", "a1", price="89000000", qty="0.02"), alice.cancel("c1", "a3"))
    told += [await report(alice, REPLACED, "a3"), await report(alice, CANCELED, "c1")]
    alice.send(alice.order("a2"), alice.cancel("c2", "nothing"))
    told.append(await report(alice, "8", "a2"))
    await alice.expect("9")
    return told


async def test_all_reports_again(gateway: Running) -> None:
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    told = await traded(alice, bob)
    alice.send(request(alice))
    again, end = await recovered(alice)
    assert same(again, told)
    assert end[20013] == "N"
    # They have new numbers, so a resend by number gives them again.
    first = int(told[-1][34]) + 2
    assert [int(message[34]) for message in [*again, end]] == list(range(first, first + len(told) + 1))
    alice.send(alice.encode("2", (7, first), (16, first)))
    resent = await alice.expect("8")
    assert (resent[43], resent[97], resent[17]) == ("Y", "Y", told[0][17])


async def test_the_reports_after_the_last_one_seen(gateway: Running) -> None:
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    told = await traded(alice, bob)
    for seen in range(len(told)):
        alice.send(request(alice, told[seen][17], f"r{seen}"))
        again, end = await recovered(alice, f"r{seen}")
        assert same(again, told[seen + 1 :])
        assert end[20013] == "N"


async def test_after_a_reconnect_with_lost_numbers(gateway: Running) -> None:
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    told = await traded(alice, bob)
    closed = watched(gateway.gateway.fix, "closed")
    await alice.close()
    await soon(closed)
    again = await gateway.fix("ALICE")
    await again.log_on("correct horse", (141, "Y"))
    again.send(request(again, told[3][17]))
    reports, _ = await recovered(again)
    assert same(reports, told[4:])
    assert int(reports[0][34]) == 2


async def test_another_sessions_orders_are_its_own(gateway: Running) -> None:
    alice, ws = await gateway.fix_session("ALICE"), await gateway.ws("ALICE")
    await ws.place("w1")
    alice.send(alice.order("a1"))
    told = [await report(alice, NEW, "a1")]
    # She cancels the other session's order, and it cancels hers.
    alice.send(alice.cancel("c1", "w1"))
    told.append(await report(alice, CANCELED, "c1"))
    await ws.request("order.cancel", cl_ord_id="a1")
    told.append(await report(alice, CANCELED, "a1"))
    assert 378 in told[2]
    alice.send(request(alice))
    again, _ = await recovered(alice)
    assert same(again, told)


async def test_nothing_to_tell(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(request(peer))
    assert (await recovered(peer))[1][20013] == "N"


@pytest.mark.parametrize("exec_id", ["1-9", "99-1"])
async def test_an_execution_that_never_was(gateway: Running, exec_id: str) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    await report(peer, NEW, "o1")
    peer.send(request(peer, exec_id))
    refused = await peer.expect("j")
    assert (refused[372], refused[379], refused[380]) == ("U1", "r1", "1")
    assert refused[58] == f"ExecID(17) {exec_id} names no execution of Account(1) ALICE"
    peer.send(request(peer))
    assert len((await recovered(peer))[0]) == 1


async def test_a_malformed_request(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(request(peer, "x"))
    assert ((malformed := await peer.expect("3"))[373], malformed[371]) == ("5", "17")
    peer.send(peer.encode("U1"))
    assert ((missing := await peer.expect("3"))[373], missing[371]) == ("1", "20012")
    peer.send(peer.encode("U2", (20012, "r"), (911, 0), (20013, "N")))
    assert ((ours := await peer.expect("j"))[372], ours[380]) == ("U2", "3")


async def test_one_at_a_time(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(request(peer), request(peer, None, "r2"))
    refused = await peer.expect("j")
    assert (refused[379], refused[380], refused[58]) == (
        "r2",
        "4",
        "ExecutionsReqID(20012) r1 is being answered; U2 ends it",
    )
    await recovered(peer)
    peer.send(request(peer, None, "r2"))
    await recovered(peer, "r2")


@pytest.mark.parametrize(("seen", "reports", "gap"), [(None, 3, "Y"), (0, 3, "Y"), (1, 3, "Y"), (2, 3, "N")])
async def test_a_history_that_does_not_reach_back(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, seen: int | None, reports: int, gap: str
) -> None:
    peer = await gateway.fix_session()
    told = []
    for n in range(6):
        peer.send(peer.order(f"o{n}"))
        told.append(await report(peer, NEW, f"o{n}"))
    store = gateway.gateway._store
    kept = [execution for execution in store.executions("ALICE", 0, 99) if execution.exec_id > 3]
    monkeypatch.setattr(
        store, "executions", lambda _, after, limit: [one for one in kept if one.exec_id > after][:limit]
    )
    monkeypatch.setattr(store, "executions_at", lambda _, eseq: [one for one in kept if one.eseq == eseq])
    peer.send(request(peer, None if seen is None else told[seen if seen < 2 else 3][17]))
    again, end = await recovered(peer)
    first = 3 if gap == "Y" else 4
    assert same(again, told[first:])
    assert end[20013] == gap
    assert reports == 3
    kept.clear()
    peer.send(request(peer, told[5][17], "r2"))
    assert (await recovered(peer, "r2"))[1][20013] == "Y"


async def test_others_trade_between_chunks(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix_recovery, "CHUNK", 2)
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    for n in range(40):
        alice.send(alice.order(f"a{n}"))
        await report(alice, NEW, f"a{n}")
    chunks = Chunks(monkeypatch, gateway, "executions", bob, at=2)
    alice.send(request(alice))
    again: list[dict[int, str]] = []
    live: list[dict[int, str]] = []
    while (message := await alice.receive())[35] == "8":
        (again if 97 in message else live).append(message)
    assert (message[35], message[911], len(again)) == ("U2", "40", 40)
    # The fill meanwhile comes once, live.
    live += [] if live else [await alice.expect("8")]
    assert [(one[150], one[11]) for one in live] == [(TRADE, "a0")]
    await report(bob, NEW, "b1")
    assert 2 <= chunks.reported_at[0] < 20


async def test_a_client_that_does_not_read_gets_the_rest_when_it_does(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_recovery, "CHUNK", 8)
    gateway = await start(fix={"max_pending_bytes": 100_000})
    peer = await gateway.fix_session()
    for n in range(10):
        peer.send(*(peer.order(f"o{n}.{k}") for k in range(100)))
        for k in range(100):
            await report(peer, NEW, f"o{n}.{k}")
    closed = watched(gateway.gateway.fix, "closed")
    await peer.close()
    await soon(closed)
    peer = await gateway.deaf_fix_session(next_out=gateway.client().session.numbers.next_in)
    paused = watched(gateway.client().line, "pause_writing")
    peer.send(request(peer))
    await soon(paused)
    peer.listen()
    assert len((await recovered(peer))[0]) == 1000


async def test_a_recovery_waits_for_a_resend_and_ends_with_its_connection(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"), peer.order("o2"))
    await report(peer, NEW, "o1")
    await report(peer, NEW, "o2")
    peer.send(peer.encode("2", (7, 1), (16, 0)), request(peer))
    messages = [await peer.receive() for _ in range(6)]
    assert [message[35] for message in messages] == ["4", "8", "8", "8", "8", "U2"]
    assert [message.get(43) for message in messages] == ["Y", "Y", "Y", None, None, None]
    begun = watched(gateway.gateway._store, "executions")
    closed = watched(gateway.gateway.fix, "closed")
    peer.send(request(peer, None, "r2"))
    await peer.close()
    await soon(closed)
    again = await back(gateway, peer)
    while not begun.empty():
        begun.get_nowait()
    again.send(request(again, None, "r3"))
    while (message := await again.receive())[35] != "U2" or message[20012] != "r3":
        pass
    assert message[911] == "2"


@pytest.mark.parametrize("what", ["executions", "messages"])
async def test_a_history_that_cannot_be_read_ends_the_connection(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    await report(peer, NEW, "o1")

    def fail(*_: object) -> None:
        raise StoreError("data/log: Input/output error")

    monkeypatch.setattr(gateway.gateway._store, what, fail)
    closed = watched(gateway.gateway.fix, "closed")
    peer.send(request(peer) if what == "executions" else peer.encode("2", (7, 1), (16, 0)))
    logout = await peer.expect("5")
    assert logout[58] == "the history cannot be read; nothing was left out, ask again later"
    with pytest.raises(EOFError):
        await peer.receive()
    assert (await soon(closed))[1] == "history_unreadable"
    [record] = [record for record in caplog.records if record.message == "fix history not read"]
    assert (record.levelname, record.__dict__["session"]) == ("ERROR", "ALICE")
    assert record.__dict__["reason"] == "data/log: Input/output error"


async def test_what_cannot_be_decoded_ends_the_connection(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def torn(execution: bytes) -> Any:
        raise ValueError(execution)

    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    await report(peer, NEW, "o1")
    monkeypatch.setattr(fix_recovery, "decode_execution", torn)
    peer.send(request(peer))
    await peer.expect("5")
    assert [one.message for one in caplog.records if one.exc_info] == ["executions not told again"]


async def test_what_is_forgotten_meanwhile_is_a_gap(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_recovery, "CHUNK", 2)
    peer = await gateway.fix_session()
    for n in range(6):
        peer.send(peer.order(f"o{n}"))
        await report(peer, NEW, f"o{n}")
    store = gateway.gateway._store
    read = store.executions

    def forgetful(account: str, after: int, limit: int) -> Any:
        # The first chunk is there; the next begins two later.
        return read(account, after if after < 2 else max(after, 4), limit)

    monkeypatch.setattr(store, "executions", forgetful)
    peer.send(request(peer))
    again, end = await recovered(peer)
    assert [one[11] for one in again] == ["o0", "o1", "o4", "o5"]
    assert end[20013] == "Y"


async def test_a_request_is_void_with_its_connection(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    await report(peer, NEW, "o1")
    recovery = gateway.client()._recovery
    held: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "_go_on", held.append)
        asked = watched(recovery, "ask")
        peer.send(request(peer))
        await soon(asked)
        closed = watched(gateway.gateway.fix, "closed")
        await peer.close()
        await soon(closed)
        again = await back(gateway, peer)
        again.send(request(again, None, "r2"))
        await soon(asked)
    first, second = held
    next_out = gateway.client().session.numbers.next_out
    recovery._step(first)
    assert gateway.client().session.numbers.next_out == next_out
    recovery._go_on(second)
    assert len((await recovered(again, "r2"))[0]) == 1
