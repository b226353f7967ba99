"""Strangers on the FIX listener: who is let in, and that the others learn nothing."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from gateway.auth import fix_logons, verify_password
from gateway.net import fix_acceptor
from tests.gateway.net.fix_peer import FixPeer
from tests.gateway.net.running import PASSWORD, Running, StartRunning, soon, watched

Said = Callable[[FixPeer], bytes]


def wrong_password(peer: FixPeer) -> bytes:
    return peer.logon("wrong")


def no_password(peer: FixPeer) -> bytes:
    return peer.encode("A", (98, 0), (108, 30), (553, peer.name))


def wrong_username(peer: FixPeer) -> bytes:
    return peer.logon(PASSWORD, username="BOB")


def unknown_comp_id(peer: FixPeer) -> bytes:
    peer.name = "MALLORY"
    return peer.logon(PASSWORD)


def far_away(peer: FixPeer) -> bytes:
    peer.name = "ERIN"
    return peer.logon(PASSWORD)


def wrong_target(peer: FixPeer) -> bytes:
    peer.target = "OTHER"
    return peer.logon(PASSWORD)


def first_an_order(peer: FixPeer) -> bytes:
    return peer.order("first")


def too_large(_peer: FixPeer) -> bytes:
    return b"8=FIX.4.4\x019=99999999\x0135=A\x01"


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (wrong_password, "logon_refused"),
        (no_password, "logon_refused"),
        (wrong_username, "logon_refused"),
        (unknown_comp_id, "logon_refused"),
        (far_away, "logon_refused"),
        (wrong_target, "logon_refused"),
        (first_an_order, "first_message_not_logon"),
        (too_large, "message_too_large"),
    ],
)
async def test_a_stranger_is_closed_without_a_byte(gateway: Running, say: Said, reason: str) -> None:
    peer = await gateway.fix()
    peer.send(say(peer))
    assert await peer.rest() == b""
    await gateway.gateway.fix.quiet.wait()
    assert dict(gateway.gateway.fix.counters.disconnects) == {reason: 1}
    assert gateway.client().line is None


async def test_a_right_logon_is_answered(gateway: Running) -> None:
    peer = await gateway.fix()
    logon = await peer.log_on(PASSWORD)
    assert (logon[49], logon[56], logon[34], logon[108]) == ("BDAX", "ALICE", "1", "30")
    assert gateway.gateway.fix.established == 1


async def test_garbage_before_the_logon_is_counted_and_ignored(gateway: Running) -> None:
    peer = await gateway.fix()
    peer.send(b"GET / HTTP/1.1\r\n\r\n", peer.logon(PASSWORD))
    await peer.expect("A")
    await peer.close()
    await gateway.gateway.fix.quiet.wait()
    assert gateway.gateway.fix.garbled == 1


async def test_a_logon_in_pieces_and_what_follows_it_in_one_segment(gateway: Running) -> None:
    peer = await gateway.fix()
    logon, order = peer.logon(PASSWORD), peer.order("o1")
    for n in range(0, len(logon) - 1, 40):
        peer.send(logon[n : min(n + 40, len(logon) - 1)])
        await peer.writer.drain()
    peer.send(logon[-1:], order)
    await peer.expect("A")
    assert (await peer.expect("8"))[11] == "o1"


async def test_who_says_nothing_is_closed_in_time(start: StartRunning) -> None:
    gateway = await start(fix={"logon_timeout_s": 0.05})
    peer = await gateway.fix()
    assert await peer.rest() == b""
    await gateway.gateway.fix.quiet.wait()
    assert dict(gateway.gateway.fix.counters.disconnects) == {"logon_timeout": 1}


async def test_a_verdict_after_the_timeout_comes_too_late(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await start(fix={"logon_timeout_s": 0.05})
    verdicts: list[Callable[[object], None]] = []
    monkeypatch.setattr(
        gateway.gateway._gate, "verify_logon", lambda _claim, decided: verdicts.append(decided)
    )
    peer = await gateway.fix()
    peer.send(peer.logon(PASSWORD))
    assert await peer.rest() == b""
    verdicts[0](gateway.client().entry)
    assert gateway.client().line is None
    assert gateway.gateway.fix.counters.disconnects["logon_timeout"] == 1


async def test_of_two_connections_the_first_is_kept(gateway: Running) -> None:
    first = await gateway.fix_session()
    second = await gateway.fix()
    second.send(second.logon(PASSWORD))
    assert await second.rest() == b""
    first.send(first.encode("1", (112, "still there")))
    assert (await first.expect("0"))[112] == "still there"


async def test_an_address_that_keeps_failing_is_held_back(start: StartRunning) -> None:
    gateway = await start(logons={"max_failures": 2, "failure_interval_s": 3600.0})
    for _ in range(2):
        peer = await gateway.fix()
        peer.send(peer.logon("wrong"))
        assert await peer.rest() == b""
    peer = await gateway.fix()
    peer.send(peer.logon(PASSWORD))
    assert await peer.rest() == b""
    attempts = gateway.gateway._gate._attempts
    assert (attempts.failures, attempts.refusals) == (2, 1)


async def test_a_connection_beyond_the_bound_is_closed(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_acceptor, "MAX_CONNECTIONS", 1)
    first = await gateway.fix_session()
    second = await gateway.fix("BOB")
    assert await second.rest() == b""
    first.send(first.encode("1", (112, "x")))
    await first.expect("0")
    assert gateway.gateway.fix.connected == 1


async def test_a_flood_is_verified_only_until_its_budget_is_spent(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await start(logons={"max_failures": 3, "failure_interval_s": 3600.0, "verify_threads": 1})
    verified = []

    def watch(stored: str, password: str) -> bool:
        verified.append(password)
        return verify_password(stored, password)

    monkeypatch.setattr(fix_logons, "verify_password", watch)
    peers = [await gateway.fix("BOB") for _ in range(20)]
    for peer in peers:
        peer.send(peer.logon("wrong"))
    assert [await peer.rest() for peer in peers] == [b""] * 20
    assert len(verified) == 3


async def test_others_are_served_while_a_password_is_verified(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await gateway.fix_session()
    loop = asyncio.get_running_loop()
    begun = asyncio.Event()
    free = threading.Event()

    def slow(stored: str, password: str) -> bool:
        loop.call_soon_threadsafe(begun.set)
        free.wait(10)
        return verify_password(stored, password)

    monkeypatch.setattr(fix_logons, "verify_password", slow)
    second = await gateway.fix("BOB")
    second.send(second.logon(PASSWORD))
    await begun.wait()
    first.send(first.order("o1"))
    assert (await first.expect("8"))[11] == "o1"
    free.set()
    await second.expect("A")


async def test_a_client_that_leaves_during_its_verification_is_forgotten(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: asyncio.Future[Callable[[object], None]] = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(
        gateway.gateway._gate, "verify_logon", lambda _claim, decided: asked.set_result(decided)
    )
    peer = await gateway.fix()
    peer.send(peer.logon(PASSWORD))
    decided = await asked
    await peer.close()
    decided(gateway.client().entry)
    await gateway.gateway.fix.quiet.wait()
    assert gateway.client().line is None
    again = await gateway.fix(next_out=gateway.client().session.numbers.next_in)
    monkeypatch.undo()
    await again.log_on(PASSWORD)


async def test_a_stranger_that_closes_its_direction_is_closed(gateway: Running) -> None:
    peer = await gateway.fix()
    peer.send(b"8=FIX.4.4")
    peer.writer.write_eof()
    assert await peer.rest() == b""
    await gateway.gateway.fix.quiet.wait()
    assert dict(gateway.gateway.fix.counters.disconnects) == {"connection_lost": 1}


async def test_what_comes_behind_our_last_word_does_not_cost_the_client_that_word(gateway: Running) -> None:
    peer = await gateway.fix_session()
    closed = watched(gateway.gateway.fix, "closed")
    peer.next_out = 1
    peer.send(peer.encode("0"))
    for _ in range(50):
        peer.send(b"8=FIX.4.4\x019=5\x01" + b"x" * 20_000)
        await peer.writer.drain()
    assert "MsgSeqNum" in (await peer.expect("5"))[58]
    assert gateway.client().line is None, "the identity is free while the old connection still ends"
    with pytest.raises(EOFError):
        await peer.receive()
    await peer.close()
    assert (await soon(closed))[1] == "msg_seq_num_too_low"
