"""Subscribers against a feed that a test writes: chains of sequences, storms, slow readers, closes."""

import itertools
import json
import multiprocessing
import threading
import time
from typing import Any

import msgspec
import pytest
from websockets.sync.server import ServerConnection

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.flow import BUY
from gateway.loadtest.outcome import Outcome, Ready, Role, Status, Task
from gateway.loadtest.results import CONNECT, ENGINE_TO_SUBSCRIBER, SENT_TO_SUBSCRIBER
from gateway.loadtest.scenario import Scenario
from gateway.loadtest.worker import STOP, carry_out
from tests.gateway.loadtest.feed import Feed, Script, push
from tests.gateway.loadtest.runs import Parent, faults_of, scenario_of

BOOK = "book.BTC-KRW"
TRADES = "trades.BTC-KRW"


def _group(**values: Any) -> Scenario:
    group = {"count": 1, "channels": [BOOK], **values}
    return scenario_of(fix={"sessions": 0}, load={"count": 0, "duration_s": 30}, subscribers=[group])


def _task(feed: Feed, plan: Scenario, path: str = "/v1") -> Task:
    ws = feed.address, "127.0.0.1", path
    return Task(Role.SUBSCRIBERS, 0, 1, msgspec.json.encode(plan), "run", None, ws)


Said = list[Ready | Status]


def _follow(feed: Feed, plan: Scenario, until: threading.Event) -> tuple[Outcome, Said]:
    """Carry out a subscriber worker's part until the event, and for three looks at it more."""
    parent, child = multiprocessing.Pipe()
    said: Said = []
    looks = itertools.count()

    def listen() -> None:
        try:
            while True:
                said.append(parent.recv())
                if isinstance(said[-1], Ready):
                    parent.send(time.monotonic_ns())
                elif until.is_set() and next(looks) == 3:
                    parent.send(STOP)
        except (EOFError, OSError):
            return

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        outcome = carry_out(_task(feed, plan), child)
    finally:
        child.close()
        listener.join()
        parent.close()
    return outcome, said


def _ready(said: Said) -> Ready:
    """Return the one word that it stands ready."""
    [ready] = [word for word in said if isinstance(word, Ready)]
    return ready


def _told(*pushes: str) -> tuple[Script, threading.Event]:
    """Return a script that says the pushes, and the event of having said them."""
    done = threading.Event()

    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        for text in pushes:
            connection.send(text)
        done.set()

    return script, done


def _faults(*pushes: str, **group: Any) -> dict[FaultKind, int]:
    script, done = _told(*pushes)
    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(**group), done)
    return faults_of(outcome)


SNAPSHOT = push(BOOK, "snapshot", 10, 0, epoch="e")


def test_a_chain_without_a_gap_is_no_fault_and_its_times_are_taken() -> None:
    stamps = {"ts": time.time_ns(), "sent": time.time_ns()}
    pushes = (
        SNAPSHOT,
        push(BOOK, "delta", 12, 10, **stamps),
        push(BOOK, "delta", 13, 12, **stamps),
        push(BOOK, "heartbeat", 13, 13),
        push(BOOK, "delta", 20, 13, **stamps),
    )
    script, done = _told(*pushes)
    with Feed(script) as feed:
        outcome, said = _follow(feed, _group(), done)
    assert faults_of(outcome) == {}
    assert outcome.is_complete
    assert _ready(said) == Ready(1, 1)
    findings = outcome.findings
    assert findings.counts["pushes"] == 5
    assert findings.counts["connections"] == 1
    assert findings.tallies[CONNECT].total() == 1
    assert findings.push_seconds
    assert feed.subscriptions == [{"channels": [BOOK], "mode": "every"}]


