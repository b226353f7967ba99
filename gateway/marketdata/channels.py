"""Names of the public market data channels.

``book.<symbol>`` is the whole book after each command; ``book.<symbol>.<depth>.<speed>[.g<step>]`` its best
levels at a speed, their prices grouped by a step. ``candles.<symbol>.<interval>``; ``l3``, ``bbo``,
``trades``, ``ticker`` and ``status`` with a symbol; and ``instruments``. A name that parses is its own
canonical form.
"""

import enum
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.marketdata.candles import INTERVALS
from gateway.model import Instrument, ScaledError, format_scaled, parse_scaled

MAX_NAME_LENGTH: Final = 64

DEPTHS: Final = (1, 5, 10, 20, 50, 100, 500, 1000, 5000)
RAW: Final = "raw"
SPEEDS: Final = {"20ms": 20_000_000, "100ms": 100_000_000, "1s": 1_000_000_000}
"""The speeds that have a tick, and the ns between two."""

STEP_LIMIT: Final = (
    "g and 1, 2 or 5 times a power of ten within the instrument's decimals, as in g100 or g0.5"
)


class ChannelKind(enum.Enum):
    """What a channel says; the value is the first part of its name."""

    BOOK = "book"
    L3 = "l3"
    BBO = "bbo"
    TRADES = "trades"
    TICKER = "ticker"
    CANDLES = "candles"
    STATUS = "status"
    INSTRUMENTS = "instruments"


KINDS: Final = ", ".join(kind.value for kind in ChannelKind)
_KINDS: Final = {kind.value: kind for kind in ChannelKind}
_BOOK: Final = f"{ChannelKind.BOOK.value}."
_DEPTHS: Final = {str(depth): depth for depth in DEPTHS}
_DEPTH_LIMIT: Final = f"one of {', '.join(_DEPTHS)}"
_SPEED_LIMIT: Final = f"one of {', '.join((RAW, *SPEEDS))}"
_INTERVAL_LIMIT: Final = f"one of {', '.join(INTERVALS)}"


class Channel(NamedTuple):
    """A parsed channel name.

    ``depth`` is 0 where there is no bound, ``speed`` ``RAW`` or one of ``SPEEDS``, ``step`` the price step
    (scaled; 0: prices are not grouped), ``interval`` that of candles, else empty.
    """

    name: str
    kind: ChannelKind
    symbol: str
    depth: int = 0
    speed: str = RAW
    step: int = 0
    interval: str = ""


class ChannelError(ValueError):
    """A name that is no channel: the bad ``part``, the ``limit`` that it broke and the ``value`` sent."""

    def __init__(self, part: str, limit: str, value: str) -> None:
        super().__init__(f"unknown channel: {part} is {value!r}, expected {limit}")
        self.part = part
        self.limit = limit
        self.value = value


def parse_channel(name: str, instruments: Mapping[str, Instrument]) -> Channel:
    """Return the channel that ``name`` means. Raises ``ChannelError`` that names the bad part."""
    if len(name) > MAX_NAME_LENGTH:
        raise ChannelError("length", f"at most {MAX_NAME_LENGTH} characters", str(len(name)))
    head, dot, rest = name.partition(".")
    kind = _KINDS.get(head)
    if kind is None:
        raise ChannelError("kind", f"one of {KINDS}", head)
    if kind is ChannelKind.INSTRUMENTS:
        if dot:
            raise ChannelError("suffix", f"nothing after {head}", rest)
        return Channel(name, kind, "")
    if not dot:
        raise ChannelError("symbol", f"{head}.<symbol>", "")
    symbol, dot, suffix = rest.partition(".")
    instrument = instruments.get(symbol)
    if instrument is None:
        raise ChannelError("symbol", "a listed symbol", symbol)
    if kind is ChannelKind.CANDLES:
        if suffix not in INTERVALS:
            raise ChannelError("interval", _INTERVAL_LIMIT, suffix)
        return Channel(name, kind, symbol, interval=suffix)
    if not dot:
        return Channel(name, kind, symbol)
    if kind is not ChannelKind.BOOK:
        raise ChannelError("suffix", f"nothing after {head}.{symbol}", suffix)
    return _book_channel(name, symbol, instrument.price_places, suffix)


def is_view(name: str) -> bool:
    """Return whether ``name``, which parses, is a book to a depth."""
    return name.startswith(_BOOK) and "." in name[len(_BOOK) :]


@lru_cache(maxsize=8_192)
def _book_channel(name: str, symbol: str, price_places: int, suffix: str) -> Channel:
    """Return the view of a book that ``suffix``, ``<depth>.<speed>[.g<step>]``, means."""
    depth_text, _, rest = suffix.partition(".")
    depth = _DEPTHS.get(depth_text)
    if depth is None:
        raise ChannelError("depth", _DEPTH_LIMIT, depth_text)
    speed, dot, step_text = rest.partition(".")
    if speed != RAW and speed not in SPEEDS:
        raise ChannelError("speed", _SPEED_LIMIT, speed)
    step = _parse_step(step_text, price_places) if dot else 0
    return Channel(name, ChannelKind.BOOK, symbol, depth, speed, step)


def _parse_step(text: str, price_places: int) -> int:
    """Return the scaled price step. There are few of them, so that clients who group share the work."""
    number = text[1:]
    try:
        step = parse_scaled(number.encode("ascii"), price_places)
    except (ScaledError, UnicodeEncodeError):
        step = 0
    is_round = str(step).rstrip("0") in {"1", "2", "5"}
    if text[:1] != "g" or not is_round or format_scaled(step, price_places) != number:
        raise ChannelError("step", STEP_LIMIT, text)
    return step
