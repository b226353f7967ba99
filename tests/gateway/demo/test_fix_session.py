import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.demo.fix_session import HEART_BT_INT, FixSessionError, InitiatorSession, utc_text
from tests.gateway.demo.acceptor import Acceptor, fields

SECOND = 1_000_000_000
UTC = 1_735_689_600_123_456_789


def logged_on() -> tuple[InitiatorSession, Acceptor]:
    session, acceptor = InitiatorSession("SIM1", "secret"), Acceptor()
    session.logon(UTC, 0)
    acceptor.read(session.data_to_send())
    assert session.receive_data(acceptor.accept_logon(), UTC, 0) == []
    return session, acceptor


def test_the_logon_names_the_participant_and_resets_the_numbers() -> None:
    session = InitiatorSession("SIM1", "secret")
    session.logon(UTC, 0)
    [logon] = Acceptor().read(session.data_to_send())
    assert logon.message_type == b"A"
    assert fields(logon, 34, 49, 56, 98, 108, 141, 553, 554) == [
        "1",
        "SIM1",
        "BDAX",
        "0",
        str(HEART_BT_INT),
        "Y",
        "SIM1",
        "secret",
    ]
    assert fields(logon, 52) == ["20250101-00:00:00.123"]
    assert not session.is_established


def test_an_accepted_logon_establishes_the_session() -> None:
    session, _ = logged_on()
    assert session.is_established
    assert session.data_to_send() == b""


def test_messages_are_numbered_one_by_one() -> None:
    session, acceptor = logged_on()
    session.send("D", [(11, "a")], UTC, 0)
    session.send("F", [(11, "b")], UTC, 0)
    sent = acceptor.read(session.data_to_send())
    assert [fields(message, 35, 34, 11) for message in sent] == [["D", "2", "a"], ["F", "3", "b"]]


def test_application_messages_come_out_in_order() -> None:
    session, acceptor = logged_on()
    wire = acceptor.say("8", (11, "a")) + acceptor.say("0") + acceptor.say("9", (11, "b"))
    received = session.receive_data(wire, UTC, 0)
    assert [message.message_type for message in received] == [b"8", b"9"]


@given(st.lists(st.integers(min_value=1, max_value=400), max_size=8))
def test_cut_anywhere_the_bytes_give_the_same_messages(cuts: list[int]) -> None:
    session, acceptor = logged_on()
    wire = b"".join(acceptor.say("8", (11, f"order-{i}")) for i in range(4))
    ends = sorted({min(cut, len(wire)) for cut in cuts} | {len(wire)})
    received, start = [], 0
    for end in ends:
        received += session.receive_data(wire[start:end], UTC, 0)
        start = end
    assert [fields(message, 11) for message in received] == [[f"order-{i}"] for i in range(4)]


def test_a_test_request_is_answered_with_its_id() -> None:
    session, acceptor = logged_on()
    session.receive_data(acceptor.say("1", (112, "are you there")), UTC, 0)
    [heartbeat] = acceptor.read(session.data_to_send())
    assert fields(heartbeat, 35, 112) == ["0", "are you there"]


def test_a_heartbeat_goes_out_when_nothing_else_did() -> None:
    session, acceptor = logged_on()
    session.on_timer(UTC, HEART_BT_INT * SECOND)
    assert session.data_to_send() == b""
    session.on_timer(UTC, HEART_BT_INT * SECOND + 1)
    [heartbeat] = acceptor.read(session.data_to_send())
    assert heartbeat.message_type == b"0"


def test_nothing_is_said_before_the_logon_is_accepted() -> None:
    session = InitiatorSession("SIM1", "secret")
    session.logon(UTC, 0)
    session.data_to_send()
    session.on_timer(UTC, HEART_BT_INT * SECOND + 1)
    assert session.data_to_send() == b""


def test_a_silent_gateway_ends_the_session() -> None:
    session, _ = logged_on()
    with pytest.raises(FixSessionError, match="no message"):
        session.on_timer(UTC, 3 * HEART_BT_INT * SECOND)


def test_a_logout_is_answered_and_ends_the_session() -> None:
    session, acceptor = logged_on()
    with pytest.raises(FixSessionError, match="closing time"):
        session.receive_data(acceptor.say("5", (58, "closing time")), UTC, 0)
    [logout] = acceptor.read(session.data_to_send())
    assert logout.message_type == b"5"
    session.logout(UTC, 0)
    assert session.data_to_send() == b""


@pytest.mark.parametrize("msg_type", ["2", "3", "4"])
def test_what_a_fresh_session_never_needs_ends_it(msg_type: str) -> None:
    session, acceptor = logged_on()
    with pytest.raises(FixSessionError, match=f"35={msg_type}"):
        session.receive_data(acceptor.say(msg_type, (58, "x")), UTC, 0)


@pytest.mark.parametrize("number", [1, 7])
def test_a_wrong_number_ends_the_session(number: int) -> None:
    session, acceptor = logged_on()
    with pytest.raises(FixSessionError, match=rf"MsgSeqNum\(34\) is {number}, expected 2"):
        session.receive_data(acceptor.say("8", number=number), UTC, 0)


@pytest.mark.parametrize(
    "wire",
    [b"8=FIX.4.4\x01no tag=1\x01", b"8=FIX.4.4\x0134=\x01", b"8=FIX.4.4\x0135=8\x0134=x\x0110=000\x01"],
)
def test_bytes_that_are_no_fix_end_the_session(wire: bytes) -> None:
    session, _ = logged_on()
    with pytest.raises(FixSessionError, match="unreadable"):
        session.receive_data(wire, UTC, 0)


@pytest.mark.parametrize(
    ("utc", "text"),
    [(0, "19700101-00:00:00.000"), (1_735_689_599_999_999_999, "20241231-23:59:59.999")],
)
def test_a_timestamp_has_milliseconds(utc: int, text: str) -> None:
    assert utc_text(utc) == text
