"""Scan one framed message into its fields, in one pass.

``scan`` never raises: what is wrong with a field is for ``validation`` to find and for the session to
answer. NOT here: finding the frame (``framer``), and what tags and values mean (``validation``).
"""

from collections.abc import Mapping
from typing import Final

import msgspec

_SOH: Final = b"\x01"
_NEITHER_SOH_NOR_EQUALS: Final = bytes(byte for byte in range(256) if byte not in b"\x01=")
_ALTERNATING: Final = [b"=\x01" * count for count in range(128)]

_DATA_FIELDS: Final = """
    90:91 93:89 95:96 212:213 348:349 350:351 352:353 354:355 356:357 358:359 360:361 362:363 364:365
    445:446 618:619 621:622 1184:1185 1277:1278 1280:1281 1282:1283 1397:1398 1401:1402 1403:1404
    1468:1469 1525:1527 1578:1579 1620:1621 1664:1665
    1678:1697 1733:1734 1871:1872 1874:1875 2072:2073 2074:2075 2111:2112 2179:2180 2287:2288 2351:2352
    2372:2371 2481:2482 2494:2493 2522:2521 2637:2638 2651:2652 2665:2666 2715:2716 2718:2719 2721:2722
    2797:2798 2802:2801 2809:2808 2815:2814 40004:40005 40008:40009 40978:40979 40980:40981 40982:40983
    40984:40985 40986:40987 40988:40989 41083:41084 41101:41102 41107:41108 41256:41257 41320:41321
    41324:41325 41458:41459 41476:41477 41482:41483 41653:41654 41710:41711 41806:41807 41811:41812
    41873:41874 41969:41970 42025:42026 42171:42172 42451:42452 42652:42653 42947:42948 43109:42684
    43110:42486 43111:42982
"""
DATA_FIELDS: Final[Mapping[bytes, bytes]] = {
    length_tag.encode("ascii"): data_tag.encode("ascii")
    for length_tag, _, data_tag in (pair.partition(":") for pair in _DATA_FIELDS.split())
}
"""Each length tag of the standard, extension packs included, to the tag of the data that follows it."""

_LENGTH_TAGS: Final = frozenset(DATA_FIELDS)


class Message(msgspec.Struct, gc=False):
    """One inbound message: its frame, and its fields as the bytes that were sent.

    ``fields`` has the first occurrence of each tag; ``field_count`` counts all, so tags repeat when it
    is more than ``len(fields)``. ``msg_seq_num`` is 0 when MsgSeqNum(34) is missing or not a positive
    number of at most 18 digits: no session numbers a message 0. A piece without ``=`` counts as a field
    with that piece as tag and no value.
    """

    raw: bytes
    msg_type: bytes
    fields: dict[bytes, bytes]
    msg_seq_num: int
    poss_dup: bool
    poss_resend: bool
    field_count: int
    tokens: list[bytes]

    def pairs(self) -> list[tuple[bytes, bytes]]:
        """Return every field in the order sent, as ``(tag, value)``."""
        tokens = iter(self.tokens)
        return list(zip(tokens, tokens, strict=False))


def scan(frame: bytes) -> Message:
    """Return the fields of a frame that ``Framer`` passed. Never raises.

    Data fields (``DATA_FIELDS``) are taken by their length, so they may hold SOH and ``=``; where the length
    does not lead to the end of a field, the value ends at the next SOH and validation reports it.
    """
    skeleton = frame.translate(None, _NEITHER_SOH_NOR_EQUALS)
    count = len(skeleton) >> 1
    if count < 128 and skeleton == _ALTERNATING[count]:
        tokens = frame.replace(b"=", _SOH).split(_SOH)  # and an empty one behind the last SOH
    else:
        tokens = _tokens(frame)
        count = len(tokens) >> 1
    alternating = iter(tokens)
    fields = dict(zip(alternating, alternating, strict=False))
    if not _LENGTH_TAGS.isdisjoint(fields):
        tokens = _data_tokens(frame)
        count = len(tokens) >> 1
        alternating = iter(tokens)
        fields = dict(zip(alternating, alternating, strict=False))
    if len(fields) != count:
        fields = {}
        for tag, value in zip(tokens[::2], tokens[1::2], strict=False):
            if tag not in fields:
                fields[tag] = value
    digits = fields.get(b"34", b"")
    return Message(
        frame,
        fields[b"35"],
        fields,
        int(digits) if digits.isdigit() and len(digits) <= 18 else 0,
        fields.get(b"43") == b"Y",
        fields.get(b"97") == b"Y",
        count,
        tokens,
    )


def _tokens(frame: bytes) -> list[bytes]:
    """Return tags and values in turn where a value may hold ``=`` and a piece may lack it."""
    tokens: list[bytes] = []
    for piece in frame[:-1].split(_SOH):
        tag, _, value = piece.partition(b"=")
        tokens += (tag, value)
    return tokens


def _data_tokens(frame: bytes) -> list[bytes]:
    """Return tags and values in turn, data fields by their length."""
    tokens: list[bytes] = []
    at = 0
    size = len(frame)
    data_field = b""  # the start of the data field that must come next
    length = 0
    while at < size:
        end = at + len(data_field) + length if data_field and frame.startswith(data_field, at) else -1
        if not (at < end < size and frame[end : end + 1] == _SOH):
            end = frame.index(_SOH, at)
        tag, _, value = frame[at:end].partition(b"=")
        tokens += (tag, value)
        at = end + 1
        data_tag = DATA_FIELDS.get(tag)
        data_field = data_tag + b"=" if data_tag and value.isdigit() and len(value) <= 9 else b""
        length = int(value) if data_field else 0
    return tokens
