"""Take application messages that come in sequence, in plain Python: the twin of the compiled one.

NOT here: every other message (``inbound``), which twin works (``codec``).
"""

from collections.abc import Callable
from typing import Any, Final

from protocols.fix.errors import SessionReject
from protocols.fix.frame_cursor import FrameCursor
from protocols.fix.message import Message, scan
from protocols.fix.msg_types import SESSION_MSG_TYPES

_SESSION_TYPES: Final = SESSION_MSG_TYPES
_WHOLE_SECOND: Final = len("YYYYMMDD-HH:MM:SS")


class UsualMessages:
    """What nearly every message of a connection is: valid, in sequence, with a header as the last one's.

    ``begin`` is what its frames begin with (``8=FIX.4.4␁``); ``sender`` and ``target`` are the CompIDs of its
    client's messages; ``validate`` raises ``SessionReject``.
    """

    __slots__ = ("_begin", "_cursor", "_sender", "_target", "_validate")

    def __init__(
        self,
        cursor: FrameCursor,
        begin: bytes,
        sender: bytes,
        target: bytes,
        validate: Callable[[Message], None],
    ) -> None:
        self._cursor = cursor
        self._begin = begin
        self._sender = sender
        self._target = target
        self._validate = validate

    def take(self, expected: int, second: bytes, into: list[Any]) -> Message | None:
        """Append messages to ``into`` while they are as usual; return the first that is not.

        ``None``: more bytes are needed. The first one's MsgSeqNum(34) is to be ``expected``; SendingTime(52)
        is to begin with ``second``. Raises ``MessageTooLarge``.
        """
        next_frame = self._cursor.next_frame
        begin, sender, target = self._begin, self._sender, self._target
        while (frame := next_frame()) is not None:
            message = scan(frame)
            fields = message.fields
            if not (
                message.msg_seq_num == expected
                and fields.get(b"49") == sender
                and fields.get(b"56") == target
                and fields.get(b"52", b"")[:_WHOLE_SECOND] == second
                and frame.startswith(begin)
                and not message.poss_dup
                and message.msg_type not in _SESSION_TYPES
            ):
                return message
            try:
                self._validate(message)
            except SessionReject:
                return message
            into.append(message)
            expected += 1
        return None
