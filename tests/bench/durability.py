"""What durability costs: the same orders through ``bdax run`` with each way to commit.

Every round starts a gateway on an empty data directory; the clients are another process. Between the
stretches a probe commits as many bytes as the gateway did, at the same pace on the same file system, so that
the disk's own time is known in the same run: at the end of a file, as any log may, and over bytes that are
on the disk already, as the gateway does.
"""

import multiprocessing
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from tests.bench.commit_probe import probe
from tests.bench.gateway_figures import Usage, file_system, medians, percentile
from tests.bench.order_flow import Paced, Windowed, trade
from tests.bench.outcome import Outcome, Target
from tests.system.gateway_process import GatewayProcess

SESSIONS: Final = 10
SLOW_RATE: Final = 1_000
FAST_RATES: Final = (10_000, 8_000, 6_000, 4_000, 2_000)
"""The rate that is asked for, and what is tried where the machine does not hold it."""
MORE_MS: Final = 0.5
"""What an order may take beyond one commit."""
LEAST_RATIO: Final = 0.85
"""The part of the highest throughput that is left with ``fsync``."""
RECORDS: Final = "Each order is five records of its commit: a command, two FIX messages, two executions."
_MS: Final = 1e6

_Answer = TypeVar("_Answer", Paced, Windowed)


class Form(NamedTuple):
    """How long to measure: rounds, seconds at each rate, orders and window of the highest throughput."""

    rounds: int
    slow_s: float
    probe_s: float
    fast_s: float
    orders: int
    window: int = 64


SHORT: Final = Form(rounds=3, slow_s=4.0, probe_s=1.5, fast_s=3.0, orders=60_000)
FULL: Final = Form(rounds=7, slow_s=15.0, probe_s=4.0, fast_s=10.0, orders=200_000)


class Client:
    """The process of the clients, seen from here."""

    def __init__(self, tasks: Connection) -> None:
        self._tasks = tasks

    def paced(self, rate: int, seconds: float) -> Paced:
        """Have orders sent at planned times."""
        return self._ask(("paced", rate, seconds), Paced)

    def windowed(self, orders: int, window: int) -> Windowed:
        """Have orders sent as fast as they are answered."""
        return self._ask(("windowed", orders, float(window)), Windowed)

    def _ask(self, task: tuple[str, int, float], kind: type[_Answer]) -> _Answer:
        self._tasks.send(task)
        answer = self._tasks.recv()
        if not isinstance(answer, kind):
            raise TypeError(f"the clients answered {answer!r}")
        return answer


@contextmanager
def clients(gateway: GatewayProcess, sessions: int = SESSIONS) -> Iterator[Client]:
    """Start clients ``LOAD1`` ... in a process of their own."""
    here, there = multiprocessing.Pipe()
    comp_ids = [b"LOAD%d" % n for n in range(1, sessions + 1)]
    process = multiprocessing.get_context("spawn").Process(target=trade, args=(gateway.fix, comp_ids, there))
    process.start()
    there.close()
    try:
        if here.recv() != "ready":
            raise AssertionError("the clients are not ready")
        yield Client(here)
        here.send(None)
        process.join(10)
    finally:
        if process.is_alive():
            process.terminate()
        process.join()
        here.close()


class Round(NamedTuple):
    """One gateway's figures.

    ``commit_ms`` is the probe's p50, ``filled_ms`` that over bytes that were there (0 where no commit waits
    for the disk).
    """

    slow: Paced
    slow_usage: Usage
    commit_ms: float
    filled_ms: float
    fast: Paced
    fast_usage: Usage
    top: Windowed
    top_usage: Usage

    def row(self) -> list[float]:
        """Return the figures in the order of ``FIGURES``."""
        slow, fast, top = self.slow_usage, self.fast_usage, self.top_usage
        return [
            *(percentile(self.slow.latencies, p) / _MS for p in (50, 99, 99.9)),
            self.commit_ms,
            self.filled_ms,
            slow.commit_s / slow.commits * 1e3,
            self.fast.rate,
            *(percentile(self.fast.latencies, p) / _MS for p in (50, 99, 99.9)),
            self.top.rate,
            SLOW_RATE * slow.commits / slow.commands,
            self.top.rate * top.commits / top.commands,
            *(usage.commands / usage.commits for usage in (slow, fast, top)),
            *(usage.cpu_s / usage.commands * 1e6 for usage in (slow, fast, top)),
            top.children_cpu_s / top.commands * 1e6,
            *(usage.log_bytes / usage.commands for usage in (slow, top)),
        ]


