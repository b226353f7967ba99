"""The report of a load test: one HTML page that loads nothing else and says everything in the order of need.

Verdict, then what was run against what, then figures, pictures, and how to read them. NOT here: the pictures
(``report_charts``), and the look (``report.css``).
"""

import importlib.resources
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

import msgspec

from gateway.loadtest import files
from gateway.loadtest.cautions import cautions
from gateway.loadtest.report_charts import latency_charts, time_charts
from gateway.loadtest.report_markup import Content, element, fill, page
from gateway.loadtest.report_words import COUNTED, FAULTS, READING
from gateway.loadtest.results import ORDER_TO_ACK, Counts, Measure, Result
from gateway.loadtest.trust import ENOUGH, is_chance
from gateway.loadtest.units import (
    count_text,
    duration_text,
    percentile_text,
    plural,
    rate_text,
    size_text,
    span_text,
    three_digits,
)

_NS: Final = 1_000_000_000
_SHOWN: Final = ("50", "90", "99", "99.9", "99.99", "99.999")


def write_report(result: Result, path: Path) -> None:
    """Write the report, whole or not at all; raise ``OSError``, or ``ResultError`` for a broken histogram."""
    files.write(path, render(result).encode())


def render(result: Result) -> str:
    """Return the report as HTML. Raise ``ResultError`` for a broken histogram."""
    style = importlib.resources.files("gateway.loadtest").joinpath("report.css").read_text(encoding="utf-8")
    description = str(result.scenario.get("description", ""))
    return page(
        f"Load test: {result.name}",
        style,
        element("h1", f"Load test: {result.name}"),
        element("p", description or f"Run {result.run}", class_="soft"),
        _verdict(result),
        *(element("p", text, class_="care") for text in cautions(result)),
        element("div", *_tiles(result), class_="tiles"),
        *_faults(result),
        *_section("What was run", [_facts(_what(result)), _scenario(result)]),
        *_section("Latency", [*_latencies(result), *latency_charts(result)]),
        *_section("Over time", time_charts(result)),
        *_section("What was counted", [_facts(_counted(result.counts))]),
        *_section("How to read this", [_reading()]),
    )


def _verdict(result: Result) -> Element:
    passed = result.verdict.passed
    banner = element(
        "div",
        element("strong", "Passed" if passed else "Failed"),
        class_=f"verdict {'passed' if passed else 'failed'}",
    )
    if passed:
        fill(banner, element("p", "Every answer was checked, and every one was right."))
    if result.verdict.reasons:
        fill(banner, element("ul", *(element("li", reason) for reason in result.verdict.reasons)))
    return banner


def _tiles(result: Result) -> Iterator[Element]:
    throughput, server = result.throughput, result.server
    yield _tile(count_text(sum(fault.count for fault in result.faults)), "faults found")
    if throughput is not None:
        yield _tile(rate_text(throughput.requests_per_s), "requests answered")
    measure = result.measure(ORDER_TO_ACK)
    for percentile in ("50", "99", "99.9"):
        if measure is not None and percentile in measure.percentiles:
            name = percentile_text(float(percentile))
            yield _tile(duration_text(measure.percentiles[percentile]), f"{name} order to acknowledgment")
    if throughput is not None and throughput.pushes_per_s:
        yield _tile(rate_text(throughput.pushes_per_s), "pushes to subscribers")
    if server is not None and server.cpu_us_per_request is not None:
        yield _tile(duration_text(server.cpu_us_per_request * 1_000), "CPU of the target per request")
    if server is not None:
        yield _tile(size_text(server.rss_max_bytes), "memory of the target at most")


def _tile(figure: str, what: str) -> Element:
    return element("div", element("b", figure), element("span", what))


def _faults(result: Result) -> Iterator[Element]:
    if not result.faults:
        return
    rows = [_row("th", "fault", "times", "the first cases")]
    for fault in result.faults:
        kind = element("td", element("b", fault.kind), element("small", FAULTS.get(fault.kind, "")))
        cases = element("ul", *(element("li", example) for example in fault.examples))
        rows.append(element("tr", kind, element("td", count_text(fault.count)), element("td", cases)))
    yield from _section("Faults found", [element("table", *rows, class_="faults")])


