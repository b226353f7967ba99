"""Identities that have been seen: whether one comes again, remembered within bounds."""

from typing import Final

KEPT: Final = 100_000
"""At least so many of the last ones are known again, at most twice as many."""


class Recent:
    """The last identities of one kind. It travels between processes empty: what it knew is judged."""

    def __init__(self) -> None:
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()

    def __reduce__(self) -> tuple[type["Recent"], tuple[()]]:
        return Recent, ()

    def is_new(self, identity: bytes) -> bool:
        """Return whether it was not seen before, and remember it."""
        if identity in self._young or identity in self._old:
            return False
        self._young.add(identity)
        if len(self._young) >= KEPT:
            self._old, self._young = self._young, set()
        return True
