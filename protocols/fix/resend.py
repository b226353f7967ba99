"""The outbound side of a session: LIVE, or RESENDING what a ResendRequest(2) asks for.

FIX 4.4 vol. 2, "Resend Request", "Sequence Reset (Gap Fill)"; test case 8. The stored messages come in from
outside, in bounded chunks. NOT here: the store, and which types go between chunks (``states``).
"""

from collections import deque
from collections.abc import Iterable

from protocols.fix import msg_types
from protocols.fix.encoder import HeaderTemplate, as_possible_duplicate
from protocols.fix.states import Outbound


class Resend:
    """Serves one asked range after the other and holds what is numbered meanwhile.

    ``held_bytes`` counts what waits in ``release``.
    """

    __slots__ = ("_end", "_held", "_held_from", "_next", "_template", "_waiting", "held_bytes", "state")

    def __init__(self, template: HeaderTemplate) -> None:
        self._template = template
        self._waiting: deque[tuple[int, int]] = deque()
        self._held: list[bytes] = []
        self.clear()

    def clear(self) -> None:
        """Go LIVE; forget what was asked and held (it stays stored)."""
        self.state = Outbound.LIVE
        self._waiting.clear()
        self._held.clear()
        self.held_bytes = 0
        self._held_from = 0
        self._next = 0  # the first number of the range that is neither resent nor filled yet
        self._end = 0

    @property
    def waiting(self) -> int:
        """Return how many asked ranges wait for the one being served."""
        return len(self._waiting)

    def last_written(self, next_out: int) -> int:
        """Return the highest number that was ever written; those held have not been."""
        return (self._held_from or next_out) - 1

    def ask(self, begin: int, end: int) -> bool:
        """Take a range of numbers that were all written; ``True`` when it is to be served now.

        Later ones wait; one that already waits is not noted twice.
        """
        if self.state is Outbound.RESENDING:
            if (begin, end) not in self._waiting:
                self._waiting.append((begin, end))
            return False
        self._begin(begin, end)
        return True

    def chunk(self, messages: Iterable[tuple[int, bytes]], sending_time: bytes) -> list[bytes]:
        """Return the frames of stored ``(msg_seq_num, frame)`` pairs, ascending.

        Numbers without a frame (session-level messages) or without a pair join into one gap fill per run,
        across chunks too. Pairs outside the range are skipped.
        """
        frames: list[bytes] = []
        expected = self._next
        for number, frame in messages:
            if not frame or not expected <= number <= self._end:
                continue
            if number > expected:
                frames.append(self._gap_fill(expected, number, sending_time))
            frames.append(as_possible_duplicate(frame, sending_time))
            expected = number + 1
        self._next = expected
        return frames

    def finish(self, sending_time: bytes) -> list[bytes]:
        """Return the gap fill over the end of the range, if one is due, and leave the range behind."""
        frames = []
        if self._next <= self._end:
            frames.append(self._gap_fill(self._next, self._end + 1, sending_time))
        self._next = self._end + 1
        return frames

    def next_range(self) -> tuple[int, int] | None:
        """Begin the next waiting range and return it; without one, go LIVE."""
        if self._waiting:
            self._begin(*self._waiting.popleft())
            return self._next, self._end
        self.state = Outbound.LIVE
        return None

    def hold(self, msg_seq_num: int, frame: bytes) -> None:
        """Keep a message that was numbered during the resend."""
        if not self._held:
            self._held_from = msg_seq_num
        self._held.append(frame)
        self.held_bytes += len(frame)

    def release(self) -> list[bytes]:
        """Return what was held, in order, to be written now."""
        held = self._held
        self._held = []
        self.held_bytes = 0
        self._held_from = 0
        return held

    def _begin(self, begin: int, end: int) -> None:
        self.state = Outbound.RESENDING
        self._next = begin
        self._end = end

    def _gap_fill(self, msg_seq_num: int, new_seq_no: int, sending_time: bytes) -> bytes:
        return self._template.encode(
            msg_types.SEQUENCE_RESET,
            msg_seq_num,
            sending_time,
            b"36=%d\x01123=Y\x01" % new_seq_no,
            poss_dup=True,
            orig_sending_time=sending_time,
        )
