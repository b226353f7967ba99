"""The times that reports carry: whether they are times at all, and not absurd. NOT here: latencies."""

import calendar
import re
import time
from typing import Final

from gateway.loadtest.findings import NS

_TIMESTAMP: Final = re.compile(
    rb"(\d{4})(\d\d)(\d\d)-([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d{3}|\.\d{6}|\.\d{9})?"
)
_ABSURD_S: Final = 3600
"""Clocks of two machines may differ; by an hour they do not."""
_SECONDS: Final = 17  # YYYYMMDD-HH:MM:SS
_REMEMBERED: Final = 1_000


class Times:
    """Judges TransactTime(60), and the like in ns, against this machine's clock at the beginning."""

    def __init__(self) -> None:
        self._began = time.time()
        self._seconds: dict[bytes, float] = {}

    def is_absurd(self, text: bytes) -> bool:
        """Return whether a UTCTimestamp is none, or far from now."""
        if _TIMESTAMP.fullmatch(text) is None:
            return True
        second = text[:_SECONDS]
        at = self._seconds.get(second)
        if at is None:
            if len(self._seconds) >= _REMEMBERED:
                self._seconds.clear()
            try:
                at = calendar.timegm(time.strptime(second.decode(), "%Y%m%d-%H:%M:%S"))
            except ValueError:  # the 31st of February
                at = 0.0
            self._seconds[second] = at
        return self._is_far(at)

    def is_absurd_ns(self, utc: int) -> bool:
        """Return the same of UTC ns."""
        return self._is_far(utc / NS)

    def _is_far(self, at: float) -> bool:
        return not self._began - _ABSURD_S < at < time.time() + _ABSURD_S
