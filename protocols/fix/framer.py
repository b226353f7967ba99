"""Cut a byte stream into FIX messages by BodyLength(9) and CheckSum(10).

A garbled message is dropped and counted, as the standard says (FIX 4.4 vol. 2, "Garbled message"): wrong
CheckSum, wrong BodyLength, or first three fields that are not 8, 9, 35. The framer then goes on
at the next ``8=FIX`` behind the bad start, so a good message is never skipped. NOT here: what
the fields mean (``message``, ``validation``), messages that look as usual (``codec.FrameCursor``).
"""

from typing import Final
from zlib import adler32

from protocols.fix.codec import FrameCursor, byte_sum
from protocols.fix.errors import MessageTooLarge
from protocols.fix.frame_cursor import BLOCK, ENDS

_SOH: Final = b"\x01"
_START: Final = b"8=FIX"
_MAX_BEGIN_STRING: Final = 16
_MAX_LENGTH_DIGITS: Final = 20

_TRAILER_SIZE: Final = 7
_INCOMPLETE: Final = -1
_GARBLED: Final = -2


class Framer(FrameCursor):
    """Take bytes as they arrive; give whole, intact messages.

    ``max_message_size`` bounds a whole message, BeginString(8) to CheckSum(10), and with it what waits here
    for the rest of one. ``garbled`` counts dropped stretches: each bad message, and each run of
    bytes without a message start. With ``skip_claimed`` all the bytes that a garbled message's BodyLength(9)
    claims are dropped, and a good message that begins among them with it, as QuickFIX does.
    """

    __slots__ = ("_missing", "_parts", "_skip_claimed", "garbled")

    def __init__(self, max_message_size: int, *, skip_claimed: bool = False) -> None:
        super().__init__(max_message_size)
        self._skip_claimed = skip_claimed
        self.garbled = 0
        self._parts: list[bytes] = []  # pieces of a message whose end is known to be further away
        self._missing = 0  # how far; then the buffer has the message's first bytes

    def _feed(self, data: bytes) -> None:
        """Take the next bytes behind what is in the buffer; nothing behind a message that is too large."""
        if self._announced:
            return
        if self._missing > len(data):
            self._missing -= len(data)
            self._parts.append(data)
            return
        self._missing = 0
        if self._parts:
            self._parts.append(data)
            data = b"".join(self._parts)
            self._parts.clear()
        self._buffer = self._buffer[self._offset :] + data
        self._offset = 0
        self._sums.clear()

    def _next_frame(self) -> bytes | None:
        """Do what ``next_frame`` says for any stream."""
        if self._announced:
            raise MessageTooLarge(self._announced, self.max_message_size)
        if self._missing:
            return None
        buffer = self._buffer
        while True:
            start = self._offset
            if buffer.startswith(_START, start):
                self._skipping = False
                end = self._end(start)
                if end == _INCOMPLETE:
                    break
                if end > len(buffer):
                    self._missing = end - len(buffer)
                    break
                if end != _GARBLED and self._is_intact(start, end):
                    self._offset = end
                    self._prefix = buffer[start : buffer.index(_SOH, start) + 3]
                    return buffer[start:end]
                claimed = self._skip_claimed and end != _GARBLED
                self._resume(end - _TRAILER_SIZE if claimed else start + 1)
            elif _START.startswith(buffer[start:]):
                break  # nothing, or the first bytes of a message start
            else:
                self._resume(start)
        # The next read may be long in coming: of this one nothing is kept but what is still to be given.
        self._buffer = buffer[start:]
        self._offset = 0
        self._sums.clear()
        return None

    def _end(self, start: int) -> int:
        """Return where the message that begins at ``start`` says it ends, or why that is not known."""
        buffer = self._buffer
        soh = buffer.find(_SOH, start, start + _MAX_BEGIN_STRING)
        if soh < 0:
            return _INCOMPLETE if len(buffer) - start < _MAX_BEGIN_STRING else _GARBLED
        at = soh + 3
        if buffer[soh + 1 : at] != b"9=":
            return _INCOMPLETE if b"9=".startswith(buffer[soh + 1 : at]) else _GARBLED
        soh = buffer.find(_SOH, at, at + _MAX_LENGTH_DIGITS)
        digits = buffer[at : soh if soh >= 0 else at + _MAX_LENGTH_DIGITS]
        if not digits.isdigit():
            return _GARBLED if digits or soh >= 0 else _INCOMPLETE
        if soh < 0 and len(digits) < _MAX_LENGTH_DIGITS:
            return _INCOMPLETE
        length = int(digits)
        end = at + len(digits) + 1 + length + _TRAILER_SIZE
        if end - start > self.max_message_size:
            # Not the exception itself: with its traceback it would keep the caller's frames alive.
            self._announced = length
            self._buffer = b""
            raise MessageTooLarge(length, self.max_message_size)
        if soh < 0 or length < len(b"35=0\x01"):
            return _GARBLED
        msg_type = buffer[soh + 1 : soh + 4]
        if msg_type != b"35=":
            return _INCOMPLETE if b"35=".startswith(msg_type) else _GARBLED
        return end

    def _is_intact(self, start: int, end: int) -> bool:
        """Tell whether a CheckSum(10) field stands where BodyLength(9) says, and is right.

        Blocks of the buffer are summed once, however many wrong starts claim them.
        """
        buffer = self._buffer
        expected = ENDS.get(buffer[end - 8 : end])
        if expected is None:
            return False
        sums = self._sums
        first, last = -(-start // BLOCK), end // BLOCK
        if first >= last:
            return byte_sum(buffer[start:end]) == expected
        for at in range(len(sums) * BLOCK, last * BLOCK, BLOCK):
            sums.append((sums[-1] if sums else 0) + adler32(buffer[at : at + BLOCK]) - 1)
        total = sums[last - 1] - (sums[first - 1] if first else 0)
        total += byte_sum(buffer[start : first * BLOCK]) + byte_sum(buffer[last * BLOCK : end])
        return total & 255 == expected

    def _resume(self, start: int) -> None:
        """Drop bytes up to the next message start at or behind ``start``, or to what may become one."""
        if not self._skipping:
            self.garbled += 1
        self._skipping = True
        buffer = self._buffer
        found = buffer.find(_START, start)
        if found < 0:
            found = len(buffer)
            for size in range(len(_START) - 1, 0, -1):
                if buffer.endswith(_START[:size], start):
                    found -= size
                    break
        self._offset = found
