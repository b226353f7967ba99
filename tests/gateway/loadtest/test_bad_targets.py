"""The harness against targets that break the session, refuse, stall or die: it ends in time and says so."""

import contextlib
import itertools
import socket
import threading
import time
from typing import Any

import pytest

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.outcome import Ready, Status
from gateway.loadtest.results import ORDER_TO_ACK
from tests.gateway.loadtest.runs import MIX, SOON, faults_of, run_orders, scenario_of
from tests.gateway.loadtest.venue import Fields, Habits, Tamper, Venue, at, changed, doubled


def _faults(tamper: Tamper, **tables: Any) -> dict[FaultKind, int]:
    with Venue(Habits(tamper=tamper)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(**{"limits": SOON, **tables}))
    return faults_of(outcome)


def test_a_number_that_is_left_out_is_a_gap() -> None:
    with Venue(Habits(skips_number_at=30)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of())
    assert faults_of(outcome) == {FaultKind.GAP: 1}


def test_a_message_that_is_no_report_and_comes_again_is_a_gap() -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        return [report, {35: "0", 34: "1"}] if n == 5 else [report]

    assert _faults(tamper) == {FaultKind.GAP: 1}


def test_an_unexpected_message_answers_nothing() -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        return [report, {35: "B", 58: "news"}] if n == 5 else [report]

    assert _faults(tamper) == {FaultKind.UNKNOWN: 1}


@pytest.mark.parametrize(
    "says",
    [
        b"nonsense 10=000\x01",
        b"nonsense\x0110=000\x01",
        b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01",
        b"8=FIX.4.4\x019=9\x0135=0\x0134=2\x0110=000\x01",
        b"8=FIX.4.4\x019=99999\x0135=0\x0134=2\x0110=000\x01",
    ],
)
def test_bytes_that_are_no_message_are_unreadable_and_what_follows_is_read(says: bytes) -> None:
    with Venue(Habits(says=says)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of())
    assert faults_of(outcome) == {FaultKind.UNREADABLE: 2}


@pytest.mark.parametrize("msg_type", ["8", "9", "3", "j"])
def test_a_target_that_rejects_everything_is_said_to(msg_type: str) -> None:
    number = itertools.count(2)

    def tamper(_: int, report: Fields) -> list[Fields]:
        if msg_type == "8":
            return [{**report, 150: "8", 39: "8", 58: "closed"}]
        body = {35: msg_type, 45: str(next(number)), 58: "closed"}
        return [{**body, 11: report[11]} if msg_type == "9" else body]

    with Venue(Habits(tamper=tamper)) as venue:
        plan = scenario_of(fix={"sessions": 1}, orders={"cross": 0})
        outcome, _ = run_orders(venue.address, plan)
    assert faults_of(outcome) == {FaultKind.REJECTED: 400}
    [fault] = outcome.findings.faults.found()
    assert "closed" in fault.examples[0]
    assert outcome.is_complete


def test_a_reject_of_no_message_of_ours_is_told() -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        return [report, {35: "3", 45: "99999", 58: "what?"}] if n == 5 else [report]

    assert _faults(tamper) == {FaultKind.REJECTED: 1}


def test_a_delay_is_in_the_latencies() -> None:
    with Venue(Habits(delay_s=0.1)) as venue:
        plan = scenario_of(load={"rate": 200, "count": 40}, orders={"cross": 0, "cancel_at_end": False})
        outcome, _ = run_orders(venue.address, plan)
    assert faults_of(outcome) == {}
    measure = outcome.findings.tallies[ORDER_TO_ACK].measure(ORDER_TO_ACK)
    assert measure is not None
    assert measure.count == 40
    assert 99_900_000 <= measure.min <= measure.percentiles["50"] < 150_000_000


def test_an_open_loop_counts_what_a_delay_made_wait_from_the_plan() -> None:
    """The target stalls; what was due meanwhile is late too: no coordinated omission."""
    gate = threading.Event()

    def stall(n: int, report: Fields) -> list[Fields]:
        if n == 20:
            gate.wait(0.2)
        return [report]

    with Venue(Habits(tamper=stall)) as venue:
        plan = scenario_of(load={"rate": 200, "count": 80}, orders={"cross": 0, "cancel_at_end": False})
        outcome, _ = run_orders(venue.address, plan)
    tally = outcome.findings.tallies[ORDER_TO_ACK]
    late = sum(count for value, count in tally.counts.items() if value > 20_000_000)
    assert late >= 30  # those that were due in the first 180 of the 200 ms


