"""FIX messages that are nearly right: whole ones of each version, changed field by field as drawn."""

from typing import Final

from protocols.fix import standard_dictionary
from tests.fuzz.draw import Draw
from tests.protocols.fix.wire import framed, soh

VERSIONS: Final = (b"FIX.4.4", b"FIX.4.2", b"FIXT.1.1")
TIME: Final = "20260101-00:00:00.000"

Fields = list[tuple[bytes, bytes]]

_BODIES: Final = (
    f"35=D|11=o1|21=1|55=BTC-KRW|54=1|60={TIME}|38=0.01|40=2|44=100000000|59=1|",
    f"35=F|41=o1|11=c1|55=BTC-KRW|54=1|60={TIME}|38=1|",
    f"35=G|41=o1|11=r1|21=1|55=BTC-KRW|54=1|60={TIME}|38=0.02|40=2|44=100000000|",
    "35=H|37=1|11=o1|55=BTC-KRW|54=1|790=q|",
    "35=0|",
    "35=0|112=T1|",
    "35=1|112=ping|",
    "35=2|7=1|16=0|",
    "35=2|7=1|16=3|",
    "35=3|45=1|58=no|",
    "35=4|123=Y|36=5|",
    "35=4|36=5|",
    "35=5|",
    "35=A|98=0|108=30|",
    "35=A|98=0|108=30|141=Y|",
    "35=A|98=0|108=30|789=1|95=3|96=a\x01b|",
    "35=D|11=o2|21=1|453=2|448=A|447=D|452=3|448=B|447=D|452=1|55=X|54=1|60=20260101-00:00:00|38=1|40=1|",
    "35=D|11=o3|21=1|386=1|336=1|354=4|355=a=b\x01|55=X|54=2|60=20260101-00:00:00|38=1|40=1|",
    "35=B|148=headline|33=1|58=text|",
    "35=R|131=q|146=1|55=X|",
    "35=z|",
)
_NUMBERS: Final = (0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 7, -1, -1, -2, -1000, 2**31, 10**17, 10**18)
_WRONG_VALUES: Final = """
    Y N 0 1 -1 2 00 9223372036854775808 999999999999999999 1e9 . - 0.000000001 1. +1 NaN = a=b \xff
    FIX.4.4 FIX.4.2 FIXT.1.1 BDAX CLIENT D A 6 9 20260101-00:00:00 20260101-24:00:00
    20260229-00:00:00.123456789 20260101-00:03:00 20251231-23:57:00
"""
_VALUES: Final = (b"", b" ", *(word.encode("latin-1") for word in _WRONG_VALUES.split()))


def _fields_of(content: bytes) -> Fields:
    pieces = (piece.partition(b"=") for piece in content.removesuffix(b"\x01").split(b"\x01"))
    return [(tag, value) for tag, _, value in pieces]


MESSAGES: Final = tuple(_fields_of(soh(body)) for body in _BODIES)
_TAGS: Final = tuple(sorted(standard_dictionary(b"FIX.4.4").tags, key=int))


def number(draw: Draw, expected: int) -> int:
    """Return a MsgSeqNum(34), mostly the expected one."""
    return max(0, expected + draw.one_of(_NUMBERS))


def changed(draw: Draw, fields: Fields) -> Fields:
    """Return ``fields`` with up to seven of them changed, dropped, repeated, moved or added."""
    fields = list(fields)
    for _ in range(max(0, draw.number(11) - 4)):
        at = draw.number(len(fields)) % len(fields) if fields else 0
        match draw.number(5) if fields else 3:
            case 0:
                fields[at] = (fields[at][0], _value(draw))
            case 1:
                del fields[at]
            case 2:
                fields.append(fields[at])
            case 3:
                fields.insert(at, (draw.one_of(_TAGS), _value(draw)))
            case 4:
                fields.insert(at, (draw.some(6), _value(draw)))
            case _:
                fields.insert(0, fields.pop(at))
    return fields


def header(draw: Draw, msg_seq_num: int) -> Fields:
    """Return the header fields behind MsgType(35)."""
    found = [(b"34", b"%d" % msg_seq_num), (b"49", b"CLIENT"), (b"52", TIME.encode()), (b"56", b"BDAX")]
    if draw.number(3) == 3:
        found += [(b"43", b"Y"), (b"122", TIME.encode())]
    return found


def joined(fields: Fields) -> bytes:
    """Return wire bytes of the fields."""
    return b"".join(b"%b=%b\x01" % field for field in fields)


def any_message(draw: Draw, version: bytes, expected: int) -> bytes:
    """Return a whole, intact message: a good one, a changed one, or one with any content."""
    if draw.number(7) == 7:
        return framed(b"35=" + draw.some() + b"\x01", version)
    msg_type, *body = draw.one_of(MESSAGES)
    head = header(draw, number(draw, expected))
    msg_types = [msg_type]
    if version == b"FIXT.1.1" and msg_type == (b"35", b"A"):
        body = [*body, (b"1137", b"9")]
    return framed(joined([*msg_types, *changed(draw, [*head, *body])]), version)


def _value(draw: Draw) -> bytes:
    choice = draw.number(len(_VALUES))
    return _VALUES[choice] if choice < len(_VALUES) else draw.some()
