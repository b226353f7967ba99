"""What one FIX session is configured with. NOT here: credentials and schedules, which its owner has."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from protocols.fix.codec import Message

_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """The two parties, the version and the bounds of a session that we accept.

    Times are ns. ``begin_string`` is FIX.4.2, FIX.4.4 or FIXT.1.1; with FIXT.1.1 ``default_appl_ver_id`` is
    the DefaultApplVerID(1137) that both sides must say (9: FIX.5.0SP2). ``validate`` raises ``SessionReject``
    for a message that breaks the dictionary.
    """

    begin_string: bytes
    sender_comp_id: bytes
    target_comp_id: bytes
    validate: Callable[[Message], None]
    default_appl_ver_id: bytes = b"9"
    # Bounds of HeartBtInt(108) in seconds, both allowed.
    heart_bt_int_min: int = 2
    heart_bt_int_max: int = 120
    # How far SendingTime(52) may be from our clock; 0 lifts the check.
    sending_time_window: int = 120 * _SECOND
    # From the connection to a decided Logon.
    logon_timeout: int = 10 * _SECOND
    # From our Logout to the client's.
    logout_timeout: int = 2 * _SECOND
    # How long a ResendRequest of ours may bring nothing before it is sent again, and how often it is sent.
    resend_patience: int = 10 * _SECOND
    max_resend_attempts: int = 3
    # Messages above a gap, kept until it is filled; those beyond the bound are asked for again.
    max_queued_bytes: int = 8 << 20
    # Messages numbered during a resend, written after it; beyond the bound the session is logged out.
    max_held_bytes: int = 16 << 20
    # Bytes behind a Logon that is not decided yet.
    max_undecided_bytes: int = 1 << 20
    # ResendRequests that may wait for the one being served.
    max_waiting_resends: int = 8
    # Start both numbers at 1 with each Logon, as if it said ResetSeqNumFlag(141)=Y.
    reset_on_logon: bool = False
    # A fixed TestReqID(112) for our TestRequests; empty: each has its own.
    test_req_id: bytes = b""
    # Say in rejects and Logouts what the standard asks for and no more, for suites that compare whole
    # messages: Text(58) is its phrase, RefTagID(371) is left out where SessionRejectReason(373) names the
    # field already, a Logout behind a Reject has no Text, and an invalid Logon is answered by silence.
    terse: bool = False
