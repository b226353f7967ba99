"""Encode messages without further header fields, in plain Python: the twin of the compiled one.

NOT here: all other messages (``encoder``), which twin works (``codec``).
"""

from functools import cache
from typing import Final
from zlib import adler32

from protocols.fix.frame_cursor import byte_sum

TRAILERS: Final = [b"10=%03d\x01" % check_sum for check_sum in range(256)]
_SHORT: Final = 256
"""The longest content for which the head is prepared; its byte sum is Adler-32's (``byte_sum``)."""


@cache
def _heads(begin: bytes) -> list[tuple[bytes, int]]:
    """Return BeginString and BodyLength for content of each length up to ``_SHORT``, with their byte sum.

    One is taken from the sum, because Adler-32 of the content is one more than its byte sum.
    """
    heads = [b"%b%d\x01" % (begin, length) for length in range(_SHORT + 1)]
    return [(head, byte_sum(head) - 1) for head in heads]


class UsualEncoder:
    """Encodes a session's messages; its header is between ``begin`` (``8=…␁9=``) and ``end``.

    ``sender`` goes from SenderCompID(49) to ``52=``, ``end`` from the SOH behind SendingTime(52) to the body.
    """

    __slots__ = ("_begin", "_content", "_heads")

    def __init__(self, begin: bytes, sender: bytes, end: bytes) -> None:
        self._begin = begin
        self._content = b"35=%%b\x0134=%%d\x01%b%%b%b%%b" % (
            sender.replace(b"%", b"%%"),
            end.replace(b"%", b"%%"),
        )
        self._heads = _heads(begin)

    def encode(self, msg_type: bytes, msg_seq_num: int, sending_time: bytes, body: bytes) -> bytes:
        """Return the whole message."""
        content = self._content % (msg_type, msg_seq_num, sending_time, body)
        size = len(content)
        if size <= _SHORT:
            # No second formatting, and a sum of the content alone: every report comes this way.
            head, head_sum = self._heads[size]
            return head + content + TRAILERS[(head_sum + adler32(content)) & 255]
        message = b"%b%d\x01%b" % (self._begin, size, content)
        return message + TRAILERS[byte_sum(message)]
