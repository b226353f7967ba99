"""The bench of the peers: the limits in C answer, and a verdict says what is out of reach."""

import socket
from pathlib import Path

import pytest

from gateway.loadtest.fix_messages import frames, session_message
from tests.bench.acceptors import (
    GATEWAY_FSYNC,
    GATEWAY_OS,
    LIMIT,
    LIMIT_FSYNC,
    QUICKFIX_FILE,
    Acceptor,
    limits,
    running,
)
from tests.bench.peers_run import COMMIT_BYTES, FLOOD, PING_TEN, STEADY, Found, Measured, Verdict, verdicts
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
            (GATEWAY_OS, PING_TEN): _found(8_000, 900),
            (LIMIT, PING_TEN): _found(20_000, 300),
            (QUICKFIX_FILE, FLOOD): _found(10_000, 500),
            (QUICKFIX_FILE, PING_TEN): _found(10_000, 500),
            (GATEWAY_FSYNC, STEADY): _found(5_000, 2_000),
        }
    )
    texts = [(each.target.text, each.target.held) for each in verdicts(found, 500.0)]
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


def test_a_bound_is_kept_by_what_is_equal_to_it() -> None:
    assert Verdict("x", 3.0, 3.0, 3, at_most=True).target.held
    assert Verdict("x", 3.0, 3.0, 3, at_most=False).target.held


def test_what_was_reached_is_not_out_of_reach() -> None:
    assert Verdict("x", 2.0, 4.0, 3, at_most=True).target == ("x: 2.00 (at most 3; the C limit: 4.00)", True)
