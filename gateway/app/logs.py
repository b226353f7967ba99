"""Logging on stderr: JSON lines for machines, text for a terminal.

Convention: ``log = logging.getLogger(__name__)``; the message is a fixed event name in plain words, and what
varies goes into ``extra`` (``log.info("fix session established", extra={"session": key})``), under names that
are no ``LogRecord`` attribute. One line per session event, none per message. A JSON line has ``ts`` (UTC,
RFC 3339), ``level``, ``event`` and the extras; ``error`` is the traceback, where there is one.
"""

import datetime as dt
import logging
import sys
from typing import Any, Final, TextIO

import orjson

from gateway.settings import LogSettings

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_OWN: Final = ("ts", "level", "event", "error")


def set_up_logging(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send every log record of the process to ``stream`` (stderr), in place of earlier handlers."""
    stream = sys.stderr if stream is None else stream
    as_text = settings.format == "text" or (settings.format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter() if as_text else JsonFormatter())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.level.upper())


class JsonFormatter(logging.Formatter):
    """One JSON object per record, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a value that JSON cannot say is given as text."""
        line: dict[str, Any] = {
            "ts": _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in _extras(record).items() if name not in _OWN}
        if error := _error(self, record):
            line["error"] = error
        try:
            return orjson.dumps(line, default=_plain).decode()
        except orjson.JSONEncodeError:
            # Integers beyond 64 bits, lone surrogates, keys that are no strings: ASCII always goes.
            return orjson.dumps({name: _ascii(value) for name, value in line.items()}).decode()


class TextFormatter(logging.Formatter):
    """Time of day (UTC), level, event, then the extras as ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; only a traceback adds further ones."""
        time = _moment(record).strftime("%H:%M:%S.%f")[:-3]
        parts = [f"{time} {record.levelname.lower():7} {_printable(record.getMessage())}"]
        parts += [f"{name}={_shown(value)}" for name, value in _extras(record).items()]
        line = "  ".join(parts)
        error = _error(self, record)
        return f"{line}\n{error}" if error else line


def _moment(record: logging.LogRecord) -> dt.datetime:
    return dt.datetime.fromtimestamp(record.created, dt.UTC)


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _error(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = []
    if record.exc_info and record.exc_info[0] is not None:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return "\n".join(parts)


def _plain(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _ascii(value: object) -> str:
    return value.encode("ascii", "backslashreplace").decode() if isinstance(value, str) else ascii(value)


def _shown(value: object) -> str:
    text = _printable(_plain(value))
    return text if text and " " not in text and "=" not in text else f'"{text}"'


def _printable(text: str) -> str:
    """Return ``text`` with what is not printable escaped: no client's text starts a line of its own."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )
