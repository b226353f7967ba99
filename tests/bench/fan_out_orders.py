"""What subscribers cost the order path: the same orders, durable, without and with a fan-out beside them.

Orders run on one instrument. Quotes on another move a book ``UPDATES`` times a second in both stretches; the
subscribers follow that book in one of them. The gateway has a core of its own, clients and subscribers share
the other: there the subscribers' process gives way, so that the clients' waiting for it is not measured.
"""

import contextlib
import itertools
import json
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from protocols.fix import utc_text
from tests.bench.durability import clients
from tests.bench.fan_out_candidates import SUBSCRIBE, receiver
from tests.bench.fan_out_run import Cores, allow_connections, on_core
from tests.bench.fix_load import READ_SIZE, Address, Line
from tests.bench.gateway_figures import percentile
from tests.bench.order_flow import Paced
from tests.bench.outcome import Outcome, Target
from tests.system.gateway_process import ROOT, GatewayProcess, eventually

RATE: Final = 5_000
UPDATES: Final = 20
SUBSCRIBERS: Final = 1_000
MOST_RATIO: Final = 1.5
QUOTER: Final = b"LOAD200"
SYMBOL: Final = "ETH-KRW"
PRICE: Final = 4_000_000
TICK: Final = 1_000
LEVELS: Final = 50
CONNECT_TIMEOUT_S: Final = 30.0
SLACK_S: Final = 3.0
_MS: Final = 1e6


class Form(NamedTuple):
    """How many rounds, and seconds of each of their two stretches."""

    rounds: int
    seconds: float


SHORT: Final = Form(rounds=3, seconds=4.0)
FULL: Final = Form(rounds=7, seconds=15.0)


class Round(NamedTuple):
    """Both stretches of a round, and what the subscribers found."""

    alone: Paced
    beside: Paced
    deliveries_per_s: float
    delivery_p99_us: float


class Quotes:
    """Moves a book at a steady pace: a thread with a FIX session of its own. ``sent`` counts orders."""

    def __init__(self, address: Address, per_s: int) -> None:
        self._line = Line(address, QUOTER)
        self._line.socket.setblocking(False)
        self._gap_s = 1 / per_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0

    def __enter__(self) -> "Quotes":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._line.socket.close()

    def _run(self) -> None:
        due = time.monotonic()
        for number in itertools.count(1):
            # Each order adds to one of some levels, so that the book changes and stays small.
            price = PRICE - number % LEVELS * TICK
            order = b"11=Q%d\x0121=1\x0138=0.01\x0140=2\x0144=%d\x0154=1\x0155=%b\x0159=1\x0160=%b\x01" % (
                number,
                price,
                SYMBOL.encode(),
                utc_text(time.time_ns()),
            )
            self._line.socket.send(self._line.message(b"D", order))
            self.sent += 1
            with contextlib.suppress(BlockingIOError):
                self._line.socket.recv(READ_SIZE)
            due += self._gap_s
            if self._over.wait(max(0.0, due - time.monotonic())):
                return


