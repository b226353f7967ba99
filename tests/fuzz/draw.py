"""Choices out of bytes, so that one function serves hypothesis and a coverage-guided fuzzer alike."""

from collections.abc import Sequence
from typing import TypeVar

_Choice = TypeVar("_Choice")


class Draw:
    """Reads choices off the front of ``data``; what is used up gives the first choice, 0 and nothing."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def number(self, limit: int) -> int:
        """Return a number from 0 to ``limit``, both included, from as many bytes as it needs."""
        size = (limit.bit_length() + 7) // 8
        drawn = int.from_bytes(self.take(size), "big")
        return drawn % (limit + 1)

    def chance(self) -> bool:
        """Return one of both."""
        return self.number(1) == 1

    def one_of(self, choices: Sequence[_Choice]) -> _Choice:
        """Return one of the choices."""
        return choices[self.number(len(choices) - 1)]

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer at the end."""
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def some(self, limit: int = 255) -> bytes:
        """Return up to ``limit`` bytes."""
        return self.take(self.number(limit))


def in_pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Return ``stream`` in pieces whose sizes are ``cuts``, over and over."""
    pieces: list[bytes] = []
    at = 0
    while at < len(stream):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(stream[at : at + size])
        at += size
    return pieces
