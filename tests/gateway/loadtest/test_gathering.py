"""What workers found becomes one result; executions are held against public trades."""

import os

import pytest

from gateway.loadtest.faults import EXAMPLES, FaultKind, Faults
from gateway.loadtest.findings import NS, Findings, Half
from gateway.loadtest.flow import BUY, SELL
from gateway.loadtest.gathering import Run, gather
from gateway.loadtest.machine import this_machine
from gateway.loadtest.outcome import Flow, Outcome
from gateway.loadtest.results import ORDER_TO_TRADE, Result, Target
from gateway.loadtest.server_watch import Sample, ServerWatch, cpu_seconds, exists, rss_bytes
from tests.gateway.loadtest.runs import scenario_of


def _gathered(*outcomes: Outcome, own: Findings | None = None, samples: tuple[Sample, ...] = ()) -> Result:
    run = Run(scenario_of(), Target(label="x"), this_machine(), "run", 1, 100 * NS, 7)
    return gather(run, outcomes, own or Findings(), samples)


Trades = dict[int, tuple[int, ...]]


def _halves(trades: Trades) -> dict[int, Half]:
    """Return trades of (time, quantity), bought at 3 where nothing else is said."""
    return {n: Half(each[0], each[1], *(each[2:] or (BUY, 3 * each[1]))) for n, each in trades.items()}


def _traded(takers: Trades, makers: dict[int, int], trades: Trades) -> Result:
    orders, follower = Findings(is_witnessed=True), Findings()
    orders.measure_from = 0
    orders.takers, orders.makers = _halves(takers), makers
    follower.trades, follower.trades_from = _halves(trades), 5
    measured = Outcome(orders, measured_ns=NS, measured_answers=10, measured_until=101 * NS)
    return _gathered(measured, Outcome(follower))


def test_trades_that_agree_are_measured_from_the_plan() -> None:
    result = _traded({6: (100, 8), 7: (200, 9)}, {6: 8, 7: 9, 5: 1}, {6: (150, 8), 7: (290, 9), 4: (1, 1)})
    assert result.verdict.passed
    measure = result.measure(ORDER_TO_TRADE)
    assert measure is not None
    assert (measure.count, measure.min, measure.max) == (2, 50, 90)


@pytest.mark.parametrize(
    ("takers", "makers", "trades", "fault"),
    [
        ({6: (1, 8)}, {6: 8}, {}, FaultKind.NO_TRADE),
        ({}, {}, {6: (1, 8)}, FaultKind.NO_EXECUTION),
        ({6: (1, 8)}, {6: 7}, {6: (1, 8)}, FaultKind.WRONG),
        ({6: (1, 8)}, {6: 8}, {6: (1, 9)}, FaultKind.WRONG),
        ({}, {6: 8}, {6: (1, 8)}, FaultKind.WRONG),
        ({6: (1, 8)}, {6: 8}, {6: (1, 8, SELL, 24)}, FaultKind.WRONG),
        ({6: (1, 8)}, {6: 8}, {6: (1, 8, BUY, 25)}, FaultKind.WRONG),
    ],
)
def test_trades_that_disagree_are_faults(
    takers: Trades,
    makers: dict[int, int],
    trades: Trades,
    fault: FaultKind,
) -> None:
    result = _traded(takers, makers, trades)
    assert [found.kind for found in result.faults] == [fault.value]
    assert not result.verdict.passed


def test_a_follower_that_has_missed_some_is_not_held_against_the_executions() -> None:
    orders, follower = Findings(is_witnessed=True), Findings()
    orders.takers = {6: Half(1, 8, BUY, 24)}
    follower.trades_from, follower.is_blind = 5, True
    measured = Outcome(orders, measured_ns=1, measured_until=NS)
    assert _gathered(measured, Outcome(follower)).verdict.passed


def test_nobody_has_followed_the_trades_then_nothing_is_held_against_them() -> None:
    orders = Findings(is_witnessed=True)
    orders.takers = {6: Half(1, 8, BUY, 24)}
    assert _gathered(Outcome(orders, measured_ns=1, measured_until=NS)).verdict.passed


