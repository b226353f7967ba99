"""Prices and quantities between text and integers scaled by 10 ** ``PLACES``, remembered as they recur."""

from typing import Final

from gateway.loadtest.scenario import PLACES

WRONG: Final = -1
"""Stands for what is no decimal, or has more places: no amount of ours is equal to it."""

_ONE: Final = 10**PLACES
_REMEMBERED: Final = 100_000


class Scaled(dict[bytes, int]):
    """From text to integer: ``amounts[b"0.01"]`` is 1,000,000; ``WRONG`` for what is no amount."""

    def __missing__(self, text: bytes) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        value = self[text] = _scaled(text)
        return value


class Texts(dict[int, bytes]):
    """From integer to text, without trailing zeros."""

    def __missing__(self, value: int) -> bytes:
        if len(self) >= _REMEMBERED:
            self.clear()
        whole, part = divmod(value, _ONE)
        text = b"%d" % whole if not part else b"%d.%b" % (whole, (b"%08d" % part).rstrip(b"0"))
        self[value] = text
        return text


def _scaled(text: bytes) -> int:
    whole, _, part = text.partition(b".")
    places = part.rstrip(b"0")
    if not (whole + part).isdigit() or len(places) > PLACES:
        return WRONG
    return int(whole or b"0") * _ONE + int(places.ljust(PLACES, b"0"))
