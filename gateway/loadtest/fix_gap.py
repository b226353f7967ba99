"""What a FIX session receives from its new Logon on, in the order of its numbers.

What it has missed is sent to it again, and may come behind what is new. NOT here: asking for it
(``fix_returns``), and what the messages say (``fix_check``).
"""

from gateway.loadtest.fix_messages import fields_of, number_of


class Gap:
    """From the message with the number ``expected`` on; what is early waits for its turn.

    ``logon`` is the number of the new Logon, 0 before it has come.
    """

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.logon = 0
        self._early: dict[int, list[bytes]] = {}

    @property
    def is_over(self) -> bool:
        """Return whether all up to the Logon has come, and nothing waits."""
        return 0 < self.logon < self.expected and not self._early

    def take(self, fields: dict[bytes, bytes], frame: bytes) -> list[bytes]:
        """Return the messages whose turn has come with this one; what has no new number has it at once."""
        number = number_of(fields.get(b"34", b""))
        if number > self.expected:
            self._early.setdefault(number, []).append(frame)
            return []
        messages = [frame]
        if number == self.expected:
            self._pass(fields)
            while self._early and (first := min(self._early)) <= self.expected:
                for early in self._early.pop(first):
                    messages.append(early)
                    if first == self.expected:
                        self._pass(fields_of(early))
        return messages

    def rest(self) -> bytes:
        """Return what still waits, for what will not come any more."""
        return b"".join(frame for number in sorted(self._early) for frame in self._early[number])

    def _pass(self, fields: dict[bytes, bytes]) -> None:
        """Expect what follows a message: of a SequenceReset(4) its NewSeqNo(36)."""
        following = number_of(fields.get(b"36", b"")) if fields.get(b"35") == b"4" else 0
        self.expected = max(self.expected + 1, following)
