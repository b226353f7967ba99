"""The admin server: makes connections, bounds their number, counts what they answer."""

from collections import Counter
from collections.abc import Iterable, Sequence

from gateway.admin.connection import AdminConnection
from gateway.admin.pages import Answer, Health, Pages
from gateway.ports import MetricsSource, Sample
from gateway.settings import HttpSettings


class AdminServer:
    """Serves ``/healthz`` and ``/metrics``. It is the protocol factory of a listener: call it per connection.

    ``health`` and ``sources`` are read when a client asks, on the event loop's thread.
    """

    def __init__(self, settings: HttpSettings, health: Health, sources: Sequence[MetricsSource]) -> None:
        self.timeout_s = settings.timeout_s
        self._max_connections = settings.max_connections
        self._pages = Pages(health, [*sources, self.samples])
        self._connections: set[AdminConnection] = set()
        self._answers: Counter[int] = Counter()
        self._refused = 0

    def __call__(self) -> AdminConnection:
        """Return the protocol of one new connection."""
        return AdminConnection(self)

    def opened(self, connection: AdminConnection) -> bool:
        """Take note of a connection; ``False`` when there are too many."""
        if len(self._connections) >= self._max_connections:
            self._refused += 1
            return False
        self._connections.add(connection)
        return True

    def closed(self, connection: AdminConnection) -> None:
        """Forget a connection."""
        self._connections.discard(connection)

    def answer(self, method: bytes, target: bytes) -> Answer:
        """Answer one request."""
        return self._pages.answer(method, target)

    def answered(self, status: int) -> None:
        """Count an answer."""
        self._answers[status] += 1

    def samples(self) -> Iterable[Sample]:
        """Read the server's own counters (a ``MetricsSource``, among those it serves)."""
        yield Sample("bdax_http_connections", "Open HTTP connections.", "gauge", len(self._connections))
        yield Sample(
            "bdax_http_connections_refused", "HTTP connections beyond the bound.", "counter", self._refused
        )
        for status, count in sorted(self._answers.items()):
            labels = (("status", str(status)),)
            yield Sample("bdax_http_answers", "HTTP answers by status.", "counter", count, labels)

    def close(self) -> None:
        """End every connection at once."""
        for connection in list(self._connections):
            connection.close()
