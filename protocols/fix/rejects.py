"""The bodies of Reject(3), BusinessMessageReject(j) and Logout(5), and the way back of a routed message.

NOT here: what is rejected (``validation``, ``session``, the dialects).
"""

from typing import Final

from protocols.fix import tags
from protocols.fix.codec import Message
from protocols.fix.errors import SessionReject, SessionRejectReason, wire_reason

_REVERSE_ROUTE: Final = (
    (b"115", b"128"),  # OnBehalfOfCompID -> DeliverToCompID
    (b"116", b"129"),  # OnBehalfOfSubID -> DeliverToSubID
    (b"144", b"145"),  # OnBehalfOfLocationID -> DeliverToLocationID
    (b"128", b"115"),
    (b"129", b"116"),
    (b"145", b"144"),
)

_NAMES_ITS_FIELD: Final = frozenset(
    {
        SessionRejectReason.COMP_ID_PROBLEM,
        SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM,
        SessionRejectReason.INVALID_MSG_TYPE,
    }
)

_LONGEST_MSG_TYPE: Final = 16


def wire_text(text: str) -> bytes:
    """Return Text(58) as printable ASCII: nothing in it can end the field."""
    return bytes(byte if 32 <= byte < 127 else 63 for byte in text.encode("ascii", "replace"))


def logout_body(text: str) -> bytes:
    """Return the body of a Logout; no Text(58) when ``text`` is empty."""
    return b"58=%b\x01" % wire_text(text) if text else b""


def reject_body(message: Message, error: SessionReject, begin_string: bytes) -> bytes:
    """Return the body of a Reject: RefSeqNum, Text, RefTagID, RefMsgType, SessionRejectReason.

    RefTagID(371) is left out where it is no number that the field could hold; RefMsgType(372) where the
    MsgType(35) is empty, not printable ASCII or longer than 16 bytes; SessionRejectReason(373) where the
    version has none that fits.
    """
    ref_tag = error.ref_tag
    msg_type = message.msg_type
    is_type = 0 < len(msg_type) <= _LONGEST_MSG_TYPE and all(32 <= byte < 127 for byte in msg_type)
    reason = wire_reason(begin_string, error.reason)
    return b"45=%d\x0158=%b\x01%b%b%b" % (
        message.msg_seq_num,
        wire_text(error.text),
        b"371=%b\x01" % ref_tag if ref_tag is not None and ref_tag.lstrip(b"-").isdigit() else b"",
        b"372=%b\x01" % msg_type if is_type else b"",
        b"" if reason is None else b"373=%d\x01" % reason,
    )


def terse(error: SessionReject) -> SessionReject:
    """Return the same reject in the standard's own words, without what its reason says already."""
    reason = SessionRejectReason(error.reason)
    ref_tag = None if reason in _NAMES_ITS_FIELD else error.ref_tag
    return SessionReject(reason, ref_tag, reason.phrase)


def business_reject_body(message: Message, reason: int, text: str, id_tag: bytes = tags.CL_ORD_ID) -> bytes:
    """Return the body of a BusinessMessageReject: RefSeqNum, Text, RefMsgType, BusinessRejectRefID, reason.

    ``id_tag`` is the field of ``message`` that is its id to the application.
    """
    ref_id = message.fields.get(id_tag)
    return b"45=%d\x0158=%b\x01372=%b\x01%b380=%d\x01" % (
        message.msg_seq_num,
        wire_text(text),
        message.msg_type,
        b"379=%b\x01" % ref_id if ref_id else b"",
        reason,
    )


def reverse_route(message: Message) -> bytes:
    """Return the header fields that lead an answer back the way a third party's message came.

    OnBehalfOf(115, 116, 144) and DeliverTo(128, 129, 145) change places (FIX 4.4 vol. 1, "FIX routing").
    """
    fields = message.fields
    return b"".join(
        b"%b=%b\x01" % (back, fields[there]) for there, back in _REVERSE_ROUTE if fields.get(there)
    )
