"""Failed logons per address: how many at once, and how soon the next."""

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from gateway.ports import Sample
from gateway.settings import LogonSettings

_NS_PER_S: Final = 1_000_000_000


class FailedAttempts:
    """Holds back addresses whose logons fail.

    An address may fail ``max_failures`` times at once and once more per ``failure_interval_s``; a logon that
    succeeds costs nothing, so many sessions of one address log on together. IPv6 addresses count by /64,
    the smallest network a site is given. At most ``max_addresses`` are remembered; at the bound the one
    that failed longest ago is forgotten.

    Ask ``allows`` right before each verification, not when the connection comes in: then a flood from one
    address is verified only until its budget is spent.
    """

    def __init__(self, settings: LogonSettings) -> None:
        self._interval = int(settings.failure_interval_s * _NS_PER_S)
        self._budget = (settings.max_failures - 1) * self._interval
        self._max_addresses = settings.max_addresses
        # When each address has its whole budget again, monotonic ns; in order of the last failure.
        self._restored: OrderedDict[str, int] = OrderedDict()
        self.failures = 0
        self.refusals = 0

    def __len__(self) -> int:
        return len(self._restored)

    def allows(self, address: str, now: int) -> bool:
        """Whether a logon from ``address`` may be verified now (monotonic ns); counts a refusal."""
        if self._restored.get(network_of(address), now) - now <= self._budget:
            return True
        self.refusals += 1
        return False

    def failed(self, address: str, now: int) -> None:
        """Count a failed logon of ``address``."""
        self.failures += 1
        key = network_of(address)
        self._restored[key] = max(self._restored.get(key, now), now) + self._interval
        self._restored.move_to_end(key)
        # Those at the front that are restored are due; one more may have to make room.
        while len(self._restored) > self._max_addresses or next(iter(self._restored.values())) <= now:
            self._restored.popitem(last=False)

    def samples(self) -> Iterable[Sample]:
        """Read the counters (a ``MetricsSource``)."""
        yield Sample("bdax_logon_failures", "Logons with wrong credentials.", "counter", self.failures)
        yield Sample(
            "bdax_logon_refusals",
            "Logons not verified because too many of their address failed.",
            "counter",
            self.refusals,
        )
        yield Sample("bdax_logon_addresses", "Addresses with failed logons.", "gauge", len(self._restored))


def network_of(address: str) -> str:
    """Return what an address counts under: an IPv6 address under its /64, a mapped IPv4 address as itself."""
    if ":" not in address:
        return address
    try:
        client = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(client.ipv4_mapped or client.packed[:8].hex())
