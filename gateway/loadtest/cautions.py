"""What makes the figures of a result mean less than they seem to, in words. NOT here: when (``trust``)."""

from collections.abc import Iterator

from gateway.loadtest.results import Result
from gateway.loadtest.trust import crowd, lateness, starvation, strain
from gateway.loadtest.units import duration_text, three_digits


def cautions(result: Result) -> Iterator[str]:
    """Yield each in a sentence or two."""
    if not result.complete:
        yield "The run ended before its plan was done. All figures are of the part before that."
    busiest = strain(result)
    if busiest is not None:
        yield (
            f"The harness itself was busy ({three_digits(busiest * 100)} % of a core in its busiest worker): "
            "part of the latency is its own. Use more workers or a lower rate."
        )
    for who, waited in starvation(result).items():
        yield (
            f"The {who} was ready to run and waited for a core {three_digits(waited * 1_000)} ms of each "
            "second, because others had it: part of the latency is that."
        )
    late = lateness(result)
    if late is not None:
        yield (
            f"One of 100 requests left {duration_text(late)} or more behind its plan, because the harness or "
            "its machine was busy: most of the highest latencies is that, and not the target."
        )
    load = crowd(result)
    if load is not None:
        yield (
            f"The machine was busy before the run began (load {load:.2f} on {result.machine.cores} cores): "
            "what else it did is in the figures."
        )
