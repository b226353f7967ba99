"""FIX clients that miss messages, and those that do not read: nothing is lost, and nobody else waits."""

import dataclasses
from typing import Any

import pytest

from gateway.net import fix_resend
from gateway.net.fix_client import HISTORY_UNREADABLE
from tests.gateway.net.chunks import Chunks
from tests.gateway.net.fix_peer import FixPeer
from tests.gateway.net.running import PASSWORD, Running, StartRunning, back, report, soon, watched

NEW = "0"


async def questions(peer: FixPeer, count: int) -> None:
    """Ask ``count`` times for an order, read the answers."""
    peer.send(*(peer.status("o1") for _ in range(count)))
    for _ in range(count):
        await peer.expect("8")


async def test_a_long_resend_goes_in_pieces_while_others_trade(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_resend, "CHUNK", 4)
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    alice.send(alice.order("a1"))
    await report(alice, NEW, "a1")
    await questions(alice, 800)
    chunks = Chunks(monkeypatch, gateway, "messages", bob, at=1)
    alice.send(alice.encode("2", (7, 1), (16, 0)))
    numbers = [int((await alice.receive())[34]) for _ in range(803)]
    assert numbers == list(range(1, 804))
    assert chunks.count == 201
    await report(bob, NEW, "b1")
    assert 1 <= chunks.reported_at[0] < 201


async def test_a_resend_ends_with_the_epoch_that_asked_for_it(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_resend, "CHUNK", 1)
    peer = await gateway.fix_session()
    await questions(peer, 20)
    begun = watched(gateway.gateway._store, "messages")
    ask = peer.encode("2", (7, 1), (16, 0))
    peer.next_out = 1
    reset = peer.encode("A", (98, 0), (108, 30), (141, "Y"), (553, "ALICE"), (554, PASSWORD))
    peer.send(ask, reset, peer.status("o1"))
    while (await peer.receive())[35] != "A":
        pass
    assert (await peer.expect("8"))[34] == "2"
    assert begun.qsize() <= 1


@pytest.mark.parametrize("lost", [{5}, {8}, {5, 6, 7, 8}, {11, 12}, {21}])
async def test_a_hole_in_what_is_stored_is_not_filled(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, lost: set[int]
) -> None:
    monkeypatch.setattr(fix_resend, "CHUNK", 4)
    peer = await gateway.fix_session()
    await questions(peer, 20)
    stored = gateway.gateway._store.messages

    def messages(*wanted: Any) -> Any:
        return [message for message in stored(*wanted) if message.msg_seq_num not in lost]

    monkeypatch.setattr(gateway.gateway._store, "messages", messages)
    peer.send(peer.encode("2", (7, 1), (16, 0)))
    told = []
    while (message := await peer.receive())[35] != "5":
        told.append(int(message[36 if message[35] == "4" else 34]))
    assert message[58] == HISTORY_UNREADABLE
    assert told[-1] <= min(lost)


async def test_what_is_forgotten_is_filled(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix_resend, "CHUNK", 4)
    peer = await gateway.fix_session()
    await questions(peer, 20)
    stored = gateway.gateway._store.messages

    def messages(*wanted: Any) -> Any:
        return [message for message in stored(*wanted) if message.msg_seq_num > 10]

    monkeypatch.setattr(gateway.gateway._store, "messages", messages)
    peer.send(peer.encode("2", (7, 1), (16, 0)))
    gap_fill = await peer.receive()
    assert (gap_fill[35], gap_fill[36]) == ("4", "11")
    assert [int((await peer.receive())[34]) for _ in range(11)] == list(range(11, 22))


