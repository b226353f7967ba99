"""What came on a connection, until there is time to judge it.

NOT here: how it is judged (``order_session``, ``subscriber``).
"""

from collections import deque
from collections.abc import Iterator


class Recording:
    """Chunks of bytes, each with the time when it came, in ns. ``size`` is how many bytes they are."""

    __slots__ = ("_chunks", "size")

    def __init__(self) -> None:
        self._chunks: deque[tuple[int, bytes]] = deque()
        self.size = 0

    @property
    def newest(self) -> tuple[int, bytes] | None:
        """Return the chunk that came last, ``None`` when all are taken."""
        return self._chunks[-1] if self._chunks else None

    def add(self, now: int, received: bytes) -> None:
        """Keep what came."""
        self._chunks.append((now, received))
        self.size += len(received)

    def take(self, most: int) -> Iterator[tuple[int, bytes]]:
        """Take the oldest chunks, until they are at least ``most`` bytes together or none is left."""
        while self._chunks and most > 0:
            now, received = self._chunks.popleft()
            self.size -= len(received)
            most -= len(received)
            yield now, received

    def clear(self) -> None:
        """Forget all."""
        self._chunks.clear()
        self.size = 0
