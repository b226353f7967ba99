"""What an operator sees of a run: on a terminal, in a file, and where nobody reads."""

import io
import os
import re
import subprocess
import sys

import msgspec
import pytest

from gateway.loadtest.progress import Phase, Progress, View
from gateway.loadtest.results import Fault, Measure, Result, Target, Verdict
from gateway.loadtest.terminal import LiveView, PlainView, line, sparkline, view
from tests.gateway.loadtest import made

NASTY = "a\x1b[2J\nb[red]\x07"

PROGRESS = Progress(
    phase=Phase.MEASURING,
    elapsed_s=12.4,
    fraction=0.5,
    connected=10,
    connections=110,
    sent=60_000,
    answered=59_988,
    fills=15_000,
    pushes=240_000,
    rate=5_003.2,
    pushes_per_s=20_010.0,
    p50=271_000,
    p99=1_210_000,
    cpu=0.58,
    rss_bytes=209 * made.MIB,
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Closing(Terminal):
    """A stream whose reader goes away after so many writes."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.left = writes
        self.refused = 0

    def write(self, text: str) -> int:
        if not self.left:
            self.refused += 1
            raise BrokenPipeError
        self.left -= 1
        return super().write(text)


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "40")


def run(watching: View, *shown: Progress, result: Result | None = None) -> None:
    result = result or made.result()
    watching.begin(result.name, str(result.scenario.get("description", "")), result.target)
    for progress in shown:
        watching.show(progress)
    watching.end(result)


def at(second: float, **changes: object) -> Progress:
    return msgspec.structs.replace(PROGRESS, elapsed_s=second, **changes)


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_file_has_plain_lines_and_a_terminal_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(view(io.StringIO()), PlainView)
    assert isinstance(view(Terminal()), LiveView)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(view(Terminal()), PlainView)


def test_a_line_says_everything_there_is_to_say() -> None:
    assert line(PROGRESS) == (
        "0:12   50%  measuring  10 of 110 connections  59,988 of 60,000 answered  5,003/s  p50 271 µs  "
        "p99 1.21 ms  15,000 fills  240,000 pushes  20,010/s  CPU 58 %  memory 209 MiB"
    )
    early = Progress(phase=Phase.CONNECTING, elapsed_s=0.2, fraction=0.0, connections=1, faults=2)
    assert line(early) == "0:00    0%  connecting  0 of 1 connection  0 of 0 answered  0/s  FAULTS 2"
    assert "CPU 58 %" in line(at(1, rss_bytes=None))
    assert "memory" not in line(at(1, rss_bytes=None))
    assert "fills" not in line(at(1, fills=0))


def test_plain_lines_come_every_few_seconds_and_at_each_change() -> None:
    stream = io.StringIO()
    phases = [Phase.CONNECTING] * 2 + [Phase.WARMING_UP] * 4 + [Phase.MEASURING] * 12
    run(view(stream), *(at(second, phase=phase) for second, phase in enumerate(phases)))
    lines = stream.getvalue().splitlines()
    assert lines[0] == ("latency: gateway 0.1.0, fsync (127.0.0.1:9880, ws://127.0.0.1:8080/v1)")
    assert lines[1] == "5,000 orders/s over 10 sessions, half of them crossing."
    assert [found.split()[0] for found in lines if "answered  " in found] == [
        "0:00",
        "0:02",
        "0:06",
        "0:11",
        "0:16",
    ]
    assert "\x1b" not in stream.getvalue()


def test_the_end_has_the_figures_and_the_verdict_last() -> None:
    stream = io.StringIO()
    run(view(stream))
    text = stream.getvalue()
    rows = [found.split() for found in text.splitlines()]
    assert ["values", "p50", "p90", "p99", "p99.9", "p99.99", "max"] in rows
    [ack] = [row for row in rows if row[:3] == ["Order", "to", "acknowledgment"]]
    assert ack[3:6] == ["2,000", "271", "µs"]
    assert "5,000/s (125,000 requests answered in 25 s), 20,240/s pushes" in text
    assert "target: CPU 15.2 s, 122 µs per request; memory 209 MiB at most" in text
    assert rows[-1] == ["passed"]


def test_a_failure_names_its_faults_and_reasons() -> None:
    failed = msgspec.structs.replace(
        made.result(),
        verdict=Verdict(passed=False, reasons=("missing answer: 1 (LOAD1 17)",)),
        faults=(Fault(kind="missing answer", count=1_200, examples=("LOAD1 17", "LOAD1 18")),),
        measures=(),
        throughput=None,
        server=None,
        complete=False,
    )
    stream = io.StringIO()
    run(view(stream), result=failed)
    assert stream.getvalue().splitlines()[2:] == [
        "missing answer: 1,200",
        "  LOAD1 17",
        "  LOAD1 18",
        "The run ended before its plan was done. All figures are of the part before that.",
        "failed",
        "  missing answer: 1 (LOAD1 17)",
    ]


def test_a_result_with_little_in_it_says_little() -> None:
    result = made.result()
    assert result.throughput is not None
    assert result.server is not None
    measure = msgspec.structs.replace(result.measures[0], percentiles={"50": 1_000})
    little = msgspec.structs.replace(
        result,
        measures=(measure,),
        throughput=msgspec.structs.replace(result.throughput, pushes_per_s=0.0),
        server=msgspec.structs.replace(result.server, cpu_us_per_request=None),
    )
    stream = io.StringIO()
    run(view(stream), result=little)
    text = stream.getvalue()
    [row] = [found.split() for found in text.splitlines() if found.startswith("Order to ack")]
    assert row[4:] == ["1", "µs", "—", "—", "—", "—", "1.68", "ms"]
    assert "answered in 25 s)\n" in text
    assert "target: CPU 15.2 s; memory 209 MiB at most" in text


def test_the_picture_is_drawn_in_place_and_taken_away_at_the_end() -> None:
    stream = Terminal()
    run(view(stream), at(6, fraction=0.25), PROGRESS, at(20, fraction=1.0, faults=3))
    text = without_colours(stream.getvalue())
    assert "measuring" in text
    assert "about 0:18 left" in text
    assert "about 0:12 left" in text
    assert text.count("left") == 2
    assert "5,003/s" in text
    assert "59,988 answered" in text
    assert "12 waiting" in text
    assert "p50 271 µs" in text
    assert "240,000 pushes" in text
    assert "10 of 110 connected" in text
    assert re.search(r"faults +none", text)
    assert re.search(r"faults +3", text)
    assert "\x1b[1A" in stream.getvalue()
    assert stream.getvalue().count("\x1b[?25l") == stream.getvalue().count("\x1b[?25h") == 1
    assert text.rstrip().endswith("passed")


def test_what_is_left_is_told_from_when_the_plan_began() -> None:
    stream = Terminal()
    run(view(stream), at(3, fraction=0.0), at(4, fraction=0.0), at(6, fraction=0.25))
    assert "about 0:06 left" in without_colours(stream.getvalue())


def test_the_cursor_comes_back_when_a_run_breaks() -> None:
    script = (
        "import sys\n"
        "from gateway.loadtest.progress import Phase, Progress\n"
        "from gateway.loadtest.results import Target\n"
        "from gateway.loadtest.terminal import view\n"
        "watching = view(sys.stdout)\n"
        "watching.begin('a run', '', Target(label='gateway'))\n"
        "watching.show(Progress(phase=Phase.MEASURING, elapsed_s=1.0, fraction=0.5))\n"
        "raise KeyError\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "FORCE_COLOR": "1"},
    )
    assert ended.returncode == 1
    assert "KeyError" in ended.stderr
    assert ended.stdout.count("\x1b[?25l") == ended.stdout.count("\x1b[?25h") == 1


def test_the_picture_of_a_run_that_has_just_begun() -> None:
    stream = Terminal()
    run(view(stream), Progress(phase=Phase.CONNECTING, elapsed_s=0, fraction=0, connections=3))
    text = without_colours(stream.getvalue())
    assert "0 of 3 connected" in text
    assert "left" not in text
    assert "latency  " not in text


@pytest.mark.parametrize("terminal", [False, True])
def test_text_from_outside_moves_no_cursor_and_sets_no_colour(terminal: bool) -> None:
    stream = Terminal() if terminal else io.StringIO()
    measure: Measure = msgspec.structs.replace(made.result().measures[0], name=NASTY)
    result = msgspec.structs.replace(
        made.result(),
        scenario={"name": NASTY, "description": NASTY},
        target=Target(label=NASTY, fix=NASTY),
        faults=(Fault(kind=NASTY, count=1, examples=(NASTY,)),),
        verdict=Verdict(passed=False, reasons=(NASTY,)),
        measures=(measure,),
    )
    run(view(stream), PROGRESS, result=result)
    text = stream.getvalue()
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert text.count("a\\x1b[2J b[red]\\x07") == 8


@pytest.mark.parametrize("writes", range(8))
def test_a_reader_that_goes_away_ends_the_picture_and_not_the_run(writes: int) -> None:
    stream = Closing(writes)
    run(view(stream), *(at(second) for second in range(12)))
    assert (stream.left, stream.refused) == (0, 1)


def test_a_full_disk_ends_the_lines_and_not_the_run() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, f"No space left on device for {text!r}")

    run(view(Full()), PROGRESS)


def test_what_a_reader_left_behind_does_not_become_the_exit_code() -> None:
    """A pipe without a reader, as ``| head`` leaves one: the interpreter's own last flush must not fail."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        run(view(stream), PROGRESS)
        # Closing flushes: into nothing, without an error.


@pytest.mark.parametrize("encoding", ["ascii", "euc-kr", "utf-8"])
def test_what_an_encoding_has_no_sign_for_is_replaced(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    run(view(stream), PROGRESS)
    stream.seek(0)
    text = stream.read()
    assert f"p50 271 {'µ' if encoding == 'utf-8' else '?'}s" in text
    assert text.endswith("passed\n")


def test_a_closed_stream_ends_the_lines_and_not_the_run() -> None:
    stream = io.StringIO()
    watching = view(stream)
    stream.close()
    run(watching, PROGRESS)
    assert stream.closed


def test_bars_are_as_high_as_their_values() -> None:
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == ""
    assert sparkline([0, 1, 50, 100]) == " ▁▄█"
