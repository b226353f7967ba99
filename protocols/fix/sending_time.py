"""The accuracy of SendingTime(52), and OrigSendingTime(122) against it.

FIX 4.4 vol. 2, test cases 2f, 2g and 2o. NOT here: the form of a timestamp where no clock is compared
(``validation``).
"""

from typing import Final

from protocols.fix import tags
from protocols.fix.codec import Message
from protocols.fix.errors import SessionReject, SessionRejectReason
from protocols.fix.timestamps import Timestamps, parse_utc_timestamp

_SECOND: Final = 1_000_000_000
_WHOLE_SECOND: Final = len("YYYYMMDD-HH:MM:SS")


class SendingTimes:
    """Whether a SendingTime(52) is within ``window`` ns of our clock; 0 lifts the check.

    The second last found accurate is remembered: while ``now`` is before ``good_until``, a text whose first
    17 bytes are ``good_second`` is accurate without another look.
    """

    __slots__ = ("_timestamps", "_window", "good_second", "good_until")

    def __init__(self, window: int, timestamps: Timestamps) -> None:
        self._window = window
        self._timestamps = timestamps
        self.good_second = b""
        self.good_until = 0

    def accurate(self, text: bytes, now: int) -> bool:
        """Tell whether ``text`` is within the window at monotonic ``now``.

        What is no timestamp counts as accurate: its form is not judged here.
        """
        if text[:_WHOLE_SECOND] == self.good_second and now < self.good_until:
            return True
        try:
            utc = parse_utc_timestamp(text)
        except ValueError:
            return True
        clock = self._timestamps.utc(now)
        window = self._window
        if not window:
            return True
        if abs(utc - clock) > window:
            return False
        second = utc - utc % _SECOND
        if second + _SECOND - clock <= window:
            # The whole of that second is accurate until its first moment is too far behind the clock.
            self.good_second = text[:_WHOLE_SECOND]
            self.good_until = now + second + window - clock
        return True


def check_possible_duplicate(message: Message) -> None:
    """Check OrigSendingTime(122) of a message with PossDupFlag(43)=Y.

    Raises ``SessionReject``: 122 is missing (2g), or later than SendingTime(52) (2f).
    """
    orig = message.fields.get(tags.ORIG_SENDING_TIME)
    if orig is None:
        raise SessionReject(
            SessionRejectReason.REQUIRED_TAG_MISSING,
            tags.ORIG_SENDING_TIME,
            "Required tag missing: OrigSendingTime(122) with PossDupFlag(43)=Y",
        )
    try:
        late = parse_utc_timestamp(orig) > parse_utc_timestamp(message.fields.get(tags.SENDING_TIME, b""))
    except ValueError:
        return  # the form of either is for validation to judge
    if late:
        raise SessionReject(
            SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM,
            tags.ORIG_SENDING_TIME,
            "SendingTime accuracy problem: OrigSendingTime(122) is later than SendingTime(52)",
        )