FIGURES: Final = (
    ("slow_p50_ms", f"order to ack at {SLOW_RATE:,}/s, p50 ms", ".2f"),
    ("slow_p99_ms", "p99 ms", ".2f"),
    ("slow_p999_ms", "p99.9 ms", ".2f"),
    ("commit_p50_ms", "one commit of the same size, alone at the same pace, p50 ms", ".2f"),
    ("filled_p50_ms", "the same over bytes that are on the disk already, p50 ms", ".2f"),
    ("slow_commit_ms", "the gateway's own commits meanwhile, mean ms", ".2f"),
    ("fast_rate", f"orders/s sent ({FAST_RATES[0]:,}, or the next lower step that is held)", ",.0f"),
    ("fast_p50_ms", "order to ack at that rate, p50 ms", ".2f"),
    ("fast_p99_ms", "p99 ms", ".2f"),
    ("fast_p999_ms", "p99.9 ms", ".2f"),
    ("top_rate", "highest sustained orders/s", ",.0f"),
    ("slow_commits", f"commits/s at {SLOW_RATE:,} orders/s", ",.0f"),
    ("top_commits", "commits/s at the highest", ",.0f"),
    ("slow_per_commit", f"orders per commit at {SLOW_RATE:,}/s", ".1f"),
    ("fast_per_commit", "orders per commit at the fast rate", ".1f"),
    ("top_per_commit", "orders per commit at the highest", ".1f"),
    ("slow_cpu_us", f"gateway CPU us per order at {SLOW_RATE:,}/s", ".0f"),
    ("fast_cpu_us", "gateway CPU us per order at the fast rate", ".0f"),
    ("top_cpu_us", "gateway CPU us per order at the highest", ".0f"),
    ("children_cpu_us", "its children's CPU us per order at the highest", ".0f"),
    ("slow_disk_bytes", f"bytes of log per order at {SLOW_RATE:,}/s", ",.0f"),
    ("top_disk_bytes", "bytes of log per order at the highest", ",.0f"),
)
"""Key, words, and format of each figure of a round."""


def measure(folder: Path, durability: str, form: Form) -> Round:
    """Run one gateway through all stretches."""
    folder.mkdir()
    with (
        GatewayProcess(folder, "--durability", durability, config="loadtest.toml") as gateway,
        clients(gateway) as client,
    ):
        if gateway.ready["durability"] != durability:
            raise AssertionError(f"asked for {durability}, got {gateway.ready['durability']}")
        before = Usage.of(gateway)
        client.paced(SLOW_RATE, min(1.0, form.slow_s))
        warm = Usage.of(gateway)
        probes = _Probes(folder, form.probe_s / 4) if durability == "fsync" else None
        if probes is not None:
            probes.run(warm.since(before))
        warm = Usage.of(gateway)
        slow = client.paced(SLOW_RATE, form.slow_s)
        slow_usage = Usage.of(gateway).since(warm)
        if probes is not None:
            probes.run(slow_usage)
        fast, fast_usage = _fastest(gateway, client, form)
        before = Usage.of(gateway)
        top = client.windowed(form.orders, form.window)
        top_usage = Usage.of(gateway).since(before)
    commit_ms, filled_ms = (0.0, 0.0) if probes is None else probes.p50_ms()
    return Round(slow, slow_usage, commit_ms, filled_ms, fast, fast_usage, top, top_usage)


