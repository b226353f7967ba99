"""Take the messages off a buffer that look as usual, in plain Python: the twin of the compiled one.

NOT here: streams that do not look as usual (``framer``), which twin works (``codec``).
"""

from abc import ABC, abstractmethod
from typing import Final
from zlib import adler32

BLOCK: Final = 256

ENDS: Final = {
    end: (check_sum + sum(end[1:])) & 255
    for check_sum in range(256)
    for end in (b"\x0110=%03d\x01" % check_sum,)
}
"""The last 8 bytes of a message to the byte sum, modulo 256, of the whole message with that trailer."""

_BODY_LENGTHS: Final = {b"%d" % length: length for length in range(5, 2 * BLOCK)}


def byte_sum(content: bytes) -> int:
    """Return the sum of the bytes modulo 256: CheckSum(10) of a message up to its trailer.

    Adler-32's low half is one plus the byte sum modulo 65521: exact for 256 bytes, and for 512 of ASCII.
    """
    size = len(content)
    if size <= BLOCK or (size <= 2 * BLOCK and content.isascii()):
        return (adler32(content) - 1) & 255
    total = 0
    for at in range(0, size, BLOCK):
        total += adler32(content[at : at + BLOCK]) - 1
    return total & 255


class FrameCursor(ABC):
    """A place in a buffer, and what the messages there begin with."""

    __slots__ = (
        "_announced",
        "_buffer",
        "_offset",
        "_prefix",
        "_quick_size",
        "_skipping",
        "_sums",
        "max_message_size",
    )

    def __init__(self, max_message_size: int) -> None:
        self.max_message_size = max_message_size
        self._quick_size = min(max_message_size, 2 * BLOCK)
        self._buffer = b""
        self._offset = 0
        self._prefix = b"8=FIX.4.4\x019="
        self._skipping = False  # within a stretch of bytes that is dropped
        self._announced = 0  # the BodyLength(9) that was too large
        self._sums: list[int] = []  # of the buffer's blocks

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream, in pieces of any size."""
        if self._offset < len(self._buffer) or self._announced:
            self._feed(data)
            return
        self._buffer = data
        self._offset = 0
        self._sums.clear()

    def next_frame(self) -> bytes | None:
        """Return the next intact message, or ``None`` when more bytes are needed.

        Raises ``MessageTooLarge`` for a message above ``max_message_size``, and at each later call too.
        """
        buffer = self._buffer
        start = self._offset
        prefix = self._prefix
        if buffer.startswith(prefix, start):
            # The usual case: the BeginString of the message before, a short BodyLength, MsgType behind it.
            at = start + len(prefix)
            soh = buffer.find(b"\x0135=", at, at + 7)
            length = _BODY_LENGTHS.get(buffer[at:soh], 0)
            end = soh + length + 8
            if length and end - start <= self._quick_size and end <= len(buffer):
                frame = buffer[start:end]
                if (adler32(frame) - 1) & 255 == ENDS.get(frame[-8:]) and (
                    end - start <= BLOCK or frame.isascii()
                ):
                    self._offset = end
                    self._skipping = False
                    return frame
        return self._next_frame()

    @abstractmethod
    def _feed(self, data: bytes) -> None:
        """Do what ``feed`` says, where something waits for more bytes or nothing is taken any more."""

    @abstractmethod
    def _next_frame(self) -> bytes | None:
        """Do what ``next_frame`` says for any stream."""
