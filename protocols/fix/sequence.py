"""The inbound sequence: how a message's number stands to the expected one, and what waits above a gap.

FIX 4.4 vol. 2, "Message recovery". NOT here: what follows from it (``states``), the ResendRequest(2) itself
(``session``).
"""

from typing import Final, NamedTuple

from protocols.fix.codec import Message
from protocols.fix.session_events import Numbers
from protocols.fix.states import Relation


class Turn(NamedTuple):
    """A queued number whose turn has come. ``frame`` is ``None`` where it was worked before its turn.

    The frame and not its fields: in small pieces they take thirty times the bytes.
    """

    frame: bytes | None


_SERVED: Final = Turn(None)
_ENTRY_SIZE: Final = 128  # what a number counts against the bound, besides its frame


class InboundSequence:
    """Numbers expected and received on one connection, and the messages that came too early.

    ``is_open`` while a gap is known: a number was asked for or a message waits; ``waiting_since`` is when it
    last made progress. At most ``max_queued_bytes`` wait; what comes beyond is forgotten and is missing again
    when its turn comes. Times are monotonic ns.
    """

    __slots__ = (
        "_asked_upto",
        "_hole",
        "_max_bytes",
        "_numbers",
        "_queue",
        "_queued_bytes",
        "attempts",
        "is_open",
        "waiting_since",
    )

    def __init__(self, numbers: Numbers, max_queued_bytes: int) -> None:
        self._numbers = numbers
        self._max_bytes = max_queued_bytes
        self._queue: dict[int, Turn] = {}
        self.clear()

    def clear(self) -> None:
        """Forget the gap and what waits above it; the expected number stays."""
        self._queue.clear()
        self._queued_bytes = 0
        self._asked_upto = 0  # the number that revealed the gap asked for; 0: none
        self._hole = 0  # the expected number at which a hole in the resend was asked for
        self.waiting_since = 0
        self.attempts = 0
        self.is_open = False

    def relation(self, message: Message) -> Relation:
        """Tell how MsgSeqNum(34) of ``message`` stands to the expected number."""
        ahead = message.msg_seq_num - self._numbers.next_in
        if ahead == 0:
            return Relation.EXPECTED
        if ahead > 0:
            return Relation.TOO_HIGH
        return Relation.SEEN if message.poss_dup else Relation.TOO_LOW

    def advance_to(self, number: int, now: int) -> None:
        """Expect ``number`` next: the ones below are worked, filled or reset."""
        numbers = self._numbers
        queue = self._queue
        if queue:
            passed = range(numbers.next_in, number)
            for key in passed if len(passed) < len(queue) else [key for key in queue if key < number]:
                self._drop(key)
        numbers.next_in = number
        if self._asked_upto <= number:
            self._asked_upto = 0
        self.waiting_since = now
        self.attempts = 0
        self.is_open = bool(queue) or self._asked_upto > 0

    def queue(self, message: Message) -> None:
        """Keep a message that came too early until its turn."""
        if message.msg_seq_num not in self._queue:
            self._keep(message.msg_seq_num, Turn(message.raw))

    def served(self, msg_seq_num: int) -> None:
        """Note a number too high whose message was worked before its turn."""
        self._drop(msg_seq_num)
        self._keep(msg_seq_num, _SERVED)

    def turn(self) -> Turn | None:
        """Return what is queued under the expected number, once; ``None``: nothing is."""
        return self._drop(self._numbers.next_in)

    def reveals_gap(self, message: Message) -> bool:
        """Tell whether a message too high calls for a ResendRequest.

        Once per gap, and again where the resend has a hole: a possible duplicate above the expected number.
        """
        if not self._asked_upto:
            return True
        if message.poss_dup and self._hole != self._numbers.next_in:
            self._hole = self._numbers.next_in
            return True
        return False

    def asked(self, upto: int, now: int) -> None:
        """Note that the numbers below ``upto`` were asked for, or are known to come unasked."""
        self._asked_upto = max(upto, self._asked_upto)
        self.waiting_since = now
        self.is_open = True

    def asked_again(self, now: int) -> None:
        """Note one more attempt at a gap that made no progress."""
        self.attempts += 1
        self._asked_upto = max(self._asked_upto, max(self._queue, default=0))
        self.waiting_since = now

    def wait_from(self, now: int) -> None:
        """Begin to wait anew: what was asked for leaves only now."""
        self.waiting_since = now

    def _keep(self, msg_seq_num: int, turn: Turn) -> None:
        size = _size(turn)
        if self._queued_bytes + size <= self._max_bytes:
            self._queue[msg_seq_num] = turn
            self._queued_bytes += size
            self.is_open = True

    def _drop(self, msg_seq_num: int) -> Turn | None:
        turn = self._queue.pop(msg_seq_num, None)
        if turn is not None:
            self._queued_bytes -= _size(turn)
        return turn


def _size(turn: Turn) -> int:
    return _ENTRY_SIZE + len(turn.frame or b"")
