"""The client's side of a FIX 4.4 session, without I/O, on simplefix.

Bytes and the time go in; application messages and bytes come out. Every logon resets the sequence numbers:
a demo participant has no use for what it missed while it was away. NOT here: orders (``fix_messages``), the
socket and its timer (``fix_maker``).
"""

import time
from collections.abc import Iterable
from typing import Final

from simplefix import FixMessage, FixParser
from simplefix.errors import ParsingError

TARGET_COMP_ID: Final = "BDAX"
HEART_BT_INT: Final = 10

_ADMIN: Final = frozenset((b"0", b"1", b"2", b"3", b"4", b"5", b"A"))

_SILENCE_NS: Final = 25 * 10**8 * HEART_BT_INT  # 2.5 intervals


class FixSessionError(Exception):
    """The session cannot go on; the message says why. Drop the connection and log on again."""


class InitiatorSession:
    """One connection's session: logs on, keeps alive, numbers what is sent, ends at the first surprise.

    Times are UTC ns, or monotonic ns where the name says ``now``. After any call write ``data_to_send()``.
    """

    def __init__(self, comp_id: str, password: str) -> None:
        self.is_established = False
        self.has_logged_out = False
        self._comp_id = comp_id
        self._password = password
        self._parser = FixParser()
        self._next_out = 1
        self._next_in = 1
        self._last_sent = 0
        self._last_received = 0
        self._out: list[bytes] = []

    def logon(self, utc: int, now: int) -> None:
        """Ask for the session, numbers reset on both sides."""
        self._last_received = now
        fields = [
            (98, 0),
            (108, HEART_BT_INT),
            (141, "Y"),
            (553, self._comp_id),
            (554, self._password),
        ]
        self.send("A", fields, utc, now)

    def logout(self, utc: int, now: int) -> None:
        """Say goodbye, once."""
        if not self.has_logged_out:
            self.has_logged_out = True
            self.send("5", (), utc, now)

    def send(self, msg_type: str, fields: Iterable[tuple[int, object]], utc: int, now: int) -> None:
        """Number and queue one message; ``fields`` is its body in order."""
        message = FixMessage()
        message.append_pair(8, "FIX.4.4", header=True)
        message.append_pair(35, msg_type, header=True)
        message.append_pair(34, self._next_out, header=True)
        message.append_pair(49, self._comp_id, header=True)
        message.append_pair(52, utc_text(utc), header=True)
        message.append_pair(56, TARGET_COMP_ID, header=True)
        for tag, value in fields:
            message.append_pair(tag, value)
        self._next_out += 1
        self._last_sent = now
        self._out.append(message.encode())

    def data_to_send(self) -> bytes:
        """Return the queued bytes and forget them."""
        joined = b"".join(self._out)
        self._out.clear()
        return joined

    def receive_data(self, data: bytes, utc: int, now: int) -> list[FixMessage]:
        """Work what the gateway sent and return its application messages.

        Raise ``FixSessionError`` on bytes that are no FIX, a gap, a Reject or a Logout.
        """
        self._last_received = now
        self._parser.append_buffer(data)
        received = []
        try:
            while (message := self._parser.get_message()) is not None:
                if not self._on_message(message, utc, now):
                    received.append(message)
        except (ParsingError, ValueError) as error:
            raise FixSessionError(f"unreadable message: {error}") from error
        return received

    def on_timer(self, utc: int, now: int) -> None:
        """Keep the session alive; raise ``FixSessionError`` when the gateway has gone silent."""
        if now - self._last_received > _SILENCE_NS:
            raise FixSessionError("no message for 2.5 heartbeat intervals")
        if self.is_established and now - self._last_sent > HEART_BT_INT * 10**9:
            self.send("0", (), utc, now)

    def _on_message(self, message: FixMessage, utc: int, now: int) -> bool:
        """Check the number, work a session message; return whether it was one."""
        msg_type = message.message_type
        number = int(message.get(34) or 0)
        if number != self._next_in:
            raise FixSessionError(f"MsgSeqNum(34) is {number}, expected {self._next_in}")
        self._next_in += 1
        if msg_type not in _ADMIN:
            return False
        if msg_type == b"A":
            self.is_established = True
        elif msg_type == b"1":
            self.send("0", [(112, message.get(112))], utc, now)
        elif msg_type == b"5":
            self.logout(utc, now)
            raise FixSessionError(f"logged out by the gateway: {text_of(message)}")
        elif msg_type != b"0":
            # Nothing is ever missed on a fresh session, so a resend request, reset or reject is a fault.
            raise FixSessionError(f"unexpected {message.to_string()}")
        return True


def text_of(message: FixMessage) -> str:
    """Return Text(58), empty when absent."""
    return (message.get(58) or b"").decode("utf-8", "replace")


def utc_text(utc: int) -> str:
    """Return UTC ns as a FIX UTCTimestamp with milliseconds."""
    seconds, nanos = divmod(utc, 10**9)
    return f"{time.strftime('%Y%m%d-%H:%M:%S', time.gmtime(seconds))}.{nanos // 10**6:03}"
