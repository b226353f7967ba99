"""What of the pushes is measured, and how long the last of them are waited for."""

import threading
import time
from typing import Any

import msgspec
import pytest
from websockets.sync.server import ServerConnection

from gateway.loadtest import subscriber_run
from gateway.loadtest.conductor import Conductor
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NS, Findings
from gateway.loadtest.outcome import Outcome, Role, Task, Window
from gateway.loadtest.progress import Progress
from gateway.loadtest.results import ENGINE_TO_SUBSCRIBER, SENT_TO_SUBSCRIBER, Result, Target
from gateway.loadtest.worker import STOP, carry_out
from tests.gateway.loadtest.feed import Feed, Script, push
from tests.gateway.loadtest.runs import Parent, faults_of, run_orders, scenario_of
from tests.gateway.loadtest.venue import Habits, Venue

BOOK = "book.BTC-KRW"
TRADES = "trades.BTC-KRW"
TRADE = [{"price": "100000000", "quantity": "0.5", "side": "buy"}]


def _follow(script: Script, window: Window, **limits: float) -> Outcome:
    """Carry out a subscriber worker's part that is told a window, and then at once to stop."""
    group = {"count": 1, "channels": [BOOK, TRADES]}
    plan = scenario_of(subscribers=[group], limits=limits)
    parent = Parent(time.monotonic_ns(), window, STOP)
    with Feed(script) as feed:
        site = feed.address, "127.0.0.1", "/v1"
        task = Task(Role.SUBSCRIBERS, 0, 1, msgspec.json.encode(plan), "run", None, site)
        return carry_out(task, parent)


def _total(outcome: Outcome, name: str) -> int:
    tallies = outcome.findings.tallies
    return tallies[name].total() if name in tallies else 0


def test_pushes_from_before_and_after_the_load_are_not_measured() -> None:
    now, utc = time.monotonic_ns(), time.time_ns()

    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(push(BOOK, "snapshot", 10, 0))
        for n, ago_s in enumerate((10, 3, 1), start=11):
            stamps = {"ts": utc - ago_s * NS, "sent": utc - ago_s * NS}
            connection.send(push(BOOK, "delta", n, n - 1, **stamps))

    outcome = _follow(script, Window(now - 5 * NS, now - 2 * NS))
    assert faults_of(outcome) == {}
    assert outcome.findings.counts["pushes"] == 4
    assert _total(outcome, ENGINE_TO_SUBSCRIBER) == _total(outcome, SENT_TO_SUBSCRIBER) == 1


def test_a_push_is_kept_until_it_is_known_whether_it_is_measured() -> None:
    findings = Findings()
    findings.held_ns = 60 * NS
    now = time.monotonic_ns()
    findings.pushes += [(now - 100 * NS, now - 90 * NS)] * 6_000 + [(now - NS, now)] * 6_000
    findings.fold_if_large()
    assert len(findings.pushes) == 6_000
    findings.measure_from = now - 2 * NS
    findings.fold_if_large()
    assert len(findings.pushes) == 6_000  # not again before there are many more
    findings.fold()
    assert findings.tallies[ENGINE_TO_SUBSCRIBER].total() == 6_000


def test_the_last_trade_is_waited_for_while_nothing_comes() -> None:
    silence = threading.Event()

    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(push(TRADES, "snapshot", 8, 0, []))
        silence.wait(0.7)
        connection.send(push(TRADES, "event", 9, 8, TRADE))

    outcome = _follow(script, Window(0, time.monotonic_ns(), last_trade=9))
    assert faults_of(outcome) == {}
    assert list(outcome.findings.trades) == [9]


