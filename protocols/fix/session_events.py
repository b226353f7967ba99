"""What a session tells its owner, and why it ends a connection.

An application message is its own event: the ``Message`` itself. NOT here: when each of them happens
(``states``).
"""

import enum
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from protocols.fix.codec import Message
from protocols.fix.errors import SessionReject


class Numbers(Protocol):
    """The sequence numbers of a session, owned by the store and changed by the session.

    ``next_out`` is the next MsgSeqNum(34) to send, ``next_in`` the next expected one; both count in
    ``epoch``.
    """

    next_out: int
    next_in: int
    epoch: int


class DisconnectReason(enum.Enum):
    """Every reason for which a session ends its connection. The value names it in logs and metrics."""

    FIRST_MESSAGE_NOT_LOGON = "first_message_not_logon"
    LOGON_TIMEOUT = "logon_timeout"
    LOGON_REFUSED = "logon_refused"
    LOGON_INVALID = "logon_invalid"
    UNDECIDED_BYTES = "undecided_bytes"
    BEGIN_STRING = "begin_string"
    COMP_ID = "comp_id"
    SENDING_TIME = "sending_time"
    MSG_SEQ_NUM_MISSING = "msg_seq_num_missing"
    MSG_SEQ_NUM_TOO_LOW = "msg_seq_num_too_low"
    NEXT_EXPECTED_TOO_HIGH = "next_expected_too_high"
    MESSAGE_TOO_LARGE = "message_too_large"
    TEST_REQUEST_UNANSWERED = "test_request_unanswered"
    RESEND_UNANSWERED = "resend_unanswered"
    TOO_MANY_RESEND_REQUESTS = "too_many_resend_requests"
    HELD_BYTES = "held_bytes"
    LOGOUT_BY_CLIENT = "logout_by_client"
    LOGOUT_ANSWERED = "logout_answered"
    LOGOUT_UNANSWERED = "logout_unanswered"
    # Decided by the owner of the session, through ``Session.terminate``.
    SLOW_CONSUMER = "slow_consumer"
    OUTSIDE_SCHEDULE = "outside_schedule"
    SHUTDOWN = "shutdown"
    IDENTITY_IN_USE = "identity_in_use"
    HISTORY_UNREADABLE = "history_unreadable"


@dataclass(frozen=True, slots=True)
class LogonReceived:
    """A Logon(A) waits for ``accept_logon`` or ``refuse_logon``. Nothing was checked but that it is one."""

    message: Message


@dataclass(frozen=True, slots=True)
class Established:
    """The Logon is answered; ``heart_bt_int`` is the agreed HeartBtInt(108) in seconds."""

    heart_bt_int: int


@dataclass(frozen=True, slots=True)
class ResendRequested:
    """The client lacks our messages ``begin`` to ``end`` (both included) of the current epoch.

    Answer with ``Session.resend`` in chunks, the last one marked, before anything else of that kind is asked.
    """

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class SequenceReset:
    """Both numbers start again at 1 in the new ``epoch``.

    ``unsaved`` are the messages of the epoch before that ``outbound`` had not given yet.
    """

    epoch: int
    unsaved: list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class MessageRejected:
    """A message of the client was answered with Reject(3)."""

    message: Message
    error: SessionReject


@dataclass(frozen=True, slots=True)
class RejectReceived:
    """The client answered one of our messages with Reject(3)."""

    message: Message


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Logout(5) went both ways; ``text`` is the client's Text(58). ``Disconnect`` follows."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Write ``data_to_send()``, then close the connection. ``text`` says what led to it."""

    reason: DisconnectReason
    text: str


SessionEvent: TypeAlias = (
    Message
    | LogonReceived
    | Established
    | ResendRequested
    | SequenceReset
    | MessageRejected
    | RejectReceived
    | LoggedOut
    | Disconnect
)