@pytest.mark.parametrize(
    ("pushes", "fault"),
    [
        ((SNAPSHOT, push(BOOK, "delta", 13, 12)), FaultKind.PUSH_GAP),
        ((SNAPSHOT, push(BOOK, "delta", 12, 10), push(BOOK, "delta", 12, 10)), FaultKind.DOUBLED),
        ((SNAPSHOT, push(BOOK, "heartbeat", 12, 12)), FaultKind.PUSH_GAP),
        ((SNAPSHOT, push(BOOK, "heartbeat", 9, 9)), FaultKind.DOUBLED),
        ((SNAPSHOT, push(BOOK, "snapshot", 9, 0)), FaultKind.PUSH_GAP),
        ((SNAPSHOT, push(BOOK, "gap", 20, 10, {"from": 10, "to": 20})), FaultKind.PUSH_GAP),
        ((SNAPSHOT, "{}"), FaultKind.UNREADABLE),
        ((SNAPSHOT, SNAPSHOT.replace('"seq":10', '"seq":1' + "0" * 5000)), FaultKind.UNREADABLE),
    ],
    ids=[
        "gap",
        "doubled",
        "silent gap",
        "silence of before",
        "old snapshot",
        "told gap",
        "nonsense",
        "huge number",
    ],
)
def test_a_broken_chain_is_one_fault(pushes: tuple[str, ...], fault: FaultKind) -> None:
    assert _faults(*pushes) == {fault: 1}


def test_channels_have_a_chain_each() -> None:
    pushes = SNAPSHOT, push("bbo.BTC-KRW", "snapshot", 7, 0), push("bbo.BTC-KRW", "event", 11, 7)
    assert _faults(*pushes, push(BOOK, "delta", 11, 10)) == {}


def test_a_conflated_snapshot_goes_on_from_where_it_stands() -> None:
    pushes = SNAPSHOT, push(BOOK, "snapshot", 15, 0, conflated=4, epoch="e"), push(BOOK, "delta", 16, 15)
    script, done = _told(*pushes)
    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(mode="interval", interval_ms=50), done)
    assert faults_of(outcome) == {}
    assert outcome.findings.counts["pushes_conflated"] == 4
    assert feed.subscriptions == [{"channels": [BOOK], "mode": "interval", "interval_ms": 50}]


def test_the_witness_tells_the_public_trades_of_each_engine_sequence() -> None:
    trades = [
        {"price": "1", "quantity": "0.25", "side": "buy"},
        {"price": "2", "quantity": "0.5", "side": "buy"},
    ]
    script, done = _told(push(TRADES, "snapshot", 8, 0, []), push(TRADES, "event", 9, 8, trades))
    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(count=2, channels=[TRADES]), done)
    findings = outcome.findings
    assert findings.trades_from == 8
    assert list(findings.trades) == [9]
    assert findings.trades[9][1:] == (75_000_000, BUY, 100_000_000 * 125_000_000)
    assert findings.counts["public_trades"] == 2  # of one of the two only


def test_a_refused_subscription_is_a_fault() -> None:
    done = threading.Event()
    done.set()
    with Feed(lambda *_: None, refuses=True) as feed:
        outcome, said = _follow(feed, _group(), done)
    assert faults_of(outcome) == {FaultKind.REFUSED: 1}
    assert "UNKNOWN_CHANNEL" in outcome.findings.faults.found()[0].examples[0]
    assert _ready(said) == Ready(0, 1)


def test_trades_that_are_none_are_unreadable() -> None:
    script, done = _told(push(TRADES, "snapshot", 8, 0, []), push(TRADES, "event", 9, 8, [{"price": 1}]))
    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(channels=[TRADES]), done)
    assert faults_of(outcome) == {FaultKind.UNREADABLE: 1}


def test_a_run_of_subscribers_who_are_all_lost_ends() -> None:
    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(SNAPSHOT)
        connection.close(1011, "over")

    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(count=3), threading.Event())  # nobody tells it to stop
    assert faults_of(outcome) == {FaultKind.LOST: 3}
    assert not outcome.is_complete