@pytest.mark.parametrize("most", [6, 1])
def test_patience_with_the_last_trade_begins_anew_while_others_still_come(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(subscriber_run, "_MOST_PATIENCE", most)
    pause = threading.Event()

    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(push(BOOK, "snapshot", 8, 0))
        connection.send(push(TRADES, "snapshot", 8, 0, []))
        for n in range(9, 17):
            pause.wait(0.15)
            connection.send(push(BOOK, "delta", n, n - 1))
        connection.send(push(TRADES, "event", 17, 8, TRADE))

    outcome = _follow(script, Window(0, time.monotonic_ns(), last_trade=17), patience_s=0.6)
    assert faults_of(outcome) == {}
    assert list(outcome.findings.trades) == ([17] if most > 1 else [])


@pytest.mark.parametrize(("busy", "faults"), [(-1.0, {FaultKind.BEHIND: 1}), (64.0, {})])
def test_a_trade_that_does_not_come_is_waited_for_as_long_as_patience_lasts(
    monkeypatch: pytest.MonkeyPatch, busy: float, faults: dict[FaultKind, int]
) -> None:
    """Where the harness had no time to read it, that is not held against the target."""
    monkeypatch.setattr(subscriber_run, "BUSY", busy)

    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(push(TRADES, "snapshot", 8, 0, []))

    began = time.monotonic()
    outcome = _follow(script, Window(0, time.monotonic_ns(), last_trade=9), patience_s=0.4)
    assert time.monotonic() - began >= 0.4
    assert faults_of(outcome) == faults
    assert outcome.findings.is_blind == bool(faults)


def test_what_is_done_to_end_in_order_is_not_measured() -> None:
    """The pushes of a whole run: one of before it, one of the load, and one of the cancels at the end."""
    with Venue() as venue:

        def has(msg_type: str, count: int) -> bool:
            return sum(fields[35] == msg_type for fields in list(venue.received)) >= count

        def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
            connection.send(push(BOOK, "snapshot", 10, 0))
            for n, (msg_type, count) in enumerate((("A", 1), ("D", 60), ("F", 10)), start=11):
                while not has(msg_type, count):
                    try:
                        connection.recv(timeout=0.002)
                    except TimeoutError:
                        continue
                utc = time.time_ns()
                connection.send(push(BOOK, "delta", n, n - 1, ts=utc, sent=utc))

        with Feed(script) as feed:
            plan = scenario_of(
                orders={"cross": 0},
                load={"count": 100, "rate": 400, "window": 1, "warmup": 10},
                subscribers=[
                    {"count": 1, "channels": [BOOK]},
                    {"count": 1, "channels": [BOOK], "connect_after_s": 20},
                ],
            )
            fix, ws = venue.address, (feed.address, "127.0.0.1", "/v1")
            view = _Nobody()
            result = Conductor(plan, Target(label="venue"), fix, ws, view).run()
    assert result.verdict.passed, result.verdict.reasons
    measure = result.measure(ENGINE_TO_SUBSCRIBER)
    assert measure is not None
    assert (measure.count, result.counts.pushes) == (1, 4)
    assert max(progress.connected for progress in view.shown) == 3
    assert {progress.connections for progress in view.shown} == {4}


def test_what_is_in_flight_when_a_run_is_stopped_is_not_missing() -> None:
    with Venue(Habits(delay_s=3)) as venue:
        plan = scenario_of(load={"rate": 200, "count": 0, "duration_s": 60})
        outcome, _ = run_orders(venue.address, plan, stop_after=6)
    assert outcome.findings.counts["requests_sent"] > 0
    assert faults_of(outcome) == {}
    assert not outcome.is_complete


def test_what_was_due_long_before_a_run_is_stopped_is_missing() -> None:
    def deaf(_: int, __: dict[int, str]) -> list[dict[int, str]]:
        return []

    with Venue(Habits(tamper=deaf)) as venue:
        load = {"count": 10, "window": 1}
        plan = scenario_of(load=load, limits={"patience_s": 0.3})
        outcome, _ = run_orders(venue.address, plan, stop_after=6)
    assert faults_of(outcome)[FaultKind.MISSING] >= 2


class _Nobody:
    """Only notes what it is shown."""

    def __init__(self) -> None:
        self.shown: list[Progress] = []

    def begin(self, name: str, description: str, target: Target) -> None:
        del name, description, target

    def show(self, progress: Progress) -> None:
        self.shown.append(progress)

    def end(self, result: Result) -> None:
        del result
