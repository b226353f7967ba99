"""The limits of anonymous addresses over several processes: each tells the others what its connections do.

A worker decides alone, by what it knows; it hears of the others' connections some milliseconds late. So an
address may be granted a little more than its limit, never less. NOT here: the limits (``gateway.auth``).
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from gateway.auth import Guests
from gateway.net.worker_link import EVERYBODY, GuestChange
from gateway.settings import WsSettings

# Places in what is noted of a network.
_CONNECTIONS: Final = 0
_SUBSCRIPTIONS: Final = 1
_REQUESTS: Final = 2
_REFUSALS: Final = 3
_AT_ONCE: Final = frozenset({_CONNECTIONS, _SUBSCRIPTIONS})


class SharedGuests(Guests):
    """Counts a worker's anonymous connections, and those of the other workers with them.

    ``changed`` is called with each change: whether the others are to hear of it at once, or with others
    some time soon. ``take_changes`` gives them. ``elsewhere`` counts all connections of the others.
    """

    def __init__(self, settings: WsSettings, changed: Callable[[bool], None]) -> None:
        super().__init__(settings)
        self._changed = changed
        self._changes: dict[str, list[int]] = {}
        self._own: Counter[str] = Counter()
        self.elsewhere = 0

    def __len__(self) -> int:
        return len(self._own)

    def enter(self, network: str) -> bool:
        """Count a connection in, unless there are too many."""
        if not super().enter(network):
            return False
        self._own[network] += 1
        self._note(network, _CONNECTIONS, 1)
        return True

    def leave(self, network: str, subscriptions: int) -> None:
        """Count a connection out, with what it followed."""
        super().leave(network, subscriptions)
        self._own[network] -= 1
        if not self._own[network]:
            del self._own[network]
        self._note(network, _CONNECTIONS, -1)
        self._note(network, _SUBSCRIPTIONS, -subscriptions)

    def follow(self, network: str, change: int) -> bool:
        """Count ``change`` subscriptions more, unless they are too many."""
        if not super().follow(network, change):
            return False
        self._note(network, _SUBSCRIPTIONS, change)
        return True

    def take(self, network: str, now: int, count: int = 1) -> int:
        """Take requests of the budget; return how long to wait (ns) when there is not one."""
        wait = super().take(network, now, count)
        if not wait:
            self._note(network, _REQUESTS, count)
        return wait

    def refused(self, network: str, now: int) -> bool:
        """Count a refusal; return whether the address has had too many."""
        too_many = super().refused(network, now)
        if not too_many:
            self._note(network, _REFUSALS, 1)
        return too_many

    def connected(self, change: int) -> None:
        """Count connections of any kind, as the others have to know."""
        self._note(EVERYBODY, _CONNECTIONS, change)

    def hear(self, changes: Iterable[GuestChange]) -> None:
        """Take over what the others tell."""
        now = time.monotonic_ns()
        for change in changes:
            if change.network == EVERYBODY:
                self.elsewhere += change.connections
            else:
                counts = (change.connections, change.subscriptions, change.requests, change.refusals)
                self.adopt(change.network, counts, now)

    def take_changes(self) -> list[GuestChange]:
        """Return what happened here since the last call."""
        changes, self._changes = self._changes, {}
        return [GuestChange(network, *counts) for network, counts in changes.items() if any(counts)]

    def _note(self, network: str, which: int, change: int) -> None:
        if change:
            self._changes.setdefault(network, [0, 0, 0, 0])[which] += change
            self._changed(which in _AT_ONCE)


class GuestLedger:
    """What each worker has open, as the engine's process knows it: for those who come later, and the dead."""

    def __init__(self) -> None:
        self._open: dict[int, dict[str, tuple[int, int]]] = {}

    @property
    def connected(self) -> int:
        """Connections of all workers."""
        return sum(networks.get(EVERYBODY, (0, 0))[0] for networks in self._open.values())

    def note(self, worker: int, changes: Iterable[GuestChange]) -> None:
        """Take over what a worker tells."""
        networks = self._open.setdefault(worker, {})
        for change in changes:
            connections, subscriptions = networks.get(change.network, (0, 0))
            entry = (connections + change.connections, subscriptions + change.subscriptions)
            if any(entry):
                networks[change.network] = entry
            else:
                networks.pop(change.network, None)

    def others(self, worker: int) -> list[GuestChange]:
        """Return what all but ``worker`` have open."""
        sums: dict[str, list[int]] = {}
        for other, networks in self._open.items():
            if other != worker:
                for network, (connections, subscriptions) in networks.items():
                    total = sums.setdefault(network, [0, 0])
                    total[0] += connections
                    total[1] += subscriptions
        return [GuestChange(network, *counts) for network, counts in sums.items()]

    def forget(self, worker: int) -> list[GuestChange]:
        """Drop a worker that has gone; return the change that this is."""
        networks = self._open.pop(worker, {})
        return [
            GuestChange(network, -connections, -subscriptions)
            for network, (connections, subscriptions) in networks.items()
        ]
