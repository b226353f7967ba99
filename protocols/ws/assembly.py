"""Message assembly: fragments to whole messages, bounded in number and size, text checked for UTF-8.

websockets' ``ServerProtocol`` hands frames out as they come: it checks their order, not text, and does not
bound their number. NOT here: control frames.
"""

from codecs import utf_8_decode
from typing import Final

CONTINUATION: Final = 0
TEXT: Final = 1
BINARY: Final = 2

PROTOCOL_ERROR: Final = 1002
UNSUPPORTED_DATA: Final = 1003
INVALID_PAYLOAD: Final = 1007
MESSAGE_TOO_BIG: Final = 1009

_INVALID_UTF8: Final = "text is not valid UTF-8"


class ViolationError(Exception):
    """The peer broke the protocol or a limit: the close ``code`` and ``reason`` that answer it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Assembly:
    """Joins the data frames of one connection into messages.

    ``max_size`` bounds a message in bytes, ``max_fragments`` its frames. Text is validated fragment by
    fragment, so that bad text fails at the first fragment that shows it (RFC 6455 section 8.1). ``is_text``
    says what the message returned last is.
    """

    __slots__ = (
        "_allow_binary",
        "_allow_text",
        "_fragments",
        "_max_fragments",
        "_max_size",
        "_size",
        "_split_char",
        "is_text",
    )

    def __init__(
        self, max_size: int, max_fragments: int, *, allow_binary: bool = False, allow_text: bool = True
    ) -> None:
        self._max_size = max_size
        self._max_fragments = max_fragments
        self._allow_binary = allow_binary
        self._allow_text = allow_text
        self._fragments: list[bytes] = []
        self._size = 0
        self.is_text = True
        self._split_char = b""

    def add(self, opcode: int, payload: bytes, *, fin: bool) -> bytes | None:
        """Take one data frame; return the message that it ends, or ``None``.

        Raises ``ViolationError``: 1002 for a frame out of order, 1003 for binary where only text is served
        and the other way round, 1007 for text that is not UTF-8, 1009 for too many bytes or fragments. The
        assembly is of no use after it.
        """
        if fin and opcode == TEXT and not self._fragments and self._allow_text:
            if len(payload) > self._max_size:
                raise self._too_big()
            if not payload.isascii():
                _validate(payload)
            self.is_text = True
            return payload
        return self._add_fragment(opcode, payload, fin=fin)

    def _add_fragment(self, opcode: int, payload: bytes, *, fin: bool) -> bytes | None:
        fragments = self._fragments
        if opcode == CONTINUATION:
            if not fragments:
                raise ViolationError(PROTOCOL_ERROR, "unexpected continuation frame")
        elif fragments:
            raise ViolationError(PROTOCOL_ERROR, "expected a continuation frame")
        else:
            self.is_text = opcode == TEXT
            if not self.is_text and not self._allow_binary:
                raise ViolationError(UNSUPPORTED_DATA, "binary messages are not served")
            if self.is_text and not self._allow_text:
                raise ViolationError(UNSUPPORTED_DATA, "text messages are not served with this subprotocol")
        self._size += len(payload)
        if self._size > self._max_size:
            raise self._too_big()
        if len(fragments) >= self._max_fragments:
            raise ViolationError(MESSAGE_TOO_BIG, f"too many fragments, limit {self._max_fragments}")
        if self.is_text:
            self._split_char = _validate(self._split_char + payload, final=fin)
        fragments.append(payload)
        if not fin:
            return None
        message = b"".join(fragments)
        fragments.clear()
        self._size = 0
        return message

    def _too_big(self) -> ViolationError:
        return ViolationError(MESSAGE_TOO_BIG, f"message too big, limit {self._max_size}")


def _validate(text: bytes, *, final: bool = True) -> bytes:
    """Check UTF-8; return the bytes of a character that the end of ``text`` splits (none when ``final``)."""
    try:
        _, used = utf_8_decode(text, "strict", final)
    except UnicodeDecodeError:
        raise ViolationError(INVALID_PAYLOAD, _INVALID_UTF8) from None
    return text[used:]
