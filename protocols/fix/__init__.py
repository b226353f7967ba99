"""FIX, without I/O: framing, scanning, encoding, dictionary and validation, and the session.

FIX.4.2, FIX.4.4, and FIXT.1.1 with FIX.5.0SP2.
"""

from protocols.fix import msg_types, tags
from protocols.fix.codec import Message, scan
from protocols.fix.dictionary import Dictionary, Field, Member, MessageDefinition
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
from protocols.fix.message import DATA_FIELDS
from protocols.fix.quickfix_xml import load_dictionary
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
from protocols.fix.standard import BEGIN_STRINGS, standard_dictionary
from protocols.fix.states import State
from protocols.fix.timestamps import Timestamps, is_utc_timestamp, parse_utc_timestamp, utc_text
from protocols.fix.validation import Validator

__all__ = [
    "BEGIN_STRINGS",
    "DATA_FIELDS",
    "BusinessRejectReason",
    "Dictionary",
    "DictionaryError",
    "Disconnect",
    "DisconnectReason",
    "Established",
    "Field",
    "Framer",
    "HeaderTemplate",
    "LoggedOut",
    "LogonReceived",
    "Member",
    "Message",
    "MessageDefinition",
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
    "Validator",
    "as_possible_duplicate",
    "is_utc_timestamp",
    "load_dictionary",
    "msg_types",
    "parse_utc_timestamp",
    "scan",
    "standard_dictionary",
    "tags",
    "utc_text",
    "wire_reason",
]
