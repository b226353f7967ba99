"""What a chart draws lies where the values are, and what it says is what they are."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.loadtest.chart_scales import Linear, Logarithmic, Scale, Tail, from_zero, seconds
from gateway.loadtest.charts import Axis, Frame, Point, Series, bar_chart, line_chart

POSITIVE = st.floats(min_value=1e-3, max_value=1e15)


@given(low=POSITIVE, high=POSITIVE, value=POSITIVE, other=POSITIVE)
def test_every_scale_keeps_the_order_and_its_marks_within(
    low: float, high: float, value: float, other: float
) -> None:
    low, high = sorted((low, high))
    scales: list[Scale] = [from_zero(high), seconds(high), Logarithmic(low, high)]
    for scale in scales:
        value, other = sorted((value, other))
        assert 0 <= scale.position(value) <= scale.position(other) <= 1
        marks = scale.marks()
        assert marks
        assert all(-1e-6 <= scale.position(mark) <= 1 + 1e-6 for mark in marks)
        assert len(marks) <= 25
    assert 0 < from_zero(high).position(high) <= 1 + 1e-9
    assert Logarithmic(low, high).position(low) < 1


@pytest.mark.parametrize(
    ("scale", "marks"),
    [
        (from_zero(0), [0, 0.25, 0.5, 0.75, 1]),
        (from_zero(5_100), [0, 2_000, 4_000, 6_000]),
        (from_zero(20), [0, 5, 10, 15, 20]),
        (seconds(30), [0, 5, 10, 15, 20, 25, 30]),
        (seconds(0), [0, 1]),
        (seconds(100), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        (seconds(40 * 86_400), [index * 4 * 86_400 for index in range(11)]),
        (Linear(10, 20, 4), [12, 16, 20]),
        (Logarithmic(60, 900), [50, 100, 200, 500, 1_000]),
        (Logarithmic(3, 90_000), [10, 100, 1_000, 10_000, 100_000]),
        (Logarithmic(5, 5), [5, 10, 20, 50]),
        (Tail(1_000), [0, 50, 90, 99, 99.9]),
        (Tail(1), [0, 50, 90]),
    ],
)
def test_marks_are_at_round_values(scale: Scale, marks: Sequence[float]) -> None:
    assert scale.marks() == pytest.approx(marks)


def test_each_further_nine_has_the_same_room() -> None:
    tail = Tail(10_000)
    assert [tail.position(value) for value in (0, 90, 99, 99.9, 99.99, 100)] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1, 1]
    )


def test_nothing_and_less_lie_at_the_low_end_of_a_logarithm() -> None:
    assert Logarithmic(1, 100).position(0) == 0
    assert Logarithmic(1, 100).position(-5) == 0
    assert Logarithmic(1, 100).position(10) == pytest.approx(0.5)


def _axis(high: float) -> Axis:
    return Axis(Linear(0, high, high / 2), lambda value: f"{value:g}", "t")


def _chart(*lines: Sequence[Point], frame: Frame | None = None) -> Element:
    series = [Series(f"s{number}", points) for number, points in enumerate(lines)]
    return line_chart(frame or Frame("A chart", width=192, height=154), _axis(10), _axis(100), series)


def _named(figure: Element, tag: str, style: str) -> list[Element]:
    return [found for found in figure.iter(tag) if style in (found.get("class") or "").split()]


def test_a_line_goes_through_its_points() -> None:
    figure = _chart([(0, 0.0), (5, 100.0), (10, 50.0)])
    [line] = _named(figure, "path", "line")
    # 100 wide from 66, 100 high from 12; the y axis of a drawing points down.
    assert line.get("d") == "M66 112L116 12L166 62"
    assert _named(figure, "p", "legend") == []


def test_a_gap_breaks_the_line_and_a_value_between_gaps_is_a_dot() -> None:
    figure = _chart([(0, None), (2, 50.0), (4, None), (6, 100.0), (8, 100.0)])
    [line] = _named(figure, "path", "line")
    assert line.get("d") == "M86 62M126 12L146 12"
    [dot] = _named(figure, "circle", "dot")
    assert (dot.get("cx"), dot.get("cy")) == ("86", "62")


def test_a_broad_line_is_seen_below_another() -> None:
    points: Sequence[Point] = [(0, 1.0), (10, 2.0)]
    figure = line_chart(
        Frame("A chart"),
        _axis(10),
        _axis(100),
        [Series("sent", points, broad=True), Series("answered", points)],
    )
    assert [path.get("class") for path in _named(figure, "path", "line")] == [
        "line broad colour-0",
        "line colour-1",
    ]


def test_each_place_shows_all_its_values() -> None:
    figure = _chart([(0, 1.0), (10, 2.0)], [(0, None), (10, 4.0)])
    assert [title.text for title in figure.iter("title")] == ["t 0\ns0: 1", "t 10\ns0: 2\ns1: 4"]
    strips = _named(figure, "rect", "strip")
    assert [(strip.get("x"), strip.get("width")) for strip in strips] == [("66", "50"), ("116", "50")]


def test_a_legend_names_the_lines_in_their_colours_which_begin_again() -> None:
    figure = _chart(*([(0, 1.0), (10, 2.0)] for _ in range(7)))
    [legend] = _named(figure, "p", "legend")
    assert "".join(legend.itertext()).split() == [f"s{number}" for number in range(7)]
    colours = [(path.get("class") or "").split()[-1] for path in _named(figure, "path", "line")]
    assert colours == [f"colour-{number % 6}" for number in range(7)]
    assert [key.get("class") for key in legend.iter("i")] == colours


def test_a_part_is_shaded_and_named_where_there_is_room() -> None:
    frame = Frame("A chart", "a note", width=192, height=154, shaded=[(0, 5, "warm-up"), (9, 10, "after")])
    figure = _chart([(0, 1.0)], frame=frame)
    boxes = _named(figure, "rect", "shade")
    assert [(box.get("x"), box.get("width")) for box in boxes] == [("66", "50"), ("156", "10")]
    words = [text.text for text in figure.iter("text")]
    assert "warm-up" in words
    assert "after" not in words
    assert "".join(figure[0].itertext()) == "A charta note"


def test_words_below_the_axis_do_not_run_into_each_other() -> None:
    x = Axis(Linear(0, 100, 1), lambda value: f"{value:,.0f} units", "t")
    figure = line_chart(Frame("A chart"), x, _axis(10), [Series("s", [(0, 1.0)])])
    places = [
        float(text.get("x", "0")) for text in figure.iter("text") if (text.text or "").endswith(" units")
    ]
    assert len(places) > 3
    assert all(later - earlier > 45 for earlier, later in pairwise(places))


def test_a_bar_is_as_high_as_its_value_and_a_small_one_is_seen() -> None:
    figure = bar_chart(
        Frame("A chart", width=192, height=154),
        _axis(10),
        _axis(100),
        [(0, 5, 50.0), (5, 7.5, 0.01), (7.5, 10, 0.0)],
    )
    bars = _named(figure, "rect", "bar")
    assert [(bar.get("x"), bar.get("width"), bar.get("height")) for bar in bars] == [
        ("66", "49", "50"),
        ("116", "24", "1.5"),
    ]
    assert [title.text for title in figure.iter("title")] == ["0 to 5: 50", "5 to 7.5: 0.01", "7.5 to 10: 0"]


@given(
    st.lists(
        st.tuples(st.floats(0, 1e4), st.none() | st.floats(0, 1e12)),
        min_size=1,
        max_size=40,
        unique_by=lambda point: point[0],
    )
)
def test_whatever_the_points_nothing_is_drawn_outside(points: list[Point]) -> None:
    points = sorted(points, key=lambda point: point[0])
    values = [y for _, y in points if y is not None]
    y = Axis(from_zero(max(values, default=0)), str)
    figure = line_chart(Frame("A chart"), Axis(seconds(points[-1][0]), str), y, [Series("s", points)])
    drawn = "".join(path.get("d") or "" for path in _named(figure, "path", "line"))
    numbers = [float(number) for number in re.findall(r"[\d.]+", drawn)]
    assert len(numbers) == 2 * len(values)
    assert all(math.isfinite(number) for number in numbers)
    assert all(66 <= x <= 874 for x in numbers[::2])
    assert all(12 <= y_at <= 238 for y_at in numbers[1::2])
