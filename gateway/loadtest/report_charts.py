"""Which pictures a report has, and what they show of a result. NOT here: the drawing (``charts``)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element

from gateway.loadtest.chart_scales import Logarithmic, Tail, from_zero, seconds
from gateway.loadtest.charts import Axis, Frame, Point, Series, bar_chart, line_chart
from gateway.loadtest.distribution import Distribution, distribution
from gateway.loadtest.report_markup import element, fill
from gateway.loadtest.results import Result, Second
from gateway.loadtest.units import clock_text, duration_text, rate_text, three_digits

Read: TypeAlias = Callable[[Second], float | None]
Together: TypeAlias = Callable[[Sequence[float]], float]
Scaled: TypeAlias = Callable[[Iterable[float]], Axis]

MOST_POINTS: Final = 300
"""A longer run has several seconds in one point."""
_HALF: Final = 470
_MARKS: Final = 12
_PERCENT: Final = 100
_MIB: Final = 1 << 20


def latency_charts(result: Result) -> list[Element]:
    """Return the percentile curve of all measures and the shape of each. Raise ``ResultError``."""
    known = [(measure.title, found) for measure in result.measures if (found := distribution(measure))]
    if not known:
        return []
    pair = element("div", class_="pair")
    fill(pair, *(_shape(title, found) for title, found in known))
    return [_curve(known), pair]


def time_charts(result: Result) -> list[Element]:
    """Return what the run looked like over time; a picture that would be empty is left out."""
    if not result.seconds:
        return []
    time = _Time(result.seconds)
    pair = element("div", class_="pair")
    fill(pair, *_of_subscribers(time), *_of_the_target(time))
    return [*_of_requests(time), pair]


def _of_requests(time: "_Time") -> Iterator[Element]:
    yield from time.chart(
        Frame(
            "Throughput", "Requests sent and answered in each second. Where the lines part, answers waited."
        ),
        _even(rate_text),
        _mean,
        [("sent", lambda s: s.sent), ("answered", lambda s: s.answered), ("fills", lambda s: s.fills)],
    )
    yield from time.chart(
        Frame(
            "Order to acknowledgment over time",
            "By when the answer came. The scale is logarithmic: each line across is a fixed factor.",
        ),
        _latency,
        max,
        [("p50", lambda s: s.p50), ("p99", lambda s: s.p99), ("max", lambda s: s.max)],
    )


def _of_subscribers(time: "_Time") -> Iterator[Element]:
    yield from time.chart(
        _small("Pushes to subscribers"), _even(rate_text), _mean, [("pushes", lambda s: s.pushes)]
    )
    yield from time.chart(
        _small("Engine to subscriber over time"),
        _latency,
        max,
        [("p50", lambda s: s.push_p50), ("p99", lambda s: s.push_p99)],
    )


def _of_the_target(time: "_Time") -> Iterator[Element]:
    yield from time.chart(
        _small("CPU of the target", "Of one core; 200 % are two cores busy all the time."),
        _even(lambda share: f"{three_digits(share)} %"),
        _mean,
        [("CPU", lambda s: None if s.cpu is None else s.cpu * _PERCENT)],
    )
    yield from time.chart(
        _small("Memory of the target", "Resident, of all its processes."),
        _even(lambda mib: f"{three_digits(mib)} MiB"),
        max,
        [("memory", lambda s: None if s.rss_bytes is None else s.rss_bytes / _MIB)],
    )
    yield from time.chart(
        _small("Connections opened", "In each second."),
        _even(three_digits),
        _mean,
        [("opened", lambda s: s.connections)],
    )


def _small(title: str, note: str = "") -> Frame:
    return Frame(title, note, width=_HALF, height=220)


def _curve(known: Sequence[tuple[str, Distribution]]) -> Element:
    most = max(found.total for _, found in known)
    series = [Series(title, found.curve()) for title, found in known]
    frame = Frame(
        "Latency by percentile",
        "Read up from 99 %: 99 of 100 values are at most this slow. Each mark to the right leaves a tenth of "
        "the values that the one before left. A line that climbs steeply at the right: rare, long waits.",
        height=340,
    )
    x = Axis(
        Tail(most), lambda value: f"{value:.10g} %" if value < _PERCENT else "max", "share of the values"
    )
    return line_chart(frame, x, _latency(_values(series)), series)


def _shape(title: str, found: Distribution) -> Element:
    bars = found.shape()
    low, high = bars[0][0], bars[-1][1]
    frame = _small(f"{title}: where the values lie")
    x = Axis(Logarithmic(low, high), duration_text, "latency (logarithmic)")
    y = Axis(from_zero(max(share for *_, share in bars)), lambda share: f"{three_digits(share * _PERCENT)} %")
    return bar_chart(frame, x, y, bars)


class _Time:
    """The run's seconds as points of charts, several in one where there are many."""

    def __init__(self, of_run: Sequence[Second]) -> None:
        self._end = of_run[-1].second + 1
        self._width = -(-self._end // MOST_POINTS)
        self._groups = [
            (at * self._width, list(group))
            for at, group in groupby(of_run, lambda s: s.second // self._width)
        ]
        self._shaded = list(_shaded(of_run))

    def chart(
        self, frame: Frame, axis: Scaled, together: Together, lines: Sequence[tuple[str, Read]]
    ) -> Iterator[Element]:
        """Yield the chart of those lines that have something to show, or nothing where none has."""
        series = [
            Series(name, points, broad=name == "sent")
            for name, read in lines
            if (points := self._points(read, together))
        ]
        if not series:
            return
        note = frame.note
        if self._width > 1:
            what = "the mean" if together is _mean else "the worst"
            note = f"{note} Each point is {what} of {self._width} seconds.".lstrip()
        marks = _MARKS if frame.width > _HALF else _MARKS // 2
        x = Axis(seconds(self._end, marks), clock_text, "time since the start")
        yield line_chart(replace(frame, note=note, shaded=self._shaded), x, axis(_values(series)), series)

    def _points(self, read: Read, together: Together) -> list[Point]:
        """Return one point for each group, a gap where it has no value; nothing where all are 0 or gaps."""
        points: list[Point] = []
        for at, group in self._groups:
            values = [value for second in group if (value := read(second)) is not None]
            points.append((at, together(values) if values else None))
        return points if any(value for _, value in points) else []


def _shaded(of_run: Sequence[Second]) -> Iterator[tuple[float, float, str]]:
    seen = False
    for measured, group in groupby(of_run, lambda s: s.measured):
        part = list(group)
        if not measured:
            yield part[0].second, part[-1].second + 1, "after the load" if seen else "warm-up"
        seen = seen or measured


def _values(series: Sequence[Series]) -> list[float]:
    return [value for line in series for _, value in line.points if value is not None]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _even(text: Callable[[float], str]) -> Scaled:
    return lambda values: Axis(from_zero(max(values)), text)


def _latency(values: Iterable[float]) -> Axis:
    positive = [max(value, 1.0) for value in values]
    return Axis(Logarithmic(min(positive), max(positive)), duration_text)