class Subscribers:
    """The process of the subscribers; ``found`` has what it printed, once it has ended."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}
        self.p99_us = 0.0

    @property
    def deliveries_per_s(self) -> float:
        """Pushes read per second by all together."""
        return self.found["deliveries_per_s"]


@contextmanager
def subscribers(gateway: GatewayProcess, count: int, seconds: float, core: int) -> Iterator[Subscribers]:
    """Have ``count`` clients follow the book that the quotes move, for about ``seconds``."""
    reading, _ = receiver()
    command = ["nice", "-n", "10", *reading]
    port = gateway.ws.rpartition(":")[2].partition("/")[0]
    command += ["--port", port, "--path", "/v1", "--ts-key", "sent", "--ts-clock", "realtime"]
    command += ["--send", SUBSCRIBE % f"book.{SYMBOL}", "--allow-gaps", "--cpu", str(core)]
    command += ["--clients", str(count), "--duration", str(seconds)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    taken = Subscribers()
    try:
        eventually(
            lambda: _connected(gateway) == count, "the subscribers' connections", timeout_s=CONNECT_TIMEOUT_S
        )
        yield taken
        printed, _ = process.communicate(timeout=seconds + CONNECT_TIMEOUT_S)
        result = json.loads(printed)
        taken.found = {"deliveries_per_s": result["deliveries_per_s"]}
        taken.p99_us = result["lat_us"]["p99"]
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    eventually(lambda: _connected(gateway) == 0, "the subscribers' end", timeout_s=CONNECT_TIMEOUT_S)


def _connected(gateway: GatewayProcess) -> int:
    with urllib.request.urlopen(f"{gateway.http}/healthz", timeout=10) as answer:  # noqa: S310 - our own
        return int(json.load(answer)["ws_connections"])


def measure(folder: Path, form: Form, cores: Cores) -> list[Round]:
    """Run all rounds on one gateway, the stretch without subscribers first in every other one."""
    rounds = []
    with contextlib.ExitStack() as stack:
        with on_core(cores.server):
            gateway = stack.enter_context(
                GatewayProcess(folder, "--durability", "fsync", config="loadtest.toml")
            )
        stack.enter_context(on_core(cores.receiver))
        client = stack.enter_context(clients(gateway))
        stack.enter_context(Quotes(gateway.fix, UPDATES))
        client.paced(RATE, 1.0)
        for number in range(form.rounds):
            alone = client.paced(RATE, form.seconds) if number % 2 == 0 else None
            with subscribers(gateway, SUBSCRIBERS, form.seconds + SLACK_S, cores.receiver) as taken:
                client.paced(RATE, 0.5)
                beside = client.paced(RATE, form.seconds)
            if alone is None:
                client.paced(RATE, 0.5)
                alone = client.paced(RATE, form.seconds)
            rounds.append(Round(alone, beside, taken.deliveries_per_s, taken.p99_us))
    return rounds


def bench(form: Form = SHORT) -> Outcome:
    """Measure; return the table."""
    allow_connections(SUBSCRIBERS)
    with tempfile.TemporaryDirectory() as folder:
        rounds = measure(Path(folder), form, Cores.of_machine())
    return outcome(rounds)


def outcome(rounds: list[Round]) -> Outcome:
    """Return the table of the medians, and the verdict on the median of the rounds' ratios."""
    rows = []
    figures: dict[str, float] = {}
    for words, key in (("alone", "alone"), (f"with {SUBSCRIBERS:,} subscribers", "beside")):
        paced: list[Paced] = [getattr(each, key) for each in rounds]
        values = [
            statistics.median(percentile(each.latencies, percent) / _MS for each in paced)
            for percent in (50, 99, 99.9)
        ]
        rows.append((words, *(f"{value:.2f}" for value in values)))
        figures[f"{key}_p99_ms"] = values[1]
    growth = statistics.median(
        percentile(each.beside.latencies, 99) / percentile(each.alone.latencies, 99) for each in rounds
    )
    figures["p99_growth"] = growth
    figures["deliveries_per_s"] = statistics.median(each.deliveries_per_s for each in rounds)
    held = sum(each.alone.held and each.beside.held for each in rounds)
    return Outcome(
        f"Order path beside a fan-out: {RATE:,} orders/s, durability fsync, {UPDATES} updates/s, median of "
        f"{len(rounds)} rounds",
        ("order to ack", "p50 ms", "p99 ms", "p99.9 ms"),
        rows,
        figures,
        [
            Target(
                f"order path p99 with {SUBSCRIBERS:,} subscribers at {UPDATES}/s at most {MOST_RATIO} x "
                f"alone: {growth:.2f}",
                held=growth <= MOST_RATIO,
            )
        ],
        [
            f"The subscribers read {figures['deliveries_per_s']:,.0f} pushes/s, p99 "
            f"{statistics.median(each.delivery_p99_us for each in rounds) / 1e3:.1f} ms from sent.",
            f"The gateway kept up with {RATE:,} orders/s in {held} of {len(rounds)} rounds.",
        ],
    )
