"""The message budget of one session."""


class TokenBucket:
    """Allows ``rate`` requests per second on average and ``burst`` at once. A ``rate`` of 0 lifts the limit.

    Kept as one integer, ``full_at``, the time from which the bucket would be full again (generic cell rate
    algorithm).
    """

    __slots__ = ("_interval", "_window", "full_at")

    def __init__(self, rate: int, burst: int) -> None:
        self._interval = 1_000_000_000 // rate if rate else 0
        self._window = self._interval * (max(burst, 1) - 1)
        self.full_at = 0

    def take(self, now: int, count: int = 1) -> bool:
        """Take ``count`` tokens at ``now`` (monotonic ns); ``False`` when there is none.

        One is enough: the others are owed, and nothing can be taken until they are paid.
        """
        full_at = self.full_at
        if full_at <= now:
            self.full_at = now + self._interval * count
            return True
        if full_at - now > self._window:
            return False
        self.full_at = full_at + self._interval * count
        return True
