"""What a storm costs the order path: thousands of clients that connect and subscribe at once, beside orders.

The gateway has a core of its own. Orders run on one instrument; the newcomers follow the book of another,
which changes once a second. Workers, where there are some, have the gateway's core too: the other is the
clients'. NOT here: the clients (``storm_clients``).
"""

import contextlib
import json
import multiprocessing
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from protocols.fix import utc_text
from tests.bench.fan_out_orders import LEVELS, PRICE, SYMBOL, TICK, Quotes
from tests.bench.fan_out_run import Cores, allow_connections, on_core
from tests.bench.fix_load import READ_SIZE, Line
from tests.bench.gateway_figures import percentile
from tests.bench.order_flow import Paced
from tests.bench.outcome import Outcome, Target
from tests.bench.storm_clients import Beside, trade_in_storm
from tests.system.gateway_process import GatewayProcess, eventually, loadtest_config

RATE: Final = 2_000
SESSIONS: Final = 10
CLIENTS: Final = 5_000
UPDATES: Final = 1
SEEDER: Final = b"LOAD199"
CHANNEL: Final = f"book.{SYMBOL}"
MOST_MS: Final = 100.0
"""What no order may wait for its answer, whatever comes beside it."""

GONE_TIMEOUT_S: Final = 30.0
_MS: Final = 1e6


class Form(NamedTuple):
    """How many rounds, of how many seconds before the storm and from its begin, and how many clients.

    ``workers`` is ``[ws] workers``: 0 leaves the clients to the gateway's own process.
    """

    rounds: int
    before_s: float
    storm_s: float
    clients: int = CLIENTS
    rate: int = RATE
    workers: int = 0


SHORT: Final = Form(rounds=3, before_s=3.0, storm_s=6.0)
FULL: Final = Form(rounds=7, before_s=10.0, storm_s=10.0)
WORKERS: Final = 2


class Round(NamedTuple):
    """The orders before a storm, and what happened then."""

    before: Paced
    beside: Beside


@contextlib.contextmanager
def clients(gateway: GatewayProcess) -> Iterator[Connection]:
    """Start the process of all clients; it takes the tasks of ``trade_in_storm``."""
    here, there = multiprocessing.Pipe()
    comp_ids = [b"LOAD%d" % n for n in range(1, SESSIONS + 1)]
    ws = urlsplit(gateway.ws)
    process = multiprocessing.get_context("spawn").Process(
        target=trade_in_storm, args=(gateway.fix, (ws.hostname, ws.port), comp_ids, there)
    )
    process.start()
    there.close()
    try:
        if here.recv() != "ready":
            raise AssertionError("the clients are not ready")
        yield here
        here.send(None)
        process.join(10)
    finally:
        if process.is_alive():
            process.terminate()
        process.join()
        here.close()


def fill_book(gateway: GatewayProcess) -> None:
    """Place an order on each level of the book that newcomers follow."""
    line = Line(gateway.fix, SEEDER)
    for number in range(LEVELS):
        order = b"11=S%d\x0121=1\x0138=0.01\x0140=2\x0144=%d\x0154=1\x0155=%b\x0159=1\x0160=%b\x01" % (
            number,
            PRICE - number * TICK,
            SYMBOL.encode(),
            utc_text(time.time_ns()),
        )
        line.socket.sendall(line.message(b"D", order))
    heard = b""
    while heard.count(b"\x01150=0\x01") < LEVELS:
        heard += line.socket.recv(READ_SIZE)
    line.drop()


def measure(gateway: GatewayProcess, form: Form) -> list[Round]:
    """Run all rounds on one gateway."""
    fill_book(gateway)
    rounds = []
    with clients(gateway) as tasks, Quotes(gateway.fix, UPDATES):
        tasks.send((form.rate, 1.0))
        tasks.recv()
        for _ in range(form.rounds):
            tasks.send((form.rate, form.before_s))
            before = tasks.recv()
            tasks.send((form.rate, form.storm_s, form.clients, CHANNEL))
            rounds.append(Round(before, tasks.recv()))
            eventually(lambda: _connected(gateway) == 0, "the clients' end", timeout_s=GONE_TIMEOUT_S)
    return rounds


def _connected(gateway: GatewayProcess) -> int:
    with urllib.request.urlopen(f"{gateway.http}/healthz", timeout=10) as answer:  # noqa: S310 - our own
        return int(json.load(answer)["ws_connections"])


def bench(form: Form = SHORT) -> Outcome:
    """Measure; return the table."""
    allow_connections(form.clients)
    cores = Cores.of_machine()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        with on_core(cores.server):
            gateway = stack.enter_context(
                GatewayProcess(
                    Path(folder),
                    "--durability",
                    "fsync",
                    config=loadtest_config(Path(folder), "[ws]", f"workers = {form.workers}"),
                )
            )
        stack.enter_context(on_core(cores.receiver))
        return outcome(measure(gateway, form), form)


def outcome(rounds: list[Round], form: Form) -> Outcome:
    """Return the table of the medians, and the verdicts."""
    figures: dict[str, float] = {}
    rows = []
    stretches = {
        "before": [each.before.latencies for each in rounds],
        "during": [each.beside.during.latencies for each in rounds],
    }
    for key, stretch in stretches.items():
        values = [statistics.median(percentile(each, p) / _MS for each in stretch) for p in (50, 99, 99.9)]
        longest = max(map(max, stretch)) / _MS
        rows.append((f"{key} the storm", *(f"{value:.2f}" for value in (*values, longest))))
        figures |= {f"{key}_p99_ms": values[1], f"{key}_longest_ms": longest}
    figures["p99_growth"] = statistics.median(
        percentile(each.beside.during.latencies, 99) / percentile(each.before.latencies, 99)
        for each in rounds
    )
    whole = [each.beside.told for each in rounds]
    figures["snapshots"] = float(min(len(told.latencies) for told in whole))
    figures["all_told_s"] = statistics.median(max(told.latencies) / _MS / 1e3 for told in whole)
    figures["half_told_s"] = statistics.median(percentile(told.latencies, 50) / _MS / 1e3 for told in whole)
    workers = f"{form.workers} workers, " if form.workers else ""
    return Outcome(
        f"A storm: {form.clients:,} clients connect and subscribe at once, beside {form.rate:,} orders/s, "
        f"durability fsync, {workers}median of {len(rounds)} rounds",
        ("order to ack", "p50 ms", "p99 ms", "p99.9 ms", "longest ms"),
        rows,
        figures,
        [
            Target(
                f"each of {form.clients:,} clients gets its snapshot: {figures['snapshots']:,.0f}",
                held=figures["snapshots"] == form.clients,
            ),
            Target(
                f"no order waits longer than {MOST_MS:.0f} ms: {figures['during_longest_ms']:.1f}",
                held=figures["during_longest_ms"] <= MOST_MS,
            ),
        ],
        [
            f"Half had it after {figures['half_told_s']:.2f} s, all after {figures['all_told_s']:.2f} s.",
            f"The orders' p99 grew {figures['p99_growth']:.1f} x meanwhile.",
        ],
    )
