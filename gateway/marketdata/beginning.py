"""The first look of a member at a stream, put off until the hub has time for it.

NOT here: when that is (``replaying``), and what a stream looks at (``view_streams``).
"""

from gateway.marketdata.stream import Stream
from gateway.ports.market_data import Push


class Beginning:
    """Brings a member up to date that has seen nothing after ``seq``, or since the stream's ``pushes``.

    ``seq`` is where a member joined that needs no snapshot: it gets one, behind a gap, if the stream moved
    before it began. ``pushes`` is for a member at an interval; nothing is pushed if there were none since and
    it ``is_synced``.
    """

    __slots__ = ("_is_synced", "_pushes", "_seq", "_stream")

    def __init__(
        self, stream: Stream, seq: int | None = None, pushes: int | None = None, *, is_synced: bool = True
    ) -> None:
        self._stream = stream
        self._seq = seq
        self._pushes = pushes
        self._is_synced = is_synced

    def prepare(self) -> bool:
        """Do a part of what comes first; return whether that is all."""
        return self._stream.prepare()

    def read(self, seq: int) -> list[Push]:
        """Return all there is to be told."""
        del seq
        stream = self._stream
        if self._pushes is not None:
            missed = stream.pushes - self._pushes
            return [stream.snapshot(missed)] if missed or not self._is_synced else []
        snapshot = stream.snapshot()
        if self._seq is None:
            return [snapshot]
        return [stream.gap(self._seq, snapshot.position), snapshot] if self._seq != stream.seq else []