class _Probes:
    """Commits with the size of those that were made, paced as the orders were; both ways in turn."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds
        self._appended: list[int] = []
        self._filled: list[int] = []

    def run(self, usage: Usage) -> None:
        """Probe both ways."""
        size = int(usage.log_bytes / usage.commits)
        self._appended += probe(self._folder, size, SLOW_RATE, self._seconds)
        self._filled += probe(self._folder, size, SLOW_RATE, self._seconds, filled=True)

    def p50_ms(self) -> tuple[float, float]:
        """Return the p50 of each way."""
        return percentile(self._appended, 50) / _MS, percentile(self._filled, 50) / _MS


def _fastest(gateway: GatewayProcess, client: Client, form: Form) -> tuple[Paced, Usage]:
    """Return the first of the fast rates that is held, or the last."""
    for rate in FAST_RATES:
        before = Usage.of(gateway)
        fast = client.paced(rate, form.fast_s)
        if fast.held:
            break
    return fast, Usage.of(gateway).since(before)


def bench(form: Form = SHORT, durabilities: Sequence[str] = ("fsync", "os")) -> Outcome:
    """Measure each durability in turn, round by round; return the table of the medians."""
    found: dict[str, list[Round]] = {durability: [] for durability in durabilities}
    with tempfile.TemporaryDirectory() as folder:
        disk = file_system(Path(folder))
        for number in range(form.rounds):
            for durability in durabilities if number % 2 == 0 else reversed(durabilities):
                place = Path(folder) / f"{durability}-{number}"
                found[durability].append(measure(place, durability, form))
                # All of them would be gigabytes.
                shutil.rmtree(place)
    return outcome(found, disk)


def outcome(found: dict[str, list[Round]], disk: str) -> Outcome:
    """Return the table, the figures and the verdicts of what was measured on the file system ``disk``."""
    columns = {name: medians([each.row() for each in rounds]) for name, rounds in found.items()}
    rounds = len(next(iter(found.values())))
    rows = [
        (words, *(f"{column[at]:{form}}" if column[at] else "-" for column in columns.values()))
        for at, (_, words, form) in enumerate(FIGURES)
    ]
    figures = {
        f"{name}_{key}": column[at]
        for name, column in columns.items()
        for at, (key, _, _) in enumerate(FIGURES)
    }
    targets, notes = [], [f"Data on {disk}. {_unheld(found)}", RECORDS]
    if "fsync" in found:
        more = statistics.median(percentile(r.slow.latencies, 50) / _MS - r.commit_ms for r in found["fsync"])
        figures["fsync_more_than_commit_ms"] = more
        most = statistics.median(percentile(r.slow.latencies, 50) / _MS - r.filled_ms for r in found["fsync"])
        figures["fsync_more_than_filled_ms"] = most
        notes.append(
            f"fsync: an order's p50 is the commit's {more:+.2f} ms, that of one over bytes that are there "
            f"{most:+.2f} ms (medians over the rounds)."
        )
        text = f"fsync, {SLOW_RATE:,} orders/s: p50 at most that of a commit of the same size + {MORE_MS} ms"
        targets.append(Target(text, held=more <= MORE_MS))
    if "fsync" in found and "os" in found:
        pairs = zip(found["fsync"], found["os"], strict=True)
        ratio = statistics.median(fsync.top.rate / os.top.rate for fsync, os in pairs)
        figures["fsync_to_os_rate"] = ratio
        notes.append(f"Highest throughput: fsync {ratio:.2f} x os (median over the rounds).")
        text = f"group commit costs at most {1 - LEAST_RATIO:.0%} of the highest throughput against os"
        targets.append(Target(text, held=ratio >= LEAST_RATIO))
    return Outcome(
        f"Durability: {', '.join(found)}; {SESSIONS} FIX sessions, every order filled (two reports each), "
        f"median of {rounds} rounds",
        ("", *columns),
        rows,
        figures,
        targets,
        notes,
    )


def _unheld(found: dict[str, list[Round]]) -> str:
    """Say where the machine did not hold the rate that was asked for."""
    asked = FAST_RATES[0]
    said = [
        f"{name} in {missed} of {len(rounds)} rounds"
        for name, rounds in found.items()
        if (missed := sum(r.fast.rate < asked or not r.fast.held for r in rounds))
    ]
    if not said:
        return f"{asked:,} orders/s were held in every round."
    return f"The machine did not hold {asked:,} orders/s: {', '.join(said)}."
