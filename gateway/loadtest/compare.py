"""Two results of load tests side by side: each figure with its ratio, and whether it got worse.

A is what there was, B what is judged. NOT here: what is in a result (``results``).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TextIO

from rich.table import Table
from rich.text import Text

from gateway.loadtest.report_markup import printable
from gateway.loadtest.results import Measure, Result, read
from gateway.loadtest.terminal import console
from gateway.loadtest.trust import crowd, is_chance, lateness, starvation, strain
from gateway.loadtest.units import (
    count_text,
    duration_text,
    percentile_text,
    rate_text,
    ratio_text,
    size_text,
)

ALIKE: Final = 1.10
"""Two runs of the same thing on a shared machine differ by so much."""

_PERCENTILES: Final = ("50", "90", "99", "99.9", "99.99")
_NS_PER_US: Final = 1_000
_MOST_LINES: Final = 8


class Judgement(StrEnum):
    """What B is against A."""

    BETTER = "better"
    ALIKE = "alike"
    WORSE = "worse"
    OPEN = ""
    """Nothing is said: it is in one of the two only, or a matter of chance."""


_STYLES: Final = {
    Judgement.BETTER: "green",
    Judgement.ALIKE: "",
    Judgement.WORSE: "bold red",
    Judgement.OPEN: "",
}


@dataclass(frozen=True)
class Row:
    """One figure of both, as text, and B's as a multiple of A's (``None`` where there is none)."""

    what: str
    a: str
    b: str
    ratio: float | None
    judgement: Judgement


@dataclass(frozen=True)
class Comparison:
    """All that there is to say about two results. ``cautions`` are what speaks against comparing them."""

    rows: tuple[Row, ...]
    cautions: tuple[str, ...]

    @property
    def worse(self) -> tuple[Row, ...]:
        """Return what got worse."""
        return tuple(row for row in self.rows if row.judgement is Judgement.WORSE)


def compare(a: Result, b: Result, threshold: float = ALIKE) -> Comparison:
    """Compare B with A; what differs by more than a factor of ``threshold`` (at least 1) is judged so."""
    return Comparison(tuple(_Rows(a, b, threshold).all()), tuple(_cautions(a, b)))


def compare_files(a: Path, b: Path, threshold: float | None, stream: TextIO) -> bool:
    """Write the comparison of two result files; return whether B holds against A.

    Without a ``threshold`` nothing is demanded, and B always holds. Raise ``ResultError``, or ``OSError`` for
    what cannot be written.
    """
    comparison = compare(read(a), read(b), ALIKE if threshold is None else threshold)
    show(comparison, (str(a), str(b)), stream)
    return threshold is None or not comparison.worse


def show(comparison: Comparison, names: tuple[str, str], stream: TextIO) -> None:
    """Write the table and what speaks against it; ``names`` are A's and B's. Raise ``OSError``."""
    screen = console(stream)
    for letter, name in zip("AB", names, strict=True):
        screen.print(Text(f"{letter}: {printable(name)}"), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for header in ("A", "B", "B / A"):
        table.add_column(header, justify="right")
    table.add_column("")
    for row in comparison.rows:
        ratio = "" if row.ratio is None else ratio_text(row.ratio)
        word = Text(row.judgement.value, style=_STYLES[row.judgement])
        table.add_row(*map(Text, (printable(row.what), row.a, row.b, ratio)), word)
    screen.print(table)
    for caution in comparison.cautions:
        screen.print(Text(f"care: {printable(caution)}", style="yellow"), soft_wrap=True)


class _Rows:
    """The rows of one comparison."""

    def __init__(self, a: Result, b: Result, threshold: float) -> None:
        self._a = a
        self._b = b
        self._threshold = threshold

    def all(self) -> Iterator[Row]:
        """Yield all rows, what matters most first."""
        a, b = self._a, self._b
        failed = int(not a.verdict.passed), int(not b.verdict.passed)
        yield self._unwanted("verdict", failed, lambda count: "failed" if count else "passed")
        faults = sum(fault.count for fault in a.faults), sum(fault.count for fault in b.faults)
        yield self._unwanted("faults", faults, count_text)
        if a.throughput is not None and b.throughput is not None:
            answered = a.throughput.requests_per_s, b.throughput.requests_per_s
            yield self._measured("requests answered", answered, rate_text, more_is_better=True)
            pushes = a.throughput.pushes_per_s, b.throughput.pushes_per_s
            if any(pushes):
                yield self._measured("pushes", pushes, rate_text, more_is_better=True)
        for name in dict.fromkeys(measure.name for result in (a, b) for measure in result.measures):
            yield from self._latencies(a.measure(name), b.measure(name))
        if a.server is not None and b.server is not None:
            cpu = a.server.cpu_us_per_request, b.server.cpu_us_per_request
            yield self._measured("CPU per request", cpu, lambda us: duration_text(us * _NS_PER_US))
            memory = a.server.rss_max_bytes, b.server.rss_max_bytes
            yield self._measured("memory at most", memory, size_text)

    def _latencies(self, a: Measure | None, b: Measure | None) -> Iterator[Row]:
        known = [measure for measure in (a, b) if measure is not None]
        title = known[0].title
        fewest = min(measure.count for measure in known)
        for percentile in _PERCENTILES:
            if not is_chance(fewest, float(percentile)):
                ns = [None if measure is None else measure.percentiles.get(percentile) for measure in (a, b)]
                name = percentile_text(float(percentile))
                yield self._measured(f"{title}, {name}", (ns[0], ns[1]), duration_text)
        most = [None if measure is None else measure.max for measure in (a, b)]
        yield self._measured(f"{title}, max", (most[0], most[1]), duration_text, judged=False)

    def _unwanted(self, what: str, counts: tuple[int, int], text: Callable[[float], str]) -> Row:
        """Return a row of what should not be at all: one more of it is worse."""
        a, b = counts
        judgement = Judgement.ALIKE if a == b else Judgement.WORSE if b > a else Judgement.BETTER
        return Row(what, text(a), text(b), None, judgement)

    def _measured(
        self,
        what: str,
        values: tuple[float | None, float | None],
        text: Callable[[float], str],
        *,
        more_is_better: bool = False,
        judged: bool = True,
    ) -> Row:
        a, b = values
        ratio = b / a if a and b is not None else None
        judgement = Judgement.OPEN
        if ratio is not None and judged:
            factor = ratio if not more_is_better else 1 / ratio if ratio else math.inf
            judgement = self._judge(factor)
        shown = ["—" if value is None else text(value) for value in values]
        return Row(what, shown[0], shown[1], ratio, judgement)

    def _judge(self, factor: float) -> Judgement:
        """Judge B's figure as a multiple of A's, of which less is better."""
        if factor > self._threshold:
            return Judgement.WORSE
        return Judgement.BETTER if factor < 1 / self._threshold else Judgement.ALIKE


def _cautions(a: Result, b: Result) -> Iterator[str]:
    if a.run == b.run:
        yield "A and B are the same run"
    differing = list(_differing("", a.scenario, b.scenario))
    yield from (f"the scenarios differ: {line}" for line in differing[:_MOST_LINES])
    if len(differing) > _MOST_LINES:
        yield f"the scenarios differ in {len(differing) - _MOST_LINES} more"
    for name in ("host", "processor", "cores", "system", "python", "bdax"):
        of_a, of_b = getattr(a.machine, name), getattr(b.machine, name)
        if of_a != of_b:
            yield f"the machines differ: {name}: {of_a} in A, {of_b} in B"
    for letter, result in (("A", a), ("B", b)):
        if not result.complete:
            yield f"{letter} ended before its plan was done"
        if strain(result) is not None:
            yield f"{letter}'s harness was busy itself, so part of its latencies is its own"
        if lateness(result) is not None:
            yield f"{letter}'s harness sent late, which is most of its highest latencies"
        for who, waited in starvation(result).items():
            yield f"{letter}'s {who} waited for a core {waited:.0%} of the time: others had it"
        load = crowd(result)
        if load is not None:
            yield f"{letter}'s machine was busy before the run: load {load:.2f}"


def _differing(path: str, a: object, b: object) -> Iterator[str]:
    """Yield each key below ``path`` that is not the same, with both values."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            if key == "description":
                continue  # it says in words what the others say
            yield from _differing(f"{path}.{key}" if path else str(key), a.get(key), b.get(key))
    elif a != b:
        yield f"{path}: {_value(a)} in A, {_value(b)} in B"


def _value(value: object) -> str:
    return "nothing" if value is None else str(value)
