"""A run as its operator sees it: a live picture on a terminal, plain lines elsewhere, figures at the end.

What comes from outside (names, faults) is shown as text, whatever it holds. NOT here: what is told, and when
(``progress``).
"""

import atexit
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Final, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gateway.loadtest.cautions import cautions
from gateway.loadtest.progress import Progress, View
from gateway.loadtest.report_markup import printable
from gateway.loadtest.results import Result, Target
from gateway.loadtest.units import (
    clock_text,
    count_text,
    duration_text,
    plural,
    rate_text,
    size_text,
    span_text,
    three_digits,
)

LINE_EVERY_S: Final = 5.0
"""How often a plain line is written while a phase lasts."""

_NS: Final = 1_000_000_000
_PLAIN_WIDTH: Final = 110
_BAR_WIDTH: Final = 44
_HISTORY: Final = 40
_BARS: Final = " ▁▂▃▄▅▆▇█"
_SURE_OF_END: Final = 0.03
"""From this fraction of the plan on, the time that is left can be told."""


def view(stream: TextIO) -> View:
    """Return the view for ``stream``: live where it is a terminal that can move its cursor."""
    found = console(stream)
    return LiveView(found) if found.is_terminal else PlainView(found)


def console(stream: TextIO) -> Console:
    """Return what prints on ``stream``: plain, and wide enough for tables, where it is no terminal."""
    if isinstance(stream, TextIOWrapper):
        # Not every encoding has the signs of microseconds and of progress.
        stream.reconfigure(errors="replace")
    found = _Console(file=stream)
    if found.is_terminal and not found.is_dumb_terminal:
        return found
    return _Console(file=stream, width=_PLAIN_WIDTH, color_system=None, force_terminal=False)


class _Console(Console):
    """A console whose reader may go away: the rest goes nowhere, and nothing ends because of it."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        # What is in the stream's buffer would be the interpreter's last word otherwise, and its exit code.
        with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self.file.fileno())


class PlainView:
    """A line every few seconds and at each change of phase. What cannot be written is not."""

    def __init__(self, console: Console) -> None:
        self._screen = _Screen(console)
        self._last: Progress | None = None

    def begin(self, name: str, description: str, target: Target) -> None:
        """See ``View``."""
        self._screen.show(*_heading(name, description, target))

    def show(self, progress: Progress) -> None:
        """See ``View``."""
        last = self._last
        if last and last.phase is progress.phase and progress.elapsed_s - last.elapsed_s < LINE_EVERY_S:
            return
        self._last = progress
        self._screen.show(Text(line(progress)))

    def end(self, result: Result) -> None:
        """See ``View``."""
        self._screen.show(*summary(result))


class LiveView:
    """A picture that is drawn again with each progress, in place. What cannot be written is not."""

    def __init__(self, console: Console) -> None:
        self._screen = _Screen(console)
        self._live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._rates: deque[float] = deque(maxlen=_HISTORY)
        self._slow: deque[float] = deque(maxlen=_HISTORY)
        self._idle_s = 0.0

    def begin(self, name: str, description: str, target: Target) -> None:
        """See ``View``."""
        self._screen.show(*_heading(name, description, target))
        # However the run ends, the cursor comes back.
        atexit.register(self._stop)
        self._screen.act(self._live.start)

    def show(self, progress: Progress) -> None:
        """See ``View``."""
        self._rates.append(progress.rate)
        self._slow.append(progress.p99 or 0)
        if not progress.fraction:
            self._idle_s = progress.elapsed_s
        picture = Group(_bar(progress, self._idle_s), _figures(progress, self._rates, self._slow))
        self._screen.act(lambda: self._live.update(picture, refresh=True))

    def end(self, result: Result) -> None:
        """See ``View``."""
        self._stop()
        self._screen.show(*summary(result))

    def _stop(self) -> None:
        atexit.unregister(self._stop)
        self._screen.act(self._live.stop)


class _Screen:
    """A console that may fail in mid-run: a full disk, a closed file."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gone = False

    def show(self, *parts: RenderableType) -> None:
        for part in parts:
            # Lines are cut by no width: whoever reads a file wraps them as they like.
            self.act(partial(self._console.print, part, soft_wrap=isinstance(part, Text)))

    def act(self, act: Callable[[], None]) -> None:
        if self._gone:
            return
        try:
            act()
        except (OSError, ValueError):
            # ValueError is what a closed file says.
            self._gone = True


def line(progress: Progress) -> str:
    """Return a progress as one line."""
    parts = [
        clock_text(progress.elapsed_s),
        f"{progress.fraction:4.0%}",
        progress.phase.value,
        f"{count_text(progress.connected)} of {plural(progress.connections, 'connection')}",
        f"{count_text(progress.answered)} of {count_text(progress.sent)} answered",
        rate_text(progress.rate),
        *_latency(progress),
        *_market(progress),
        *_target(progress),
    ]
    if progress.faults:
        parts.append(f"FAULTS {count_text(progress.faults)}")
    return "  ".join(parts)


