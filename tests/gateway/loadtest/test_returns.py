"""FIX sessions that are cut off and come back: what was lost is fetched, and every answer checked once."""

from typing import Any

import pytest

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.outcome import Outcome
from gateway.loadtest.results import CONNECT
from tests.gateway.loadtest.recalling_venue import RecallingVenue
from tests.gateway.loadtest.runs import MIX, SOON, faults_of, run_orders, scenario_of
from tests.gateway.loadtest.venue import Fields, Habits, Venue, at, doubled, dropped

# Nearly all leaves in bursts, so that half of one is lost and half of one worked, and its answers lost.
BURSTS = {"rate": 10, "burst": 20, "burst_every_s": 0.02, "count": 0, "duration_s": 0.35}


def _run(venue: Venue, **tables: Any) -> Outcome:
    fix = {"sessions": 2, "reconnect_every_s": 0.1}
    plan = scenario_of(**{"fix": fix, "orders": MIX, "load": BURSTS, "limits": SOON, **tables})
    return run_orders(venue.address, plan)[0]


@pytest.mark.parametrize(
    "load", [BURSTS, {"window": 5, "count": 0, "duration_s": 0.35}], ids=["open", "closed"]
)
def test_what_was_lost_is_fetched_and_nothing_is_a_fault(load: dict[str, Any]) -> None:
    with RecallingVenue() as venue:
        outcome = _run(venue, load=load)
    assert faults_of(outcome) == {}
    assert outcome.is_complete
    counts = outcome.findings.counts
    assert counts["requests_sent"] == counts["requests_answered"] > 0
    assert counts["accepted"] == counts["orders"]
    assert counts["connections"] == 2
    assert counts["reconnections"] == venue.returns >= 4
    assert counts["sent_again"] > 0
    assert outcome.findings.tallies[CONNECT].total() == 2 + venue.returns
    assert venue.open_orders == 0
    for client in ("LOAD1", "LOAD2"):
        fresh = [int(f[34]) for f in venue.received if f[49] == client and 43 not in f]
        assert fresh == sorted(set(fresh))


def test_reports_that_were_lost_come_again() -> None:
    with RecallingVenue() as venue:
        outcome = _run(venue)
    assert outcome.findings.counts["received_again"] >= venue.resent > 0


def test_an_order_is_sent_again_as_it_was() -> None:
    with RecallingVenue() as venue:
        _run(venue)
    again = [fields for fields in venue.received if fields.get(43) == "Y" and fields[35] == "D"]
    assert again
    for fields in again:
        assert fields[122] <= fields[52]
        assert fields[60] == fields[122]


def test_a_share_of_the_sessions_is_cut() -> None:
    fix = {"sessions": 4, "reconnect_every_s": 0.1, "reconnect_share": 0.5}
    with RecallingVenue() as venue:
        outcome = _run(venue, fix=fix)
    assert faults_of(outcome) == {}
    returned = {fields[49] for fields in venue.received if fields[35] == "A" and 141 not in fields}
    assert returned == {"LOAD1", "LOAD2"}


def test_a_report_that_is_left_out_when_it_should_come_again_is_missing() -> None:
    def resend(n: int, report: Fields) -> list[Fields]:
        fill = {34: report[34], 35: "4", 43: "Y", 123: "Y", 36: str(int(report[34]) + 1)}
        return [fill] if n == 1 else [report]

    with RecallingVenue(resend=resend) as venue:
        outcome = _run(venue, orders={"cross": 0, "cancel_at_end": False})
    assert faults_of(outcome) == {FaultKind.MISSING: 1}


def test_a_report_that_comes_again_twice_is_doubled() -> None:
    with RecallingVenue(resend=lambda n, report: [report, report] if n == 1 else [report]) as venue:
        outcome = _run(venue, orders={"cross": 0, "cancel_at_end": False})
    assert faults_of(outcome) == {FaultKind.DOUBLED: 1}


def test_an_order_that_is_worked_twice_is_a_doubled_answer() -> None:
    with RecallingVenue(works_twice=True) as venue:
        outcome = _run(venue, orders={"cross": 0, "cancel_at_end": False})
    assert faults_of(outcome) == {FaultKind.DOUBLED: 1}


@pytest.mark.parametrize(("tampered", "fault"), [(dropped, FaultKind.MISSING), (doubled, FaultKind.DOUBLED)])
def test_what_is_wrong_beside_the_cuts_is_found(tampered: Any, fault: FaultKind) -> None:
    with RecallingVenue(Habits(tamper=at(60, tampered))) as venue:
        outcome = _run(venue, orders={"cross": 0, "cancel_at_end": False})
    assert faults_of(outcome) == {fault: 1}


def test_a_target_that_resends_nothing_is_told_and_the_run_ends() -> None:
    with RecallingVenue(resends=False) as venue:
        outcome = _run(venue, orders={"cross": 0, "cancel_at_end": False})
    found = faults_of(outcome)
    assert found[FaultKind.GAP] == 2
    assert found[FaultKind.MISSING] > 0
    assert set(found) <= {FaultKind.GAP, FaultKind.MISSING, FaultKind.STALLED}


@pytest.mark.parametrize(
    ("on_return", "why"), [("logout", "logged out: MsgSeqNum too low"), ("silence", "not back in 0.3 s")]
)
def test_a_session_that_is_not_let_back_is_refused(on_return: str, why: str) -> None:
    with RecallingVenue(on_return=on_return) as venue:
        outcome = _run(venue, limits={**SOON, "connect_s": 0.3})
    found = faults_of(outcome)
    assert found[FaultKind.REFUSED] == 2
    assert why in outcome.findings.faults.found()[-1].examples[0]
    assert not outcome.is_complete


def test_a_target_that_is_gone_when_they_come_back_ends_the_run() -> None:
    with RecallingVenue(Habits(dies_after=60)) as venue:
        outcome = _run(venue)
    assert set(faults_of(outcome)) & {FaultKind.LOST, FaultKind.REFUSED}
    assert not outcome.is_complete
