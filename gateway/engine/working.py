"""Work commands and keep their events until they are drained, in plain Python: the twin of ``_working.pyx``.

NOT here: matching (``gateway.matching``), which twin works (``embedded``).
"""

from gateway.matching import MatchingEngine
from gateway.model import Command, Event


class Working:
    """``EnginePort`` over ``matching``, as ``EmbeddedEngine`` says."""

    def __init__(self, matching: MatchingEngine) -> None:
        self.matching = matching
        self._events: list[Event] = []
        self._fault: Exception | None = None

    def submit(self, command: Command) -> None:
        """Work ``command`` now; its events come with the next ``drain``. What stops it, that raises too."""
        try:
            self._events += self.matching.work(command)
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
