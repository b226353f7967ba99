"""Memory: a gateway's RSS while orders close as fast as they open, and bytes per closed order it remembers.

The idempotency memory is filled in a process of its own, with as many entries as the run closes orders, so
that its growth can be told from everything else's.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

from gateway.orders.idempotency import UsedIds
from gateway.settings import load
from tests.bench.durability import SESSIONS, clients
from tests.bench.gateway_figures import Counters, mebibytes, rss_bytes
from tests.bench.order_path import CONFIG
from tests.bench.outcome import Outcome, Target
from tests.system.gateway_process import GatewayProcess, children

MOST_BYTES: Final = 40.0
"""What a closed order may take in the idempotency memory."""
MOST_GROWTH: Final = 0.05
"""The part of the RSS by which everything else may grow."""
ENTRIES: Final = 1_000_000
LARGE: Final = 20_000_000
PART: Final = 32
"""A full memory of so large a part, a power of two, has as many entries in each of its buckets."""
MOST_BESIDE: Final = 2.0
"""What the process that takes snapshots may take at its highest, as a multiple of the gateway's RSS."""
SETTLED: Final = 1.8
"""All has its size when this many times the closed orders that are remembered have closed.

The last to take it are hash tables: one of 100,000 entries that come and go is resized for good, to 2**19
places, when 174,762 entries have come.
"""
KEEP_NS: Final = 24 * 3600 * 1_000_000_000


class Form(NamedTuple):
    """Orders a second, seconds in all, and seconds between two looks."""

    rate: int
    seconds: float
    look_s: float


SHORT: Final = Form(rate=4_000, seconds=90.0, look_s=3.0)
FULL: Final = Form(rate=2_000, seconds=600.0, look_s=10.0)


class Look(NamedTuple):
    """A running gateway at one moment: seconds so far, closed orders, RSS of it and of its children."""

    at_s: float
    closed: int
    rss: int
    children_rss: int


def idempotency_bytes(capacity: int, counts: Sequence[int]) -> list[int]:
    """Return by how much the RSS of a fresh process grows with so many closed orders (ascending counts)."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_remember, args=(capacity, counts, there))
    process.start()
    there.close()
    try:
        found: list[int] = here.recv()
    finally:
        process.join()
        here.close()
    return found


def _remember(capacity: int, counts: Sequence[int], answer: Connection) -> None:
    before = rss_bytes(os.getpid())
    used = UsedIds(capacity=capacity, keep_ns=KEEP_NS)
    grown = []
    for first, count in zip((0, *counts), counts, strict=False):
        for number in range(first + 1, count + 1):
            used.add(f"LOAD{number % SESSIONS}", b"order-%012d" % number, number, number)
        grown.append(rss_bytes(os.getpid()) - before)
    answer.send(grown)


def watch(folder: Path, durability: str, form: Form) -> list[Look]:
    """Run a gateway whose orders close as fast as they open; return what was seen of it."""
    looks = []
    with (
        GatewayProcess(folder, "--durability", durability, config="loadtest.toml") as gateway,
        clients(gateway) as client,
    ):
        started = time.monotonic()
        while (at_s := time.monotonic() - started) < form.seconds:
            looks.append(_look(gateway, at_s))
            client.paced(form.rate, form.look_s)
        looks.append(_look(gateway, at_s))
    return looks


def _look(gateway: GatewayProcess, at_s: float) -> Look:
    counters = Counters.of(gateway)
    closed = int(counters.get("bdax_commands_total", 0.0) - counters["bdax_open_orders"])
    return Look(at_s, closed, rss_bytes(gateway.pid), sum(map(rss_bytes, children(gateway.pid))))


def bench(form: Form = SHORT, durability: str = "fsync") -> Outcome:
    """Measure; return the table."""
    settings = load(CONFIG).orders
    with tempfile.TemporaryDirectory() as folder:
        looks = watch(Path(folder), durability, form)
    capacity = settings.idempotency_max
    at_million = idempotency_bytes(capacity, [ENTRIES])[0] / ENTRIES
    at_large = idempotency_bytes(LARGE // PART, [LARGE // PART])[0] / (LARGE // PART)
    settled = [look for look in looks if look.closed >= SETTLED * settings.closed_max]
    if len(settled) < 2:
        raise AssertionError("too few orders were closed: run longer, or at a higher rate")
    first, last = settled[0], settled[-1]
    remembered = [max(0, look.closed - settings.closed_max) for look in (first, last)]
    ids_before, ids_after = idempotency_bytes(capacity, remembered)
    growth = last.rss - first.rss
    rest = growth - (ids_after - ids_before)
    beside = max(look.children_rss for look in settled)
    shown = looks[:: max(1, len(looks) // 10)]
    return Outcome(
        f"Memory: {form.rate:,} orders/s that close as fast as they open, {last.at_s:.0f} s, "
        f"durability {durability}",
        ("s", "closed orders", "RSS MiB", "children's RSS MiB"),
        [
            (f"{look.at_s:.0f}", f"{look.closed:,}", mebibytes(look.rss), mebibytes(look.children_rss))
            for look in (*shown, *([] if last in shown else [last]))
        ],
        {
            "bytes_per_closed_order_at_1_million": at_million,
            "bytes_per_closed_order_at_20_million": at_large,
            "closed_orders": last.closed,
            "rss_bytes": last.rss,
            "growth_bytes": growth,
            "growth_beyond_idempotency_bytes": rest,
            "children_highest_rss_bytes": beside,
        },
        [
            Target(
                f"at most {MOST_BYTES:.0f} bytes per closed order in the idempotency memory",
                held=max(at_million, at_large) <= MOST_BYTES,
            ),
            Target(
                f"but for that memory the RSS grows by at most {MOST_GROWTH:.0%} once all has its size",
                held=rest <= MOST_GROWTH * first.rss,
            ),
            Target(
                f"the process that takes snapshots needs at most {MOST_BESIDE:.0f} x the gateway's RSS",
                held=beside <= MOST_BESIDE * last.rss,
            ),
        ],
        [
            f"Idempotency memory, bytes per closed order: {at_million:.1f} at {ENTRIES:,}; {at_large:.1f} at "
            f"{LARGE:,} (computed), {mebibytes(at_large * LARGE)} MiB in all.",
            f"From {first.closed:,} to {last.closed:,} closed orders the RSS grew by "
            f"{mebibytes(growth)} MiB; the idempotency memory alone grows by "
            f"{mebibytes(ids_after - ids_before)} MiB.",
            f"The process that takes snapshots came to {mebibytes(beside)} MiB at the highest look since.",
        ],
    )
