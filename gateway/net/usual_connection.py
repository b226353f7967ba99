"""What every read asks of a FIX connection, in plain Python: the twin of the compiled one.

NOT here: everything else that one does (``fix_connection``), which twin works (``usual_fix``).
"""

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from gateway.net.counters import FrontCounters

if TYPE_CHECKING:
    from gateway.net.fix_party import FixParty


class UsualConnection(ABC):
    """Gives what was read to the connection's client. With a ``_reason`` to end nothing more is worked."""

    def __init__(self, counters: FrontCounters) -> None:
        self._counters = counters
        self._reason = ""
        self.client: FixParty | None = None

    def data_received(self, data: bytes) -> None:
        """Work what the client sent."""
        self._counters.bytes_in += len(data)
        if self._reason:
            return
        if self.client is not None:
            self.client.receive_data(data, time.monotonic_ns())
        else:
            self._receive_first(data)

    @abstractmethod
    def _receive_first(self, data: bytes) -> None:
        """Look for the message that names a client."""
