"""The outbound side of a session: number, keep for the store, and write what may be written now.

It outlives connections: what is sent while the client is away is numbered and kept too. NOT here: how a
resend is built (``resend``), when one begins (``conversation``).
"""

from collections.abc import Iterable

from protocols.fix.codec import UsualOutbound
from protocols.fix.encoder import HeaderTemplate
from protocols.fix.keepalive import Keepalive
from protocols.fix.resend import Resend
from protocols.fix.session_events import Numbers
from protocols.fix.session_settings import SessionSettings
from protocols.fix.states import BETWEEN_CHUNKS, Outbound
from protocols.fix.timestamps import Timestamps


class OutboundFlow(UsualOutbound):
    """Numbers every message once and decides when it is written.

    ``live``: application messages are written at once. ``written`` is what goes to the wire next,
    ``numbered`` what goes to the store: the frame of an application message, nothing for a session-level one,
    which is never sent twice.
    """

    __slots__ = ("_encode", "resend")

    def __init__(self, settings: SessionSettings, numbers: Numbers, timestamps: Timestamps) -> None:
        template = HeaderTemplate(settings.begin_string, settings.sender_comp_id, settings.target_comp_id)
        super().__init__(template.usual, numbers, timestamps, Keepalive(settings.test_req_id))
        self._encode = template.encode
        self.resend = Resend(template)

    def _send_otherwise(self, msg_type: bytes, body: bytes, now: int, extra: bytes) -> bool:
        """Do what ``send`` says in any state."""
        numbers = self._numbers
        number = numbers.next_out
        numbers.next_out = number + 1
        frame = self._encode(msg_type, number, self._timestamps.text(now), body, extra=extra)
        self.numbered.append((number, frame))
        if self.live:
            self.written.append(frame)
            self.keepalive.sent_at = now
            return False
        if self.resend.state is Outbound.RESENDING:
            self.resend.hold(number, frame)
            return True
        return False

    def say(self, msg_type: bytes, body: bytes, now: int, extra: bytes = b"") -> None:
        """Number a session-level message and write it, after the resend where it may not interrupt one."""
        numbers = self._numbers
        number = numbers.next_out
        numbers.next_out = number + 1
        self.numbered.append((number, b""))
        frame = self._encode(msg_type, number, self._timestamps.text(now), body, extra=extra)
        if self.resend.state is Outbound.RESENDING and msg_type not in BETWEEN_CHUNKS:
            self.resend.hold(number, frame)
        else:
            self.written.append(frame)
            self.keepalive.sent_at = now

    def write(self, frames: Iterable[bytes], now: int) -> None:
        """Write frames that have their numbers already."""
        self.written.extend(frames)
        self.keepalive.sent_at = now

    def close(self) -> None:
        """Write nothing more on this connection but what waits in ``written``."""
        self.live = False
        self.resend.clear()
        self.keepalive.stop()

    def start_again(self) -> list[tuple[int, bytes]]:
        """Begin a new epoch at 1 and return what of the old one ``numbered`` still held."""
        unsaved = self.numbered
        self.numbered = []
        self.resend.clear()
        numbers = self._numbers
        numbers.next_out = numbers.next_in = 1
        numbers.epoch += 1
        return unsaved
