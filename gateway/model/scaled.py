"""Decimal text to scaled integers and back, exactly.

Prices and quantities are integers scaled by a power of ten (``places`` decimals) everywhere
inside the gateway; floats never carry money. NOT here: tick and lot rules (``instruments``).
"""

from functools import lru_cache
from typing import Final

MAX_SCALED: Final = 2**63 - 1
"""Largest scaled value: prices and quantities fit a signed 64-bit integer; products need not."""

_MAX_TEXT: Final = 40


class ScaledError(ValueError):
    """A decimal text that is not a valid amount.

    ``rule`` names the violated rule, ``limit`` the bound it broke (may be empty).
    """

    def __init__(self, rule: str, limit: str = "") -> None:
        super().__init__(f"{rule}, limit {limit}" if limit else rule)
        self.rule = rule
        self.limit = limit


@lru_cache(maxsize=65536)
def parse_scaled(text: bytes, places: int) -> int:
    """Return the decimal ``text`` as an integer scaled by ``10**places``.

    Accepts what FIX calls a float without sign: digits with at most one point, leading and
    trailing zeros allowed (``b"100.00"``, ``b".5"``, ``b"5."``). Anything else raises
    ``ScaledError``: a sign, an exponent, NaN or infinity, more significant decimals than
    ``places``, a value above ``MAX_SCALED``.
    """
    if len(text) > _MAX_TEXT:
        raise ScaledError("too many characters", str(_MAX_TEXT))
    whole, _, fraction = text.partition(b".")
    digits = whole + fraction
    if not digits.isdigit():
        rule = (
            "negative"
            if text[:1] == b"-" and text[1:].replace(b".", b"", 1).isdigit()
            else "not a decimal number"
        )
        raise ScaledError(rule)
    if len(fraction) > places:
        fraction = fraction.rstrip(b"0")
        if len(fraction) > places:
            raise ScaledError("too many decimals", str(places))
        digits = whole + fraction
    value: int = int(digits or b"0") * 10 ** (places - len(fraction))
    if value > MAX_SCALED:
        raise ScaledError("too large", format_scaled(MAX_SCALED, places))
    return value


@lru_cache(maxsize=65536)
def format_scaled(value: int, places: int) -> str:
    """Return the canonical decimal text of a scaled integer: no exponent, no trailing zeros."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    digits = str(value).zfill(places + 1)
    if not places:
        return sign + digits
    whole, fraction = digits[:-places], digits[-places:].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


@lru_cache(maxsize=65536)
def encode_scaled(value: int, places: int) -> bytes:
    """Return ``format_scaled`` as ASCII bytes, for wire templates."""
    return format_scaled(value, places).encode("ascii")
