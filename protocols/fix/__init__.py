"""FIX, without I/O: framing, scanning, encoding, dictionary and validation, and the session.

FIX.4.2, FIX.4.4, and FIXT.1.1 with FIX.5.0SP2.
"""

from protocols.fix import msg_types, tags
from protocols.fix.encoder import HeaderTemplate, as_possible_duplicate
from protocols.fix.errors import (
    BusinessRejectReason,
    DictionaryError,
    MessageTooLarge,
    SessionReject,
    SessionRejectReason,
    wire_reason,
)
from protocols.fix.framer import Framer
from protocols.fix.message import DATA_FIELDS, Message, scan
from protocols.fix.session import Session
from protocols.fix.session_events import (
    Disconnect,
    DisconnectReason,
    Established,
    LoggedOut,
    LogonReceived,
    MessageRejected,
    Numbers,
    RejectReceived,
    ResendRequested,
    SequenceReset,
    SessionEvent,
)
from protocols.fix.session_settings import SessionSettings
from protocols.fix.states import State
from protocols.fix.timestamps import Timestamps, is_utc_timestamp, parse_utc_timestamp, utc_text

__all__ = [
    "DATA_FIELDS",
    "BusinessRejectReason",
    "DictionaryError",
    "Disconnect",
    "DisconnectReason",
    "Established",
    "Framer",
    "HeaderTemplate",
    "LoggedOut",
    "LogonReceived",
    "Message",
    "MessageRejected",
    "MessageTooLarge",
    "Numbers",
    "RejectReceived",
    "ResendRequested",
    "SequenceReset",
    "Session",
    "SessionEvent",
    "SessionReject",
    "SessionRejectReason",
    "SessionSettings",
    "State",
    "Timestamps",
    "as_possible_duplicate",
    "is_utc_timestamp",
    "msg_types",
    "parse_utc_timestamp",
    "scan",
    "tags",
    "utc_text",
    "wire_reason",
]
