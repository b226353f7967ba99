"""``python -m tests.bench.peers_run``: the gateway and its peers under the same load.

``bdax loadtest`` is the client of all of them. Servers run on one core, the client on another; rounds are
interleaved, figures are medians, and verdicts are ratios of what was measured in the same rounds.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from gateway.loadtest import results
from gateway.loadtest.machine import this_machine
from tests.bench.acceptors import (
    BUSY_POLL_US,
    GATEWAY_AWAKE,
    GATEWAY_FSYNC,
    GATEWAY_OS,
    LIMIT,
    LIMIT_FSYNC,
    PATCHED,
    QUICKFIX_FILE,
    QUICKFIX_MEMORY,
    SIMPLEFIX,
    Acceptor,
    acceptors,
    running,
)
from tests.bench.commit_probe import probe
from tests.bench.load_run import CLIENT_CORE, SERVER_CORE, pinned, run_load
from tests.bench.outcome import Outcome, Target
from tests.system.gateway_process import GatewayProcess, loadtest_config

MOST_SESSIONS: Final = 200
COMMIT_BYTES: Final = 700
"""About what the log has of one order with its reports."""
OPEN_RATE: Final = 5_000
RUN_LIMIT_S: Final = 180
NOT_MEASURED: Final = ("not measured",) * 5
_SAID: Final = 300
_US: Final = 1e3
_US_PER_S: Final = 1e6
_GATEWAY_PACE: Final = 20_000
_PING_PACE: Final = 4_000


class Load(NamedTuple):
    """Sessions with a window each, or orders a second over all of them."""

    sessions: int
    window: int = 1
    rate: int = 0

    @property
    def words(self) -> str:
        """What is done, for a table."""
        how = f"{self.rate:,} orders/s" if self.rate else f"{self.window} in flight"
        return f"{self.sessions} session{'s' * (self.sessions > 1)}, {how}"


FLOOD: Final = Load(10, window=500)
PING_TEN: Final = Load(10)
PING: Final = Load(1)
STEADY: Final = Load(10, rate=OPEN_RATE)
STEADY_MANY: Final = Load(MOST_SESSIONS, rate=OPEN_RATE)


class Found(NamedTuple):
    """One measurement: requests a second, latency in us, CPU of server and client in us a request."""

    per_s: float
    p50: float
    p99: float
    cpu: float
    client_cpu: float

    @property
    def words(self) -> tuple[str, ...]:
        """What was found, for a table."""
        times = f"{self.per_s:,.0f}", f"{self.p50:,.0f}", f"{self.p99:,.0f}"
        return *times, f"{self.cpu:.1f}", f"{self.client_cpu:.1f}"


class Measured(dict[tuple[str, Load], list[Found]]):
    """All measurements of a run."""

    def median(self, name: str, load: Load) -> Found | None:
        """Return the medians of one server under one load; ``None`` where it was not measured."""
        found = self.get((name, load))
        return None if not found else Found(*map(statistics.median, zip(*found, strict=True)))

    def ratio(self, field: str, over: tuple[str, Load], under: tuple[str, Load]) -> float | None:
        """Return the median over the rounds of one figure against another; ``None`` without both."""
        pairs = zip(self.get(over, ()), self.get(under, ()), strict=False)
        ratios = [getattr(a, field) / getattr(b, field) for a, b in pairs if getattr(b, field)]
        return statistics.median(ratios) if ratios else None


def measure(fix: tuple[str, int], ws: str | None, pid: int, load: Load, pace: int, seconds: float) -> Found:
    """Put a server under load for about ``seconds``; every answer is checked. Raises ``AssertionError``."""
    expected = load.rate or (min(pace, _PING_PACE * load.sessions) if load.window == 1 else pace)
    count = int(expected * seconds)
    options = ["--sessions", load.sessions, "--count", count, "--warmup", count // 10, "--pid", pid]
    options += ["--rate", load.rate] if load.rate else ["--window", load.window]
    options += ["--fix", f"{fix[0]}:{fix[1]}", "--run-s", RUN_LIMIT_S]
    options += ["--no-subscribers", "--answers", "one"] if ws is None else ["--ws", ws]
    result = run_load("throughput", *options)
    latency = result.measure(results.ORDER_TO_ACK)
    assert latency is not None
    assert result.throughput is not None
    assert result.server is not None
    assert result.generator is not None
    per_s = result.throughput.requests_per_s
    percentiles = latency.percentiles
    return Found(
        per_s,
        percentiles["50"] / _US,
        percentiles["99"] / _US,
        result.server.cpu_us_per_request or 0.0,
        result.generator.busiest / per_s * _US_PER_S,
    )


def measure_gateway(name: str, loads: Sequence[Load], seconds: float, found: Measured) -> None:
    """Measure a gateway under each load, one fresh start for all."""
    durability = "fsync" if name == GATEWAY_FSYNC else "os"
    with tempfile.TemporaryDirectory() as folder:
        wakeful = f"busy_poll_us = {BUSY_POLL_US if name == GATEWAY_AWAKE else 0}"
        config = loadtest_config(Path(folder), "[orders]", wakeful)
        with pinned(SERVER_CORE):
            gateway = GatewayProcess(Path(folder), "--durability", durability, config=config)
        with gateway:
            for load in loads:
                each = measure(gateway.fix, gateway.ws, gateway.pid, load, _GATEWAY_PACE, seconds)
                found.setdefault((name, load), []).append(each)


def measure_peer(peer: Acceptor, loads: Sequence[Load], seconds: float, found: Measured) -> None:
    """Measure a peer under each load, one fresh start for each."""
    for load in loads:
        with ExitStack() as stack:
            with pinned(SERVER_CORE):
                port, pid = stack.enter_context(running(peer, load.sessions))
            each = measure(("127.0.0.1", port), None, pid, load, peer.pace, seconds)
        found.setdefault((peer.name, load), []).append(each)


def commit_p50(seconds: float, *, filled: bool) -> float:
    """Return the p50 of a bare commit at the steady rate, in us: at a file's end, or in a filled one."""
    with tempfile.TemporaryDirectory() as folder, pinned(CLIENT_CORE):
        took = probe(Path(folder), COMMIT_BYTES, OPEN_RATE, seconds, filled=filled)
    return statistics.median(took) / _US