def summary(result: Result) -> Iterator[RenderableType]:
    """Yield what there is to say at the end: figures, what they cost, faults, and the verdict last."""
    if result.measures:
        yield _measures(result)
    throughput, server = result.throughput, result.server
    if throughput is not None:
        over = f"{count_text(throughput.requests)} requests answered in {span_text(throughput.seconds)}"
        pushes = f", {rate_text(throughput.pushes_per_s)} pushes" if throughput.pushes_per_s else ""
        yield Text(f"{rate_text(throughput.requests_per_s)} ({over}){pushes}")
    if server is not None:
        each = server.cpu_us_per_request
        cost = "" if each is None else f", {duration_text(each * 1_000)} per request"
        memory = f"memory {size_text(server.rss_max_bytes)} at most"
        yield Text(f"target: CPU {span_text(server.cpu_s)}{cost}; {memory}")
    for fault in result.faults:
        yield Text(f"{_shown(fault.kind)}: {count_text(fault.count)}", style="bold red")
        yield from (Text(f"  {_shown(example)}") for example in fault.examples)
    yield from (Text(text, style="yellow") for text in cautions(result))
    if result.verdict.passed:
        yield Text("passed", style="bold green")
    else:
        yield Text("failed", style="bold red")
    yield from (Text(f"  {_shown(reason)}") for reason in result.verdict.reasons)


def _heading(name: str, description: str, target: Target) -> Iterator[RenderableType]:
    at = ", ".join(_shown(address) for address in (target.fix, target.ws) if address)
    yield Text(f"{_shown(name)}: {_shown(target.label)}" + (f" ({at})" if at else ""), style="bold")
    if description:
        yield Text(_shown(description), style="dim")


def _bar(progress: Progress, idle_s: float) -> RenderableType:
    """Return how far it is; nothing of the plan was done in the first ``idle_s``."""
    grid = Table.grid(padding=(0, 2))
    left = ""
    if _SURE_OF_END <= progress.fraction < 1:
        worked_s = progress.elapsed_s - idle_s
        rest = worked_s / progress.fraction - worked_s
        left = f"about {clock_text(rest)} left"
    grid.add_row(
        Text(f"{progress.phase.value:<10}", style="bold"),
        ProgressBar(total=1.0, completed=progress.fraction, width=_BAR_WIDTH),
        Text(f"{progress.fraction:4.0%}"),
        Text(clock_text(progress.elapsed_s)),
        Text(left, style="dim"),
    )
    return grid


def _figures(progress: Progress, rates: Iterable[float], slow: Iterable[float]) -> RenderableType:
    grid = Table.grid(padding=(0, 3))
    grid.add_column(style="dim")
    waiting = progress.sent - progress.answered
    rows = {
        "requests": [
            rate_text(progress.rate),
            f"{count_text(progress.answered)} answered",
            f"{count_text(waiting)} waiting",
        ],
        "latency": _latency(progress),
        "market": _market(progress),
        "target": _target(progress),
        "lines": [f"{count_text(progress.connected)} of {count_text(progress.connections)} connected"],
    }
    history = {"requests": sparkline(rates), "latency": sparkline(slow)}
    for name, cells in rows.items():
        if cells:
            cells = [*cells, *[""] * (3 - len(cells)), history.get(name, "")]
            grid.add_row(Text(name), *map(Text, cells))
    fault = (
        Text("none", style="green")
        if not progress.faults
        else Text(count_text(progress.faults), style="bold red")
    )
    grid.add_row(Text("faults"), fault)
    return grid


def sparkline(values: Iterable[float]) -> str:
    """Return ``values`` as bars of one character each, the highest of them full."""
    known = list(values)
    most = max(known, default=0)
    if most <= 0:
        return ""
    return "".join(
        _BARS[max(1, round(value / most * (len(_BARS) - 1))) if value > 0 else 0] for value in known
    )


def _latency(progress: Progress) -> list[str]:
    both = (("p50", progress.p50), ("p99", progress.p99))
    return [f"{name} {duration_text(ns)}" for name, ns in both if ns is not None]


def _market(progress: Progress) -> list[str]:
    fills = [f"{count_text(progress.fills)} fills"] if progress.fills else []
    if not progress.pushes:
        return fills
    return [*fills, f"{count_text(progress.pushes)} pushes", rate_text(progress.pushes_per_s)]


def _target(progress: Progress) -> list[str]:
    cpu = [] if progress.cpu is None else [f"CPU {three_digits(progress.cpu * 100)} %"]
    return cpu if progress.rss_bytes is None else [*cpu, f"memory {size_text(progress.rss_bytes)}"]


def _measures(result: Result) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    shown = ("50", "90", "99", "99.9", "99.99")
    for name in ("values", *(f"p{percentile}" for percentile in shown), "max"):
        table.add_column(name, justify="right")
    for measure in result.measures:
        found = (measure.percentiles.get(percentile) for percentile in shown)
        figures = ["—" if ns is None else duration_text(ns) for ns in found]
        cells = (_shown(measure.title), count_text(measure.count), *figures, duration_text(measure.max))
        table.add_row(*map(Text, cells))
    return table


def _shown(text: str) -> str:
    """Return ``text`` as one line that moves no cursor and sets no colour."""
    return " ".join(printable(text).split())
