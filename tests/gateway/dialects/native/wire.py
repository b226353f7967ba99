"""Instruments, an origin, and FIX messages that another implementation has encoded."""

from collections.abc import Iterable

import simplefix

from gateway.dialects.native.origin import Origin
from gateway.model import Instrument, Instruments, TickTable
from protocols.fix.codec import Message, scan

BTC = Instrument(
    symbol="BTC-KRW",
    base="BTC",
    quote="KRW",
    price_places=2,
    qty_places=8,
    ticks=TickTable([(0, 1), (200_000_000, 100_000)]),
    lot=1,
    min_qty=10_000,
    max_qty=100_000_000_000,
    min_notional=5_000 * 10**10,
    max_notional=10**12 * 10**10,
    reference_price=100_000_000_00,
    band_pct=30,
)
INSTRUMENTS = Instruments([BTC])
PLACES = (BTC.price_places, BTC.qty_places)
NOW = 1_767_225_600_123_456_789  # 2026-01-01 00:00:00.123456789 UTC
ORIGIN = Origin("DEMO1", "ACC1", NOW)

ORDER = {
    11: b"o-1",
    55: b"BTC-KRW",
    54: b"1",
    38: b"0.01",
    40: b"2",
    44: b"100000000",
    60: b"20260101-00:00:00",
}


def fix_message(msg_type: str, fields: dict[int, bytes], begin_string: bytes = b"FIX.4.4") -> Message:
    """Return the message 7 with these body fields, encoded by simplefix."""
    message = simplefix.FixMessage()
    message.append_pair(8, begin_string)
    message.append_pair(35, msg_type)
    message.append_pair(49, "DEMO1")
    message.append_pair(56, "BDAX")
    message.append_pair(34, 7)
    message.append_pair(52, "20260101-00:00:00.000")
    for tag, value in fields.items():
        message.append_pair(tag, value)
    return scan(message.encode())


def order_with(*without: int, **changes: bytes) -> dict[int, bytes]:
    """Return the fields of ``ORDER`` without some tags, and with changes like ``t44=b"1"``."""
    fields = {tag: value for tag, value in ORDER.items() if tag not in without}
    fields.update({int(name[1:]): value for name, value in changes.items()})
    return fields


def parsed(msg_type: bytes, body: bytes) -> dict[int, bytes]:
    """Return the fields of a body by tag, as simplefix reads them; each tag may stand there once."""
    parser = simplefix.FixParser()
    parser.append_buffer(b"8=FIX.4.4\x019=%d\x0135=%b\x01" % (len(body) + 5, msg_type) + body + b"10=000\x01")
    message = parser.get_message()
    assert message is not None
    pairs: Iterable[tuple[bytes, bytes]] = message.pairs
    fields = [(int(tag), value) for tag, value in pairs][3:-1]
    assert len(dict(fields)) == len(fields)
    return dict(fields)
