"""What a FIX client gets for its orders, while it is there, while it is away, and while it does not read."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.app import gateway as composition
from gateway.model import Command, NewOrder
from gateway.net.fix_client import FixClient
from tests.gateway.net.fix_peer import FixPeer
from tests.gateway.net.running import PASSWORD, TIMEOUT_S, Running, StartRunning, back, report, soon, watched

NEW, CANCELED, REPLACED, TRADE, REJECTED, STATUS = "0", "4", "5", "F", "8", "I"


async def test_an_order_and_what_becomes_of_it(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    new = await report(peer, NEW, "o1")
    assert new[17].split("-")[0] == new[37]
    peer.send(peer.replace("o2", "o1", price="91000000"))
    assert (await report(peer, REPLACED, "o2"))[44] == "91000000"
    peer.send(peer.status("o2"))
    assert (await report(peer, STATUS, "o2"))[39] == "0"
    peer.send(peer.cancel("c1", "o2"))
    assert (await report(peer, CANCELED, "c1"))[41] == "o2"
    peer.send(peer.cancel("c2", "o2"))
    assert (await peer.expect("9"))[102] == "0"


async def test_two_clients_trade(gateway: Running) -> None:
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    alice.send(alice.order("a1"))
    await report(alice, NEW, "a1")
    bob.send(bob.order("b1", "2", price="90000000"))
    await report(bob, NEW, "b1")
    taken, made = await report(bob, TRADE, "b1"), await report(alice, TRADE, "a1")
    assert taken[17].split("-")[0] == made[17].split("-")[0]
    assert (taken[31], made[151]) == ("90000000", "0")


async def test_one_segment_with_order_question_and_cancel(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"), peer.status("o1"), peer.cancel("c1", "o1"))
    await report(peer, NEW, "o1")
    await report(peer, CANCELED, "c1")
    # A question is answered at the end of the turn, so with the outcome of all that came with it.
    status = await peer.expect("8")
    assert (status[150], status[39]) == (STATUS, "4")


async def test_a_message_that_cannot_be_worked_takes_none_behind_it_along(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await gateway.fix_session()
    client = gateway.gateway.router._sessions["ALICE"]
    assert isinstance(client, FixClient)
    submit = client._submit

    def fail(command: Command, now: int) -> None:
        if isinstance(command, NewOrder) and command.cl_ord_id == b"o2":
            raise KeyError("a mistake")
        submit(command, now)

    monkeypatch.setattr(client, "_submit", fail)
    peer.send(peer.order("o1"), peer.order("o2"), peer.order("o3"))
    refused = await peer.expect("j")
    assert (refused[45], refused[372], refused[380]) == ("3", "D", "0")
    assert refused[58] == "the gateway could not work it; its number is used"
    await report(peer, NEW, "o1")
    await report(peer, NEW, "o3")
    assert "fix message not worked" in caplog.text


async def test_a_question_by_order_id_and_one_for_nothing(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    order_id = (await report(peer, NEW, "o1"))[37]
    peer.send(peer.encode("H", (11, "o1"), (37, order_id), (55, "BTC-KRW"), (54, 1)))
    assert (await report(peer, STATUS, "o1"))[37] == order_id
    peer.send(peer.status("o9"))
    unknown = await peer.expect("8")
    assert (unknown[37], unknown[39], unknown[103]) == ("NONE", "8", "5")


def unsupported(peer: FixPeer) -> bytes:
    return peer.encode("AF", (584, "all"), (585, 7))


def wrong_value(peer: FixPeer) -> bytes:
    return peer.order("o1", qty="much")


def without_quantity(peer: FixPeer) -> bytes:
    fields = ((11, "o1"), (55, "BTC-KRW"), (54, 1), (60, "20260101-00:00:00"), (40, 2), (44, "90000000"))
    return peer.encode("D", *fields)


def strange_identifier(peer: FixPeer) -> bytes:
    return peer.order("with space")


@pytest.mark.parametrize(
    ("say", "msg_type", "tag", "reason", "counter"),
    [
        (unsupported, "j", 380, "3", "business"),
        (without_quantity, "j", 380, "5", "business"),
        (wrong_value, "3", 373, "6", "session"),
        (strange_identifier, "3", 373, "5", "session"),
    ],
)
async def test_a_message_that_is_no_order_is_rejected_and_the_session_lives_on(
    gateway: Running, say: Callable[[FixPeer], bytes], msg_type: str, tag: int, reason: str, counter: str
) -> None:
    peer = await gateway.fix_session()
    number = peer.next_out
    peer.send(say(peer), peer.order("good"))
    reject = await peer.expect(msg_type)
    assert (reject[tag], reject[45]) == (reason, str(number))
    await report(peer, NEW, "good")
    assert dict(gateway.gateway.fix.counters.rejects) == {counter: 1}


@pytest.mark.parametrize(
    ("symbol", "price", "reason"), [("NO-SUCH", "90000000", "1"), ("BTC-KRW", "90000001", "99")]
)
async def test_an_order_that_is_refused_has_its_report(
    gateway: Running, symbol: str, price: str, reason: str
) -> None:
    peer = await gateway.fix_session()
    terms = ((54, 1), (60, "20260101-00:00:00"), (38, "0.01"), (40, 2), (44, price))
    peer.send(peer.encode("D", (11, "o1"), (55, symbol), *terms))
    refused = await report(peer, REJECTED, "o1")
    assert (refused[103], refused[39], refused[55]) == (reason, "8", symbol)


async def test_a_reject_of_the_client_is_logged(gateway: Running, caplog: pytest.LogCaptureFixture) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.encode("3", (45, 1), (58, "what?")), peer.encode("1", (112, "x")))
    await peer.expect("0")
    assert "fix client rejected a message" in [record.message for record in caplog.records]


async def test_orders_of_a_lost_line_are_canceled_where_it_is_asked_for(gateway: Running) -> None:
    alice, dave = await gateway.fix_session("ALICE"), await gateway.fix_session("DAVE")
    for peer in (alice, dave):
        peer.send(peer.order(f"{peer.name}1"))
        await report(peer, NEW, f"{peer.name}1")
    closed = watched(gateway.gateway.fix, "closed")
    for peer in (alice, dave):
        await peer.close()
        await soon(closed)
    dave = await back(gateway, dave)
    dave.send(dave.encode("2", (7, 3), (16, 0)))
    assert (await report(dave, CANCELED, "DAVE1"))[43] == "Y"
    registry = gateway.gateway.router.registry
    assert [order.cl_ord_id for order in registry.open_orders("ALICE")] == [b"ALICE1"]
    assert list(registry.open_orders("DAVE")) == []


async def test_reports_of_a_client_that_is_away_wait_for_its_resend_request(gateway: Running) -> None:
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    alice.send(alice.order("a1"))
    await report(alice, NEW, "a1")
    closed = watched(gateway.gateway.fix, "closed")
    await alice.close()
    await soon(closed)
    bob.send(bob.order("b1", "2", price="90000000"))
    await report(bob, NEW, "b1")
    await report(bob, TRADE, "b1")
    again = await gateway.fix("ALICE", next_out=alice.next_out)
    logon = await again.log_on(PASSWORD)
    assert logon[34] == "4"  # 3 was given to the fill
    again.send(again.encode("2", (7, 3), (16, 0)))
    fill = await report(again, TRADE, "a1")
    assert (fill[34], fill[43]) == ("3", "Y")
    gap_fill = await again.expect("4")
    assert (gap_fill[34], gap_fill[123], gap_fill[36]) == ("4", "Y", "5")


async def test_a_reset_opens_a_new_epoch_of_numbers(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    await report(peer, NEW, "o1")
    peer.next_out = 1
    peer.send(peer.encode("A", (98, 0), (108, 30), (141, "Y"), (553, "ALICE"), (554, PASSWORD)))
    assert (await peer.expect("A"))[34] == "1"
    peer.send(peer.order("o2"))
    assert (await report(peer, NEW, "o2"))[34] == "2"
    assert gateway.gateway._store.numbers("ALICE").epoch == 1


async def test_a_client_that_closes_its_direction_gets_its_reports(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    peer.writer.write_eof()
    await report(peer, NEW, "o1")
    with pytest.raises(EOFError):
        await peer.receive()


async def test_the_session_s_own_deadlines_are_kept(start: StartRunning) -> None:
    gateway = await start(fix={"heart_bt_int_min": 1})
    peer = await gateway.fix()
    await peer.log_on(PASSWORD, heart_bt_int=1)
    await peer.expect("0")


async def test_a_client_logs_out(gateway: Running) -> None:
    peer = await gateway.fix_session()
    closed = watched(gateway.gateway.fix, "closed")
    peer.send(peer.encode("5", (58, "bye")))
    await peer.expect("5")
    assert await peer.rest() == b""
    assert (await soon(closed))[1] == "logout_by_client"


async def test_a_connection_is_not_read_while_too_much_waits_for_a_commit(gateway: Running) -> None:
    peer = await gateway.fix_session()
    line = gateway.client().line
    assert line in gateway.gateway.turns._readers
    await peer.close()
    await gateway.gateway.fix.quiet.wait()
    assert gateway.gateway.turns._readers == set()


# ---- the end of the gateway


async def test_the_goodbye_to_those_who_answer_and_to_strangers(gateway: Running) -> None:
    peer, stranger = await gateway.fix_session(), await gateway.fix("BOB")
    # The stranger's connection has to be there before the goodbye.
    stranger.send(b"8=FIX")
    peer.send(peer.encode("1", (112, "x")))
    await peer.expect("0")
    end = asyncio.create_task(gateway.shut_down())
    logout = await peer.expect("5")
    assert logout[58] == composition.GOODBYE
    peer.send(peer.encode("5"))
    async with asyncio.timeout(TIMEOUT_S):
        await end
    assert gateway.gateway.fix.counters.disconnects == {"logout_answered": 1, "shutdown": 1}


async def test_the_goodbye_to_one_who_does_not_answer(start: StartRunning) -> None:
    gateway = await start(fix={"logout_timeout_s": 0.05})
    peer = await gateway.fix_session()
    await gateway.shut_down()
    await peer.expect("5")
    assert dict(gateway.gateway.fix.counters.disconnects) == {"logout_unanswered": 1}


async def test_who_is_left_after_the_goodbye_is_dropped(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "GOODBYE_TIMEOUT_S", 0.05)
    gateway = await start(fix={"logout_timeout_s": 60.0})
    dave = await gateway.fix_session("DAVE")
    dave.send(dave.order("d1"))
    await report(dave, NEW, "d1")
    await gateway.shut_down()
    assert gateway.gateway.fix.connected == 0
    # What the lost line led to is committed before the store is closed.
    assert list(gateway.gateway.router.registry.open_orders("DAVE")) == []
    assert gateway.gateway.turns.is_idle


async def test_nobody_is_taken_after_the_goodbye(gateway: Running) -> None:
    gateway.gateway.fix.say_goodbye("enough")
    peer = await gateway.fix()
    assert await peer.rest() == b""
