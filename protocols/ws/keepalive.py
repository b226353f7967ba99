"""The deadlines of one WebSocket connection: handshake, ping, pong, close. One is armed at a time."""

import enum
from typing import Final

from protocols.ws.limits import WsLimits

_NEVER: Final = 0


class Deadline(enum.Enum):
    """What is to be done when the armed deadline has passed."""

    HANDSHAKE = "handshake"
    PING = "ping"
    PONG = "pong"
    CLOSE = "close"


class Keepalive:
    """Says what is due when. Times are monotonic ns, all passed in.

    Handshake deadline from ``connect``; after ``open`` a ping ``ping_interval_ns`` after the last pong, whose
    pong is due ``ping_timeout_ns`` later; after ``closing`` the close deadline. ``rtt_ns`` is the last round
    trip (0: none).
    """

    __slots__ = ("_armed", "_at", "_limits", "_pinged_at", "_pings", "rtt_ns")

    def __init__(self, limits: WsLimits) -> None:
        self._limits = limits
        self._armed = Deadline.HANDSHAKE
        self._at = _NEVER
        self._pings = 0
        self._pinged_at = 0
        self.rtt_ns = 0

    def connect(self, now: int) -> None:
        """Arm the handshake deadline."""
        self._arm(Deadline.HANDSHAKE, now + self._limits.handshake_timeout_ns)

    def open(self, now: int) -> None:
        """Arm the first ping: the handshake is over."""
        self._arm_ping(now)

    def closing(self, now: int) -> None:
        """Arm the close deadline: no pings any more."""
        self._arm(Deadline.CLOSE, now + self._limits.close_timeout_ns)

    def stop(self) -> None:
        """Disarm."""
        self._at = _NEVER

    def ping(self, now: int) -> bytes:
        """Return the payload of the ping that is sent now, and arm the deadline of its pong."""
        self._pings += 1
        self._pinged_at = now
        self._arm(Deadline.PONG, now + self._limits.ping_timeout_ns)
        return self._payload()

    def pong(self, payload: bytes, now: int) -> None:
        """Take a pong. One that does not answer the last ping is ignored (RFC 6455 section 5.5.3)."""
        if self._armed is Deadline.PONG and payload == self._payload():
            self.rtt_ns = now - self._pinged_at
            self._arm_ping(now)

    def next_deadline(self) -> int | None:
        """Return when ``due`` has something to say, or ``None``."""
        return self._at or None

    def due(self, now: int) -> Deadline | None:
        """Return the deadline that has passed, or ``None`` when it is too early."""
        return self._armed if self._at != _NEVER and now >= self._at else None

    def _arm(self, deadline: Deadline, at: int) -> None:
        self._armed = deadline
        self._at = at

    def _arm_ping(self, now: int) -> None:
        interval = self._limits.ping_interval_ns
        self._arm(Deadline.PING, now + interval if interval else _NEVER)

    def _payload(self) -> bytes:
        return b"%d" % self._pings
