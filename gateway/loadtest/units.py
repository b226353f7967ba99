"""Quantities as a person reads them: durations, rates, sizes, counts. NOT here: what they are of."""

import math
from typing import Final

_NS_PER_US: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_S_PER_MINUTE: Final = 60
_S_PER_HOUR: Final = 3_600


def count_text(count: float) -> str:
    """Return a whole number with its thousands apart: ``1,234,567``."""
    return f"{round(count):,}"


def plural(count: int, what: str) -> str:
    """Return so many of ``what``, a word that takes an s: ``1 worker``, ``2 workers``."""
    return f"{count_text(count)} {what}{'' if count == 1 else 's'}"


def duration_text(ns: float) -> str:
    """Return ``ns`` with three digits that count, in the unit that fits: ``842 ns``, ``12.4 µs``."""
    for unit, size in (("ns", 1), ("µs", _NS_PER_US), ("ms", _NS_PER_MS)):
        if round_to_three(ns / size) < 1_000:
            return f"{three_digits(ns / size)} {unit}"
    return f"{three_digits(ns / _NS_PER_S)} s"


def rate_text(per_second: float) -> str:
    """Return events a second: ``48,213/s``; below 100 with what three digits show."""
    return f"{three_digits(per_second)}/s"


def size_text(count: float) -> str:
    """Return a number of bytes in the binary unit that fits: ``512 B``, ``64.2 MiB``."""
    for unit in ("B", "KiB", "MiB"):
        if round(count) < 1_024:
            return f"{three_digits(count)} {unit}"
        count /= 1_024
    return f"{three_digits(count)} GiB"


def clock_text(seconds: float) -> str:
    """Return a span of time as one reads a clock: ``0:07``, ``12:30``, ``1:02:03``."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, _S_PER_MINUTE)
    if whole < _S_PER_HOUR:
        return f"{minutes}:{rest:02}"
    hours, minutes = divmod(minutes, _S_PER_MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}"


def span_text(seconds: float) -> str:
    """Return a span of time in words' short forms: ``350 ms``, ``12.5 s``, ``12 min 30 s``, ``1 h 2 min``."""
    if seconds < _S_PER_MINUTE:
        return duration_text(seconds * _NS_PER_S)
    minutes, rest = divmod(round(seconds), _S_PER_MINUTE)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (0 if hours else rest, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def percentile_text(percentile: float) -> str:
    """Return ``p50``, ``p99.9``; 100 is ``max``."""
    return "max" if percentile >= 100 else f"p{percentile:.10g}"


def ratio_text(ratio: float) -> str:
    """Return ``1.08x``; what is far from 1 has three digits that count."""
    return f"{ratio:.2f}x" if 0.1 <= ratio < 10 else f"{three_digits(ratio)}x"


def three_digits(value: float) -> str:
    """Return ``value`` with three digits that count, without an exponent, thousands apart."""
    rounded = round_to_three(value)
    if abs(rounded) >= 100:
        return f"{round(value):,}"
    if rounded == round(rounded) and math.isclose(value, rounded, abs_tol=1e-9):
        return f"{rounded:.0f}"
    places = 1 if abs(rounded) >= 10 else 2 if abs(rounded) >= 1 else 3
    return f"{value:.{places}f}"


def round_to_three(value: float) -> float:
    """Return ``value`` rounded to three digits that count, so that 999.7 is already the next unit's."""
    return float(f"{value:.3g}")
