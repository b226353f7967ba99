"""The harness against an exchange that answers wrongly: it reports exactly what was wrong, nothing else."""

import itertools
from typing import Any

import pytest

from gateway.loadtest.faults import FaultKind
from tests.gateway.loadtest.runs import MIX, SOON, faults_of, run_orders, scenario_of
from tests.gateway.loadtest.venue import (
    Change,
    Fields,
    Habits,
    Tamper,
    Venue,
    at,
    changed,
    doubled,
    dropped,
    of_kind,
)


def _faults(tamper: Tamper, **tables: Any) -> dict[FaultKind, int]:
    with Venue(Habits(tamper=tamper)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(**{"limits": SOON, **tables}))
    return faults_of(outcome)


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"orders": MIX},
        {"orders": {"cross": 0, "cancel": 1, "open_max": 5}},
        {"fix": {"sessions": 3}, "orders": {"rest": 0}},
        {"fix": {"sessions": 1}, "orders": MIX},
        {"orders": MIX, "load": {"rate": 2000}},
        {
            "orders": MIX,
            "load": {"rate": 2000, "count": 0, "duration_s": 0.2, "burst": 40, "burst_every_s": 0.1},
        },
        {"orders": MIX, "load": {"count": 0, "duration_s": 0.2, "ramp_s": 0.1}},
        {"orders": {**MIX, "cancel_at_end": False}},
    ],
    ids=["half", "mix", "cancels", "odd", "alone", "open loop", "bursts", "timed", "left open"],
)
def test_what_is_right_is_no_fault(tables: dict[str, Any]) -> None:
    with Venue() as venue:
        outcome, _ = run_orders(venue.address, scenario_of(**tables))
    assert faults_of(outcome) == {}
    assert outcome.is_complete
    counts = outcome.findings.counts
    assert counts["requests_sent"] == counts["requests_answered"] > 0
    assert counts["accepted"] == counts["orders"]
    assert counts["canceled"] == counts["cancels"]
    assert counts["replaced"] == counts["replaces"]
    assert (venue.open_orders > 0) == (not tables.get("orders", {}).get("cancel_at_end", True))
    for client in {fields[49] for fields in venue.received}:
        assert venue.numbers(client) == list(range(1, len(venue.numbers(client)) + 1))


@pytest.mark.parametrize("exec_type", ["0", "F", "4", "5"], ids=["accepted", "fill", "canceled", "replaced"])
@pytest.mark.parametrize(
    ("tampered", "fault"),
    [(dropped, FaultKind.MISSING), (doubled, FaultKind.DOUBLED)],
    ids=["dropped", "doubled"],
)
def test_one_report_dropped_or_doubled_is_one_fault(
    exec_type: str, tampered: Change, fault: FaultKind
) -> None:
    assert _faults(of_kind(exec_type, tampered), orders=MIX) == {fault: 1}


@pytest.mark.unmeasured
def test_one_answer_dropped_in_ten_thousand_is_one_missing_answer() -> None:
    limits = {"patience_s": 2}
    tables = {
        "limits": limits,
        "load": {"count": 10_000, "window": 200},
        "orders": {"cross": 0, "cancel": 1, "open_max": 50},
    }
    assert _faults(at(9_000, dropped), **tables) == {FaultKind.MISSING: 1}


def test_a_report_that_comes_again_under_its_old_number_is_doubled() -> None:
    numbers = itertools.count(2)

    def tamper(_: int, report: Fields) -> list[Fields]:
        number = str(next(numbers))
        return [report, {**report, 34: number}] if number == "30" else [report]

    faults = _faults(tamper, fix={"sessions": 1}, orders={"cross": 0})
    assert faults == {FaultKind.DOUBLED: 1}


