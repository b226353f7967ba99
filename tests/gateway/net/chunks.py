"""Somebody else's order while a FIX client is told again what the store has, chunk by chunk."""

from typing import Any

import pytest

from tests.gateway.net.fix_peer import FixPeer
from tests.gateway.net.running import Running


class Chunks:
    """Counts the reads of the store by its method ``reading``.

    During read ``at`` ``other``, who is BOB, sends an order that trades with a bid; ``reported_at`` has the
    count at each report that BOB is given.
    """

    def __init__(
        self, patch: pytest.MonkeyPatch, gateway: Running, reading: str, other: FixPeer, *, at: int
    ) -> None:
        self.count = 0
        self.reported_at: list[int] = []
        store, client = gateway.gateway._store, gateway.client("BOB")
        read, tell = getattr(store, reading), client.report

        def counted(*wanted: Any) -> Any:
            self.count += 1
            if self.count == at:
                other.send(other.order("b1", "2", price="90000000"))
            return read(*wanted)

        def told(*what: Any) -> None:
            self.reported_at.append(self.count)
            tell(*what)

        patch.setattr(store, reading, counted)
        patch.setattr(client, "report", told)