def test_seconds_throughput_and_cpu_add_up() -> None:
    first, second = Findings(), Findings()
    first.measure_from = second.measure_from = 100 * NS
    first.acks = [(101 * NS - 5000, 101 * NS), (99 * NS, 100 * NS)]
    second.acks = [(101 * NS, 101 * NS + 9000)]
    for findings in (first, second):
        findings.fold()
    flows = {100: Flow(1, 1), 101: Flow(2, 2, 1)}, {101: Flow(3, 3), 104: Flow(1, 1), 105: Flow()}
    outcomes = [
        Outcome(first, 4, 4 * NS, 40, 104 * NS, busy=0.25, seconds=flows[0]),
        Outcome(second, 6, 2 * NS, 10, 104 * NS, busy=0.5, seconds=flows[1]),
    ]
    samples = tuple(Sample(at * NS, at / 2, at << 20) for at in range(98, 107))
    result = _gathered(*outcomes, samples=samples)
    assert [(s.second, s.measured, s.sent, s.fills, s.cpu) for s in result.seconds] == [
        (0, True, 1, 0, 0.5),
        (1, True, 5, 1, 0.5),
        (2, True, 0, 0, 0.5),
        (3, True, 0, 0, 0.5),
        (4, False, 1, 0, 0.5),
    ]
    assert result.seconds[1].p50 == 5_003  # to three digits
    assert result.counts.requests_planned == 10
    throughput = result.throughput
    assert throughput is not None
    assert (throughput.requests, throughput.requests_per_s, throughput.best_second) == (50, 15.0, 5)
    server = result.server
    assert server is not None
    assert (server.cpu_s, server.cpu_us_per_request) == (2.0, 40_000)
    assert (server.rss_start_bytes, server.rss_max_bytes) == (100 << 20, 104 << 20)
    assert result.generator is not None
    assert result.generator.busiest == 0.5


def test_of_a_run_shorter_than_the_samples_distance_the_cpu_is_taken_around_it() -> None:
    findings = Findings()
    findings.measure_from = 100 * NS + 10
    samples = (Sample(100 * NS, 1.0, 5), Sample(101 * NS, 3.0, 9))
    outcome = Outcome(findings, 1, 50, 4, 100 * NS + 60)
    server = _gathered(outcome, samples=samples).server
    assert server is not None
    assert (server.cpu_s, server.rss_max_bytes) == (2.0, 9)


def test_without_any_outcome_there_is_a_result() -> None:
    own = Findings()
    own.add(FaultKind.DIED, "a worker")
    result = _gathered(own=own, samples=(Sample(5, 1.0, 7),))
    assert not result.complete
    assert result.verdict.reasons == ("harness failed: 1 (a worker)",)
    assert result.generator is None
    assert result.throughput is None
    assert result.seconds == ()


def test_faults_come_worst_first_with_a_few_examples_each() -> None:
    first, second = Faults(), Faults()
    for n in range(EXAMPLES + 3):
        first.add(FaultKind.GAP, f"gap {n}")
        second.add(FaultKind.GAP, "another\x01gap")
    second.add(FaultKind.MISSING, "x" * 1000)
    first.merge(second)
    missing, gap = first.found()
    assert (missing.kind, missing.count, len(missing.examples[0])) == ("missing answer", 1, 300)
    assert gap.count == first.count(FaultKind.GAP) == 2 * (EXAMPLES + 3)
    assert gap.examples == tuple(f"gap {n}" for n in range(EXAMPLES))
    assert second.found()[1].examples[0] == "another|gap"
    assert (first.total(), first.count(FaultKind.LOST)) == (gap.count + 1, 0)


def test_a_process_is_watched_while_it_is_there() -> None:
    pid = os.getpid()
    assert exists(pid)
    assert cpu_seconds(pid) > 0
    watch = ServerWatch((pid,))
    watch.sample(1)
    watch.sample(2 * NS)
    first, second = watch.samples
    assert second.cpu_s >= first.cpu_s > 0
    assert first.rss_bytes == pytest.approx(rss_bytes(pid), rel=0.5)
    assert first.cores_until(second) >= 0


def test_a_process_that_is_not_there_has_nothing() -> None:
    pid = 99_999_999
    assert not exists(pid)
    assert (cpu_seconds(pid), rss_bytes(pid)) == (0, 0)
    watch = ServerWatch(())
    watch.sample(1)
    assert watch.samples == []
