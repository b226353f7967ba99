"""Charts as inline SVG: lines over an axis, and bars. Colours are the page's, light and dark.

Each place on the x axis shows its values when one points at it. NOT here: what the lines mean.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element

from gateway.loadtest.chart_scales import Scale
from gateway.loadtest.report_markup import element, fill

Text: TypeAlias = Callable[[float], str]
Point: TypeAlias = tuple[float, float | None]

_LEFT: Final = 66
_RIGHT: Final = 26
_TOP: Final = 12
_BOTTOM: Final = 42
_CHARACTER: Final = 6.6
"""How wide a character of a mark is, about."""
_COLOURS: Final = 6
"""How many colours the style sheet has for lines; the next ones begin again."""


@dataclass(frozen=True)
class Axis:
    """One axis: its scale, how its values read, and what they are."""

    scale: Scale
    text: Text
    label: str = ""


@dataclass(frozen=True)
class Series:
    """One line: ``(x, y)`` in the order of x. A ``y`` of ``None`` is a gap.

    A broad line is seen on both sides of another one that lies upon it.
    """

    name: str
    points: Sequence[Point]
    broad: bool = False


@dataclass(frozen=True)
class Frame:
    """What is around the lines: name, what to know for reading it, size, shaded parts of the x axis."""

    title: str
    note: str = ""
    width: int = 900
    height: int = 280
    shaded: Sequence[tuple[float, float, str]] = ()


def line_chart(frame: Frame, x: Axis, y: Axis, series: Sequence[Series]) -> Element:
    """Draw ``series`` as lines, with a legend where there is more than one."""
    plot = _Plot(frame, x, y)
    svg = plot.svg()
    for number, line in enumerate(series):
        colour = f"colour-{number % _COLOURS}"
        style = f"line broad {colour}" if line.broad else f"line {colour}"
        fill(svg, element("path", d=plot.path(line.points), class_=style))
        # A value with a gap on both sides makes no line.
        for at_x, at_y in _alone(line.points):
            centre = {"cx": _number(plot.x(at_x)), "cy": _number(plot.y(at_y))}
            fill(svg, element("circle", **centre, r="2.5", class_=f"dot {colour}"))
    fill(svg, *plot.pointers(series))
    return _figure(frame, svg, series)


def bar_chart(frame: Frame, x: Axis, y: Axis, bars: Sequence[tuple[float, float, float]]) -> Element:
    """Draw one bar of height ``y`` from ``x`` to ``x`` for each ``(x from, x to, y)``."""
    plot = _Plot(frame, x, y)
    svg = plot.svg()
    for low, high, value in bars:
        left, width = plot.x(low), max(1.0, plot.x(high) - plot.x(low) - 1)
        words = f"{x.text(low)} to {x.text(high)}: {y.text(value)}"
        bar = element("g", element("title", words), class_="pointer")
        fill(bar, _box(left, _TOP, width, plot.floor - _TOP, "strip"))
        if value > 0:
            # What happened once beside what happened a million times stays visible.
            height = max(1.5, plot.floor - plot.y(value))
            fill(bar, _box(left, plot.floor - height, width, height, "bar"))
        fill(svg, bar)
    return _figure(frame, svg, ())


class _Plot:
    """The space of a chart: from values to places, and what stands around the lines."""

    def __init__(self, frame: Frame, x: Axis, y: Axis) -> None:
        self._frame = frame
        self._x = x
        self._y = y
        self._right = frame.width - _RIGHT
        self.floor = frame.height - _BOTTOM

    def x(self, value: float) -> float:
        return _LEFT + self._x.scale.position(value) * (self._right - _LEFT)

    def y(self, value: float) -> float:
        return self.floor - self._y.scale.position(value) * (self.floor - _TOP)

    def svg(self) -> Element:
        """Return the drawing with its axes and no line yet."""
        frame = self._frame
        svg = element("svg", viewBox=f"0 0 {frame.width} {frame.height}", role="img", aria_label=frame.title)
        for low, high, words in frame.shaded:
            left, right = self.x(low), self.x(high)
            fill(svg, _box(left, _TOP, right - left, self.floor - _TOP, "shade"))
            if right - left > len(words) * _CHARACTER:
                fill(svg, _words(words, (left + right) / 2, _TOP + 12, "middle"))
        for mark in self._y.scale.marks():
            at = self.y(mark)
            fill(svg, _rule(_LEFT, at, self._right, at, "grid"))
            fill(svg, _words(self._y.text(mark), _LEFT - 7, at + 4, "end"))
        for mark in self._marks_apart():
            at = self.x(mark)
            fill(svg, _rule(at, self.floor, at, self.floor + 4, "axis"))
            fill(svg, _words(self._x.text(mark), at, self.floor + 17, "middle"))
        fill(svg, _rule(_LEFT, self.floor, self._right, self.floor, "axis"))
        middle = (_LEFT + self._right) / 2
        return fill(svg, _words(self._x.label, middle, frame.height - 6, "middle", "mark label"))

    def path(self, points: Iterable[Point]) -> str:
        """Return the drawing orders of one line."""
        orders = []
        drawing = False
        for x, y in points:
            if y is not None:
                orders.append(f"{'L' if drawing else 'M'}{_number(self.x(x))} {_number(self.y(y))}")
            drawing = y is not None
        return "".join(orders)

    def pointers(self, series: Sequence[Series]) -> Iterator[Element]:
        """Yield one strip for each place on the x axis that shows all values there when pointed at."""
        values: dict[float, list[str]] = {}
        for line in series:
            for x, y in line.points:
                if y is not None:
                    values.setdefault(x, []).append(f"{line.name}: {self._y.text(y)}")
        places = sorted(values)
        edges = [_LEFT, *((self.x(low) + self.x(high)) / 2 for low, high in pairwise(places)), self._right]
        for x, (left, right) in zip(places, pairwise(edges), strict=False):
            at = self.x(x)
            yield element(
                "g",
                element("title", "\n".join([f"{self._x.label} {self._x.text(x)}", *values[x]])),
                _box(left, _TOP, right - left, self.floor - _TOP, "strip"),
                _rule(at, _TOP, at, self.floor, "hair"),
                class_="pointer",
            )

    def _marks_apart(self) -> Iterator[float]:
        """Yield the marks of the x axis whose words do not run into those of the one before."""
        end = 0.0
        for mark in self._x.scale.marks():
            half = len(self._x.text(mark)) * _CHARACTER / 2
            if self.x(mark) - half >= end:
                yield mark
                end = self.x(mark) + half + _CHARACTER


def _figure(frame: Frame, svg: Element, named: Sequence[Series]) -> Element:
    figure = element("figure", element("figcaption", element("b", frame.title)))
    if frame.note:
        fill(figure[0], element("span", frame.note))
    if len(named) > 1:
        legend = element("p", class_="legend")
        for number, line in enumerate(named):
            fill(legend, element("span", element("i", class_=f"colour-{number % _COLOURS}"), line.name), " ")
        fill(figure, legend)
    return fill(figure, svg)


def _alone(points: Sequence[Point]) -> Iterator[tuple[float, float]]:
    values = [None, *(y for _, y in points), None]
    for index, (x, y) in enumerate(points):
        if y is not None and values[index] is None and values[index + 2] is None:
            yield x, y


def _box(left: float, top: float, width: float, height: float, style: str) -> Element:
    place = {"x": _number(left), "y": _number(top), "width": _number(width), "height": _number(height)}
    return element("rect", **place, class_=style)


def _rule(x1: float, y1: float, x2: float, y2: float, style: str) -> Element:
    return element("line", x1=_number(x1), y1=_number(y1), x2=_number(x2), y2=_number(y2), class_=style)


def _words(text: str, x: float, y: float, anchor: str, style: str = "mark") -> Element:
    return element("text", text, x=_number(x), y=_number(y), text_anchor=anchor, class_=style)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
