"""A long run: what an order costs after millions of them, against an order of a gateway's first million.

One gateway works all of them: orders that rest, cross and are canceled, with as many open at the end of each
stretch as at that of the one before. Then a fresh gateway and it are measured in turn, since the speed of a
machine drifts over minutes. What both cost is their processes' own CPU time per request.
"""

import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from gateway.settings import load
from tests.bench.gateway_figures import mebibytes, rss_bytes
from tests.bench.load_run import SERVER_CORE, pinned, run_load
from tests.bench.memory import idempotency_bytes
from tests.bench.order_path import CONFIG
from tests.bench.outcome import Outcome, Target
from tests.system.gateway_process import GatewayProcess

MOST_COST: Final = 1.1
"""What an order may cost at the end, as a multiple of one of the first million."""
MOST_GROWTH: Final = 0.05
"""The part of the RSS by which everything but the idempotency memory may grow."""
FILLING: Final = 3
"""So many times the closed orders that are remembered are requested of a fresh gateway before it is measured:
most of its first million are worked while it lets go of one for each that closes.
"""
RUN_LIMIT_S: Final = 600
SCENARIO: Final = Path(__file__).with_suffix(".toml")


class Form(NamedTuple):
    """Requests in all, of a stretch, and of each measurement at the end; how many of those on each side."""

    requests: int
    stretch: int
    measured: int
    rounds: int


SHORT: Final = Form(requests=600_000, stretch=200_000, measured=50_000, rounds=3)
FULL: Final = Form(requests=13_000_000, stretch=500_000, measured=100_000, rounds=7)
"""The longer one has more than ten million new orders."""


class Look(NamedTuple):
    """A gateway after a stretch: orders so far, CPU us of a request in it, RSS."""

    orders: int
    cost_us: float
    rss: int


def stretch(gateway: GatewayProcess, requests: int) -> tuple[float, int]:
    """Put a gateway under load; return its CPU us per request, and how many new orders were among them.

    Raises ``AssertionError`` when an answer is wrong.
    """
    target = ("--fix", f"{gateway.fix[0]}:{gateway.fix[1]}", "--pid", gateway.pid)
    extent = ("--count", requests, "--warmup", requests // 10, "--run-s", RUN_LIMIT_S)
    result = run_load(str(SCENARIO), *target, *extent)
    assert result.server is not None
    return result.server.cpu_us_per_request or 0.0, result.counts.orders


def bench(form: Form = SHORT) -> Outcome:
    """Measure; return the table."""
    settings = load(CONFIG).orders
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        old = stack.enter_context(_gateway(Path(folder) / "old"))
        looks: list[Look] = []
        for _ in range(form.requests // form.stretch):
            cost_us, orders = stretch(old, form.stretch)
            worked = orders + (looks[-1].orders if looks else 0)
            looks.append(Look(worked, cost_us, rss_bytes(old.pid)))
        new = stack.enter_context(_gateway(Path(folder) / "new"))
        stretch(new, FILLING * settings.closed_max)
        pairs = []
        for number in range(form.rounds):
            turn = (old, new) if number % 2 else (new, old)
            costs = {gateway.pid: stretch(gateway, form.measured)[0] for gateway in turn}
            pairs.append((costs[old.pid], costs[new.pid]))
    ratio = statistics.median(after / before for after, before in pairs)
    here_us, fresh_us = (statistics.median(column) for column in zip(*pairs, strict=True))
    # All has its size when the closed orders that are remembered have been replaced once.
    settled = [look for look in looks if look.orders >= 2 * settings.closed_max] or looks[-1:]
    first, last = settled[0], settled[-1]
    remembered = [max(0, look.orders - settings.closed_max) for look in (first, last)]
    ids = _ids_growth(settings.idempotency_max, remembered)
    rest = last.rss - first.rss - ids
    return Outcome(
        f"A long run: {last.orders:,} orders on one gateway, durability os",
        ("orders", "CPU us per request", "RSS MiB"),
        [
            (f"{look.orders:,}", f"{look.cost_us:.1f}", mebibytes(look.rss))
            for look in looks[:: max(1, len(looks) // 12)]
        ],
        {
            "orders": last.orders,
            "cost_ratio": ratio,
            "growth_bytes": last.rss - first.rss,
            "idempotency_growth_bytes": ids,
        },
        [
            Target(
                f"an order costs at most {MOST_COST} x one of a gateway's first million",
                held=ratio <= MOST_COST,
            ),
            Target(
                f"but for the idempotency memory the RSS grows by at most {MOST_GROWTH:.0%}",
                held=rest <= MOST_GROWTH * first.rss,
            ),
        ],
        [
            f"In turn, median of {form.rounds}: {here_us:.1f} us here, {fresh_us:.1f} in a fresh gateway: "
            f"{ratio:.2f} x.",
            f"From {first.orders:,} to {last.orders:,} orders the RSS grew by "
            f"{mebibytes(last.rss - first.rss)} MiB; the idempotency memory alone grows by "
            f"{mebibytes(ids)} MiB.",
        ],
    )


def _gateway(folder: Path) -> GatewayProcess:
    folder.mkdir()
    with pinned(SERVER_CORE):
        return GatewayProcess(folder, "--durability", "os", config="loadtest.toml")


def _ids_growth(capacity: int, remembered: Sequence[int]) -> int:
    before, after = idempotency_bytes(capacity, remembered)
    return after - before
