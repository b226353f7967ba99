"""Number and write messages while nothing is resent, in plain Python: the twin of the compiled one.

NOT here: every other message that leaves (``outbound``), which twin works (``codec``).
"""

from abc import ABC, abstractmethod

from protocols.fix.keepalive import Keepalive
from protocols.fix.session_events import Numbers
from protocols.fix.timestamps import Timestamps
from protocols.fix.usual_encoder import UsualEncoder


class UsualOutbound(ABC):
    """What is numbered and written on a session (``outbound.OutboundFlow``)."""

    __slots__ = ("_encoder", "_numbers", "_timestamps", "keepalive", "live", "numbered", "written")

    def __init__(
        self, encoder: UsualEncoder, numbers: Numbers, timestamps: Timestamps, keepalive: Keepalive
    ) -> None:
        self._encoder = encoder
        self._numbers = numbers
        self._timestamps = timestamps
        self.keepalive = keepalive
        self.live = False
        self.numbered: list[tuple[int, bytes]] = []
        self.written: list[bytes] = []

    def send(self, msg_type: bytes, body: bytes, now: int, extra: bytes = b"") -> bool:
        """Number an application message; return whether it is held behind a resend.

        ``extra`` is further header fields.
        """
        if extra or not self.live:
            return self._send_otherwise(msg_type, body, now, extra)
        numbers = self._numbers
        number = numbers.next_out
        numbers.next_out = number + 1
        frame = self._encoder.encode(msg_type, number, self._timestamps.text(now), body)
        self.numbered.append((number, frame))
        self.written.append(frame)
        self.keepalive.sent_at = now
        return False

    def take_numbered(self) -> list[tuple[int, bytes]]:
        """Return what was numbered since the last call."""
        numbered = self.numbered
        self.numbered = []
        return numbered

    def take_written(self) -> bytes:
        """Return what is to be written since the last call."""
        written = self.written
        if not written:
            return b""
        self.written = []
        return written[0] if len(written) == 1 else b"".join(written)

    @abstractmethod
    def _send_otherwise(self, msg_type: bytes, body: bytes, now: int, extra: bytes) -> bool:
        """Do what ``send`` says in any state."""