class Failures(dict[str, str]):
    """Servers that did not start or answered wrongly, and how; the others' rounds are kept."""

    def attempt(self, name: str, found: Measured, step: Callable[[], None]) -> None:
        """Measure a server, unless it has failed; forget all its figures where it does, its rounds would not
        be those of the others.
        """
        if name in self:
            return
        try:
            step()
        except (
            AssertionError,
            OSError,
            ValueError,
            results.ResultError,
            subprocess.SubprocessError,
        ) as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            self[name] = "; ".join(lines)[-_SAID:] or type(error).__name__
            for server, load in list(found):
                if server == name:
                    del found[server, load]


def bench(rounds: int, seconds: float, failures: Failures, only: str = "") -> Outcome:
    """Measure all rounds, but what fails; return the table with its verdicts.

    Of the loads those whose words have ``only`` in them.
    """
    peers, absent = acceptors()
    found = Measured()
    commits, filled_commits = [], []
    all_loads = {**_GATEWAY_LOADS, **{peer.name: _loads(peer) for peer in peers}}
    planned = {name: [load for load in loads if only in load.words] for name, loads in all_loads.items()}
    by_name = {peer.name: peer for peer in peers}
    for number in range(rounds):
        steps = {
            name: partial(measure_peer, by_name[name], loads, seconds, found)
            if name in by_name
            else partial(measure_gateway, name, loads, seconds, found)
            for name, loads in planned.items()
            if loads
        }
        for name in steps if number % 2 == 0 else reversed(steps):
            failures.attempt(name, found, steps[name])
        commits.append(commit_p50(seconds / 2, filled=False))
        filled_commits.append(commit_p50(seconds / 2, filled=True))
    omits = {peer.name: peer.omits for peer in peers}
    rows = [
        (name, load.words, *(each.words if (each := found.median(name, load)) else NOT_MEASURED))
        for load in (FLOOD, PING_TEN, PING, STEADY, STEADY_MANY)
        for name in planned
        if load in planned[name]
    ]
    commit, filled_commit = statistics.median(commits), statistics.median(filled_commits)
    notes = [
        f"A bare commit of {COMMIT_BYTES} bytes at {OPEN_RATE:,}/s: p50 {commit:,.0f} us at a file's end,"
        f" {filled_commit:,.0f} us in a filled one."
    ]
    notes += [f"{name}: {text}." for name, text in omits.items()]
    notes += [f"Absent: {each.name}: {each.reason}." for each in absent]
    notes += [f"Failed: {name}: {how}." for name, how in failures.items()]
    judged = verdicts(found, commit)
    figures = {"commit_p50_us": commit, "filled_commit_p50_us": filled_commit}
    figures |= {each.words: each.found for each in judged if each.found is not None}
    figures |= {f"{each.words}, the C limit": each.limit for each in judged if each.limit is not None}
    return Outcome(
        f"The gateway and its peers, median of {rounds} interleaved rounds; every answer checked",
        ("server", "load", "orders/s", "p50 us", "p99 us", "server CPU us/order", "client CPU us/order"),
        rows,
        figures,
        [each.target for each in judged],
        notes,
    )


_GATEWAY_LOADS: Final[dict[str, Sequence[Load]]] = {
    GATEWAY_OS: (FLOOD, PING_TEN, PING, STEADY, STEADY_MANY),
    GATEWAY_AWAKE: (PING_TEN, PING, STEADY),
    GATEWAY_FSYNC: (FLOOD, STEADY),
}
_SOME_LOADS: Final[dict[str, Sequence[Load]]] = {
    QUICKFIX_FILE: (FLOOD, PING_TEN, PING, STEADY),
    QUICKFIX_MEMORY: (FLOOD, PING_TEN, PING),
    PATCHED: (FLOOD, PING_TEN, PING, STEADY),
    LIMIT: (FLOOD, PING_TEN, PING, STEADY, STEADY_MANY),
    LIMIT_FSYNC: (FLOOD, STEADY),
}