def _what(result: Result) -> Iterator[tuple[str, str]]:
    target, machine = result.target, result.machine
    yield "target", target.label
    if target.fix:
        whom = f" to {target.target_comp_id}" if target.target_comp_id else ""
        yield "FIX", f"{target.begin_string} at {target.fix}{whom}".lstrip()
    if target.ws:
        yield "WebSocket", target.ws
    if target.pids:
        yield "its processes", ", ".join(map(str, target.pids))
    yield "scenario", result.name
    yield "started", f"{datetime.fromtimestamp(result.started // _NS, UTC):%Y-%m-%d %H:%M:%S} UTC"
    yield "took", span_text(result.duration / _NS)
    if result.throughput is not None:
        yield "of it measured", span_text(result.throughput.seconds)
    cores = plural(machine.cores, "core")
    yield "machine", f"{machine.host}: {machine.processor}, {cores}, {size_text(machine.memory_bytes)}"
    yield "its system", f"{machine.system}, load {machine.load_before:.2f} before the run"
    yield "harness", f"bdax {machine.bdax}, Python {machine.python}"
    yield from _used(result)
    yield "run", result.run


def _used(result: Result) -> Iterator[tuple[str, str]]:
    """Yield what the run took of the machine."""
    generator, server = result.generator, result.server
    if generator is not None:
        busiest = three_digits(generator.busiest * 100)
        yield "its load", f"{plural(generator.workers, 'worker')}, the busiest {busiest} % of a core"
        if generator.late_p99 is not None:
            yield "behind its plan", f"{duration_text(generator.late_p99)} (p99)"
    if server is not None:
        yield "target's CPU", span_text(server.cpu_s)
        start, end, most = map(
            size_text, (server.rss_start_bytes, server.rss_end_bytes, server.rss_max_bytes)
        )
        yield "target's memory", f"{start} at the start, {end} at the end, {most} at most"


def _scenario(result: Result) -> Element:
    text = json.dumps(result.scenario, indent=2, ensure_ascii=False)
    return element("details", element("summary", "The whole scenario"), element("pre", text))


def _latencies(result: Result) -> Iterator[Element]:
    measures = [measure for measure in result.measures if measure.count]
    if not measures:
        yield element("p", "Nothing was answered in the measured part, so there is no latency to show.")
        return
    names = [percentile_text(float(name)) for name in _SHOWN]
    rows = [_row("th", "", "values", "min", *names, "max", "mean")]
    rows += [
        element("tr", element("td", element("b", measure.title)), *_cells(measure)) for measure in measures
    ]
    yield element("div", element("table", *rows), class_="wide")
    yield element(
        "p",
        f"In grey: fewer than {ENOUGH} values lie beyond, so another run may well say something else.",
        class_="soft",
    )
    terms = element("dl")
    for measure in measures:
        fill(terms, element("dt", measure.title), element("dd", *_with_code(f"Counts {measure.meaning}.")))
    yield terms


def _with_code(text: str) -> Iterator[Content]:
    """Yield ``text`` with what stands between backticks as code."""
    for number, part in enumerate(text.split("`")):
        yield element("code", part) if number % 2 else part


def _cells(measure: Measure) -> Iterator[Element]:
    yield element("td", count_text(measure.count))
    yield element("td", duration_text(measure.min))
    for name in _SHOWN:
        text = duration_text(measure.percentiles[name]) if name in measure.percentiles else "—"
        yield element("td", text, class_="soft" if is_chance(measure.count, float(name)) else "")
    yield element("td", duration_text(measure.max), class_="soft")
    yield element("td", duration_text(measure.mean))


def _counted(counts: Counts) -> Iterator[tuple[str, str]]:
    for name, value in msgspec.structs.asdict(counts).items():
        if value or name.startswith("requests_"):
            yield COUNTED[name], size_text(value) if name.startswith("bytes_") else count_text(value)


def _reading() -> Element:
    return element(
        "dl",
        *(element(tag, text) for words in READING for tag, text in zip(("dt", "dd"), words, strict=True)),
    )


def _section(title: str, content: Iterable[Element]) -> Iterator[Element]:
    """Yield a heading and ``content``; nothing where there is none."""
    known = list(content)
    if known:
        yield element("h2", title)
        yield from known


def _facts(facts: Iterable[tuple[str, str]]) -> Element:
    return element("table", *(_row("td", name, text) for name, text in facts), class_="facts")


def _row(tag: str, *cells: str) -> Element:
    return element("tr", *(element(tag, cell) for cell in cells))
