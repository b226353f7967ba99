import io
import logging
import sys
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.app.logs import JsonFormatter, TextFormatter, set_up_logging
from gateway.settings import LogSettings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def root() -> Iterator[logging.Logger]:
    """Give the root logger back as it was."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


def record(msg: str, /, **extras: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": msg, "levelname": "INFO", **extras})
    made.created = 1_760_000_000.123
    return made


def test_a_json_line_has_time_level_event_and_extras() -> None:
    stream = io.StringIO()
    set_up_logging(LogSettings(), stream)
    logging.getLogger("x").info("fix session established", extra={"session": "DEMO1", "n": 3})
    line = stream.getvalue()
    assert line.endswith("}\n")
    fields = orjson.loads(line)
    assert list(fields) == ["ts", "level", "event", "session", "n"]
    assert fields.pop("ts").endswith("Z")
    assert fields == {"level": "info", "event": "fix session established", "session": "DEMO1", "n": 3}


def test_the_time_is_rfc_3339_in_utc() -> None:
    assert orjson.loads(JsonFormatter().format(record("e")))["ts"] == "2025-10-09T08:53:20.123Z"
    assert TextFormatter().format(record("e")) == "08:53:20.123 info    e"


@pytest.mark.parametrize(
    ("form", "stream", "as_json"),
    [
        ("auto", io.StringIO, True),
        ("auto", Terminal, False),
        ("json", Terminal, True),
        ("text", io.StringIO, False),
    ],
)
def test_the_format_follows_setting_and_stream(form: str, stream: type[io.StringIO], as_json: bool) -> None:
    out = stream()
    set_up_logging(LogSettings(format=form), out)  # type: ignore[arg-type]  # one of the literals
    logging.getLogger("x").warning("event")
    assert out.getvalue().startswith("{") is as_json


def test_set_up_again_replaces_the_handlers_and_stderr_is_the_default(
    root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(LogSettings(format="text"))
    set_up_logging(LogSettings(format="text", level="warning"))
    assert len(root.handlers) == 1
    logging.getLogger("x").info("unheard")
    logging.getLogger("x").warning("heard")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("warning heard\n")
    assert captured.err.count("\n") == 1


def test_text_shows_extras_and_quotes_where_needed() -> None:
    line = TextFormatter().format(record("e v", a=1, b=b"x\xff", c="two words", d="", e="a=b", f=None))
    assert line == '08:53:20.123 info    e v  a=1  b=x\\xff  c="two words"  d=""  e="a=b"  f=None'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"a\xff", "a\\xff"),
        ((1, 2), [1, 2]),
        (ValueError("no"), "no"),
        (2**70, str(2**70)),
        ("\ud800", "\\ud800"),
        ({1: 2}, "{1: 2}"),
    ],
)
def test_json_says_every_value(value: object, shown: object) -> None:
    assert orjson.loads(JsonFormatter().format(record("e", x=value)))["x"] == shown


def test_an_extra_cannot_pose_as_a_field_of_the_line() -> None:
    fields = orjson.loads(JsonFormatter().format(record("e", event="other", ts=0, level="x", error="y")))
    assert (fields["event"], fields["level"]) == ("e", "info")
    assert "error" not in fields


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_a_traceback_is_kept(formatter: logging.Formatter) -> None:
    try:
        int("what went wrong")
    except ValueError:
        failed = record("failed", exc_info=sys.exc_info(), stack_info="Stack:\n  here")
    line = formatter.format(failed)
    if isinstance(formatter, JsonFormatter):
        assert "\n" not in line
        line = orjson.loads(line)["error"]
    assert "what went wrong" in line
    assert line.endswith("Stack:\n  here")
    assert "error" not in JsonFormatter().format(record("e", exc_info=(None, None, None)))


anything = st.one_of(
    st.text(), st.binary(), st.integers(), st.floats(), st.none(), st.lists(st.text(), max_size=2)
)


@given(st.text(), anything)
def test_every_record_is_one_line(event: str, value: object) -> None:
    made = logging.makeLogRecord({"msg": "%s", "args": (event,), "levelname": "INFO", "x": value})
    line = JsonFormatter().format(made)
    assert "\n" not in line
    assert set(orjson.loads(line)) == {"ts", "level", "event", "x"}
    assert TextFormatter().format(made).isprintable()
