"""Points at which a test can kill the process: just before and after each step of a commit.

Nothing happens unless the composition root armed one point. NOT here: who passes which point.
"""

import os
import signal
from typing import Final

CRASH_VARIABLE: Final = "BDAX_CRASH_AT"
"""The environment variable that the composition root reads the fault from: ``<point>:<n>``."""


class Fault:
    """The armed point, empty for none, and how many passages are left until it kills."""

    __slots__ = ("left", "point")

    def __init__(self) -> None:
        self.point = ""
        self.left = 0


FAULT: Final = Fault()
"""For those who do without calling ``reach`` while nothing is armed, or do more for one point."""


def arm(spec: str) -> None:
    """Kill the process with SIGKILL at the ``n``-th passage of a point: ``"<point>:<n>"``; empty disarms.

    Raises ``ValueError`` for anything else.
    """
    point, _, passages = spec.rpartition(":")
    if spec and not (point and passages.isdecimal() and int(passages)):
        raise ValueError(f"{spec!r} is not <point>:<n>, n from 1")
    FAULT.point = point
    FAULT.left = int(passages) if spec else 0


def reach(point: str) -> None:
    """Pass ``point``."""
    if FAULT.point == point:
        FAULT.left -= 1
        if not FAULT.left:
            os.kill(os.getpid(), signal.SIGKILL)
