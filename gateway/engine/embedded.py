"""The engine inside the gateway's own process.

NOT here: matching (``gateway.matching``), durability (``gateway.store``).
"""

from gateway.matching import CLOSED_ORDERS_KEPT, MatchingEngine
from gateway.model import Command, Event, Instruments


class EmbeddedEngine:
    """``EnginePort`` over a ``MatchingEngine``: works at ``submit``, tells at ``drain``.

    ``closed_kept`` closed orders are remembered, so that a late cancel is answered TOO_LATE. A command that
    cannot be worked may have changed half of the state: it ends the engine, and no later call tells anything.
    """

    def __init__(self, instruments: Instruments, *, closed_kept: int = CLOSED_ORDERS_KEPT) -> None:
        self._matching = MatchingEngine(instruments, closed_kept=closed_kept)
        self._events: list[Event] = []
        self._fault: Exception | None = None

    @classmethod
    def restore(
        cls, instruments: Instruments, snapshot: bytes, *, closed_kept: int | None = None
    ) -> "EmbeddedEngine":
        """Return an engine that goes on where ``snapshot`` was taken. Raises ``SnapshotError``.

        It remembers as many closed orders as the one before, or ``closed_kept``.
        """
        engine = cls(instruments)
        engine._matching = MatchingEngine.restore(instruments, snapshot, closed_kept=closed_kept)
        return engine

    @property
    def eseq(self) -> int:
        """The sequence of the last command worked; 0 before the first."""
        return self._matching.eseq

    def submit(self, command: Command) -> None:
        """Work ``command`` now; its events come with the next ``drain``. What stops it, that raises too."""
        try:
            self._events += self._matching.work(command)
        except Exception as fault:
            self._fault = self._fault or fault
            raise

    def drain(self) -> list[Event]:
        """Return the events since the last call, oldest first."""
        if self._fault is not None:
            raise RuntimeError(f"the engine failed: {self._fault!r}: start again") from self._fault
        events = self._events
        self._events = []
        return events

    def snapshot(self) -> bytes:
        """Return the state after the last command, drained or not."""
        return self._matching.snapshot()
