"""Encode outbound messages: header and trailer around a body that is bytes already.

A body is ``tag=value`` fields, each ended by SOH, without header and trailer. NOT here: numbering and
storing (``session``), what goes into a body (the dialects).
"""

from protocols.fix.codec import UsualEncoder, byte_sum
from protocols.fix.usual_encoder import TRAILERS


class HeaderTemplate:
    """The fixed part of a session's header, prepared once.

    Field order: 8, 9, 35, then the others by ascending tag: 34, 43, 49, 52, 56, 97, 122, what ``extra`` adds,
    and ApplVerID(1128) where given. ``encode_usual`` gives what ``encode`` does without any
    further header field.
    """

    __slots__ = (
        "_begin",
        "_sender",
        "_target",
        "_usual_end",
        "_version",
        "begin_string",
        "encode_usual",
        "usual",
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
        self.usual = UsualEncoder(self._begin, self._sender, self._usual_end)
        self.encode_usual = self.usual.encode

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
        return message + TRAILERS[byte_sum(message)]


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
    return message + TRAILERS[byte_sum(message)]
