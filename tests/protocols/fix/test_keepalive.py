"""Heartbeat and TestRequest by the clock."""

from hypothesis import given
from hypothesis import strategies as st

from protocols.fix.keepalive import Duty, Keepalive
from tests.protocols.fix.acceptor import SECOND, START


def started(heart_bt_int: int = 10) -> Keepalive:
    keepalive = Keepalive()
    keepalive.start(heart_bt_int, START)
    return keepalive


def test_nothing_is_due_before_the_start_and_after_the_stop() -> None:
    keepalive = Keepalive()
    assert keepalive.next_deadline() is None
    assert keepalive.due(START) is Duty.NOTHING
    keepalive = started()
    keepalive.stop()
    assert keepalive.next_deadline() is None
    assert keepalive.due(START + 100 * SECOND) is Duty.NOTHING


def test_an_interval_of_zero_means_no_heartbeats() -> None:
    keepalive = started(0)
    assert keepalive.next_deadline() is None
    assert keepalive.due(START + 100 * SECOND) is Duty.NOTHING


def test_a_heartbeat_is_due_an_interval_after_the_last_byte_sent() -> None:
    keepalive = started()
    assert keepalive.next_deadline() == START + 10 * SECOND
    assert keepalive.due(START + 10 * SECOND - 1) is Duty.NOTHING
    assert keepalive.due(START + 10 * SECOND) is Duty.HEARTBEAT
    keepalive.sent_at = START + 5 * SECOND
    keepalive.heard_at = START + 5 * SECOND
    assert keepalive.next_deadline() == START + 15 * SECOND


def test_a_test_request_is_due_after_silence_and_its_answer_clears_it() -> None:
    keepalive = started()
    at = START + 12 * SECOND
    keepalive.sent_at = at
    assert keepalive.due(at - 1) is Duty.NOTHING
    assert keepalive.due(at) is Duty.TEST_REQUEST
    assert keepalive.asked(at) == b"T1"
    assert keepalive.due(at) is Duty.NOTHING
    keepalive.answered(None)
    keepalive.answered(b"T0")
    assert keepalive.due(at + 12 * SECOND) is Duty.DISCONNECT
    keepalive.answered(b"T1")
    keepalive.heard_at = at + SECOND
    assert keepalive.due(at + 12 * SECOND) is Duty.HEARTBEAT
    assert keepalive.asked(at + 13 * SECOND) == b"T2"


@given(st.integers(1, 3600), st.integers(0, 10**13), st.integers(0, 10**13))
def test_silence_is_noticed_between_1_and_1_5_intervals(heart_bt_int: int, sent: int, heard: int) -> None:
    keepalive = started(heart_bt_int)
    keepalive.sent_at = START + max(sent, heard)
    keepalive.heard_at = START + heard
    interval = heart_bt_int * SECOND
    assert keepalive.due(keepalive.heard_at + interval * 3 // 2) is Duty.TEST_REQUEST
    assert keepalive.due(keepalive.heard_at + interval) is not Duty.TEST_REQUEST


@given(st.integers(1, 3600), st.integers(0, 10**13))
def test_something_is_due_at_the_deadline_and_nothing_before(heart_bt_int: int, elapsed: int) -> None:
    keepalive = started(heart_bt_int)
    deadline = keepalive.next_deadline()
    assert deadline is not None
    assert (keepalive.due(START + elapsed) is Duty.NOTHING) == (START + elapsed < deadline)