async def test_a_resend_waits_for_a_client_that_does_not_read(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await start(fix={"max_pending_bytes": 100_000})
    monkeypatch.setattr(fix_resend, "CHUNK", 64)
    peer = await gateway.fix_session()
    for _ in range(20):
        await questions(peer, 100)
    closed = watched(gateway.gateway.fix, "closed")
    await peer.close()
    await soon(closed)
    next_out = gateway.client().session.numbers.next_in
    peer = await gateway.deaf_fix_session(next_out=next_out)
    paused = watched(gateway.client().line, "pause_writing")
    peer.send(peer.encode("2", (7, 2), (16, 2001)))
    await soon(paused)
    peer.listen()
    assert [int((await peer.receive())[34]) for _ in range(2000)] == list(range(2, 2002))
    assert gateway.client().line is not None


async def test_a_client_that_does_not_read_is_logged_out_and_misses_nothing(start: StartRunning) -> None:
    gateway = await start(fix={"max_pending_bytes": 20_000, "logout_timeout_s": 0.1})
    bob = await gateway.fix_session("BOB")
    alice = await gateway.deaf_fix_session("ALICE")
    closed = watched(gateway.gateway.fix, "closed")
    paused = watched(gateway.client().line, "pause_writing")
    alice.send(*(alice.status("o1") for _ in range(600)))
    await soon(paused)
    alice.send(*(alice.status("o1") for _ in range(100)))
    connection, reason = await soon(closed)
    assert (connection.address, reason) == ("127.0.0.1", "slow_consumer")
    bob.send(bob.order("b1"))
    await report(bob, NEW, "b1")
    again = await back(gateway, alice)
    again.send(again.encode("2", (7, 2), (16, 701)))
    assert [int((await again.receive())[34]) for _ in range(700)] == list(range(2, 702))


async def test_a_slow_client_that_reads_in_time_learns_why(start: StartRunning) -> None:
    gateway = await start(fix={"max_pending_bytes": 20_000, "logout_timeout_s": 30.0})
    peer = await gateway.deaf_fix_session()
    ended = watched(gateway.client().line, "end")
    paused = watched(gateway.client().line, "pause_writing")
    peer.send(*(peer.status("o1") for _ in range(600)))
    await soon(paused)
    peer.send(peer.status("o1"))
    await soon(ended)
    peer.listen()
    for _ in range(600):
        await peer.expect("8")
    logout = await peer.expect("5")
    assert "slow consumer: more than 20000 bytes" in logout[58]
    with pytest.raises(EOFError):
        await peer.receive()


async def test_too_much_held_behind_a_resend_ends_the_connection_at_once(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = gateway.client().session
    held = dataclasses.replace(session.settings, max_held_bytes=100)
    alice, bob = await gateway.deaf_fix_session("ALICE"), await gateway.fix_session("BOB")
    closed = watched(gateway.gateway.fix, "closed")
    paused = watched(gateway.client().line, "pause_writing")
    asked = watched(gateway.client()._resend, "_step")
    monkeypatch.setattr(session, "settings", held)
    monkeypatch.setattr(session._conversation, "settings", held)
    alice.send(alice.order("a1"), *(alice.status("o1") for _ in range(600)))
    await soon(paused)
    alice.send(alice.encode("2", (7, 1), (16, 0)))
    await soon(asked)
    bob.send(bob.order("b1", "2", price="90000000"))
    await report(bob, NEW, "b1")
    # Nothing comes from ALICE, and no timer is due: the fill itself ends her connection.
    alice.listen()
    while (message := await alice.receive())[35] != "5":
        pass
    assert "held" in message[58]
    assert (await soon(closed))[1] == "held_bytes"


async def test_a_client_that_closes_its_direction_and_does_not_read_is_dropped(start: StartRunning) -> None:
    gateway = await start(fix={"logout_timeout_s": 0.1})
    peer = await gateway.deaf_fix_session()
    closed = watched(gateway.gateway.fix, "closed")
    peer.send(*(peer.status("o1") for _ in range(1000)))
    peer.writer.write_eof()
    assert (await soon(closed))[1] == "connection_lost"
    assert gateway.client().line is None
