"""Signed logons that were used: each opens the door once.

NOT here: whether a signature is right or fresh (``fix_logons``).
"""

import hashlib
from typing import Final

KEPT_PER_SESSION: Final = 64


class SpentLogons:
    """Remembers the newest ``kept`` logons of each session, and refuses what is older than those.

    So memory is bounded and yet no logon passes twice: one that had to be forgotten lies before the time
    from which the session's logons count. That time begins at ``not_before`` (UTC ns, the start of the
    process), because what a process before this one has seen is not known.
    """

    def __init__(self, not_before: int, *, kept: int = KEPT_PER_SESSION) -> None:
        self._not_before = not_before
        self._kept = kept
        self._from: dict[str, int] = {}
        self._signed_at: dict[str, dict[bytes, int]] = {}

    def spend(self, session: str, text: bytes, signed_at: int) -> bool:
        """Whether the signed ``text``, made at ``signed_at`` (UTC ns), is used for the first time."""
        known = self._signed_at.setdefault(session, {})
        key = hashlib.sha256(text).digest()
        if key in known or signed_at < self._from.get(session, self._not_before):
            return False
        known[key] = signed_at
        if len(known) > self._kept:
            oldest = min(known, key=known.__getitem__)
            self._from[session] = known.pop(oldest) + 1
        return True

    def remembered(self, session: str) -> int:
        """Return how many logons of ``session`` are remembered."""
        return len(self._signed_at.get(session, ()))