@pytest.mark.parametrize(
    ("exec_type", "values"),
    [
        ("0", {"_37": "999999"}),
        ("0", {"_54": "9"}),
        ("0", {"_38": "77"}),
        ("0", {"_44": "77"}),
        ("0", {"_151": "0.00000001"}),
        ("0", {"_14": "1"}),
        ("0", {"_39": "2"}),
        ("0", {"_150": "5", "_41": "x"}),
        ("0", {"_44": "not a price"}),
        ("F", {"_31": "77"}),
        ("F", {"_151": "5"}),
        ("F", {"_39": "0"}),
        ("F", {"_37": "999999"}),
        ("4", {"_41": "run-1-77777"}),
        ("4", {"_151": "1"}),
        ("4", {"_39": "0"}),
        ("5", {"_38": "77"}),
        ("5", {"_41": "run-1-77777"}),
        ("5", {"_39": "4"}),
        ("0", {"_49": "SOMEBODY"}),
        ("0", {"_55": "ETH-KRW"}),
        ("0", {"_6": "1"}),
        ("F", {"_6": "77"}),
        ("F", {"_6": "0"}),
        ("0", {"_1": "SOMEBODY"}),
        ("4", {"_40": "1"}),
        ("F", {"_60": "20001122-10:00:00.000"}),
        ("F", {"_60": "20260231-10:00:00.000"}),
        ("F", {"_60": "yesterday"}),
    ],
)
def test_a_report_that_says_something_wrong_is_named(exec_type: str, values: dict[str, str]) -> None:
    found = _faults(of_kind(exec_type, changed(**values), nth=1), orders=MIX)
    assert found[FaultKind.WRONG] >= 1
    # What is wrong of an order's id or state may be noticed again in what follows, and nothing else is.
    assert set(found) <= {FaultKind.WRONG, FaultKind.MISSING}


@pytest.mark.parametrize(("exec_type", "tag"), [("0", 37), ("0", 17), ("F", 17), ("5", 17), ("4", 17)])
def test_an_identity_that_was_anothers_is_wrong(exec_type: str, tag: int) -> None:
    before: list[str] = []

    def tamper(report: Fields) -> list[Fields]:
        return [{**report, tag: before[0]}]

    at_last = of_kind(exec_type, tamper, nth=10)

    def noting(n: int, report: Fields) -> list[Fields]:
        before.append(report[tag])
        return at_last(n, report)

    found = _faults(noting, orders=MIX)
    assert found[FaultKind.WRONG] >= 1
    assert set(found) == {FaultKind.WRONG}


def test_what_is_pending_before_its_answer_is_right_and_after_it_wrong() -> None:
    pending = {"0": "A", "4": "6", "5": "E"}

    def tamper(n: int, report: Fields) -> list[Fields]:
        kind = pending.get(report[150])
        said = [] if kind is None else [{**report, 150: kind, 39: kind, 17: f"{report[17]}-p"}]
        return [*said, report, *(said if n == 1 else ())]

    assert _faults(tamper, orders=MIX) == {FaultKind.WRONG: 1}


def test_too_much_filled_is_wrong() -> None:
    found = _faults(of_kind("F", lambda report: changed(_32="99")(report), nth=3), orders={"rest": 0})
    assert found == {FaultKind.WRONG: 1}


def test_a_fill_of_an_order_that_rests_is_wrong() -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        fill = {
            **report,
            17: "1-9",
            150: "F",
            39: "2",
            32: report[38],
            31: report[44],
            6: report[44],
            14: report[38],
            151: "0",
        }
        return [report, fill] if n == 5 else [report]

    found = _faults(tamper, orders={"cross": 0, "cancel_at_end": False})
    assert found == {FaultKind.WRONG: 1}


def test_a_report_of_somebody_elses_order_answers_nothing() -> None:
    found = _faults(at(20, changed(_11="foreign-1")), orders={"cross": 0})
    assert found == {FaultKind.UNKNOWN: 1, FaultKind.MISSING: 1}


def test_a_report_of_an_order_that_was_never_sent_answers_nothing() -> None:
    found = _faults(at(20, changed(_11="run-1-99999")), fix={"sessions": 1}, orders={"cross": 0})
    assert found == {FaultKind.UNKNOWN: 1, FaultKind.MISSING: 1}


def test_an_order_that_is_canceled_unasked_is_wrong() -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        return [report, {**report, 150: "4", 39: "4", 58: "end of day"}] if n == 5 else [report]

    found = _faults(tamper, orders={"cross": 0, "cancel_at_end": False})
    assert found == {FaultKind.WRONG: 1}


def test_a_report_without_its_fields_is_wrong() -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        return [{tag: value for tag, value in report.items() if tag != 150}] if n == 5 else [report]

    found = _faults(tamper, orders={"cross": 0})
    assert found == {FaultKind.WRONG: 1, FaultKind.MISSING: 1}


def test_orders_that_nobody_crosses_with_are_wrong() -> None:
    def one_sided(_: int, report: Fields) -> list[Fields]:
        return [] if report[150] == "F" else [report]

    with Venue(Habits(tamper=one_sided, one_report=True)) as venue:
        outcome, _ = run_orders(venue.address, scenario_of(orders={"rest": 0}, limits=SOON))
    # The venue knows of no cancels either: each is refused, though nothing was filled.
    assert faults_of(outcome) == {FaultKind.MISSING: 400}
