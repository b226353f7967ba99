"""Two results side by side: what is better, alike or worse, what is left open, and what speaks against it."""

import io
import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.loadtest import results
from gateway.loadtest.compare import Judgement, Row, compare, compare_files, show
from gateway.loadtest.results import (
    CONNECT,
    ORDER_TO_ACK,
    Fault,
    Generator,
    Measure,
    Result,
    ResultError,
    Verdict,
)
from tests.gateway.loadtest import made

BETTER, ALIKE, WORSE, OPEN = Judgement.BETTER, Judgement.ALIKE, Judgement.WORSE, Judgement.OPEN


def changed(**changes: object) -> Result:
    """Return another run of the same thing, with those changes."""
    return msgspec.structs.replace(made.result(), **{"run": "another", **changes})


def row(a: Result, b: Result, what: str) -> Row:
    [found] = [row for row in compare(a, b).rows if row.what == what]
    return found


def with_measure(**changes: object) -> Result:
    measure = msgspec.structs.replace(made.result().measures[0], **changes)
    return changed(measures=(measure, *made.result().measures[1:]))


def test_a_run_is_alike_to_itself_in_all_that_can_be_judged() -> None:
    comparison = compare(made.result(), made.result())
    assert {row.judgement for row in comparison.rows} == {ALIKE, OPEN}
    assert all(row.a == row.b for row in comparison.rows)
    assert {row.ratio for row in comparison.rows} == {1.0, None}
    assert comparison.cautions == ("A and B are the same run",)
    assert comparison.worse == ()


@pytest.mark.parametrize(
    ("answered", "judgement", "ratio"),
    [
        (5_000.0, ALIKE, 1.0),
        (4_600.0, ALIKE, 0.92),
        (4_500.0, WORSE, 0.9),
        (5_600.0, BETTER, 1.12),
        (0.0, WORSE, 0),
    ],
)
def test_more_throughput_is_better(answered: float, judgement: Judgement, ratio: float) -> None:
    throughput = made.result().throughput
    assert throughput is not None
    other = changed(throughput=msgspec.structs.replace(throughput, requests_per_s=answered))
    found = row(made.result(), other, "requests answered")
    assert found.judgement is judgement
    assert found.ratio == pytest.approx(ratio)


@pytest.mark.parametrize(
    ("p99", "judgement"), [(793_000, ALIKE), (860_000, ALIKE), (900_000, WORSE), (700_000, BETTER)]
)
def test_less_latency_is_better(p99: int, judgement: Judgement) -> None:
    a = with_measure(percentiles={"50": 1_000, "99": 793_000})
    b = with_measure(percentiles={"50": 1_000, "99": p99})
    assert row(a, b, "Order to acknowledgment, p99").judgement is judgement
    assert row(b, a, "Order to acknowledgment, p99").judgement is {
        BETTER: WORSE,
        WORSE: BETTER,
        ALIKE: ALIKE,
    }.get(judgement)


def test_what_is_chance_is_shown_or_left_out_but_not_judged() -> None:
    b = with_measure(max=10**10)
    found = row(made.result(), b, "Order to acknowledgment, max")
    assert (found.b, found.judgement) == ("10 s", OPEN)
    assert found.ratio is not None
    assert found.ratio > 1_000
    named = [row.what for row in compare(made.result(), b).rows if row.what.startswith("Order to ack")]
    # Of 2,000 values, 2 lie beyond p99.9.
    assert [what.rpartition(" ")[2] for what in named] == ["p50", "p90", "p99", "max"]


def test_the_smaller_of_the_two_says_which_percentiles_are_chance() -> None:
    b = with_measure(count=50)
    named = [row.what for row in compare(made.result(), b).rows if row.what.startswith("Order to ack")]
    assert [what.rpartition(" ")[2] for what in named] == ["p50", "max"]


def test_a_measure_of_one_of_them_only_is_open() -> None:
    without = changed(measures=tuple(m for m in made.result().measures if m.name != ORDER_TO_ACK))
    found = row(made.result(), without, "Order to acknowledgment, p50")
    assert (found.a, found.b, found.ratio, found.judgement) == ("271 µs", "—", None, OPEN)
    found = row(without, made.result(), "Order to acknowledgment, max")
    assert (found.a, found.b, found.ratio, found.judgement) == ("—", "1.68 ms", None, OPEN)


def test_a_percentile_of_one_of_them_only_is_open() -> None:
    found = row(made.result(), with_measure(percentiles={"99": 5}), "Order to acknowledgment, p50")
    assert (found.b, found.judgement) == ("—", OPEN)


def test_one_more_fault_is_worse_and_so_is_a_failure() -> None:
    fault = Fault(kind="missing answer", count=1, examples=("LOAD1 17",))
    b = changed(faults=(fault,), verdict=Verdict(passed=False, reasons=("missing answer: 1",)))
    assert row(made.result(), b, "faults") == Row("faults", "0", "1", None, WORSE)
    assert row(made.result(), b, "verdict") == Row("verdict", "passed", "failed", None, WORSE)
    assert row(b, made.result(), "faults").judgement is BETTER
    assert row(b, b, "faults").judgement is ALIKE


