"""Puts what the workers found together into one result. NOT here: how they found it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from gateway.loadtest.findings import NS, Findings
from gateway.loadtest.outcome import Flow, Outcome
from gateway.loadtest.results import (
    CONNECT,
    ENGINE_TO_SUBSCRIBER,
    ORDER_TO_ACK,
    ORDER_TO_FILL,
    ORDER_TO_TRADE,
    SENT_TO_SUBSCRIBER,
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
from gateway.loadtest.scenario import Scenario
from gateway.loadtest.server_watch import Sample
from gateway.loadtest.tally import Tally

_ORDER: Final = (
    ORDER_TO_ACK,
    ORDER_TO_FILL,
    ORDER_TO_TRADE,
    ENGINE_TO_SUBSCRIBER,
    SENT_TO_SUBSCRIBER,
    CONNECT,
)
_MOST_SCALED: Final = 1.5
_SECRETS: Final = {"fix": "password", "ws": "secret"}


@dataclass(frozen=True, slots=True)
class Run:
    """What was run. ``started`` is UTC ns, ``start`` monotonic ns, when the first request was planned."""

    scenario: Scenario
    target: Target
    machine: Machine
    run: str
    started: int
    start: int
    duration: int


def gather(run: Run, outcomes: Sequence[Outcome], own: Findings, samples: Sequence[Sample]) -> Result:
    """Return the result; ``own`` are the faults that the conductor noticed."""
    found = Findings()
    for outcome in outcomes:
        found.merge(outcome.findings)
    found.merge(own)
    is_complete = bool(outcomes) and all(outcome.is_complete for outcome in outcomes)
    is_complete = is_complete and not own.faults.total()
    if is_complete:
        found.match_trades()
    measured = [outcome for outcome in outcomes if outcome.measured_ns]
    until = max((outcome.measured_until for outcome in measured), default=0)
    since = min(found.measure_from, until)
    faults = found.faults
    reasons = list(faults.reasons())
    if run.scenario.order_sessions and not measured and not reasons:
        reasons.append("nothing was measured: the run ended within its warm-up")
    seconds = _seconds(run, outcomes, found, samples, (since, until))
    return Result(
        run=run.run,
        started=run.started,
        duration=run.duration,
        complete=is_complete,
        scenario=_told(run.scenario),
        target=run.target,
        machine=run.machine,
        verdict=Verdict(passed=not reasons, reasons=tuple(reasons)),
        counts=_counts(found, outcomes),
        measures=_measures(found),
        seconds=seconds,
        faults=faults.found(),
        throughput=_throughput(measured, seconds, (since, until)),
        server=_server(samples, (since, until), sum(outcome.measured_answers for outcome in measured)),
        generator=_generator(found, outcomes),
    )


def _told(scenario: Scenario) -> dict[str, object]:
    """Return the scenario as its file would have it, without secrets."""
    told: dict[str, object] = msgspec.to_builtins(scenario)
    for table, key in _SECRETS.items():
        part = told[table]
        if isinstance(part, dict):
            part.pop(key, None)
    return told


def _counts(found: Findings, outcomes: Sequence[Outcome]) -> Counts:
    known = {name: found.counts[name] for name in Counts.__struct_fields__ if name in found.counts}
    return Counts(**{**known, "requests_planned": sum(outcome.planned for outcome in outcomes)})


def _measures(found: Findings) -> tuple[Measure, ...]:
    measures = (found.tallies[name].measure(name) for name in _ORDER if name in found.tallies)
    return tuple(measure for measure in measures if measure is not None)


def _seconds(
    run: Run, outcomes: Sequence[Outcome], found: Findings, samples: Sequence[Sample], window: tuple[int, int]
) -> tuple[Second, ...]:
    flows: dict[int, Flow] = {}
    for outcome in outcomes:
        for second, flow in outcome.seconds.items():
            flows.setdefault(second, Flow()).add(flow)
    if not flows:
        return ()
    by_second = {sample.at // NS: sample for sample in samples}
    first = min(run.start // NS, max(flows))
    last = max((second for second, flow in flows.items() if flow.sent or flow.answered), default=max(flows))
    none = Tally()
    seconds = []
    for second in range(first, last + 1):
        flow = flows.get(second, Flow())
        acks, pushes = found.ack_seconds.get(second, none), found.push_seconds.get(second, none)
        before, now = by_second.get(second - 1), by_second.get(second)
        seconds.append(
            Second(
                second=second - first,
                measured=window[0] <= second * NS and (second + 1) * NS <= window[1],
                sent=flow.sent,
                answered=flow.answered,
                fills=flow.fills,
                pushes=flow.pushes,
                connections=flow.connections,
                p50=acks.percentile(50),
                p99=acks.percentile(99),
                max=acks.highest(),
                push_p50=pushes.percentile(50),
                push_p99=pushes.percentile(99),
                cpu=before.cores_until(now) if before and now else None,
                rss_bytes=now.rss_bytes if now else None,
            )
        )
    return tuple(seconds)


def _throughput(
    measured: Sequence[Outcome], seconds: Sequence[Second], window: tuple[int, int]
) -> Throughput | None:
    whole = [second for second in seconds if second.measured]
    pushes = sum(second.pushes for second in whole) / len(whole) if whole else 0.0
    if not measured and not pushes:
        return None
    return Throughput(
        seconds=(window[1] - window[0]) / NS,
        requests=sum(outcome.measured_answers for outcome in measured),
        requests_per_s=sum(outcome.measured_answers * NS / outcome.measured_ns for outcome in measured),
        best_second=max((second.answered for second in whole), default=0),
        pushes_per_s=pushes,
    )


def _server(samples: Sequence[Sample], window: tuple[int, int], answers: int) -> Server | None:
    """Return what the target used in the window; of one shorter than the samples' distance, around it."""
    if not samples:
        return None
    since, until = window
    within = [sample for sample in samples if since <= sample.at <= until]
    covered = within[-1].at - within[0].at if within else 0
    # Samples do not reach to the edges of the window: what they cover stands for the whole.
    scale = (until - since) / covered if covered else 1.0
    if scale > _MOST_SCALED or not covered:
        first = max((n for n, sample in enumerate(samples) if sample.at <= since), default=0)
        last = min((n for n, sample in enumerate(samples) if sample.at >= until), default=len(samples) - 1)
        within, scale = list(samples[first : last + 1]) if until else list(samples), 1.0
    cpu = (within[-1].cpu_s - within[0].cpu_s) * scale
    return Server(
        cpu_s=cpu,
        cpu_us_per_request=cpu * 1e6 / answers if answers else None,
        rss_start_bytes=within[0].rss_bytes,
        rss_end_bytes=within[-1].rss_bytes,
        rss_max_bytes=max(sample.rss_bytes for sample in within),
        waited=(within[-1].waited_s - within[0].waited_s) * NS / max(1, within[-1].at - within[0].at),
    )


def _generator(found: Findings, outcomes: Sequence[Outcome]) -> Generator | None:
    if not outcomes:
        return None
    return Generator(
        workers=len(outcomes),
        busiest=max(outcome.busy for outcome in outcomes),
        waited=max(outcome.waited for outcome in outcomes),
        late_p99=found.tallies["late"].percentile(99) if "late" in found.tallies else None,
    )
