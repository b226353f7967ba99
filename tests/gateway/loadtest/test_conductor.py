"""A whole run with processes of its own: results add up, and every way out leaves one."""

import multiprocessing
import os

import pytest

from gateway.loadtest.conductor import Conductor
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.progress import Phase, Progress
from gateway.loadtest.results import ORDER_TO_ACK, ORDER_TO_FILL, Result, Target
from gateway.loadtest.scenario import Scenario
from tests.gateway.loadtest.runs import MIX, scenario_of
from tests.gateway.loadtest.venue import Habits, Venue

Address = tuple[str, int]


class Watcher:
    """Notes what it is shown, and does something when the first request has been answered."""

    def __init__(self, interrupts: bool = False, kills: bool = False) -> None:
        self.shown: list[Progress] = []
        self.ended: Result | None = None
        self._interrupts = interrupts
        self._kills = kills

    def begin(self, name: str, description: str, target: Target) -> None:
        assert (name, description, target.label) == ("test", "", "venue")

    def show(self, progress: Progress) -> None:
        self.shown.append(progress)
        if progress.answered and self._interrupts:
            self._interrupts = False
            raise KeyboardInterrupt
        if progress.answered and self._kills:
            self._kills = False
            multiprocessing.active_children()[0].kill()

    def end(self, result: Result) -> None:
        self.ended = result


def _conduct(address: Address, plan: Scenario, watcher: Watcher) -> Result:
    target = Target(label="venue", fix="{}:{}".format(*address), pids=(os.getpid(),))
    return Conductor(plan, target, address, None, watcher).run()


def _kinds(result: Result) -> set[str]:
    return {fault.kind for fault in result.faults}


LONG = {"load": {"rate": 200, "count": 0, "duration_s": 30}, "limits": {"patience_s": 5}}


def test_two_workers_make_one_result() -> None:
    watcher = Watcher()
    with Venue() as venue:
        load = {"rate": 400, "count": 480, "warmup_s": 0.1}
        plan = scenario_of(fix={"sessions": 5}, orders=MIX, load=load, workers=2)
        result = _conduct(venue.address, plan, watcher)
    assert result.verdict.passed, result.verdict.reasons
    assert result.complete
    assert watcher.ended is result
    counts = result.counts
    assert counts.requests_planned == counts.requests_sent == counts.requests_answered == 480
    assert counts.orders + counts.cancels + counts.replaces == 480
    assert counts.connections == 5
    assert venue.open_orders == 0
    ack = result.measure(ORDER_TO_ACK)
    assert ack is not None
    assert 350 <= ack.count < 480
    assert result.measure(ORDER_TO_FILL) is not None
    assert sum(second.answered for second in result.seconds) == 480
    assert result.throughput is not None
    assert 200 < result.throughput.requests_per_s < 500
    assert result.server is not None
    assert result.server.rss_max_bytes > 1 << 20
    assert result.generator is not None
    assert result.generator.workers == 2
    assert "password" not in str(result.scenario)
    assert watcher.shown[0].phase is Phase.CONNECTING
    assert {progress.phase for progress in watcher.shown} >= {Phase.CONNECTING, Phase.MEASURING}
    assert watcher.shown[-1].answered == 480


def test_counts_and_bursts_are_divided_without_a_rest() -> None:
    with Venue() as venue:
        load = {"rate": 100, "count": 0, "duration_s": 0.3, "burst": 3, "burst_every_s": 0.1}
        orders = {"cross": 0, "cancel_at_end": False}
        plan = scenario_of(fix={"sessions": 8}, orders=orders, load=load, workers=2)
        result = _conduct(venue.address, plan, Watcher())
    assert result.verdict.passed, result.verdict.reasons
    counts = result.counts
    assert counts.requests_planned == counts.requests_sent == counts.requests_answered == 36


def test_a_refused_logon_leaves_a_result() -> None:
    with Venue(Habits(logon="logout")) as venue:
        result = _conduct(venue.address, scenario_of(), Watcher())
    assert not result.complete
    assert _kinds(result) == {FaultKind.REFUSED.value}
    assert result.counts.requests_sent == 0
    assert result.verdict.reasons == ("connection refused: 2 (LOAD1: logged out: who are you)",)


@pytest.mark.parametrize(
    ("watcher", "kind"),
    [
        (Watcher(interrupts=True), FaultKind.STOPPED),
        (Watcher(kills=True), FaultKind.DIED),
    ],
    ids=["interrupted", "worker killed"],
)
def test_a_run_that_is_broken_off_leaves_a_partial_result(watcher: Watcher, kind: FaultKind) -> None:
    with Venue() as venue:
        result = _conduct(venue.address, scenario_of(**LONG), watcher)
    assert kind.value in _kinds(result)
    assert not result.complete
    assert not result.verdict.passed
    assert result.duration < 20_000_000_000
    assert watcher.ended is result


def test_a_run_ends_at_its_bound() -> None:
    with Venue() as venue:
        limits = {**LONG["limits"], "run_s": 0.5}
        result = _conduct(venue.address, scenario_of(load=LONG["load"], limits=limits), Watcher())
    assert _kinds(result) == {FaultKind.STOPPED.value}
    assert "not done in 0.5 s" in result.verdict.reasons[0]
    assert result.counts.requests_sent > 0
    assert not result.complete


def test_a_run_within_its_warm_up_has_measured_nothing() -> None:
    with Venue() as venue:
        load = {"rate": 200, "count": 20, "warmup_s": 5}
        result = _conduct(venue.address, scenario_of(load=load), Watcher())
    assert result.complete
    assert result.verdict.reasons == ("nothing was measured: the run ended within its warm-up",)
