"""What the value of each FIX data type looks like (FIX 4.4 vol. 1, "Data types").

Currency, Exchange and Country are taken as strings: ISO 4217 has no code for most of what is traded here. NOT
here: the codes that one field may have (``dictionary``).
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from protocols.fix.timestamps import is_utc_timestamp

Check = Callable[[bytes], object]
"""Called with a value; a true answer means that it is well-formed. Empty values never are."""

# Most days first: the months' last days are looked at only where a day is one of them.
_DATE: Final = (
    rb"(?:[0-9]{4}(?<!0000)(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])"
    rb"|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
    rb"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)(?<!0000)0229)"
)
_TIME: Final = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
_FRACTION: Final = rb"(?:\.[0-9]{3}(?:[0-9]{3}){0,2})?"
_ZONE: Final = rb"(?:Z|[+-](?:0\d|1[0-4])(?::[0-5]\d)?)"


def _pattern(expression: bytes) -> Check:
    return re.compile(expression).fullmatch


MAX_REMEMBERED: Final = 1024
MAX_REMEMBERED_LENGTH: Final = 40


class _Memory(dict[bytes, bool]):
    """The answers of ``check`` for short values, ``MAX_REMEMBERED`` at most; then it starts afresh."""

    def __init__(self, check: Check) -> None:
        super().__init__()
        self._check = check

    def __missing__(self, value: bytes) -> bool:
        answer = bool(self._check(value))
        if len(value) <= MAX_REMEMBERED_LENGTH:
            if len(self) >= MAX_REMEMBERED:
                self.clear()
            self[value] = answer
        return answer


def _remembered(check: Check) -> Check:
    """Return ``check`` with a memory, for types whose values recur: prices, quantities, times of a burst."""
    return _Memory(check).__getitem__


_UTC_TIMESTAMP: Final = _remembered(_pattern(_DATE + b"-" + _TIME + _FRACTION))
_DATE_ONLY: Final = _pattern(_DATE)
_TIME_ONLY: Final = _pattern(_TIME + _FRACTION)
_INT: Final = _pattern(rb"-?[0-9]{1,18}")
_COUNT: Final = _pattern(rb"[0-9]{1,18}")
_FLOAT: Final = _remembered(_pattern(rb"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"))
_CHAR: Final[Check] = frozenset(bytes((byte,)) for byte in range(256) if byte != 1).__contains__
_BOOLEAN: Final[Check] = frozenset((b"Y", b"N")).__contains__
_WORDS: Final = _pattern(rb"[^ ]+(?: [^ ]+)*")
_LETTERS: Final = _pattern(rb"[^ ](?: [^ ])*")

CHECKS: Final[Mapping[str, tuple[Check, str]]] = {
    "STRING": (len, "text"),
    "DATA": (len, "bytes"),
    "XMLDATA": (len, "bytes"),
    "CHAR": (_CHAR, "one character"),
    "BOOLEAN": (_BOOLEAN, "Y or N"),
    "INT": (_INT, "an integer of at most 18 digits"),
    "LENGTH": (_COUNT, "a number of at most 18 digits"),
    "NUMINGROUP": (_COUNT, "a number of at most 18 digits"),
    "SEQNUM": (_COUNT, "a number of at most 18 digits"),
    "TAGNUM": (_COUNT, "a tag number"),
    "DAYOFMONTH": (_pattern(rb"0?[1-9]|[12]\d|3[01]"), "a day from 1 to 31"),
    "FLOAT": (_FLOAT, "a decimal number"),
    "QTY": (_FLOAT, "a decimal number"),
    "PRICE": (_FLOAT, "a decimal number"),
    "PRICEOFFSET": (_FLOAT, "a decimal number"),
    "AMT": (_FLOAT, "a decimal number"),
    "PERCENTAGE": (_FLOAT, "a decimal number"),
    "UTCTIMESTAMP": (_UTC_TIMESTAMP, "YYYYMMDD-HH:MM:SS with an optional fraction of 3, 6 or 9 digits"),
    "UTCTIMEONLY": (_TIME_ONLY, "HH:MM:SS with an optional fraction of 3, 6 or 9 digits"),
    "UTCDATEONLY": (_DATE_ONLY, "YYYYMMDD"),
    "UTCDATE": (_DATE_ONLY, "YYYYMMDD"),
    "LOCALMKTDATE": (_DATE_ONLY, "YYYYMMDD"),
    "LOCALMKTTIME": (_pattern(_TIME), "HH:MM:SS"),
    "MONTHYEAR": (
        _pattern(rb"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]|w[1-5])?"),
        "YYYYMM, YYYYMMDD or YYYYMMw1 to w5",
    ),
    "TZTIMEONLY": (
        _pattern(rb"(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)" + _FRACTION + b")?" + _ZONE + b"?"),
        "HH:MM[:SS] with an optional fraction and time zone",
    ),
    "TZTIMESTAMP": (
        _pattern(_DATE + rb"-(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)" + _FRACTION + b")?" + _ZONE + b"?"),
        "YYYYMMDD-HH:MM[:SS] with an optional fraction and time zone",
    ),
    "MULTIPLEVALUESTRING": (_WORDS, "values between single spaces"),
    "MULTIPLESTRINGVALUE": (_WORDS, "values between single spaces"),
    "MULTIPLECHARVALUE": (_LETTERS, "characters between single spaces"),
    "CURRENCY": (len, "text"),
    "EXCHANGE": (len, "text"),
    "COUNTRY": (len, "text"),
    "LANGUAGE": (len, "text"),
    "XID": (len, "text"),
    "XIDREF": (len, "text"),
    "PATTERN": (len, "text"),
    "TENOR": (len, "text"),
    # Names of FIX.4.0 and FIX.4.1.
    "TIME": (is_utc_timestamp, "YYYYMMDD-HH:MM:SS"),
    "DATE": (_DATE_ONLY, "YYYYMMDD"),
}
"""Each data type to its check and to what a value must be, in words."""

_SEVERAL: Final = frozenset(("MULTIPLEVALUESTRING", "MULTIPLESTRINGVALUE", "MULTIPLECHARVALUE"))


@cache
def check_of(type_name: str, values: frozenset[bytes]) -> Check:
    """Return one check of form and, where ``values`` is not empty, of the code."""
    if not values:
        return CHECKS[type_name][0]
    if type_name not in _SEVERAL:
        return values.__contains__
    return lambda value: values.issuperset(value.split(b" "))