def _loads(peer: Acceptor) -> Sequence[Load]:
    return _SOME_LOADS.get(peer.name, (FLOOD,))


class Rule(NamedTuple):
    """A target: one figure against another, at least or at most so much."""

    words: str
    field: str
    over: tuple[str, Load]
    under: tuple[str, Load]
    bound: float
    at_most: bool = False


RULES: Final = (
    Rule("orders/s, os, x QuickFIX C++ FileStore", "per_s", (GATEWAY_OS, FLOOD), (QUICKFIX_FILE, FLOOD), 4),
    Rule(
        "orders/s, os, x QuickFIX C++ MemoryStore", "per_s", (GATEWAY_OS, FLOOD), (QUICKFIX_MEMORY, FLOOD), 2
    ),
    Rule(
        "orders/s, fsync, x QuickFIX C++ FileStore",
        "per_s",
        (GATEWAY_FSYNC, FLOOD),
        (QUICKFIX_FILE, FLOOD),
        3,
    ),
    Rule(
        "orders/s, 10 x 1, os, x FileStore",
        "per_s",
        (GATEWAY_AWAKE, PING_TEN),
        (QUICKFIX_FILE, PING_TEN),
        2.5,
    ),
    Rule(
        "p50, 10 x 1, os, x FileStore", "p50", (GATEWAY_AWAKE, PING_TEN), (QUICKFIX_FILE, PING_TEN), 0.5, True
    ),
    Rule("p50, 1 x 1, os, x FileStore", "p50", (GATEWAY_AWAKE, PING), (QUICKFIX_FILE, PING), 1.5, True),
    Rule(
        "CPU, 200 sessions x 10 sessions", "cpu", (GATEWAY_OS, STEADY_MANY), (GATEWAY_OS, STEADY), 1.2, True
    ),
    Rule("orders/s, os, x simplefix on streams", "per_s", (GATEWAY_OS, FLOOD), (SIMPLEFIX, FLOOD), 12),
)


LIMITS: Final = {GATEWAY_OS: LIMIT, GATEWAY_AWAKE: LIMIT, GATEWAY_FSYNC: LIMIT_FSYNC}
"""What no server with such a durability can be better than, on this machine and with this client."""


class Verdict(NamedTuple):
    """One figure of the gateway, the same of the C limit in its place, and what was asked for."""

    words: str
    found: float | None
    limit: float | None
    bound: float
    at_most: bool

    @property
    def target(self) -> Target:
        """The verdict in words; a bound that the limit does not keep either is said to be out of reach."""
        if self.found is None:
            return Target(f"{self.words} (at {'most' if self.at_most else 'least'} {self.bound})", held=None)
        held = self._keeps(self.found)
        words = f"{self.words}: {self.found:.2f} (at {'most' if self.at_most else 'least'} {self.bound}"
        if self.limit is not None:
            words += f"; the C limit: {self.limit:.2f}"
            words += "" if held or self._keeps(self.limit) else ", so no server here can"
        return Target(f"{words})", held=held)

    def _keeps(self, figure: float) -> bool:
        return figure <= self.bound if self.at_most else figure >= self.bound


def verdicts(found: Measured, commit: float) -> list[Verdict]:
    """Return each figure beside its bound, measured or not; ``commit`` is the p50 of a bare one, in us."""
    judged = []
    for rule in RULES:
        ratio = found.ratio(rule.field, rule.over, rule.under)
        limits = [(LIMITS.get(name, name), load) for name, load in (rule.over, rule.under)]
        limit = found.ratio(rule.field, limits[0], limits[1])
        judged.append(Verdict(rule.words, ratio, limit, rule.bound, rule.at_most))
    steady, limit_steady = found.median(GATEWAY_FSYNC, STEADY), found.median(LIMIT_FSYNC, STEADY)
    for field, most in (("p50", 3), ("p99", 10)):
        words = f"{OPEN_RATE:,} orders/s, fsync: {field} x the p50 of a commit"
        ours, theirs = (each and getattr(each, field) / commit for each in (steady, limit_steady))
        judged.append(Verdict(words, ours, theirs, most, at_most=True))
    return judged


def main(arguments: list[str]) -> int:
    """Print the table; exit 1 when a target is missed, or a server failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers_run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="about how long each measurement takes")
    parser.add_argument(
        "--only", default="", metavar="WORDS", help='only such loads, as "500 in flight" or "1 session,"'
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write rows, verdicts and machine there"
    )
    options = parser.parse_args(arguments)
    machine = this_machine()
    failures = Failures()
    outcome = bench(options.rounds, options.seconds, failures, options.only)
    print(outcome.markdown())
    if options.json is not None:
        made = {"rounds": options.rounds, "seconds": options.seconds, "machine": msgspec.to_builtins(machine)}
        options.json.write_text(json.dumps({**made, **outcome.document()}, indent=2) + "\n")
    return 1 if failures or outcome.is_missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
