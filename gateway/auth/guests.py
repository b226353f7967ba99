"""Anonymous connections: what all of one address may take of the gateway together.

Too much is refused first, with the time to wait; who goes on all the same is cut off. NOT here: how a refusal
and the end are said (``gateway.net``).
"""

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Iterable, Set
from typing import Final

from gateway.auth.attempts import network_of
from gateway.ports import Sample
from gateway.settings import WsSettings

MAX_IDLE_ADDRESSES: Final = 10_000
"""Addresses without a connection whose budgets are remembered; at the bound the one that left first goes."""

SPARE_HANDSHAKES: Final = 50
"""Connections of an address beyond its limit that may stay until their handshake, to be told so in it."""

CONNECTION_RETRY_MS: Final = 5_000
SUBSCRIPTION_RETRY_MS: Final = 1_000
_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000


class _Address:
    """What one address has open, and when its budgets are whole again (monotonic ns)."""

    __slots__ = ("connections", "forgiven_at", "requests_at", "subscriptions", "variants")

    def __init__(self) -> None:
        self.connections = 0
        self.subscriptions = 0
        self.requests_at = 0
        self.forgiven_at = 0
        # By name how many of its connections follow it.
        self.variants: Counter[str] = Counter()


class Guests:
    """Counts anonymous connections by address; IPv6 addresses by /64, as failed logons are.

    Limits and what they are of: ``WsSettings.anonymous_*``.
    """

    def __init__(self, settings: WsSettings) -> None:
        self._settings = settings
        rate = settings.anonymous_requests_rate
        self._interval = _NS_PER_S // rate if rate else 0
        self._window = self._interval * (max(settings.anonymous_requests_burst, 1) - 1)
        self._forgiveness = int(settings.anonymous_refusal_interval_s * _NS_PER_S)
        self._unlimited = [ipaddress.ip_network(entry) for entry in settings.anonymous_unlimited]
        self._present: dict[str, _Address] = {}
        self._idle: OrderedDict[str, _Address] = OrderedDict()
        self._bare: dict[str, int] = {}
        self.refusals = 0
        self.cut_off = 0

    def __len__(self) -> int:
        return len(self._present)

    def arrive(self, address: str) -> "Guest":
        """Return the account of one connection of ``address``, which is not in yet (``Guest.knock``)."""
        if self._is_unlimited(address):
            return Guest(self, "")
        return Guest(self, network_of(address))

    def samples(self) -> Iterable[Sample]:
        """Read the counters (a ``MetricsSource``)."""
        yield Sample(
            "bdax_ws_anonymous_refusals",
            "Connections, subscriptions and requests beyond the limits of an anonymous address.",
            "counter",
            self.refusals,
        )
        yield Sample(
            "bdax_ws_anonymous_cut_off",
            "Anonymous connections ended because their address was refused too often.",
            "counter",
            self.cut_off,
        )
        yield Sample(
            "bdax_ws_anonymous_addresses",
            "Addresses with anonymous connections, those without limits left out.",
            "gauge",
            len(self._present),
        )

    # ---- for the guests

    def knock(self, network: str) -> bool:
        """Count a connection without a handshake, unless there are too many of the address."""
        limit = self._settings.anonymous_connections
        bare = self._bare.get(network, 0)
        entry = self._present.get(network)
        if limit and bare + (0 if entry is None else entry.connections) >= limit + SPARE_HANDSHAKES:
            self.refusals += 1
            return False
        self._bare[network] = bare + 1
        return True

    def unknock(self, network: str) -> None:
        """Count a connection without a handshake out: it is in, or gone."""
        bare = self._bare[network] - 1
        if bare:
            self._bare[network] = bare
        else:
            del self._bare[network]

    def enter(self, network: str) -> bool:
        """Count a connection in, unless there are too many."""
        entry = self._entry(network)
        limit = self._settings.anonymous_connections
        if limit and entry.connections >= limit:
            return False
        entry.connections += 1
        self._idle.pop(network, None)
        self._present[network] = entry
        return True

    def leave(self, network: str, subscriptions: int) -> None:
        """Count a connection out, with what it followed."""
        entry = self._present[network]
        entry.connections -= 1
        entry.subscriptions -= subscriptions
        if not entry.connections:
            del self._present[network]
            self._remember(network, entry)

    def follow(self, network: str, change: int) -> bool:
        """Count ``change`` subscriptions more, unless they are too many."""
        entry = self._present[network]
        limit = self._settings.anonymous_subscriptions
        if limit and change > 0 and entry.subscriptions + change > limit:
            return False
        entry.subscriptions += change
        return True

    def vary(self, network: str, come: Set[str], gone: Set[str]) -> bool:
        """Count variants of books in, unless they are too many different ones, and others out."""
        variants = self._present[network].variants
        limit = self._settings.anonymous_variants
        if limit and come and len(variants) + sum([name not in variants for name in come]) > limit:
            return False
        variants.update(come)
        for name in gone:
            variants[name] -= 1
            if not variants[name]:
                del variants[name]
        return True

    def take(self, network: str, now: int, count: int = 1) -> int:
        """Take ``count`` requests of the budget; return how long to wait (ns) when there is not one.

        One is enough: the others are owed.
        """
        entry = self._present[network]
        full_at = max(entry.requests_at, now)
        wait = full_at - now - self._window
        if wait > 0:
            return wait
        entry.requests_at = full_at + self._interval * count
        return 0

    def refused(self, network: str, now: int) -> bool:
        """Count a refusal; return whether the address has had too many."""
        self.refusals += 1
        entry = self._entry(network)
        window = self._forgiveness * (self._settings.anonymous_refusals - 1)
        forgiven_at = max(entry.forgiven_at, now)
        if forgiven_at - now > window:
            self.cut_off += 1
            return True
        entry.forgiven_at = forgiven_at + self._forgiveness
        if network not in self._present:
            self._remember(network, entry)
        return False

    def adopt(self, network: str, counts: tuple[int, int, int, int], now: int) -> None:
        """Count what connections of ``network`` did that are not of this process.

        ``counts``: connections and subscriptions more, or fewer; requests; refusals. They may take the
        address beyond its limits.
        """
        connections, subscriptions, requests, refusals = counts
        entry = self._entry(network)
        entry.connections += connections
        entry.subscriptions += subscriptions
        if requests:
            entry.requests_at = max(entry.requests_at, now) + requests * self._interval
        if refusals:
            entry.forgiven_at = max(entry.forgiven_at, now) + refusals * self._forgiveness
        if entry.connections:
            self._idle.pop(network, None)
            self._present[network] = entry
        else:
            self._present.pop(network, None)
            self._remember(network, entry)

    def _entry(self, network: str) -> _Address:
        return self._present.get(network) or self._idle.get(network) or _Address()

    def _remember(self, network: str, entry: _Address) -> None:
        self._idle[network] = entry
        self._idle.move_to_end(network)
        if len(self._idle) > MAX_IDLE_ADDRESSES:
            self._idle.popitem(last=False)

    def _is_unlimited(self, address: str) -> bool:
        try:
            client = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(client, ipaddress.IPv6Address) and client.ipv4_mapped is not None:
            client = client.ipv4_mapped
        return any(client in network for network in self._unlimited)


