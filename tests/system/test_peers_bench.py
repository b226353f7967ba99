"""The bench of the peers: the limits in C answer, and a verdict says what is out of reach."""

import json
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.loadtest.fix_messages import frames, session_message
from tests.bench import peers_run
from tests.bench.acceptors import (
    GATEWAY_AWAKE,
    GATEWAY_FSYNC,
    GATEWAY_OS,
    LIMIT,
    LIMIT_FSYNC,
    QUICKFIX_FILE,
    QUICKFIX_MEMORY,
    Absent,
    Acceptor,
    limits,
    running,
)
from tests.bench.peers_run import (
    COMMIT_BYTES,
    FLOOD,
    PING_TEN,
    STEADY,
    Found,
    Load,
    Measured,
    Verdict,
    verdicts,
)
from tests.gateway.loadtest.runs import faults_of, run_orders, scenario_of

IDS = b"LOAD1", b"BDAX"
TIME = b"20261123-10:00:00.000"


@pytest.fixture(scope="module", params=[LIMIT, LIMIT_FSYNC])
def limit(request: pytest.FixtureRequest) -> Acceptor:
    """A server of the physical limit."""
    found = next(each for each in limits() if each.name == request.param)
    if not isinstance(found, Acceptor):
        pytest.skip(found.reason)
    return found


def test_a_limit_answers_every_order_once(limit: Acceptor) -> None:
    plan = scenario_of(
        fix={"sessions": 4, "password": ""}, orders={"answers": "one"}, load={"count": 8_000, "window": 100}
    )
    with running(limit, 4) as (port, pid):
        before = _written(pid)
        outcome, _ = run_orders(("127.0.0.1", port), plan)
        written = _written(pid) - before
    assert written == (8_000 * COMMIT_BYTES if limit.name == LIMIT_FSYNC else 0)
    assert faults_of(outcome) == {}
    assert outcome.findings.counts["requests_answered"] == 8_000


def test_a_limit_answers_more_than_fits_once_it_is_read(limit: Acceptor) -> None:
    order = session_message("D", 2, IDS, TIME, [(11, "x" * 20)])
    count = 2 * (1 << 20) // len(order)
    with running(limit, 1) as (port, _), socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(10)
        client.sendall(session_message("A", 1, IDS, TIME, ()))
        received = bytearray(client.recv(1_000))
        waiting = memoryview(order * count)
        client.settimeout(0.2)
        while waiting:  # it reads no more once it cannot write
            try:
                waiting = waiting[client.send(waiting) :]
            except TimeoutError:
                received += client.recv(1 << 20)
        client.settimeout(10)
        while received.count(b"\x0135=8\x01") < count:
            received += client.recv(1 << 20)
    assert [wrong for _, wrong in frames(bytes(received)) if wrong] == []


def _written(pid: int) -> int:
    """Return how much a process has written to files so far."""
    counters = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(counters["wchar"])


def _found(per_s: float, p50: float) -> list[Found]:
    return [Found(per_s, p50, 4 * p50, 10.0, 5.0)]


def test_a_verdict_tells_what_the_limit_itself_would_reach() -> None:
    found = Measured(
        {
            (GATEWAY_OS, FLOOD): _found(50_000, 100),
            (LIMIT, FLOOD): _found(400_000, 10),
            (GATEWAY_AWAKE, PING_TEN): _found(8_000, 900),
            (LIMIT, PING_TEN): _found(20_000, 300),
            (QUICKFIX_FILE, FLOOD): _found(10_000, 500),
            (QUICKFIX_FILE, PING_TEN): _found(10_000, 500),
            (GATEWAY_FSYNC, STEADY): _found(5_000, 2_000),
        }
    )
    texts = [
        (each.target.text, each.target.held) for each in verdicts(found, 500.0) if each.found is not None
    ]
    out_of_reach = "so no server here can"
    assert texts == [
        ("orders/s, os, x QuickFIX C++ FileStore: 5.00 (at least 4; the C limit: 40.00)", True),
        (
            f"orders/s, 10 x 1, os, x FileStore: 0.80 (at least 2.5; the C limit: 2.00, {out_of_reach})",
            False,
        ),
        (
            f"p50, 10 x 1, os, x FileStore: 1.80 (at most 0.5; the C limit: 0.60, {out_of_reach})",
            False,
        ),
        ("5,000 orders/s, fsync: p50 x the p50 of a commit: 4.00 (at most 3)", False),
        ("5,000 orders/s, fsync: p99 x the p50 of a commit: 16.00 (at most 10)", False),
    ]


