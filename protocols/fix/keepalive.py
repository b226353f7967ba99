"""Keepalive of one connection: when to send a Heartbeat(0), when to ask, when to give up.

FIX 4.4 vol. 2, "Heartbeat", "Test Request"; test cases 4 to 6. NOT here: the messages themselves
(``session``).
"""

import enum
from typing import Final

_SECOND: Final = 1_000_000_000
_SILENCE: Final = 6, 5
"""A TestRequest(1) follows after 6/5 of HeartBtInt(108) in silence, and waits as long for its answer."""


class Duty(enum.Enum):
    """What is due."""

    NOTHING = "nothing"
    HEARTBEAT = "heartbeat"
    TEST_REQUEST = "test_request"
    DISCONNECT = "disconnect"


class Keepalive:
    """The timers of one connection, in monotonic ns.

    Set ``sent_at`` when anything is written and ``heard_at`` when a message arrives. ``test_req_id`` is the
    TestReqID(112) that waits for its answer, empty when none does; meanwhile no Heartbeat is due. With a
    ``fixed_id`` each TestRequest says that, without one its own. A client that never heartbeats but answers
    is alive; so is one that sends anything but an unmatched Heartbeat.
    """

    __slots__ = (
        "_asked_at",
        "_count",
        "_fixed_id",
        "_interval",
        "_patience",
        "heard_at",
        "sent_at",
        "test_req_id",
    )

    def __init__(self, fixed_id: bytes = b"") -> None:
        self._fixed_id = fixed_id
        self.heard_at = 0
        self.sent_at = 0
        self.test_req_id = b""
        self._asked_at = 0
        self._count = 0
        self._interval = 0
        self._patience = 0

    def start(self, heart_bt_int: int, now: int) -> None:
        """Start with HeartBtInt(108) in seconds; 0 means no heartbeats at all."""
        self._interval = heart_bt_int * _SECOND
        self._patience = self._interval * _SILENCE[0] // _SILENCE[1]
        self.heard_at = self.sent_at = now
        self.test_req_id = b""

    def stop(self) -> None:
        """Have nothing due any more."""
        self._interval = 0
        self.test_req_id = b""

    def next_deadline(self) -> int | None:
        """Return when something is due next."""
        if not self._interval:
            return None
        if self.test_req_id:
            return self._silence_ends()
        return min(self.sent_at + self._interval, self.heard_at + self._patience)

    def due(self, now: int) -> Duty:
        """Return what is due; doing it, and ``asked`` for a TestRequest, moves the timers on."""
        if not self._interval:
            return Duty.NOTHING
        if self._silence_ends() <= now:
            return Duty.DISCONNECT if self.test_req_id else Duty.TEST_REQUEST
        if self.test_req_id:
            return Duty.NOTHING  # the TestRequest was a sign of life, and its answer decides what follows
        return Duty.HEARTBEAT if self.sent_at + self._interval <= now else Duty.NOTHING

    def asked(self, now: int) -> bytes:
        """Return the TestReqID(112) of a TestRequest that is sent now."""
        self._count += 1
        self._asked_at = now
        self.test_req_id = self._fixed_id or b"T%d" % self._count
        return self.test_req_id

    def answered(self, test_req_id: bytes | None) -> None:
        """Take the TestReqID(112) of a Heartbeat."""
        if test_req_id == self.test_req_id:
            self.test_req_id = b""

    def _silence_ends(self) -> int:
        return (self._asked_at if self.test_req_id else self.heard_at) + self._patience
