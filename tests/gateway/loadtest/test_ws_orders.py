"""Orders on WebSocket: against a small exchange, right and wrong, and judged message by message."""

import json
from typing import Any

import pytest

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NEVER, Findings, Half
from gateway.loadtest.flow import SELL, Kind, Order, Request
from gateway.loadtest.order_check import OrderCheck
from gateway.loadtest.results import ORDER_TO_ACK
from gateway.loadtest.scenario import Scenario
from gateway.loadtest.ws_check import WsCheck
from tests.gateway.loadtest.runs import SOON, faults_of, run_orders, scenario_of
from tests.gateway.loadtest.ws_venue import Message, Tamper, WsVenue

RESTING = {"cross": 0, "rest": 3, "cancel": 1, "replace": 1, "quantity_steps": 4}


def _plan(**tables: Any) -> Scenario:
    return scenario_of(**{"fix": {"sessions": 0}, "ws": {"sessions": 1}, "orders": RESTING, **tables})


def _faults(tamper: Tamper) -> dict[FaultKind, int]:
    with WsVenue(tamper) as venue:
        outcome, _ = run_orders(venue.address, _plan(load={"count": 60}, limits=SOON))
    return faults_of(outcome)


def _at(number: int, *instead: Message) -> Tamper:
    return lambda n, message: list(instead) if n == number else [message]


@pytest.mark.parametrize("load", [{}, {"rate": 1000, "count": 300}], ids=["closed loop", "open loop"])
def test_what_is_right_is_no_fault(load: dict[str, int]) -> None:
    with WsVenue() as venue:
        outcome, said = run_orders(venue.address, _plan(load=load))
    assert faults_of(outcome) == {}
    assert outcome.is_complete
    counts, measured = outcome.findings.counts, outcome.findings.tallies[ORDER_TO_ACK].total()
    assert counts["requests_sent"] == counts["requests_answered"] == measured
    assert counts["replaced"] == counts["replaces"] > 0
    assert counts["canceled"] == counts["cancels"] > 0
    assert said


def test_a_reply_or_an_execution_that_is_dropped_is_missing() -> None:
    for number in (21, 22):
        assert _faults(_at(number)) == {FaultKind.MISSING: 1} | ({FaultKind.GAP: 1} if number == 22 else {})


def test_a_reply_or_an_execution_that_comes_twice_is_doubled() -> None:
    replies = _faults(lambda n, message: [message, message] if n == 21 else [message])
    assert replies == {FaultKind.DOUBLED: 1}
    executions = _faults(lambda n, message: [message, message] if n == 22 else [message])
    assert executions == {FaultKind.DOUBLED: 1}


def test_an_error_is_a_rejected_request() -> None:
    error = {"name": "THROTTLED", "msg": "too fast"}

    def tamper(n: int, message: Message) -> list[Message]:
        if n == 1:
            return [{"id": message["id"], "status": 429, "error": error}]
        return [] if n == 2 else [message]

    with WsVenue(tamper) as venue:
        outcome, _ = run_orders(
            venue.address, _plan(orders={**RESTING, "cancel": 0, "replace": 0}, limits=SOON)
        )
    [fault] = outcome.findings.faults.found()
    assert (fault.kind, fault.count) == ("rejected request", 1)
    assert "THROTTLED: too fast" in fault.examples[0]


def test_a_logon_that_is_refused_ends_the_run() -> None:
    with WsVenue(knows=False) as venue:
        outcome, _ = run_orders(venue.address, _plan())
    assert faults_of(outcome) == {FaultKind.REFUSED: 1}
    assert "closed with 1008 logon refused" in outcome.findings.faults.found()[0].examples[0]


def test_what_is_no_websocket_is_refused() -> None:
    with WsVenue() as venue:
        plan = _plan(fix={"sessions": 1}, ws={"sessions": 0}, limits={"connect_s": 0.5})
        outcome, _ = run_orders(venue.address, plan)
    assert faults_of(outcome) == {FaultKind.REFUSED: 1}


# ---- message by message


