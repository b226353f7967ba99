"""Decimal text to scaled integers and back. Quotes are reckoned in whole ticks and lots, never in floats."""

from decimal import Decimal


def scaled(text: str, places: int) -> int:
    """Return the decimal ``text`` in units of ``10**-places``; raise ``ValueError`` when it does not fit."""
    try:
        value = Decimal(text).scaleb(places)
    except ArithmeticError:
        raise ValueError(f"{text!r} is not a decimal number") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise ValueError(f"{text!r} is not a number with at most {places} decimals")
    return int(value)


def text(value: int, places: int) -> str:
    """Return the plain decimal text of a scaled integer."""
    return f"{Decimal(value).scaleb(-places):f}"
