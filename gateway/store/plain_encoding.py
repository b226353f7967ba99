"""Encode a batch as a record, and hash events, in plain Python: the twin of the compiled form (``encoding``).

NOT here: what the bytes mean, and their decoding (``records``).
"""

import struct
from collections.abc import Sequence
from typing import Final
from zlib import crc32

import msgspec

from gateway.model import Event
from gateway.ports import Batch

MAGIC: Final = b"\xf5BDX"

_pack_lead: Final = struct.Struct("<4sI").pack
_pack_checked: Final = struct.Struct("<IQQQ").pack

_encode: Final = msgspec.msgpack.Encoder().encode


def checksum(content: bytes, start: int = 0) -> int:
    """Return zlib's CRC-32 of ``content``, going on from ``start``."""
    return crc32(content, start)


def hash_events(events: Sequence[Event]) -> int:
    """Return the CRC-32 of the events' msgpack, by which a replay is checked."""
    return crc32(_encode(events))


def encode_record(number: int, eseq: int, utc_ns: int, batch: Batch, seed: int = 0) -> bytes:
    """Return the record of the batch ``number``, after which the engine sequence is ``eseq``."""
    body = _encode(
        (batch.commands, hash_events(batch.events), batch.messages, batch.sessions, batch.executions)
    )
    checked = _pack_checked(len(body), number, eseq, utc_ns)
    return _pack_lead(MAGIC, crc32(body, crc32(checked, seed))) + checked + body
