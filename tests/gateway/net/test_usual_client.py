"""Usual and other requests in one read: worked in their order, whichever form works; and the choice of it."""

import pytest

from gateway.net.fix_client import FixClient
from gateway.net.usual_client import UsualClient as PlainClient
from gateway.ports import SessionNumbers
from protocols.fix.codec import WHY_PURE, Message
from tests.gateway.net.running import Running, report
from tests.other_form import BUILT, COMPILED, IS_BUILT, hold_for_the_other_form, said_where_chosen

HELD = (
    "test_usual_client.py::test_what_is_usual_and_what_is_not_are_worked_in_their_order",
    "test_usual_client.py::test_reports_of_another_form_say_what_they_do_in_any_form",
    "test_fix_client.py::test_two_clients_trade",
    "test_fix_client.py::test_a_message_that_cannot_be_worked_takes_none_behind_it_along",
    "test_fix_client.py::test_reports_of_a_client_that_is_away_wait_for_its_resend_request",
    "test_fix_client.py::test_a_reset_opens_a_new_epoch_of_numbers",
)


def trader(gateway: Running, name: str = "ALICE") -> FixClient:
    client = gateway.gateway.router._sessions[name]
    assert isinstance(client, FixClient)
    return client


def accept(message: Message) -> None:
    assert message.raw


async def test_what_is_usual_and_what_is_not_are_worked_in_their_order(gateway: Running) -> None:
    peer = await gateway.fix_session()
    client = trader(gateway)
    peer.send(
        peer.order("o1"),
        peer.order("o2", price="0.5"),  # has to be looked at more closely
        peer.replace("r1", "o1", price="90500000"),
        peer.encode("D", (11, "o3")),  # has nothing else
        peer.encode("1", (112, "there?")),
        peer.cancel("c1", "r1"),
        peer.status("r1"),
        peer.encode("Q", (11, "x")),
        peer.order("o4", "2", price="95000000"),
    )
    told = [await peer.receive() for _ in range(9)]
    executions = [(each[150], each[11]) for each in told if each[35] == "8"]
    assert executions == [("0", "o1"), ("8", "o2"), ("5", "r1"), ("4", "c1"), ("0", "o4"), ("I", "r1")]
    assert sorted(each[35] for each in told if each[35] != "8") == ["0", "3", "j"]
    assert [int(each[34]) for each in told] == list(range(2, 11))
    counted = client._counters.messages_in
    assert {kind: counted[kind] for kind in (b"D", b"F", b"G", b"H")} == {b"D": 3, b"F": 1, b"G": 1, b"H": 1}
    kept = client.desk.store.numbers("ALICE")
    assert (kept.next_in, kept.next_out) == (peer.next_out, 11)


async def test_reports_of_another_form_say_what_they_do_in_any_form(gateway: Running) -> None:
    """A client with details in its reports, and one without, are told of the same trade."""
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    alice.send(alice.order("a1"))
    await report(alice, "0", "a1")
    bob.send(bob.order("b1", "2", price="90000000"), bob.cancel("c1", "b1"))
    await report(bob, "0", "b1")
    assert (await report(bob, "F", "b1"))[17].split("-")[0] == (await report(alice, "F", "a1"))[17].split(
        "-"
    )[0]
    assert (await bob.expect("9"))[434] == "1"


@BUILT
@COMPILED
def test_the_compiled_form_takes_the_store_s_numbers_alone() -> None:
    from gateway.net._usual_client import UsualParty
    from protocols.fix import Session, SessionSettings, Timestamps
    from tests.protocols.fix.acceptor import StoredNumbers

    settings = SessionSettings(
        begin_string=b"FIX.4.4", sender_comp_id=b"BDAX", target_comp_id=b"C", validate=accept
    )
    session = Session(settings, StoredNumbers(), Timestamps(0))
    with pytest.raises(TypeError, match="the store's"):
        UsualParty("C", session, None, SessionNumbers(), 1)  # type: ignore[abstract, arg-type]  # it comes to no use


@BUILT
def test_the_tests_hold_for_the_other_form() -> None:
    hold_for_the_other_form([f"tests/gateway/net/{name}" for name in HELD], is_plain=bool(WHY_PURE))


@pytest.mark.parametrize(("choice", "is_plain"), [("1", True), ("", not IS_BUILT)])
def test_the_environment_chooses_the_form(choice: str, *, is_plain: bool) -> None:
    question = "from gateway.net import usual_fix; print(usual_fix.UsualClient.__module__)"
    assert (said_where_chosen(choice, question) == [PlainClient.__module__]) is is_plain
