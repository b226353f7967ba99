"""Fan-out: the same updates to many WebSocket clients, by the gateway and by others in turn.

Server and receiver have a core each. The gateway's pushes come from a recorded tape, paced by its slowest
outbox, through publisher, hub and connections. Every round runs each server once, in changing order; a ratio
is the median of the rounds' own ratios. ``fan_out_candidates`` says what the machine must have for all rows.
"""

import statistics
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

from tests.bench.fan_out_candidates import (
    BROADCAST,
    C_LIMIT,
    GATEWAY,
    NODE,
    Absent,
    Candidate,
    Load,
    candidates,
    receiver,
)
from tests.bench.fan_out_run import Cores, Run, allow_connections, run_once
from tests.bench.outcome import Outcome, Target

LEAST: Final = {C_LIMIT: 0.85, NODE: 1.0, BROADCAST: 1.2}
"""Deliveries per second as a part of each peer's, one update to one write."""
LEAST_JOINED: Final = {C_LIMIT: 0.8}
MOST_P99: Final = {NODE: 1.1}
"""The p99 delivery at a moderate rate as a multiple of each peer's."""
MOST_GROWTH: Final = 1.1
"""How much more the cost of a delivery may grow with the subscribers than the C limit's."""
MOST_BYTES: Final = 40_000
SMALL: Final = 1_000
LARGE: Final = 5_000

Found: TypeAlias = dict[tuple[Load, str], list[Run]]


class Form(NamedTuple):
    """How many rounds of which loads."""

    rounds: int
    loads: tuple[Load, ...]


SHORT: Final = Form(
    rounds=3,
    loads=(
        Load(clients=100, messages=1_000),
        Load(clients=SMALL, messages=100),
        Load(clients=SMALL, messages=600, batch=10),
        Load(clients=SMALL, messages=40, rate=20),
    ),
)
FULL: Final = Form(
    rounds=7,
    loads=(
        Load(clients=100, messages=6_000),
        Load(clients=SMALL, messages=600),
        Load(clients=LARGE, messages=120),
        Load(clients=SMALL, messages=5_000, batch=10),
        Load(clients=SMALL, messages=200, rate=20),
    ),
)


def measure(form: Form, present: Sequence[Candidate], reading: Sequence[str], cores: Cores) -> Found:
    """Run all loads, round by round."""
    found: Found = {}
    for number in range(form.rounds):
        for load in form.loads:
            takers = [each for each in present if load.batch == 1 or each.joins]
            for candidate in takers if number % 2 == 0 else reversed(takers):
                run = run_once(candidate, load, reading, cores)
                found.setdefault((load, candidate.name), []).append(run)
    return found


def bench(form: Form = SHORT) -> Outcome:
    """Measure; return the table."""
    allow_connections(max(load.clients for load in form.loads))
    cores = Cores.of_machine()
    present, absent = candidates()
    reading, note = receiver()
    notes = [note, *(f"Not measured: {each.name}: {each.reason}." for each in absent)]
    if cores.server == cores.receiver:
        notes.append("Server and receiver share one core: the ratios say little.")
    return outcome(form, measure(form, present, reading, cores), absent, notes)


def ratio(found: Found, load: Load, peer: str, figure: Callable[[Run], float]) -> float:
    """Return the gateway's figure as a multiple of a peer's: the median over the rounds."""
    pairs = zip(found[load, GATEWAY], found[load, peer], strict=True)
    return statistics.median(figure(ours) / max(1e-9, figure(theirs)) for ours, theirs in pairs)


def growth(found: Found, name: str, small: Load, large: Load) -> float:
    """Return by how much the server's CPU for a delivery grows from one load to another."""
    costs = [statistics.median(run.server_us for run in found[load, name]) for load in (small, large)]
    return costs[1] / max(1e-9, costs[0])


def outcome(form: Form, found: Found, absent: Sequence[Absent], notes: Sequence[str]) -> Outcome:
    """Return the table, the figures and the verdicts. What needs an absent peer has no verdict."""
    figures: dict[str, float] = {}
    targets: list[Target] = []
    missing = {each.name for each in absent}
    for load in form.loads:
        bounds = MOST_P99 if load.rate else LEAST_JOINED if load.batch > 1 else LEAST
        for peer, bound in bounds.items():
            if peer in missing:
                continue
            if load.rate:
                value = ratio(found, load, peer, lambda run: run.p99_us)
                text = f"{load.words}: p99 delivery at most {bound} x {peer}: {value:.2f}"
                targets.append(Target(text, held=value <= bound))
                figures[f"{load.words}: p99 / {peer}"] = value
            else:
                value = ratio(found, load, peer, lambda run: run.deliveries_per_s)
                text = f"{load.words}: deliveries/s at least {bound} x {peer}: {value:.2f}"
                targets.append(Target(text, held=value >= bound))
                figures[f"{load.words}: deliveries / {peer}"] = value
    targets += _growth_target(form, found, missing, figures)
    idle = max(form.loads, key=lambda load: load.clients)
    held_bytes = statistics.median(run.bytes_per_client for run in found[idle, GATEWAY])
    figures["bytes_per_subscriber"] = held_bytes
    text = f"at most {MOST_BYTES:,} bytes of memory per idle subscriber: {held_bytes:,.0f}"
    targets.append(Target(f"{text} of {idle.clients:,}", held=held_bytes <= MOST_BYTES))
    rows = []
    for (load, name), runs in sorted(found.items(), key=lambda item: form.loads.index(item[0][0])):
        rate, p50, p99, server, reading, size, _ = (
            statistics.median(column) for column in zip(*runs, strict=True)
        )
        limit = found.get((load, C_LIMIT))
        part = statistics.median(run.server_us for run in limit) / max(1e-9, server) if limit else 0.0
        rows.append(
            (
                load.words,
                name,
                f"{rate:,.0f}",
                f"{p50:,.0f}",
                f"{p99:,.0f}",
                f"{server:.2f}",
                f"{part:.2f}" if part else "-",
                f"{reading:.2f}",
                f"{size:.0f}",
            )
        )
        figures[f"{load.words}: {name}: deliveries_per_s"] = rate
        figures[f"{load.words}: {name}: p99_us"] = p99
        figures[f"{load.words}: {name}: server_us"] = server
    return Outcome(
        f"Fan-out: one update to every subscriber, median of {form.rounds} rounds",
        (
            "subscribers",
            "server",
            "deliveries/s",
            "p50 us",
            "p99 us",
            "server CPU us",
            "C limit's CPU / this one's",
            "receiver CPU us",
            "bytes",
        ),
        rows,
        figures,
        targets,
        notes,
    )


def _growth_target(form: Form, found: Found, missing: set[str], figures: dict[str, float]) -> list[Target]:
    """Return the verdict on how the cost of a delivery grows, where the loads and the C limit are there."""
    plain = {load.clients: load for load in form.loads if not load.rate and load.batch == 1}
    if C_LIMIT in missing or not {SMALL, LARGE} <= plain.keys():
        return []
    ours = growth(found, GATEWAY, plain[SMALL], plain[LARGE])
    limit = growth(found, C_LIMIT, plain[SMALL], plain[LARGE])
    figures["growth"], figures["growth_of_c_limit"] = ours, limit
    text = f"{SMALL:,} to {LARGE:,}: server CPU per delivery grows at most {MOST_GROWTH} x as much as the C "
    text += f"limit's: {ours:.2f} against {limit:.2f}"
    return [Target(text, held=ours <= MOST_GROWTH * limit)]
