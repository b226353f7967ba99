"""Results of load tests that never ran, by the seed: a good one to start from, and parts to change in it."""

import math
import random
import statistics
from collections.abc import Iterable
from functools import cache
from typing import Final

from hdrh.histogram import HdrHistogram

from gateway.loadtest.results import (
    CONNECT,
    ENGINE_TO_SUBSCRIBER,
    ORDER_TO_ACK,
    ORDER_TO_FILL,
    ORDER_TO_TRADE,
    PERCENTILES,
    Counts,
    Generator,
    Machine,
    Measure,
    Result,
    Second,
    Server,
    Target,
    Throughput,
    Verdict,
)

SECONDS: Final = 30
WARM_UP: Final = 5
RATE: Final = 5_000
MIB: Final = 1 << 20
HIGHEST: Final = 3_600_000_000_000
"""The largest value of a histogram: an hour in ns."""

MACHINE: Final = Machine(
    host="lab-7",
    system="Linux 6.1",
    processor="Xeon",
    cores=2,
    memory_bytes=24 * 1024 * MIB,
    python="3.11.2",
    bdax="0.1.0",
    load_before=0.12,
)


def measure(name: str, values: Iterable[int]) -> Measure:
    """Return the measure of these latencies, in ns; there is at least one."""
    ordered = sorted(values)
    histogram = HdrHistogram(1, HIGHEST, 3)
    for value in ordered:
        histogram.record_value(value)
    ranks = {percent: math.ceil(float(percent) / 100 * len(ordered)) for percent in PERCENTILES}
    return Measure(
        name=name,
        count=len(ordered),
        min=ordered[0],
        mean=statistics.fmean(ordered),
        stddev=statistics.pstdev(ordered),
        max=ordered[-1],
        percentiles={percent: ordered[rank - 1] for percent, rank in ranks.items()},
        histogram=histogram.encode().decode(),
    )


def latencies(middle_us: float, count: int = 2_000, seed: int = 1) -> list[int]:
    """Return latencies around ``middle_us`` with a long tail, ns."""
    dice = random.Random(seed)
    return [int(dice.lognormvariate(0, 0.5) * middle_us * 1_000) for _ in range(count)]


def second(number: int, seed: int = 1) -> Second:
    """Return what one second of a steady run looks like."""
    dice = random.Random(seed * 1_000 + number)
    return Second(
        second=number,
        measured=number >= WARM_UP,
        sent=RATE,
        answered=RATE - dice.randrange(50),
        fills=RATE // 4 + dice.randrange(100),
        pushes=20_000 + dice.randrange(500),
        connections=110 if number == 0 else 0,
        p50=int(dice.uniform(250, 290) * 1_000),
        p99=int(dice.uniform(900, 1_500) * 1_000),
        max=int(dice.uniform(2_000, 9_000) * 1_000),
        push_p50=int(dice.uniform(500, 600) * 1_000),
        push_p99=int(dice.uniform(2_000, 3_000) * 1_000),
        cpu=dice.uniform(0.55, 0.65),
        rss_bytes=(180 + number) * MIB,
    )


@cache
def result() -> Result:
    """Return a run that passed."""
    return Result(
        run="20260801-101500-latency",
        started=1_785_579_300_000_000_000,
        duration=SECONDS * 1_000_000_000,
        complete=True,
        scenario={
            "name": "latency",
            "description": "5,000 orders/s over 10 sessions, half of them crossing.",
            "fix": {"sessions": 10},
        },
        target=Target(
            label="gateway 0.1.0, fsync",
            fix="127.0.0.1:9880",
            ws="ws://127.0.0.1:8080/v1",
            begin_string="FIX.4.4",
            target_comp_id="BDAX",
            pids=(4711,),
        ),
        machine=MACHINE,
        verdict=Verdict(passed=True),
        counts=Counts(
            requests_planned=150_000,
            requests_sent=150_000,
            requests_answered=150_000,
            orders=150_000,
            accepted=150_000,
            fills=75_000,
            pushes=600_000,
            connections=110,
            bytes_sent=30_000_000,
            bytes_received=60_000_000,
        ),
        measures=(
            measure(ORDER_TO_ACK, latencies(270)),
            measure(ORDER_TO_FILL, latencies(280, 500, seed=2)),
            measure(ORDER_TO_TRADE, latencies(900, 500, seed=3)),
            measure(ENGINE_TO_SUBSCRIBER, latencies(550, 4_000, seed=4)),
            measure(CONNECT, latencies(4_000, 110, seed=5)),
        ),
        seconds=tuple(second(number) for number in range(SECONDS)),
        throughput=Throughput(
            seconds=25.0, requests=125_000, requests_per_s=5_000.0, best_second=5_003, pushes_per_s=20_240.0
        ),
        server=Server(
            cpu_s=15.2,
            cpu_us_per_request=121.6,
            rss_start_bytes=185 * MIB,
            rss_end_bytes=209 * MIB,
            rss_max_bytes=209 * MIB,
        ),
        generator=Generator(workers=2, busiest=0.41, late_p99=43_000),
    )
