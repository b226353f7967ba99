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

DATA_FIELDS: Final[Mapping[bytes, bytes]] = {
    b"90": b"91",  # SecureData
    b"93": b"89",  # Signature
    b"95": b"96",  # RawData
    b"212": b"213",  # XmlData
    b"348": b"349",  # EncodedIssuer
    b"350": b"351",  # EncodedSecurityDesc
    b"352": b"353",  # EncodedListExecInst
    b"354": b"355",  # EncodedText
    b"356": b"357",  # EncodedSubject
    b"358": b"359",  # EncodedHeadline
    b"360": b"361",  # EncodedAllocText
    b"362": b"363",  # EncodedUnderlyingIssuer
    b"364": b"365",  # EncodedUnderlyingSecurityDesc
    b"445": b"446",  # EncodedListStatusText
    b"618": b"619",  # EncodedLegIssuer
    b"621": b"622",  # EncodedLegSecurityDesc
    b"1184": b"1185",  # SecurityXML
    b"1277": b"1278",  # DerivativeEncodedIssuer
    b"1280": b"1281",  # DerivativeEncodedSecurityDesc
    b"1282": b"1283",  # DerivativeSecurityXML
    b"1397": b"1398",  # EncodedMktSegmDesc
    b"1401": b"1402",  # EncryptedPassword
    b"1403": b"1404",  # EncryptedNewPassword
    b"1468": b"1469",  # EncodedSecurityListDesc
    b"1525": b"1527",  # EncodedDocumentationText
    b"1578": b"1579",  # EncodedEventText
    b"1620": b"1621",  # InstrumentScopeEncodedSecurityDesc
    b"1664": b"1665",  # EncodedRejectText
}
"""Each length tag of the standard to the tag of the data that follows it, and may hold any byte."""

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