class _Judge:
    """A check with one order that rests: sent, and answered by its reply."""

    def __init__(self) -> None:
        self.findings = Findings(is_witnessed=True)
        self.orders = OrderCheck("bot", self.findings, answers_apart=True)
        self.check = WsCheck("bot", "run-w1-", "BTC-KRW", self.orders, self.findings)
        order = Order(0, SELL, 100_00000000, 5_00000000, rests=False)
        self.request = Request(0, Kind.CROSS, order)
        self.request.planned = 10
        self.findings.measure_from = 0
        self.orders.expect(self.request)
        self.seq = 0

    def read(self, **message: Any) -> None:
        self.check.read(20, json.dumps(message).encode())

    def execution(self, kind: str, **data: Any) -> None:
        self.seq += 1
        order = {
            "order_id": "7",
            "cl_ord_id": "run-w1-0",
            "symbol": "BTC-KRW",
            "side": "sell",
            "price": "100",
            "average_price": None if kind == "accepted" else "100",
            "quantity": "5",
            "filled_quantity": "0",
            "remaining_quantity": "5",
        }
        body = {"report_id": f"{self.seq}-1", "kind": kind, **order, **data}
        self.read(ch="executions", type="event", seq=self.seq, prev=self.seq - 1, data=body)

    @property
    def kinds(self) -> dict[FaultKind, int]:
        return self.findings.faults.counts


@pytest.mark.parametrize(
    "data", [{"symbol": "ETH-KRW"}, {"type": "market"}, {"ts": 1}, {"average_price": "5"}, {"order_id": "8"}]
)
def test_an_execution_that_says_something_wrong_is_named(data: dict[str, object]) -> None:
    judge = _Judge()
    judge.orders.expect(Request(1, Kind.CANCEL, judge.request.order))
    judge.request.order.numbers.append(1)
    judge.execution("accepted")
    judge.execution(
        "filled", last_quantity="2", last_price="100", filled_quantity="2", remaining_quantity="3"
    )
    assert judge.kinds == {}
    judge.execution("canceled", **{"filled_quantity": "2", "remaining_quantity": "0", **data})
    assert judge.kinds == {FaultKind.WRONG: 1}


def test_fills_add_up_and_their_halves_are_kept() -> None:
    judge = _Judge()
    judge.read(id=0, status=200, result={})
    judge.execution("accepted")
    fill = {"last_price": "100", "liquidity": "taker"}
    judge.execution("filled", last_quantity="2", filled_quantity="2", remaining_quantity="3", **fill)
    rest = {"last_quantity": "3", "filled_quantity": "5", "remaining_quantity": "0", "last_price": "100"}
    judge.execution("filled", liquidity="maker", **rest)
    judge.orders.close(NEVER)
    assert judge.kinds == {}
    assert judge.findings.takers == {2: Half(10, 2_00000000, SELL, 100_00000000 * 2_00000000)}
    assert judge.findings.makers == {3: 3_00000000}
    assert judge.findings.fills == [(10, 20)]
    assert judge.orders.pending == {}


def test_the_reply_may_come_behind_the_executions() -> None:
    judge = _Judge()
    judge.execution("accepted")
    fill = {"last_quantity": "5", "last_price": "100", "filled_quantity": "5", "remaining_quantity": "0"}
    judge.execution("filled", liquidity="taker", **fill)
    assert judge.orders.waits(fills=False)
    judge.read(id=0, status=200, result={})
    assert not judge.orders.waits(fills=True)
    judge.orders.close(NEVER)
    assert judge.kinds == {}


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({"id": None, "status": 200}, FaultKind.UNKNOWN),
        ({"id": 5, "status": 200}, FaultKind.UNKNOWN),
        ({"id": "text", "status": 200}, FaultKind.UNREADABLE),
        ({"ch": "executions", "seq": 1, "prev": 0, "data": {}}, FaultKind.UNREADABLE),
    ],
)
def test_what_answers_nothing_is_a_fault(message: dict[str, Any], fault: FaultKind) -> None:
    judge = _Judge()
    judge.read(**message)
    assert judge.kinds == {fault: 1}


def test_executions_of_others_and_refusals_that_a_reply_has_told_are_passed_over() -> None:
    judge = _Judge()
    judge.execution("accepted", cl_ord_id="somebody-1")
    judge.execution("rejected")
    judge.read(ch="bbo.BTC-KRW", type="event", seq=9, prev=1, data={})
    assert judge.kinds == {}


def test_an_execution_of_an_unknown_kind_is_told() -> None:
    judge = _Judge()
    judge.execution("vanished")
    assert judge.kinds == {FaultKind.UNKNOWN: 1}


def test_a_cancel_that_nobody_asked_for_is_wrong() -> None:
    judge = _Judge()
    judge.execution("accepted")
    judge.execution("canceled")
    assert judge.kinds == {FaultKind.WRONG: 1}
    judge.execution("canceled", cl_ord_id="run-w1-77")
    assert judge.kinds == {FaultKind.WRONG: 1, FaultKind.UNKNOWN: 1}


def test_an_error_without_words_is_told_by_its_status() -> None:
    judge = _Judge()
    judge.read(id=0, status=503)
    assert judge.kinds == {FaultKind.REJECTED: 1}
    assert "status 503" in judge.findings.faults.found()[0].examples[0]