class Guest:
    """One connection before its logon. From ``leave`` on nothing is counted or limited.

    Times to wait are in ms, 0: go ahead. ``now`` is monotonic ns.
    """

    __slots__ = ("_guests", "_is_bare", "_is_in", "_network", "_subscriptions", "_variants")

    def __init__(self, guests: Guests, network: str) -> None:
        self._guests = guests
        self._network = network
        self._subscriptions = 0
        self._variants: Set[str] = frozenset()
        self._is_bare = False
        self._is_in = False

    def knock(self) -> bool:
        """Come, without a handshake so far; ``False``: there are too many such of the address."""
        self._is_bare = bool(self._network) and self._guests.knock(self._network)
        return self._is_bare or not self._network

    def enter(self) -> int:
        """Ask to be let in; return how long to wait before another connection is tried."""
        if not self._network or self._guests.enter(self._network):
            self._unknock()
            self._is_in = bool(self._network)
            return 0
        return CONNECTION_RETRY_MS

    def leave(self) -> None:
        """Be no guest any more: logged on, or gone. Idempotent."""
        self._unknock()
        if self._is_in:
            self._is_in = False
            self._guests.vary(self._network, frozenset(), self._variants)
            self._guests.leave(self._network, self._subscriptions)

    def follow(self, subscriptions: int) -> int:
        """Ask to follow that many public channels in all; return how long to wait with it."""
        if not self._is_in:
            return 0
        if not self._guests.follow(self._network, subscriptions - self._subscriptions):
            return SUBSCRIPTION_RETRY_MS
        self._subscriptions = subscriptions
        return 0

    def vary(self, variants: Set[str]) -> int:
        """Ask to follow these variants of books, and no others; return how long to wait with it."""
        if not self._is_in:
            return 0
        if not self._guests.vary(self._network, variants - self._variants, self._variants - variants):
            return SUBSCRIPTION_RETRY_MS
        self._variants = variants
        return 0

    def take_request(self, now: int, count: int = 1) -> int:
        """Ask for one request, which counts as ``count``; return how long to wait with it."""
        if not self._is_in:
            return 0
        return -(-self._guests.take(self._network, now, count) // _NS_PER_MS)

    def refused(self, now: int) -> bool:
        """Note that something was refused; return whether it is time to cut the connection off."""
        return self._guests.refused(self._network, now)

    def _unknock(self) -> None:
        if self._is_bare:
            self._is_bare = False
            self._guests.unknock(self._network)
