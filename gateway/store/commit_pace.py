"""When a commit is left to the store's thread, and when the loop's thread makes it itself.

Handing a commit over and back wakes two threads, which takes about as long as a quick disk does. So a small
commit that finds the disk idle and quick lately is made at once; all others are the thread's, and the loop
works the next orders meanwhile.
"""

from typing import Final

FEW_COMMANDS: Final = 4
SMALL_BYTES: Final = 16_384
QUICK_NS: Final = 1_000_000
QUICK_RUN: Final = 4
"""Commits in a row that have to be quick before the loop's thread waits for one."""


class CommitPace:
    """Follows how long the commits take. Not safe across threads: for the loop's alone."""

    __slots__ = ("_ended_at", "_quick", "_took_ns")

    def __init__(self) -> None:
        self._quick = 0
        self._took_ns = 0
        self._ended_at = 0

    def note(self, began: int, ended: int) -> None:
        """Learn when a commit began and ended (monotonic ns)."""
        self._took_ns = ended - began
        self._ended_at = ended
        self._quick = self._quick + 1 if self._took_ns <= QUICK_NS else 0

    def is_short(self, commands: int, size: int, now: int) -> bool:
        """Return whether the loop may wait for a commit of ``size`` bytes.

        The disk has to have been idle for as long as the last commit took, so that the loop waits for half of
        its time at most.
        """
        return (
            self._quick >= QUICK_RUN
            and commands <= FEW_COMMANDS
            and size <= SMALL_BYTES
            and now - self._ended_at >= self._took_ns
        )
