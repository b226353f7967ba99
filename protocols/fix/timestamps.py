"""UTCTimestamp text to UTC nanoseconds and back, cached: all that is said in one turn has one time.

NOT here: a clock. Time comes in as integers: monotonic ns of the event loop, or UTC ns.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_UNIX_EPOCH: Final = date(1970, 1, 1).toordinal()
_FRACTION_SCALE: Final = {0: _NS_PER_S, 4: _NS_PER_MS, 7: 1_000, 10: 1}
"""Bytes of ``.sss…`` to the nanoseconds of its last digit: s, ms, µs and ns are accepted."""

_MILLIS: Final = [b".%03d" % ms for ms in range(1000)]


@lru_cache(maxsize=64)
def _second_text(utc_s: int) -> bytes:
    return datetime.fromtimestamp(utc_s, UTC).strftime("%Y%m%d-%H:%M:%S").encode("ascii")


@lru_cache(maxsize=64)
def utc_text(utc_ns: int) -> bytes:
    """Return ``YYYYMMDD-HH:MM:SS.sss`` of UTC nanoseconds since 1970, rounded down."""
    utc_ms = utc_ns // _NS_PER_MS
    return _second_text(utc_ms // 1000) + _MILLIS[utc_ms % 1000]


@lru_cache(maxsize=256)
def _day(text: bytes) -> int:
    """Return the days since 1970 of ``YYYYMMDD``; raises ``ValueError``."""
    if not text.isdigit() or len(text) != 8:
        raise ValueError(f"not a date of the form YYYYMMDD: {text!r}")
    return date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal() - _UNIX_EPOCH


@lru_cache(maxsize=1024)
def _second(text: bytes) -> int:
    """Return the seconds since 1970 of ``YYYYMMDD-HH:MM:SS``; raises ``ValueError``."""
    if len(text) != 17 or text[8:9] != b"-" or text[11:12] != b":" or text[14:15] != b":":
        raise ValueError("the form is YYYYMMDD-HH:MM:SS with an optional fraction of 3, 6 or 9 digits")
    clock = text[9:11] + text[12:14] + text[15:]
    if not clock.isdigit():
        raise ValueError("hours, minutes and seconds are two digits each")
    hours, minutes, seconds = int(clock[:2]), int(clock[2:4]), int(clock[4:])
    if hours > 23 or minutes > 59 or seconds > 60:
        raise ValueError("hours end at 23, minutes at 59, seconds at 60 (a leap second)")
    return _day(text[:8]) * 86_400 + hours * 3600 + minutes * 60 + seconds


def parse_utc_timestamp(text: bytes) -> int:
    """Return UTC nanoseconds since 1970 of a UTCTimestamp (``ValueError`` says what is wrong with it).

    Seconds, milliseconds, microseconds and nanoseconds are accepted. A leap second (``:60``) is
    the second after it, as in POSIX time.
    """
    fraction = text[17:]
    scale = _FRACTION_SCALE.get(len(fraction))
    if scale is None or (fraction and not (fraction[:1] == b"." and fraction[1:].isdigit())):
        raise ValueError("a fraction of a second is a point and 3, 6 or 9 digits")
    return _second(text[:17]) * _NS_PER_S + (int(fraction[1:]) * scale if fraction else 0)


def is_utc_timestamp(text: bytes) -> bool:
    """Tell whether ``text`` is a UTCTimestamp that ``parse_utc_timestamp`` takes."""
    fraction = text[17:]
    if fraction and (
        fraction[:1] != b"." or len(fraction) not in _FRACTION_SCALE or not fraction[1:].isdigit()
    ):
        return False
    try:
        _second(text[:17])
    except ValueError:
        return False
    return True


class Timestamps:
    """UTC time for a process whose deadlines are monotonic.

    ``offset_ns`` is UTC minus monotonic time, both in ns; whoever owns the clocks sets it, again when the
    system time was corrected.
    """

    __slots__ = ("offset_ns",)

    def __init__(self, offset_ns: int) -> None:
        self.offset_ns = offset_ns

    def utc(self, now: int) -> int:
        """Return UTC nanoseconds of the monotonic time ``now``."""
        return now + self.offset_ns

    def text(self, now: int) -> bytes:
        """Return SendingTime(52), in milliseconds, of the monotonic time ``now``."""
        return utc_text(now + self.offset_ns)
