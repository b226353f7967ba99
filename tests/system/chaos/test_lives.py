"""The auditor on what outlasts a connection, or must not: executions told again, orders that go with it."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.system.chaos.audit_disconnects import audit_disconnects
from tests.system.chaos.auditor import audit
from tests.system.chaos.history import right_evidence
from tests.system.chaos.records import (
    Ending,
    Evidence,
    Execution,
    FixBody,
    FixDelivery,
    FixLog,
    FixRecovery,
    WsDelivery,
    WsLog,
)

BOTH = [("order outlives its connection", account) for account in "FW"]
REPORTS = ("1-1", "2-3", "5-1", "6-1")
WHOLE = ("2-3", "5-1", "6-1")


def complete(count: int = 3, last: str = "6-1", gap: str = "N", request_id: str = "r0") -> FixBody:
    """Return U2."""
    return {35: "U2", 20012: request_id, 911: str(count), 17: last, 20013: gap}


def recovered(*again: str | FixBody, asked: FixRecovery | None = None) -> set[str]:
    """Return the rules broken by F, which has asked for what came after 1-1 and got this."""
    evidence = right_evidence()
    (log,) = evidence.fix
    reports = {each.body.get(17): each.body for each in log.deliveries}
    log.recoveries = [asked or FixRecovery("r0", "1-1", "6-1")]
    log.told_again = [each if isinstance(each, dict) else reports[each] | {97: "Y"} for each in again]
    return {violation.rule for violation in audit(evidence)}


@pytest.mark.parametrize("left", [(), ("1-1",), ("2-3", "5-1")], ids=len)
def test_a_whole_recovery_passes_behind_what_a_lost_connection_left_of_another(left: tuple[str, ...]) -> None:
    assert recovered(*left, *WHOLE, complete()) == set()


def test_a_recovery_from_the_beginning_and_one_of_nothing_pass() -> None:
    assert recovered(*REPORTS, complete(4), asked=FixRecovery("r0", "", "6-1")) == set()
    nothing = {35: "U2", 20012: "r0", 911: "0", 20013: "N"}
    assert recovered(nothing, asked=FixRecovery("r0", "6-1", "6-1")) == set()


@pytest.mark.parametrize(
    ("again", "rule"),
    [
        ((*WHOLE[:2], complete(2, "5-1")), "FIX recovery not whole"),
        (("2-3", "6-1", complete(2)), "FIX recovery not whole"),
        (("2-3", "6-1", "5-1", complete(3, "5-1")), "FIX recovery not whole"),
        ((*WHOLE, complete(2)), "FIX recovery not whole"),
        ((*WHOLE, complete(last="5-1")), "FIX recovery not whole"),
        ((*WHOLE, complete(gap="Y")), "FIX recovery not whole"),
        ((*WHOLE, complete(), complete()), "FIX recovery of nothing"),
        ((*WHOLE, complete(), complete(request_id="r9")), "FIX recovery of nothing"),
        ((*WHOLE,), "FIX recovery never ended"),
    ],
)
def test_a_recovery_that_breaks_its_promise(again: Sequence[str | FixBody], rule: str) -> None:
    assert recovered(*again) == {rule}


def test_an_execution_that_is_told_otherwise_again() -> None:
    evidence = right_evidence()
    (log,) = evidence.fix
    report = next(each.body for each in log.deliveries if each.body.get(17) == "2-3")
    log.told_again = [report | {97: "Y", 32: "0.5"}, report | {97: "Y", 17: "2-9"}]
    assert [violation.rule for violation in audit(evidence)] == ["FIX execution told otherwise again"] * 2


def event(eseq: int, kind: str, order_id: int, remaining: int = 1) -> Execution:
    return Execution(f"{eseq}-1", kind, str(order_id), "", "", "X", "buy", remaining=Decimal(remaining))


def outlived(*told: Execution, open_orders: int = 0) -> list[tuple[str, str]]:
    """Return what is broken, and by whom: order 1 was entered on connection 1, order 5 on the next one."""
    entered = ((1, 1), (2, 5))
    fix = FixLog("F", "F", cancels_on_disconnect=True)
    ws = WsLog("W", cancels_on_disconnect=True)
    for connection, eseq in entered:
        report = {35: "8", 17: f"{eseq}-1", 150: "0", 11: "x", 37: str(eseq), 55: "X", 54: "1"}
        fix.deliveries.append(FixDelivery(connection, eseq, poss_dup=False, body=report))
        data = {"report_id": f"{eseq}-1", "kind": "accepted", "order_id": str(eseq), "cl_ord_id": "x"}
        ws.deliveries.append(WsDelivery(connection, "event", eseq, {"data": data}))
    endings = {name: Ending(open_orders=[{}] * open_orders) for name in "FW"}
    evidence = Evidence(fix=[fix], ws=[ws], endings=endings)
    found = audit_disconnects(evidence, {"F": told, "W": told})
    return [(violation.rule, violation.text[0]) for violation in found]


@pytest.mark.parametrize("end", [event(3, "canceled", 1), event(2, "filled", 1, 0)])
def test_orders_that_go_with_their_connection_pass(end: Execution) -> None:
    assert outlived(event(1, "accepted", 1), end, event(5, "accepted", 5)) == []


@pytest.mark.parametrize("late", [(), (event(7, "canceled", 1),), (event(3, "filled", 1),)], ids=len)
def test_an_order_that_outlives_its_connection(late: Sequence[Execution]) -> None:
    assert outlived(event(1, "accepted", 1), event(5, "accepted", 5), *late) == BOTH


def test_an_order_that_is_left_in_the_end() -> None:
    assert outlived(open_orders=1) == BOTH
