"""The state rules of a session, in one place: prose first, tables second. We are the acceptor.

The connection
    AWAY until the client's connection is handed over. It opens with the Logon(A), whose sender is not known
    yet: LOGON_PENDING until its owner accepts or refuses it, and until then nothing at all is said, so a
    stranger learns nothing. ESTABLISHED when the Logon is answered. LOGOUT_SENT when we said Logout(5) first;
    the client's messages are still worked until it answers or the time is up. ENDED after a ``Disconnect``:
    nothing more is read or said until the transport is gone. Numbers live through all of this, so a message
    sent while AWAY is numbered too and reaches the client by its ResendRequest(2).

An inbound message (FIX 4.4 vol. 2, "Message recovery"; test cases 2 to 20)
    MsgSeqNum(34) is EXPECTED, TOO_HIGH, too low with PossDupFlag(43), which is SEEN, or TOO_LOW without.
    - EXPECTED is worked, whatever it is.
    - TOO_HIGH is a gap: the missing messages are asked for, once, and this one waits for its turn. Two types
      do not wait. ResendRequest is served at once, else two sides that both miss messages would wait for each
      other, and is not served again when its turn comes. Logout is answered at once, because the client may
      not stay to fill the gap; its number is not consumed, so the next Logon reveals the gap again.
    - SEEN is ignored, after its OrigSendingTime(122) was checked.
    - TOO_LOW cannot be recovered: a Logout names both numbers and the connection ends. Two types are answered
      all the same and consume nothing: Logout, because it ends the connection anyway, and ResendRequest,
      because it only repeats what was said; the next message of another type meets the rule.
    SequenceReset(4) in reset mode and a Logon with ResetSeqNumFlag(141)=Y set numbers, so theirs is not
    compared. SequenceReset in gap-fill mode is a message like others: it must come in sequence.

A gap
    One ResendRequest per gap, open-ended (EndSeqNo(16)=0). It is repeated when the resend itself has a hole
    (a possible duplicate above the expected number, once per hole) or brings nothing for a while, up to a
    bound. Where NextExpectedMsgSeqNum(789) is used, the Logon reveals the gap to the client itself, and we
    ask only if it does not fill it.

Our own messages
    LIVE: written as they are numbered. RESENDING, from the client's request to its last chunk: a message gets
    its number and is stored, but is held back and written after the resend, because among resent ones it
    would look like another gap. Only what keeps the session alive or ends it goes between chunks.
"""

import enum
from typing import Final

from protocols.fix import msg_types


class State(enum.Enum):
    """Where the connection of a session stands."""

    AWAY = "away"
    LOGON_PENDING = "logon_pending"
    ESTABLISHED = "established"
    LOGOUT_SENT = "logout_sent"
    ENDED = "ended"


class Step(enum.Enum):
    """What moves the connection."""

    LOGON_ANSWERED = "logon_answered"
    LOGOUT_SENT = "logout_sent"
    DISCONNECT = "disconnect"


TRANSITIONS: Final[dict[tuple[State, Step], State]] = {
    (State.LOGON_PENDING, Step.LOGON_ANSWERED): State.ESTABLISHED,
    (State.LOGON_PENDING, Step.DISCONNECT): State.ENDED,
    (State.ESTABLISHED, Step.LOGOUT_SENT): State.LOGOUT_SENT,
    (State.ESTABLISHED, Step.DISCONNECT): State.ENDED,
    (State.LOGOUT_SENT, Step.DISCONNECT): State.ENDED,
}
"""What each step leads to; a pair that is missing cannot happen.

From AWAY a connection leads to LOGON_PENDING, and from any state the end of the transport leads to AWAY.
"""

READING: Final = frozenset({State.ESTABLISHED, State.LOGOUT_SENT})
"""Where the client's messages are worked."""


class Kind(enum.Enum):
    """What a message is to the session."""

    APPLICATION = "application"
    HEARTBEAT = "heartbeat"
    TEST_REQUEST = "test_request"
    RESEND_REQUEST = "resend_request"
    REJECT = "reject"
    GAP_FILL = "gap_fill"
    RESET = "reset"
    LOGOUT = "logout"
    LOGON = "logon"
    RESET_LOGON = "reset_logon"


KINDS: Final[dict[bytes, Kind]] = {
    msg_types.HEARTBEAT: Kind.HEARTBEAT,
    msg_types.TEST_REQUEST: Kind.TEST_REQUEST,
    msg_types.RESEND_REQUEST: Kind.RESEND_REQUEST,
    msg_types.REJECT: Kind.REJECT,
    msg_types.SEQUENCE_RESET: Kind.RESET,
    msg_types.LOGOUT: Kind.LOGOUT,
    msg_types.LOGON: Kind.LOGON,
}
"""Each session-level MsgType(35). GapFillFlag(123) and ResetSeqNumFlag(141) refine two of them."""


class Relation(enum.Enum):
    """MsgSeqNum(34) of a message against the expected one; SEEN is too low with PossDupFlag(43)=Y."""

    EXPECTED = "expected"
    TOO_HIGH = "too_high"
    SEEN = "seen"
    TOO_LOW = "too_low"


class Action(enum.Enum):
    """What is done with a message because of its number.

    WORK: consume the number and work it. QUEUE: ask for the missing ones and let it wait. SERVE: work it
    now, ask for the missing ones, and skip its number when its turn comes. ANSWER: work it now and leave the
    numbers alone. IGNORE: nothing. REFUSE: end the session, naming both numbers.
    """

    WORK = "work"
    QUEUE = "queue"
    SERVE = "serve"
    ANSWER = "answer"
    IGNORE = "ignore"
    REFUSE = "refuse"


_ANY_NUMBER: Final = (Kind.RESET, Kind.RESET_LOGON)

SEQUENCE_RULES: Final[dict[tuple[Relation, Kind], Action]] = {
    **{(Relation.EXPECTED, kind): Action.WORK for kind in Kind},
    **{(Relation.TOO_HIGH, kind): Action.QUEUE for kind in Kind},
    **{(Relation.SEEN, kind): Action.IGNORE for kind in Kind},
    **{(Relation.TOO_LOW, kind): Action.REFUSE for kind in Kind},
    (Relation.TOO_HIGH, Kind.RESEND_REQUEST): Action.SERVE,
    (Relation.TOO_HIGH, Kind.LOGOUT): Action.ANSWER,
    (Relation.TOO_LOW, Kind.RESEND_REQUEST): Action.ANSWER,
    (Relation.TOO_LOW, Kind.LOGOUT): Action.ANSWER,
    **{(relation, kind): Action.ANSWER for relation in Relation for kind in _ANY_NUMBER},
}
"""What to do with each kind of message at each relation. Every pair has its rule."""


class Outbound(enum.Enum):
    """Whether what we number is written at once."""

    LIVE = "live"
    RESENDING = "resending"


BETWEEN_CHUNKS: Final = frozenset({msg_types.HEARTBEAT, msg_types.TEST_REQUEST, msg_types.LOGOUT})
"""The types that are written at once while RESENDING; all others are held until the resend is done."""
