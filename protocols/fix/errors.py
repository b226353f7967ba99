"""What can be wrong with a FIX message, as the standard numbers it.

An exception here IS the answer: it carries the reason code, the tag and the text of the reject that
will be sent. NOT here: who sends it (``session``) and what is checked (``validation``).
"""

import enum
from typing import Final


class SessionRejectReason(enum.IntEnum):
    """SessionRejectReason(373) of Reject(3)."""

    INVALID_TAG_NUMBER = 0
    REQUIRED_TAG_MISSING = 1
    TAG_NOT_DEFINED_FOR_THIS_MESSAGE_TYPE = 2
    UNDEFINED_TAG = 3
    TAG_SPECIFIED_WITHOUT_A_VALUE = 4
    VALUE_IS_INCORRECT = 5
    INCORRECT_DATA_FORMAT_FOR_VALUE = 6
    DECRYPTION_PROBLEM = 7
    SIGNATURE_PROBLEM = 8
    COMP_ID_PROBLEM = 9
    SENDING_TIME_ACCURACY_PROBLEM = 10
    INVALID_MSG_TYPE = 11
    XML_VALIDATION_ERROR = 12
    TAG_APPEARS_MORE_THAN_ONCE = 13
    TAG_SPECIFIED_OUT_OF_REQUIRED_ORDER = 14
    REPEATING_GROUP_FIELDS_OUT_OF_ORDER = 15
    INCORRECT_NUM_IN_GROUP_COUNT = 16
    NON_DATA_VALUE_INCLUDES_FIELD_DELIMITER = 17
    INVALID_APPLICATION_VERSION = 18
    OTHER = 99

    @property
    def phrase(self) -> str:
        """The standard's words for it."""
        return _PHRASES[self]


_PHRASES: Final = {
    SessionRejectReason.INVALID_TAG_NUMBER: "Invalid tag number",
    SessionRejectReason.REQUIRED_TAG_MISSING: "Required tag missing",
    SessionRejectReason.TAG_NOT_DEFINED_FOR_THIS_MESSAGE_TYPE: "Tag not defined for this message type",
    SessionRejectReason.UNDEFINED_TAG: "Undefined tag",
    SessionRejectReason.TAG_SPECIFIED_WITHOUT_A_VALUE: "Tag specified without a value",
    SessionRejectReason.VALUE_IS_INCORRECT: "Value is incorrect (out of range) for this tag",
    SessionRejectReason.INCORRECT_DATA_FORMAT_FOR_VALUE: "Incorrect data format for value",
    SessionRejectReason.DECRYPTION_PROBLEM: "Decryption problem",
    SessionRejectReason.SIGNATURE_PROBLEM: "Signature problem",
    SessionRejectReason.COMP_ID_PROBLEM: "CompID problem",
    SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM: "SendingTime accuracy problem",
    SessionRejectReason.INVALID_MSG_TYPE: "Invalid MsgType",
    SessionRejectReason.XML_VALIDATION_ERROR: "XML validation error",
    SessionRejectReason.TAG_APPEARS_MORE_THAN_ONCE: "Tag appears more than once",
    SessionRejectReason.TAG_SPECIFIED_OUT_OF_REQUIRED_ORDER: "Tag specified out of required order",
    SessionRejectReason.REPEATING_GROUP_FIELDS_OUT_OF_ORDER: "Repeating group fields out of order",
    SessionRejectReason.INCORRECT_NUM_IN_GROUP_COUNT: "Incorrect NumInGroup count for repeating group",
    SessionRejectReason.NON_DATA_VALUE_INCLUDES_FIELD_DELIMITER: (
        "Non 'data' value includes field delimiter (SOH character)"
    ),
    SessionRejectReason.INVALID_APPLICATION_VERSION: "Invalid or unsupported application version",
    SessionRejectReason.OTHER: "Other",
}


class BusinessRejectReason(enum.IntEnum):
    """BusinessRejectReason(380) of BusinessMessageReject(j)."""

    OTHER = 0
    UNKNOWN_ID = 1
    UNKNOWN_SECURITY = 2
    UNSUPPORTED_MESSAGE_TYPE = 3
    APPLICATION_NOT_AVAILABLE = 4
    CONDITIONALLY_REQUIRED_FIELD_MISSING = 5
    NOT_AUTHORIZED = 6
    DELIVER_TO_FIRM_NOT_AVAILABLE = 7
    INVALID_PRICE_INCREMENT = 18


_HIGHEST_REASON: Final = {b"FIX.4.2": 11, b"FIX.4.4": 17, b"FIXT.1.1": 18}


def wire_reason(begin_string: bytes, reason: int) -> int | None:
    """Return the SessionRejectReason(373) that a version can say, or ``None`` to leave the field out.

    FIX.4.2 ends at 11 and has no "Other"; FIX.4.4 ends at 17, FIXT.1.1 at 18, both with 99. A reason that
    the version lacks becomes 99 where there is one.
    """
    highest = _HIGHEST_REASON.get(begin_string, 18)
    if reason <= highest or (reason == SessionRejectReason.OTHER and highest > 11):
        return reason
    return int(SessionRejectReason.OTHER) if highest > 11 else None


class SessionReject(Exception):  # noqa: N818 - named after the message that it becomes
    """A message breaks a rule that Reject(3) answers.

    ``reason`` is a ``SessionRejectReason``, ``ref_tag`` the RefTagID(371) as it was sent (``None`` where no
    one tag is to blame), ``text`` the Text(58): it names tag, value and limit.
    """

    def __init__(self, reason: int, ref_tag: bytes | None, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.ref_tag = ref_tag
        self.text = text


class MessageTooLarge(Exception):  # noqa: N818 - named as the reason of the disconnect that follows
    """A message announces more bytes than the session takes; the byte stream cannot be followed further.

    ``announced`` is its BodyLength(9), ``limit`` the largest whole message in bytes.
    """

    def __init__(self, announced: int, limit: int) -> None:
        super().__init__(f"BodyLength(9) {announced} is above the message limit of {limit} bytes")
        self.announced = announced
        self.limit = limit


class DictionaryError(ValueError):
    """A data dictionary that cannot be used. One line: file, line or element, and what is wrong."""
