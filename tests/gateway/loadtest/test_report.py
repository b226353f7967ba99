"""What a report says of a result, and that it is one page that loads nothing and runs nothing."""

import math
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.loadtest.cautions import cautions
from gateway.loadtest.compare import _cautions
from gateway.loadtest.distribution import Distribution, distribution
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.report import render, write_report
from gateway.loadtest.report_charts import MOST_POINTS
from gateway.loadtest.report_words import COUNTED, FAULTS
from gateway.loadtest.results import (
    ORDER_TO_ACK,
    Counts,
    Fault,
    Generator,
    Result,
    ResultError,
    Target,
    Verdict,
)
from tests.gateway.loadtest import made

VOID = {"meta", "br", "img", "link", "input", "hr", "base"}
NASTY = '<script src="http://x/y.js">alert(1)</script>\'"&amp;\x00\ud800\x1b[31m'


class Page(HTMLParser):
    """A page as its elements: tags, attributes, and the text of each tag, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.under: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
            self.under.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data
        for tag in set(self._open):
            self.under[tag][-1] += data


def changed(result: Result, **changes: object) -> Result:
    return msgspec.structs.replace(result, **changes)


def rows(page: Page) -> list[str]:
    return page.under["tr"]


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = Page(render(made.result()))
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    addresses = {"src", "href", "xlink:href", "action", "data", "style"}
    assert [found for found in page.attributes if found[1] in addresses or found[1].startswith("on")] == []
    assert "url(" not in page.under["style"][0]
    assert "@import" not in page.under["style"][0]
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_a_good_run_says_so_first_and_then_what_was_run() -> None:
    page = Page(render(made.result()))
    assert page.under["h1"] == ["Load test: latency"]
    assert page.under["strong"] == ["Passed"]
    assert page.under["h2"] == [
        "What was run",
        "Latency",
        "Over time",
        "What was counted",
        "How to read this",
    ]
    assert page.text.index("Passed") < page.text.index("What was run") < page.text.index("How to read")
    for row in (
        "targetgateway 0.1.0, fsync",
        "FIXFIX.4.4 at 127.0.0.1:9880 to BDAX",
        "WebSocketws://127.0.0.1:8080/v1",
        "its processes4711",
        "started2026-08-01 10:15:00 UTC",
        "took30 s",
        "of it measured25 s",
        "machinelab-7: Xeon, 2 cores, 24 GiB",
        "its systemLinux 6.1, load 0.12 before the run",
        "its load2 workers, the busiest 41 % of a core",
        "behind its plan43 µs (p99)",
        "target's CPU15.2 s",
        "target's memory185 MiB at the start, 209 MiB at the end, 209 MiB at most",
        "new orders sent150,000",
        "sent to the target28.6 MiB",
    ):
        assert row in rows(page)
    assert "Use more workers" not in page.text


def test_the_figures_of_the_table_are_those_of_the_result() -> None:
    result = made.result()
    ack = result.measure(ORDER_TO_ACK)
    assert ack is not None
    page = Page(render(result))
    assert "values min p50 p90 p99 p99.9 p99.99 p99.999 max mean".replace(" ", "") in rows(page)
    [row] = [row for row in rows(page) if row.startswith("Order to acknowledgment2,000")]
    assert "271 µs" in row
    assert "5,000/srequests answered" in page.text
    assert "122 µsCPU of the target per request" in page.text
    assert "0faults found" in page.text
    # Of 2,000 values 20 lie beyond p99 and 2 beyond p99.9, which may be chance.
    cells = [value for tag, name, value in page.attributes if (tag, name) == ("td", "class")]
    assert cells[:8] == ["", "", "", "soft", "soft", "soft", "soft", ""]


def test_who_waited_for_a_core_is_a_caution() -> None:
    result = made.result()
    assert result.server is not None
    for part, who in (
        ({"generator": Generator(workers=1, busiest=0.1, waited=0.234)}, "harness"),
        ({"server": msgspec.structs.replace(result.server, waited=0.234)}, "target"),
    ):
        [care] = list(cautions(changed(result, **part)))
        assert care.startswith(f"The {who} was ready to run and waited for a core 234 ms of each second")
        assert care in Page(render(changed(result, **part))).under["p"]
        [line] = [text for text in _cautions(result, changed(result, run="2", **part)) if "waited" in text]
        assert line == f"B's {who} waited for a core 23% of the time: others had it"
    assert list(cautions(changed(result, generator=Generator(workers=1, busiest=0.1, waited=0.05)))) == []


def test_a_machine_that_was_busy_before_is_a_caution() -> None:
    result = made.result()
    busy = changed(result, machine=msgspec.structs.replace(result.machine, load_before=1.6))
    [care] = list(cautions(busy))
    assert care.startswith("The machine was busy before the run began (load 1.60 on 2 cores)")
    assert "B's machine was busy before the run: load 1.60" in list(_cautions(result, busy))
    assert list(cautions(result)) == []


def test_a_failed_run_names_its_reasons_and_faults_before_any_figure() -> None:
    fault = Fault(kind=FaultKind.MISSING.value, count=3, examples=("LOAD7 ClOrdID 17", "LOAD7 ClOrdID 18"))
    other = Fault(kind="a kind of a later version", count=1)
    verdict = Verdict(passed=False, reasons=("missing answer: 3 (LOAD7 ClOrdID 17)",))
    result = changed(made.result(), verdict=verdict, faults=(fault, other), complete=False)
    page = Page(render(changed(result, generator=Generator(workers=1, busiest=0.93))))
    assert page.under["strong"] == ["Failed"]
    assert page.under["h2"][0] == "Faults found"
    assert "missing answer: 3 (LOAD7 ClOrdID 17)" in page.under["li"]
    assert {"LOAD7 ClOrdID 17", "LOAD7 ClOrdID 18"} <= set(page.under["li"])
    assert f"missing answer{FAULTS['missing answer']}3LOAD7 ClOrdID 17LOAD7 ClOrdID 18" in rows(page)
    assert "a kind of a later version1" in rows(page)
    assert "4faults found" in page.text
    assert "The run ended before its plan was done." in page.text
    assert "busy (93 % of a core" in page.text
    assert "every one was right" not in page.text


@pytest.mark.parametrize(("late", "said"), [(None, False), (390_000, False), (400_000, True)])
def test_a_harness_that_sent_late_says_so(late: int | None, *, said: bool) -> None:
    result = changed(made.result(), generator=Generator(workers=1, busiest=0.1, late_p99=late))
    assert ("One of 100 requests left 400 µs or more behind its plan" in Page(render(result)).text) is said
    without = changed(result, measures=())
    assert "behind its plan, because" not in Page(render(without)).text


def test_every_fault_and_every_count_has_its_words() -> None:
    assert set(FAULTS) == {kind.value for kind in FaultKind}
    assert tuple(COUNTED) == Counts.__struct_fields__


def test_a_run_that_came_to_nothing_has_a_report_too() -> None:
    nothing = changed(
        made.result(),
        verdict=Verdict(passed=False, reasons=("connection refused: 1 (127.0.0.1:9880)",)),
        target=Target(label="nothing there"),
        complete=False,
        scenario={},
        counts=Counts(requests_planned=10),
        measures=(),
        seconds=(),
        throughput=None,
        server=None,
        generator=None,
    )
    page = Page(render(nothing))
    assert page.under["h1"] == ["Load test: unnamed"]
    assert "there is no latency to show" in page.text
    assert "svg" not in page.tags
    assert "Over time" not in page.under["h2"]
    assert "requests planned10" in rows(page)
    assert "requests answered0" in rows(page)


def test_text_from_outside_stays_text() -> None:
    result = made.result()
    plain = Page(render(result))
    result = changed(
        result,
        run=NASTY,
        scenario={"name": NASTY, "description": NASTY, NASTY: [NASTY]},
        target=Target(label=NASTY, fix=NASTY, ws=NASTY, target_comp_id=NASTY, begin_string=NASTY),
        machine=changed_machine(),
        verdict=Verdict(passed=True, reasons=(NASTY,)),
        measures=(msgspec.structs.replace(result.measures[0], name=NASTY),),
    )
    page = Page(render(result).encode().decode())
    assert set(page.tags) <= set(plain.tags) | {"li", "ul"}
    assert page.text.count("<script") >= 9
    assert "\\x1b[31m" in page.text
    assert "\x1b" not in page.text


def changed_machine() -> object:
    return msgspec.structs.replace(made.MACHINE, host=NASTY, processor=NASTY, system=NASTY)


def captions(page: Page) -> list[str]:
    return page.under["figcaption"]


def test_there_is_a_picture_of_everything_that_was_measured() -> None:
    page = Page(render(made.result()))
    assert captions(page)[0].startswith("Latency by percentileRead up")
    assert captions(page)[1:6] == [
        f"{title}: where the values lie"
        for title in (
            "Order to acknowledgment",
            "Order to fill",
            "Order to public trade",
            "Engine to subscriber",
            "Connecting",
        )
    ]
    names = ["Throughput", "Order to acknowledgment over time", "Pushes", "Engine to subscriber over time"]
    names += ["CPU of the target", "Memory of the target", "Connections opened"]
    assert len(captions(page)) == 6 + len(names)
    assert all(caption.startswith(name) for caption, name in zip(captions(page)[6:], names, strict=True))
    assert page.under["text"].count("warm-up") == len(names)
    assert "time since the start 0:07\nsent: 5,000/s" in "".join(page.under["title"])


def test_a_picture_without_a_value_is_left_out() -> None:
    seconds = tuple(
        msgspec.structs.replace(
            second, pushes=0, push_p50=None, push_p99=None, cpu=None, rss_bytes=None, fills=0, connections=0
        )
        for second in made.result().seconds
    )
    page = Page(render(changed(made.result(), seconds=seconds, measures=())))
    assert len(captions(page)) == 2
    assert "fills" not in "".join(page.under["p"])


def test_a_long_run_has_several_seconds_in_a_point_and_loses_no_peak() -> None:
    seconds = [made.second(number) for number in range(2 * MOST_POINTS + 1)]
    seconds[401] = msgspec.structs.replace(seconds[401], max=7_000_000_000, measured=False)
    page = Page(render(changed(made.result(), seconds=tuple(seconds), measures=())))
    pointed = [title for title in page.under["title"] if title.startswith("time since the start")]
    assert len(pointed) == 7 * (len(seconds) // 3 + 1)
    assert any("max: 7 s" in title for title in pointed)
    assert "Each point is the worst of 3 seconds." in captions(page)[1]
    assert "Each point is the mean of 3 seconds." in captions(page)[0]


def test_a_report_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    write_report(made.result(), path)
    assert path.read_text(encoding="utf-8") == render(made.result())
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.html"]


@pytest.mark.parametrize("histogram", ["nonsense", "AAAA", "é", "HISTFAAAA"])
def test_a_broken_histogram_is_said_in_one_line(histogram: str) -> None:
    broken = msgspec.structs.replace(made.result().measures[0], histogram=histogram)
    with pytest.raises(ResultError, match=r"^order_to_ack: .*histogram") as error:
        render(changed(made.result(), measures=(broken,)))
    assert "\n" not in str(error.value)


def test_an_empty_histogram_has_no_distribution() -> None:
    assert distribution(msgspec.structs.replace(made.result().measures[0], histogram="")) is None


@given(st.lists(st.integers(0, 3_600_000_000_000), min_size=1, max_size=200))
@settings(max_examples=40)
def test_the_curve_and_the_shape_are_of_the_values(values: list[int]) -> None:
    histogram = HdrHistogram(1, made.HIGHEST, 3)
    for latency in values:
        histogram.record_value(latency)
    encoded = histogram.encode().decode()
    found = distribution(msgspec.structs.replace(made.result().measures[0], histogram=encoded))
    assert found is not None
    ordered = sorted(values)
    assert found.total == len(values)
    curve = found.curve()
    assert [place for place, _ in curve] == sorted({place for place, _ in curve})
    assert curve[-1][1] == pytest.approx(ordered[-1], rel=0.002, abs=1)
    for place, value in curve[:-1]:
        rank = max(1, math.ceil(place / 100 * len(values) - 1e-9))
        assert value == pytest.approx(ordered[rank - 1], rel=0.002, abs=1)
    shape = found.shape()
    assert sum(share for *_, share in shape) == pytest.approx(1)
    assert shape[0][0] <= max(ordered[0], 1) * 1.002
    assert shape[-1][1] >= max(ordered[-1], 1) * 0.998


def test_a_percentile_is_the_value_that_so_many_do_not_exceed() -> None:
    found = Distribution([10, 20, 30], [5, 4, 1])
    assert [found.at(place) for place in (0, 50, 50.1, 90, 90.1, 100)] == [10, 10, 20, 20, 30, 30]