def test_a_target_that_falls_silent_ends_the_run_within_patience() -> None:
    started = time.monotonic()
    found = _faults(lambda n, report: [report] if n < 100 else [], load={"count": 100_000})
    assert found[FaultKind.STALLED] == 2
    assert found[FaultKind.MISSING] == 80  # a window on each session, and another one after patience
    assert set(found) == {FaultKind.STALLED, FaultKind.MISSING}
    assert time.monotonic() - started < 15


def test_a_session_that_loses_its_answers_is_forgiven_and_the_run_goes_on() -> None:
    lost = itertools.count()

    def tamper(_: int, report: Fields) -> list[Fields]:
        return [] if report[11].startswith("run-1-") and next(lost) < 3 else [report]

    plan = {"load": {"count": 200, "window": 3}, "orders": {"cross": 0}, "limits": {"patience_s": 0.2}}
    assert _faults(tamper, **plan) == {FaultKind.MISSING: 3}


def test_a_target_that_dies_is_lost_and_what_it_owes_is_missing() -> None:
    with Venue(Habits(dies_after=100)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(load={"count": 100_000}, limits=SOON))
    found = faults_of(outcome)
    assert found[FaultKind.LOST] == 2
    assert found[FaultKind.MISSING] > 0
    assert not outcome.is_complete


@pytest.mark.parametrize(
    ("logon", "why"),
    [
        ("silence", "not logged on in 0.2 s"),
        ("logout", "logged out: who are you"),
        ("hang up", "closed by the target"),
    ],
)
def test_a_logon_that_is_refused_ends_the_run(logon: str, why: str) -> None:
    with Venue(Habits(logon=logon)) as venue:
        outcome, said = run_orders(venue.address, scenario_of(limits={"connect_s": 0.2}))
    assert faults_of(outcome) == {FaultKind.REFUSED: 2}
    assert why in outcome.findings.faults.found()[0].examples[0]
    assert Ready(0, 2) in said
    assert not outcome.is_complete


@pytest.mark.parametrize(
    "says",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01" * 50_000],
    ids=["another protocol", "a flood"],
)
def test_nonsense_in_place_of_a_logon_is_shown(says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(says)
                while connection.recv(1 << 16):
                    continue

        talker = threading.Thread(target=talk)
        talker.start()
        plan = scenario_of(fix={"sessions": 1}, limits={"connect_s": 0.5})
        outcome, _ = run_orders(listener.getsockname()[:2], plan)
        talker.join()
    found = faults_of(outcome)
    assert found[FaultKind.REFUSED] == 1
    assert found[FaultKind.UNREADABLE] > 0


def test_a_run_that_is_stopped_while_it_connects_ends_at_once() -> None:
    started = time.monotonic()
    with Venue(Habits(logon="silence")) as venue:
        outcome, said = run_orders(venue.address, scenario_of(limits={"connect_s": 60}), stop_after=2)
    assert time.monotonic() - started < 10
    assert {type(word) for word in said[:-1]} == {Status}
    assert said[-1] == Ready(0, 2)
    assert faults_of(outcome) == {}
    assert not outcome.is_complete


def test_a_target_that_is_not_there_ends_the_run() -> None:
    with Venue() as venue:
        pass
    outcome, _ = run_orders(venue.address, scenario_of())
    assert faults_of(outcome) == {FaultKind.REFUSED: 2}
    assert "Connection refused" in outcome.findings.faults.found()[0].examples[0]


def test_a_test_request_is_answered_between_prepared_orders() -> None:
    with Venue(Habits(tests_line_at=50)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(fix={"sessions": 1}, orders=MIX))
    assert faults_of(outcome) == {}
    [heartbeat] = [fields for fields in venue.received if fields[35] == "0"]
    assert heartbeat[112] == "still there?"
    numbers = venue.numbers("LOAD1")
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_resend_request_is_answered_with_a_gap_fill_and_told() -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        return [report, {35: "2", 7: "3", 16: "0"}] if n == 50 else [report]

    with Venue(Habits(tamper=tamper)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(fix={"sessions": 1}))
    assert faults_of(outcome) == {FaultKind.GAP: 1}
    [fill] = [fields for fields in venue.received if fields[35] == "4"]
    assert (fill[34], fill[43], fill[123]) == ("3", "Y", "Y")


@pytest.mark.parametrize("begin", ["abc", "", "0", "-1", "9" * 30, "99999"])
def test_a_resend_request_of_nonsense_is_told_and_the_run_goes_on(begin: str) -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        return [report, {35: "2", 7: begin, 16: "0"}] if n == 50 else [report]

    with Venue(Habits(tamper=tamper)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(fix={"sessions": 1}))
    assert faults_of(outcome) == {FaultKind.GAP: 1, FaultKind.WRONG: 1}
    assert outcome.is_complete
    assert not [fields for fields in venue.received if fields[35] == "4"]


def test_numbers_of_thousands_of_digits_are_wrong_answers() -> None:
    found = _faults(at(20, changed(_11="run-1-" + "9" * 5000)), fix={"sessions": 1}, orders={"cross": 0})
    assert found == {FaultKind.WRONG: 1, FaultKind.MISSING: 1}


def test_what_has_no_end_is_unreadable() -> None:
    with Venue(Habits(says=b"8=FIX.4.4\x019=5\x01" + b"x" * (3 << 19))) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(limits=SOON))
    found = faults_of(outcome)
    assert found[FaultKind.UNREADABLE] == 2
    assert not outcome.is_complete


