"""What a Logon(A) must say before the session stands, and what we answer.

FIX 4.4 vol. 2, "Logon", test case 1S. Credentials are checked before, by the session's owner; numbers after,
by the session. NOT here: the first message that is no Logon (``session``).
"""

from typing import Final, NamedTuple

from protocols.fix import tags
from protocols.fix.codec import Message
from protocols.fix.errors import SessionReject
from protocols.fix.sending_time import SendingTimes
from protocols.fix.session_events import DisconnectReason
from protocols.fix.session_settings import SessionSettings

_NO_ENCRYPTION: Final = b"0"
_FIXT: Final = b"FIXT.1.1"
_WITHOUT_NEXT_EXPECTED: Final = frozenset({b"FIX.4.2"})


class LogonTerms(NamedTuple):
    """What a Logon agrees on.

    ``heart_bt_int`` in seconds; ``reset`` is ResetSeqNumFlag(141)=Y; ``next_expected`` is
    NextExpectedMsgSeqNum(789), 0 when the client does not use it.
    """

    heart_bt_int: int
    reset: bool
    next_expected: int


class LogonProblem(Exception):  # noqa: N818 - what is wrong, not an error of ours
    """A Logon cannot be accepted. ``text`` is said in a Logout; empty: the connection ends in silence."""

    def __init__(self, reason: DisconnectReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


def terms(message: Message, settings: SessionSettings, times: SendingTimes, received_at: int) -> LogonTerms:
    """Return what the Logon agrees on, or raise ``LogonProblem``.

    ``received_at`` is when it came: deciding on the credentials takes time that is not the client's.
    """
    fields = message.fields
    if fields.get(tags.BEGIN_STRING) != settings.begin_string:
        raise LogonProblem(DisconnectReason.BEGIN_STRING, "Incorrect BeginString")
    if (
        fields.get(tags.SENDER_COMP_ID) != settings.target_comp_id
        or fields.get(tags.TARGET_COMP_ID) != settings.sender_comp_id
    ):
        raise LogonProblem(DisconnectReason.COMP_ID, "")
    reset = fields.get(tags.RESET_SEQ_NUM_FLAG) == b"Y"
    if message.msg_seq_num == 0:
        raise LogonProblem(DisconnectReason.MSG_SEQ_NUM_MISSING, "Required tag missing: MsgSeqNum(34)")
    try:
        settings.validate(message)
    except SessionReject as error:
        raise LogonProblem(DisconnectReason.LOGON_INVALID, error.text) from error
    if reset and message.msg_seq_num != 1:
        raise LogonProblem(
            DisconnectReason.LOGON_INVALID, "MsgSeqNum(34) must be 1 with ResetSeqNumFlag(141)=Y"
        )
    if not times.accurate(fields.get(tags.SENDING_TIME, b""), received_at):
        raise LogonProblem(DisconnectReason.SENDING_TIME, "SendingTime accuracy problem")
    if fields.get(tags.ENCRYPT_METHOD) != _NO_ENCRYPTION:
        raise LogonProblem(DisconnectReason.LOGON_INVALID, "EncryptMethod(98) must be 0")
    if (
        settings.begin_string == _FIXT
        and fields.get(tags.DEFAULT_APPL_VER_ID) != settings.default_appl_ver_id
    ):
        raise LogonProblem(
            DisconnectReason.LOGON_INVALID,
            f"DefaultApplVerID(1137) must be {settings.default_appl_ver_id.decode()}",
        )
    next_expected = (
        0
        if settings.begin_string in _WITHOUT_NEXT_EXPECTED
        else _number(fields, tags.NEXT_EXPECTED_MSG_SEQ_NUM, "NextExpectedMsgSeqNum(789)")
    )
    if reset and next_expected > 1:
        # Said before the reset is worked: a Logon that is refused changes no number.
        raise LogonProblem(
            DisconnectReason.NEXT_EXPECTED_TOO_HIGH,
            f"NextExpectedMsgSeqNum(789) too high, expecting 1 but received {next_expected}",
        )
    return LogonTerms(_heart_bt_int(fields, settings), reset, next_expected)


def answer(agreed: LogonTerms, settings: SessionSettings, next_in: int) -> bytes:
    """Return the body of our Logon. ``next_in`` is what we expect next, this Logon consumed or missing."""
    return b"98=0\x01108=%d\x01%b%b%b" % (
        agreed.heart_bt_int,
        b"141=Y\x01" if agreed.reset else b"",
        b"789=%d\x01" % next_in if agreed.next_expected else b"",
        b"1137=%b\x01" % settings.default_appl_ver_id if settings.begin_string == _FIXT else b"",
    )


def _heart_bt_int(fields: dict[bytes, bytes], settings: SessionSettings) -> int:
    low, high = settings.heart_bt_int_min, settings.heart_bt_int_max
    digits = fields.get(tags.HEART_BT_INT, b"")
    if not digits.isdigit() or len(digits) > 9 or not low <= int(digits) <= high:
        raise LogonProblem(
            DisconnectReason.LOGON_INVALID, f"HeartBtInt(108) must be a whole number from {low} to {high}"
        )
    return int(digits)


def _number(fields: dict[bytes, bytes], tag: bytes, name: str) -> int:
    """Return a positive number, 0 when the field is missing."""
    digits = fields.get(tag)
    if digits is None:
        return 0
    if not digits.isdigit() or len(digits) > 18 or int(digits) == 0:
        raise LogonProblem(DisconnectReason.LOGON_INVALID, f"{name} must be a positive number")
    return int(digits)