def test_what_was_not_measured_has_no_verdict() -> None:
    [first, *_] = judged = [each.target for each in verdicts(Measured(), 500.0)]
    assert {target.held for target in judged} == {None}
    assert first.text == "orders/s, os, x QuickFIX C++ FileStore (at least 4)"


def test_a_server_that_fails_loses_its_figures_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried = []

    def measured(name: str, loads: Sequence[Load], found: Measured) -> None:
        for load in loads:
            found.setdefault((name, load), []).extend(_found(50_000, 100))

    def gateway(name: str, loads: Sequence[Load], _: float, found: Measured) -> None:
        measured(name, loads, found)

    def peer(peer: Acceptor, loads: Sequence[Load], _: float, found: Measured) -> None:
        tried.append(peer.name)
        if peer.name == QUICKFIX_FILE and tried.count(QUICKFIX_FILE) == 2:
            raise AssertionError("throughput: failed\n  missing answer: 1 (LOAD1)\n")
        measured(peer.name, loads, found)

    peers = [Acceptor(name, lambda _, __: [], 1, "all") for name in (QUICKFIX_FILE, LIMIT)]
    absent = Absent(QUICKFIX_MEMORY, "no compiler")
    monkeypatch.setattr(peers_run, "acceptors", lambda: (peers, [absent]))
    monkeypatch.setattr(peers_run, "measure_gateway", gateway)
    monkeypatch.setattr(peers_run, "measure_peer", peer)
    monkeypatch.setattr(peers_run, "commit_p50", lambda _, filled: 200.0 + filled)
    path = tmp_path / "peers.json"
    assert peers_run.main(["--rounds", "3", "--json", str(path)]) == 1
    assert tried.count(QUICKFIX_FILE) == 2
    assert tried.count(LIMIT) == 3
    told = json.loads(path.read_text())
    by_server = {row["server"]: row["orders/s"] for row in told["rows"]}
    assert by_server[QUICKFIX_FILE] == "not measured"
    assert by_server[GATEWAY_OS] == by_server[LIMIT] == "50,000"
    assert told["targets"][0] == {
        "text": "orders/s, os, x QuickFIX C++ FileStore (at least 4)",
        "verdict": "not measured",
    }
    assert {target["verdict"] for target in told["targets"]} == {"not measured", "held"}
    assert told["machine"]["cores"] > 0
    out = capsys.readouterr().out
    assert f"Failed: {QUICKFIX_FILE}: throughput: failed; missing answer: 1 (LOAD1)." in out
    assert f"Absent: {QUICKFIX_MEMORY}: no compiler." in out
    assert told["notes"][-2:] == [line for line in out.splitlines() if line.startswith(("Absent", "Failed"))]


def test_a_bound_is_kept_by_what_is_equal_to_it() -> None:
    assert Verdict("x", 3.0, 3.0, 3, at_most=True).target.held
    assert Verdict("x", 3.0, 3.0, 3, at_most=False).target.held


def test_what_was_reached_is_not_out_of_reach() -> None:
    assert Verdict("x", 2.0, 4.0, 3, at_most=True).target == ("x: 2.00 (at most 3; the C limit: 4.00)", True)


def test_a_run_may_have_some_loads_only(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[tuple[str, list[Load]]] = []
    peers = [Acceptor(name, lambda _, __: [], 1, "all") for name in (QUICKFIX_FILE, LIMIT_FSYNC)]

    def noted(server: str | Acceptor, loads: Sequence[Load], *_: object) -> None:
        measured.append((server if isinstance(server, str) else server.name, list(loads)))

    monkeypatch.setattr(peers_run, "acceptors", lambda: (peers, []))
    monkeypatch.setattr(peers_run, "measure_gateway", noted)
    monkeypatch.setattr(peers_run, "measure_peer", noted)
    monkeypatch.setattr(peers_run, "commit_p50", lambda _, filled: 200.0 + filled)
    outcome = peers_run.bench(1, 1.0, peers_run.Failures(), only=PING_TEN.words)
    assert measured == [(name, [PING_TEN]) for name in (GATEWAY_OS, GATEWAY_AWAKE, QUICKFIX_FILE)]
    assert len(outcome.rows) == 3