def test_what_is_left_behind_the_last_message_is_unreadable() -> None:
    def tamper(_: int, report: Fields) -> list[Fields]:
        return [report]

    with Venue(Habits(tamper=tamper, says_last=b"8=FIX.4.4\x019=")) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(orders={"cross": 0, "cancel_at_end": False}))
    assert faults_of(outcome) == {FaultKind.UNREADABLE: 2}


def test_heartbeats_are_no_answers() -> None:
    """A target that lives and answers nothing is silent all the same."""
    started = time.monotonic()
    beat: Fields = {35: "0"}
    plan = {"load": {"count": 100_000}, "limits": {"patience_s": 0.4}}
    with Venue(Habits(tamper=lambda n, report: [report] if n < 100 else [beat], beats=True)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(**plan))
    found = faults_of(outcome)
    assert found[FaultKind.STALLED] == 2
    assert set(found) == {FaultKind.STALLED, FaultKind.MISSING}
    assert time.monotonic() - started < 10


def test_more_orders_than_are_held_ready_come_in_stretches() -> None:
    with Venue() as venue:
        plan = scenario_of(orders=MIX, load={"count": 1000}, limits={"prepared_max": 100})
        outcome, _ = run_orders(venue.address, plan)
    assert faults_of(outcome) == {}
    assert outcome.findings.counts["requests_sent"] == 1000
    assert 0 < outcome.measured_answers < 1000  # the clock stands while all is answered and prepared


def test_an_open_loop_prepares_and_checks_in_its_pauses() -> None:
    with Venue() as venue:
        limits = {"prepared_max": 10, "recording_bytes": 1 << 16}
        plan = scenario_of(orders=MIX, load={"rate": 800, "count": 400}, limits=limits)
        outcome, said = run_orders(venue.address, plan)
    assert faults_of(outcome) == {}
    statuses = [status for status in said if isinstance(status, Status)]
    assert any(status.samples for status in statuses)
    assert statuses[-1].answered == 400


def test_warm_up_is_not_measured() -> None:
    with Venue() as venue:
        outcome, _ = run_orders(venue.address, scenario_of(load={"warmup": 100}))
    count = outcome.findings.tallies[ORDER_TO_ACK].total()
    assert 200 <= count <= 300
    assert outcome.findings.counts["requests_answered"] == 400


@pytest.mark.parametrize("refused", [False, True], ids=["accepted", "rejected"])
def test_a_target_that_sends_one_report_per_order_is_measured_too(refused: bool) -> None:
    tamper = changed(_150="8", _39="8", _58="no") if refused else changed(_150="0")
    with Venue(Habits(tamper=lambda _, report: tamper(report), one_report=True)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(orders={"answers": "one"}))
    assert faults_of(outcome) == ({FaultKind.REJECTED: 400} if refused else {})
    assert outcome.findings.tallies[ORDER_TO_ACK].total() == 400
    assert outcome.is_complete


def test_a_second_report_in_one_report_mode_is_doubled() -> None:
    with Venue(Habits(tamper=at(7, doubled), one_report=True)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(orders={"answers": "one"}))
    assert faults_of(outcome) == {FaultKind.DOUBLED: 1}


def test_fewer_requests_than_sessions_are_sent_all_the_same() -> None:
    with Venue() as venue:
        plan = scenario_of(fix={"sessions": 7}, load={"count": 5, "window": 9})
        outcome, _ = run_orders(venue.address, plan)
    assert faults_of(outcome) == {}
    assert outcome.planned == outcome.findings.counts["requests_sent"] == 5


def test_a_stopped_run_ends_at_once() -> None:
    with Venue() as venue:
        plan = scenario_of(load={"rate": 100, "count": 0, "duration_s": 60})
        outcome, _ = run_orders(venue.address, plan, stop_after=3)
    assert not outcome.is_complete
    assert outcome.findings.counts["requests_sent"] < 1000
