"""Names of the public market data channels: ``<kind>.<symbol>``."""

import enum
from collections.abc import Container
from typing import Final, NamedTuple

MAX_NAME_LENGTH: Final = 64


class ChannelKind(enum.Enum):
    """What a channel says; the value is the first part of its name."""

    BOOK = "book"
    BBO = "bbo"
    TRADES = "trades"
    STATUS = "status"


KINDS: Final = ", ".join(kind.value for kind in ChannelKind)
_KINDS: Final = {kind.value: kind for kind in ChannelKind}


class Channel(NamedTuple):
    """A parsed channel name."""

    kind: ChannelKind
    symbol: str

    @property
    def name(self) -> str:
        """The name on the wire."""
        return f"{self.kind.value}.{self.symbol}"


class ChannelError(ValueError):
    """A name that is no channel: the bad ``part``, the ``limit`` that it broke and the ``value`` sent."""

    def __init__(self, part: str, limit: str, value: str) -> None:
        super().__init__(f"unknown channel: {part} is {value!r}, expected {limit}")
        self.part = part
        self.limit = limit
        self.value = value


def parse_channel(name: str, symbols: Container[str]) -> Channel:
    """Return the channel that ``name`` means. Raises ``ChannelError`` that names the bad part."""
    if len(name) > MAX_NAME_LENGTH:
        raise ChannelError("length", f"at most {MAX_NAME_LENGTH} characters", str(len(name)))
    head, dot, rest = name.partition(".")
    kind = _KINDS.get(head)
    if kind is None:
        raise ChannelError("kind", f"one of {KINDS}", head)
    if not dot:
        raise ChannelError("symbol", f"{head}.<symbol>", "")
    symbol, dot, suffix = rest.partition(".")
    if symbol not in symbols:
        raise ChannelError("symbol", "a listed symbol", symbol)
    if dot:
        raise ChannelError("suffix", f"nothing after {head}.{symbol}", suffix)
    return Channel(kind, symbol)
