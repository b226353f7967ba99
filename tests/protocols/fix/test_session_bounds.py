"""What no client can do to a session: make it raise, loop, or grow without bound."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocols.fix import Framer, Validator, scan, standard_dictionary
from protocols.fix.errors import SessionReject
from protocols.fix.session import Session
from protocols.fix.session_events import (
    Disconnect,
    DisconnectReason,
    LogonReceived,
    MessageRejected,
    SequenceReset,
)
from protocols.fix.session_settings import SessionSettings
from protocols.fix.states import State
from tests.protocols.fix.acceptor import SECOND, START, Acceptor
from tests.protocols.fix.wire import message

SETTINGS = SessionSettings(
    begin_string=b"FIX.4.4",
    sender_comp_id=b"BDAX",
    target_comp_id=b"CLIENT",
    validate=Validator(standard_dictionary(b"FIX.4.4")).validate,
)
HEADER = "49=CLIENT|52=20260101-00:00:00.000|56=BDAX|"
LOGON = message(f"35=A|34=1|{HEADER}98=0|108=30|")


def logged_on(**changes: int) -> Acceptor:
    acceptor = Acceptor(replace(SETTINGS, **changes))  # type: ignore[arg-type] # every changed one is an int
    acceptor.open()
    acceptor.receive(LOGON)
    assert acceptor.session.state is State.ESTABLISHED
    return acceptor


FIELDS = st.sampled_from(
    [
        *("35=0|", "35=1|", "35=2|", "35=3|", "35=4|", "35=5|", "35=A|", "35=D|", "35=8|", "35=j|", "35=|"),
        *("34=1|", "34=2|", "34=3|", "34=9|", "34=|", "34=-1|", "34=99999999999999999999|"),
        *("43=Y|", "97=Y|", "122=20260101-00:00:00|", "122=20270101-00:00:00|", "122=x|"),
        *("7=1|", "7=2|", "7=0|", "16=0|", "16=3|", "16=x|", "36=1|", "36=9|", "36=999999999999999999|"),
        *("123=Y|", "123=N|", "141=Y|", "108=30|", "98=0|", "112=x|", "112=|", "11=a|", "789=1|", "789=9|"),
        *("49=X|", "56=|", "52=19700101-00:00:00|", "52=x|", "95=3|", "96=a|b|", "=|", "x|", "58=\xff|"),
    ]
)
CONTENT = st.lists(FIELDS, max_size=8).map("".join)
NEARLY_RIGHT = st.tuples(st.sampled_from("012345AD8j"), st.integers(1, 6), CONTENT).map(
    lambda made: message(f"35={made[0]}|34={made[1]}|{HEADER}{made[2]}")
)
WRONG = CONTENT.map(lambda content: message(f"35=0|{content}"))
NOISE = st.binary(max_size=40)


@given(st.lists(st.one_of(NEARLY_RIGHT, NEARLY_RIGHT, WRONG, NOISE), max_size=12), st.integers(1, 400))
@example([message(f"35=2|34=2|{HEADER}7=1|16=0|")], 400)
def test_any_bytes_end_in_a_state_and_never_raise(stream: list[bytes], cut: int) -> None:
    acceptor = logged_on()
    data = b"".join(stream)
    for at in range(0, len(data), cut):
        acceptor.receive(data[at : at + cut])
    acceptor.advance(100 * SECOND)
    assert acceptor.disconnect is not None  # at the latest when the TestRequest is not answered
    assert acceptor.session.state is State.ENDED
    assert acceptor.session.next_deadline() is None


@given(NOISE)
def test_a_right_message_behind_noise_is_worked(noise: bytes) -> None:
    acceptor = logged_on()
    acceptor.receive(noise + message(f"35=1|34=2|{HEADER}112=x|"))
    if acceptor.disconnect is None:
        acceptor.receive(message(f"35=1|34=2|{HEADER}43=Y|122=20260101-00:00:00|112=x|"))
        assert b"112=x" in acceptor.sent[-1]


def test_what_waits_above_a_gap_is_bounded_and_asked_for_again() -> None:
    acceptor = logged_on(max_queued_bytes=400)
    body = "11=a|55=X|54=1|38=1|40=1|60=20260101-00:00:00|"
    for number in range(3, 12):
        acceptor.receive(message(f"35=D|34={number}|{HEADER}{body}"))
    assert [b"\x0135=2\x01" in frame for frame in acceptor.sent] == [False, True]
    for number in range(2, 12):
        resent = f"35=D|34={number}|{HEADER}43=Y|122=20260101-00:00:00|{body}"
        acceptor.receive(message(resent))
    assert [found.msg_seq_num for found in acceptor.worked] == list(range(2, 12))
    assert acceptor.numbers.next_in == 12


def test_numbers_worked_before_their_turn_are_bounded() -> None:
    acceptor = logged_on(max_queued_bytes=1000)
    for number in range(3, 100):
        acceptor.receive(message(f"35=2|34={number}|{HEADER}7=1|16=1|"))
    assert len(acceptor.session._inbound._sequence._queue) <= 7  # type: ignore[union-attr]


def test_rejects_held_behind_a_resend_are_bounded() -> None:
    acceptor = logged_on(max_held_bytes=1000)
    acceptor.auto_resend = False
    acceptor.receive(message(f"35=2|34=2|{HEADER}7=1|16=0|"))
    for number in range(3, 30):
        acceptor.receive(message(f"35=0|34={number}|{HEADER}9999=x|"))
    assert acceptor.disconnect is not None
    assert acceptor.disconnect.reason is DisconnectReason.HELD_BYTES


def test_our_resend_request_held_behind_a_resend_is_not_unanswered() -> None:
    acceptor = logged_on(resend_patience=SECOND, heart_bt_int_max=1000)
    acceptor.auto_resend = False
    acceptor.receive(message(f"35=2|34=4|{HEADER}7=1|16=0|"))
    acceptor.advance(20 * SECOND)
    assert acceptor.disconnect is None
    assert len(acceptor.sent) == 1
    acceptor.feed_chunk()
    assert [b"\x0135=2\x01" in frame for frame in acceptor.sent] == [False, False, True]
    acceptor.advance(SECOND)
    assert b"\x0135=2\x01" in acceptor.sent[-1]
    assert len(acceptor.sent) == 4


def test_bytes_without_a_connection_and_after_the_end_are_dropped() -> None:
    acceptor = Acceptor(SETTINGS)
    session = acceptor.session
    session.receive_data(LOGON, START)
    session.accept_logon(START)
    session.refuse_logon(START)
    session.logout("", START)
    session.on_deadline(START)
    session.resend([], START, last=True)
    session.reject(scan(LOGON), SessionReject(5, None, "x"), START)
    assert session.events() == []
    assert session.data_to_send() == b""
    assert session.state is State.AWAY

    acceptor.open()
    acceptor.receive(LOGON)
    session.terminate(DisconnectReason.SHUTDOWN, "closing", START)
    acceptor.settle()
    assert b"58=closing" in acceptor.sent[-1]
    sent = len(acceptor.sent)
    session.receive_data(message(f"35=1|34=2|{HEADER}112=x|"), START)
    session.logout("again", START)
    session.terminate(DisconnectReason.SHUTDOWN, "again", START)
    session.accept_logon(START)
    acceptor.settle()
    assert len(acceptor.sent) == sent
    assert [type(event) for event in acceptor.events].count(Disconnect) == 1


def test_a_message_sent_after_our_logout_waits_for_the_next_logon() -> None:
    acceptor = logged_on()
    acceptor.session.logout("bye", acceptor.now)
    acceptor.session.send(b"8", b"37=1\x01", acceptor.now)
    acceptor.session.logout("bye again", acceptor.now)
    acceptor.settle()
    assert b"35=5" in acceptor.sent[-1]
    assert acceptor.numbers.next_out == 4
    acceptor.lose()
    acceptor.open()
    acceptor.receive(message(f"35=A|34=2|{HEADER}98=0|108=30|"))
    acceptor.receive(message(f"35=2|34=3|{HEADER}7=2|16=0|"))
    assert b"\x0134=3\x01" in acceptor.sent[-2]
    assert b"37=1" in acceptor.sent[-2]


def test_logging_out_before_the_logon_is_decided_ends_in_silence() -> None:
    acceptor = Acceptor(SETTINGS, auto_accept=False)
    acceptor.open()
    acceptor.receive(LOGON)
    acceptor.session.logout("closing", START)
    acceptor.settle()
    assert acceptor.disconnect is not None
    assert acceptor.disconnect.reason is DisconnectReason.SHUTDOWN
    assert acceptor.sent == []


def test_a_session_is_reset_between_connections() -> None:
    acceptor = Acceptor(SETTINGS)
    acceptor.session.send(b"8", b"37=1\x01", START)
    acceptor.session.reset()
    (event,) = acceptor.session.events()
    assert isinstance(event, SequenceReset)
    assert event.epoch == acceptor.numbers.epoch == 1
    assert [number for number, _ in event.unsaved] == [1]
    assert acceptor.session.outbound() == []
    assert acceptor.numbers.next_out == acceptor.numbers.next_in == 1
    acceptor.open()
    acceptor.receive(LOGON)
    with pytest.raises(ValueError, match="between connections"):
        acceptor.session.reset()


def test_the_application_rejects_what_validation_cannot_see() -> None:
    acceptor = logged_on()
    acceptor.receive(message(f"35=D|34=2|{HEADER}11=a|55=X|54=1|38=1|40=1|60=20260101-00:00:00|"))
    error = SessionReject(5, b"44", "Price(44) is wrong\x01")
    acceptor.session.reject(acceptor.worked[0], error, acceptor.now)
    acceptor.settle()
    fields = scan(acceptor.sent[-1]).fields
    assert [fields[tag] for tag in (b"45", b"371", b"372", b"373")] == [b"2", b"44", b"D", b"5"]
    assert fields[b"58"] == b"Price(44) is wrong?"
    assert acceptor.events[-1] == MessageRejected(acceptor.worked[0], error)


def test_a_header_field_of_the_application_is_kept_by_a_resend() -> None:
    acceptor = logged_on()
    acceptor.session.send(b"8", b"37=1\x01", acceptor.now, b"97=Y\x01")
    acceptor.receive(message(f"35=2|34=2|{HEADER}7=2|16=2|"))
    for frame, poss_dup in zip(acceptor.sent[-2:], (False, True), strict=True):
        found = scan(frame)
        assert (found.poss_resend, found.poss_dup) == (True, poss_dup)
        assert found.fields[b"37"] == b"1"


def test_the_identity_is_free_when_the_transport_is_gone() -> None:
    session = Session(SETTINGS, Acceptor(SETTINGS).numbers, Acceptor(SETTINGS).timestamps)
    assert session.connect(Framer(100), scan(LOGON), START)
    assert not session.connect(Framer(100), scan(LOGON), START)
    session.disconnected(START)
    assert session.state is State.AWAY
    assert session.connect(Framer(100), scan(LOGON), START)
    assert [type(event) for event in session.events()] == [LogonReceived, LogonReceived]