def test_a_close_by_the_target_is_a_loss() -> None:
    done = threading.Event()

    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(SNAPSHOT)
        connection.close(1008, "go away")
        done.set()

    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(), done)
    assert faults_of(outcome) == {FaultKind.LOST: 1}
    assert "closed with 1008 go away" in outcome.findings.faults.found()[0].examples[0]


def test_a_slow_reader_may_be_closed_and_told_of_gaps() -> None:
    done = threading.Event()

    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(SNAPSHOT)
        connection.send(push(BOOK, "gap", 20, 10, {"from": 10, "to": 20}))
        connection.send(push(BOOK, "snapshot", 20, 0))
        connection.close(1008, "SLOW_CONSUMER")
        done.set()

    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(read_bytes_per_s=20_000), done)
    counts = outcome.findings.counts
    assert faults_of(outcome) == {}
    assert counts["pushes_skipped"] == 1
    assert counts["slow_consumer_closes"] == 1
    assert ENGINE_TO_SUBSCRIBER not in outcome.findings.tallies
    assert SENT_TO_SUBSCRIBER not in outcome.findings.tallies


def test_a_slow_reader_reads_no_faster_than_it_says() -> None:
    blob = push(BOOK, "delta", 11, 10, "x" * 60_000)
    script, done = _told(SNAPSHOT, blob)
    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(read_bytes_per_s=10_000), done)
    assert faults_of(outcome) == {}
    assert outcome.findings.counts["bytes_received"] < 60_000
    assert outcome.findings.counts["pushes"] <= 1


def test_a_storm_of_reconnections() -> None:
    done = threading.Event()

    def script(feed: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(SNAPSHOT)
        if feed.accepted >= 30:
            done.set()

    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(count=10, reconnect_every_s=0.1, reconnect_share=0.5), done)
    assert faults_of(outcome) == {}
    counts = outcome.findings.counts
    assert counts["connections"] == 10
    assert counts["reconnections"] >= 15


def test_connections_at_a_pace_and_after_the_start() -> None:
    done = threading.Event()

    def script(feed: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(SNAPSHOT)
        if feed.accepted == 6:
            done.set()

    with Feed(script) as feed:
        outcome, said = _follow(feed, _group(count=6, connect_per_s=100, connect_after_s=0.1), done)
    assert faults_of(outcome) == {}
    assert _ready(said) == Ready(0, 0)
    assert outcome.findings.counts["connections"] == 6


def test_who_is_not_served_in_time_is_refused() -> None:
    silent = threading.Event()

    class Mute(Feed):
        def _handle(self, connection: ServerConnection) -> None:
            silent.wait(5)
            connection.close()

    done = threading.Event()
    done.set()
    plan = _group()
    limits = {"connect_s": 0.2, "patience_s": 0.2}
    plan = scenario_of(
        fix={"sessions": 0},
        load={"count": 0, "duration_s": 30},
        subscribers=[{"count": 1, "channels": [BOOK]}],
        limits=limits,
    )
    with Mute(lambda *_: None) as feed:
        outcome, said = _follow(feed, plan, done)
        silent.set()
    assert faults_of(outcome) == {FaultKind.REFUSED: 1}
    assert _ready(said) == Ready(0, 1)


def test_a_push_is_read_as_it_comes_in_pieces() -> None:
    script, done = _told(SNAPSHOT, *(push(BOOK, "delta", n, n - 1, "x" * n * 100) for n in range(11, 300)))
    with Feed(script) as feed:
        outcome, _ = _follow(feed, _group(), done)
    assert faults_of(outcome) == {}
    assert outcome.findings.counts["pushes"] == 290


def test_what_is_no_websocket_is_refused() -> None:
    script, done = _told()
    done.set()
    with Feed(script) as feed:
        plan = _group()
        parent = Parent(time.monotonic_ns(), STOP)
        task = _task(feed, plan, "bad path")
        outcome = carry_out(task, parent)
    assert faults_of(outcome) == {FaultKind.REFUSED: 1}
    assert json.dumps(outcome.findings.faults.found()[0].examples[0])
