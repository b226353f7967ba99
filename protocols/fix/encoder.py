"""Encode outbound messages: header and trailer around a body that is bytes already.

A body is ``tag=value`` fields, each ended by SOH, without header and trailer. NOT here: numbering and
storing (``session``), what goes into a body (the dialects).
"""

from functools import cache
from typing import Final
from zlib import adler32

from protocols.fix.codec import byte_sum

_TRAILERS: Final = [b"10=%03d\x01" % check_sum for check_sum in range(256)]
_SHORT: Final = 256
"""The longest content for which the head is prepared; its byte sum is Adler-32's (``byte_sum``)."""


@cache
def _heads(begin: bytes) -> list[tuple[bytes, int]]:
    """Return BeginString and BodyLength for content of each length up to ``_SHORT``, with their byte sum.

    One is taken from the sum, because Adler-32 of the content is one more than its byte sum.
    """
    heads = [b"%b%d\x01" % (begin, length) for length in range(_SHORT + 1)]
    return [(head, byte_sum(head) - 1) for head in heads]


class HeaderTemplate:
    """The fixed part of a session's header, prepared once.

    Field order: 8, 9, 35, then the others by ascending tag: 34, 43, 49, 52, 56, 97, 122, what ``extra`` adds,
    and ApplVerID(1128) where given.
    """

    __slots__ = (
        "_begin",
        "_content",
        "_heads",
        "_sender",
        "_target",
        "_usual_end",
        "_version",
        "begin_string",
    )

    def __init__(
        self,
        begin_string: bytes,
        sender_comp_id: bytes,
        target_comp_id: bytes,
        appl_ver_id: bytes | None = None,
    ) -> None:
        self.begin_string = begin_string
        self._begin = b"8=%b\x019=" % begin_string
        self._sender = b"49=%b\x0152=" % sender_comp_id
        self._target = b"\x0156=%b\x01" % target_comp_id
        self._version = b"1128=%b\x01" % appl_ver_id if appl_ver_id else b""
        self._usual_end = self._target + self._version
        fixed = (self._sender.replace(b"%", b"%%"), self._usual_end.replace(b"%", b"%%"))
        self._content = b"35=%%b\x0134=%%d\x01%b%%b%b%%b" % fixed
        self._heads = _heads(self._begin)

    def encode_usual(self, msg_type: bytes, msg_seq_num: int, sending_time: bytes, body: bytes) -> bytes:
        """Return the whole message as ``encode`` does, without any further header field."""
        content = self._content % (msg_type, msg_seq_num, sending_time, body)
        size = len(content)
        if size <= _SHORT:
            # No second formatting, and a sum of the content alone: every report comes this way.
            head, head_sum = self._heads[size]
            return head + content + _TRAILERS[(head_sum + adler32(content)) & 255]
        message = b"%b%d\x01%b" % (self._begin, size, content)
        return message + _TRAILERS[byte_sum(message)]

    def encode(
        self,
        msg_type: bytes,
        msg_seq_num: int,
        sending_time: bytes,
        body: bytes,
        *,
        poss_dup: bool = False,
        orig_sending_time: bytes | None = None,
        poss_resend: bool = False,
        extra: bytes = b"",
    ) -> bytes:
        """Return the whole message. ``extra`` is further header fields, each ended by SOH."""
        if poss_resend or orig_sending_time is not None:
            extra = b"%b%b%b" % (
                b"97=Y\x01" if poss_resend else b"",
                b"" if orig_sending_time is None else b"122=%b\x01" % orig_sending_time,
                extra,
            )
        content = b"35=%b\x0134=%d\x01%b%b%b%b" % (
            msg_type,
            msg_seq_num,
            b"43=Y\x01" + self._sender if poss_dup else self._sender,
            sending_time,
            self._target + extra + self._version if extra else self._usual_end,
            body,
        )
        message = b"%b%d\x01%b" % (self._begin, len(content), content)
        return message + _TRAILERS[byte_sum(message)]


def as_possible_duplicate(frame: bytes, sending_time: bytes) -> bytes:
    """Return a message that ``HeaderTemplate`` encoded, made ready to be sent again under its number.

    SendingTime(52) becomes ``sending_time``, PossDupFlag(43) is Y and OrigSendingTime(122) the
    SendingTime of the first sending (FIX 4.4 vol. 2, "Possible duplicates"), however often it is sent again.
    """
    head, _, rest = frame[:-7].partition(b"\x0152=")
    original, _, rest = rest.partition(b"\x01")
    target, _, rest = rest.partition(b"\x01")
    begin, _, content = head.partition(b"\x0135=")
    msg_type, number, sender = content.split(b"\x01", 2)
    poss_resend = b""
    if rest.startswith(b"97=Y\x01"):
        poss_resend, rest = rest[:5], rest[5:]
    if sender.startswith(b"43=Y\x01"):
        sender = sender[5:]
        if rest.startswith(b"122="):
            original, _, rest = rest[4:].partition(b"\x01")
    content = b"35=%b\x01%b\x0143=Y\x01%b\x0152=%b\x01%b\x01%b122=%b\x01%b" % (
        msg_type,
        number,
        sender,
        sending_time,
        target,
        poss_resend,
        original,
        rest,
    )
    message = b"%b9=%d\x01%b" % (begin[: begin.index(b"\x01") + 1], len(content), content)
    return message + _TRAILERS[byte_sum(message)]