def test_cost_and_memory_are_judged_where_both_have_them() -> None:
    server = made.result().server
    assert server is not None
    b = changed(
        server=msgspec.structs.replace(server, cpu_us_per_request=200.0, rss_max_bytes=100 * made.MIB)
    )
    found = row(made.result(), b, "CPU per request")
    assert (found.a, found.b, found.judgement) == ("122 µs", "200 µs", WORSE)
    assert row(made.result(), b, "memory at most").judgement is BETTER
    unknown = changed(server=msgspec.structs.replace(server, cpu_us_per_request=None))
    assert row(made.result(), unknown, "CPU per request").judgement is OPEN
    for other in (changed(server=None), changed(throughput=None)):
        named = {row.what for row in compare(made.result(), other).rows}
        assert ("memory at most" in named) is (other.server is not None)
        assert ("requests answered" in named) is (other.throughput is not None)


def test_pushes_are_compared_where_there_are_any() -> None:
    throughput = made.result().throughput
    assert throughput is not None
    none = changed(throughput=msgspec.structs.replace(throughput, pushes_per_s=0.0))
    assert row(made.result(), none, "pushes").judgement is WORSE
    assert row(none, made.result(), "pushes").judgement is OPEN
    assert "pushes" not in {row.what for row in compare(none, none).rows}


@given(st.floats(min_value=1e-3, max_value=1e12), st.floats(min_value=1e-3, max_value=1e12), st.floats(1, 5))
def test_turned_around_worse_is_better(a: float, b: float, threshold: float) -> None:
    server = made.result().server
    assert server is not None
    both = [changed(server=msgspec.structs.replace(server, cpu_us_per_request=us)) for us in (a, b)]

    def judged(one: Result, other: Result) -> Judgement:
        [found] = [row for row in compare(one, other, threshold).rows if row.what == "CPU per request"]
        return found.judgement

    if not math.isclose(a / b, threshold) and not math.isclose(b / a, threshold):
        turned = {WORSE: BETTER, BETTER: WORSE, ALIKE: ALIKE}
        assert judged(both[1], both[0]) is turned[judged(both[0], both[1])]
        assert (judged(both[0], both[1]) is WORSE) is (b > a * threshold)


def test_what_speaks_against_comparing_is_named() -> None:
    scenario = {"name": "latency", "fix": {"sessions": 20}, "orders": {"rest": 1.0}}
    b = changed(
        scenario=scenario,
        machine=msgspec.structs.replace(made.MACHINE, cores=8, bdax="0.2.0"),
        complete=False,
        generator=Generator(workers=1, busiest=0.95, late_p99=900_000),
    )
    assert compare(made.result(), b).cautions == (
        "the scenarios differ: fix.sessions: 10 in A, 20 in B",
        "the scenarios differ: orders: nothing in A, {'rest': 1.0} in B",
        "the machines differ: cores: 2 in A, 8 in B",
        "the machines differ: bdax: 0.1.0 in A, 0.2.0 in B",
        "B ended before its plan was done",
        "B's harness was busy itself, so part of its latencies is its own",
        "B's harness sent late, which is most of its highest latencies",
    )


def test_many_differences_are_cut_short() -> None:
    many = changed(scenario={f"key{number}": number for number in range(20)})
    cautions = compare(made.result(), many).cautions
    assert len(cautions) == 9
    assert cautions[-1] == "the scenarios differ in 14 more"


def test_the_table_has_both_and_the_word_for_it() -> None:
    server = made.result().server
    assert server is not None
    b = changed(server=msgspec.structs.replace(server, cpu_us_per_request=200.0), complete=False)
    stream = io.StringIO()
    show(compare(made.result(), b), ("a.json", "b\x1b[2J.json"), stream)
    text = stream.getvalue()
    assert "\x1b" not in text
    lines = [line.split() for line in text.splitlines()]
    assert lines[:2] == [["A:", "a.json"], ["B:", "b\\x1b[2J.json"]]
    assert ["A", "B", "B", "/", "A"] in lines
    assert ["CPU", "per", "request", "122", "µs", "200", "µs", "1.64x", "worse"] in lines
    assert ["verdict", "passed", "passed", "alike"] in lines
    assert lines[-1][0] == "care:"


def write(path: Path, result: Result) -> Path:
    results.write(result, path)
    return path


def test_a_threshold_makes_it_a_demand(tmp_path: Path) -> None:
    server = made.result().server
    assert server is not None
    a = write(tmp_path / "a.json", made.result())
    slower = msgspec.structs.replace(server, cpu_us_per_request=200.0)
    b = write(tmp_path / "b.json", changed(server=slower))
    stream = io.StringIO()
    assert compare_files(a, b, None, stream)
    assert "worse" in stream.getvalue()
    assert not compare_files(a, b, 1.5, io.StringIO())
    assert compare_files(a, b, 1.7, io.StringIO())
    assert compare_files(b, a, 1.5, io.StringIO())


def test_a_file_that_is_no_result_is_said_in_one_line(tmp_path: Path) -> None:
    a = write(tmp_path / "a.json", made.result())
    with pytest.raises(ResultError, match=r"b\.json: No such file"):
        compare_files(a, tmp_path / "b.json", None, io.StringIO())


def test_on_a_terminal_the_words_have_colours() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    worse = with_measure(percentiles={"50": 10**9})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.delenv("NO_COLOR", raising=False)
        show(compare(made.result(), worse), ("a", "b"), stream)
    assert "\x1b[1;31mworse" in stream.getvalue()


def test_every_measure_of_either_is_compared() -> None:
    a = changed(measures=tuple(m for m in made.result().measures if m.name != CONNECT))
    names = {measure.title for measure in made.result().measures}
    found = {row.what.rpartition(",")[0] for row in compare(a, made.result()).rows}
    assert names <= found
    assert isinstance(made.result().measures[0], Measure)
