"""Whether usual events are applied, and pushed, by the compiled forms, and by what of them.

``BDAX_PURE=1`` in the environment forces plain Python (``publisher``, ``market``; ``joining``). NOT here: the
forms (``_applying.pyx``; ``_publishing.pyx``).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.marketdata.catalog import Catalog
from gateway.marketdata.hub import Hub
from gateway.marketdata.joining import Joining
from gateway.marketdata.market import Market
from gateway.marketdata.stream import Imprint, Stream
from gateway.model import Event
from gateway.ports.forms import IS_PLAIN
from gateway.ports.market_data import Push


class Apply(Protocol):
    """Applies committed events and pushes what they changed."""

    def __call__(self, events: Sequence[Event], /) -> None:
        """Apply ``events`` in ``eseq`` order, all events of a command in one call."""


class Joins(Protocol):
    """What ``joining.Joining`` does."""

    def open(self) -> None:
        """Join pushes from now on."""

    def close(self) -> None:
        """Hand over what is joined, and join nothing from now on."""

    def publish(self, stream: Stream, push: Push) -> None:
        """Push to each member of ``stream`` that does not lag."""


def usual_apply(
    markets: Mapping[str, Market], imprint: Imprint, catalog: Catalog, joining: Joins, plain: Apply
) -> Apply:
    """Return what applies events to this state: ``plain``, or the compiled form where that is built."""
    if IS_PLAIN:
        return plain
    try:
        from gateway.marketdata._applying import Applying
    except ImportError:
        return plain
    return Applying(markets, imprint, catalog, joining, plain).apply


def usual_joining(hub: Hub) -> Joins:
    """Return what takes pushes to ``hub``, and joins those of a turn."""
    if IS_PLAIN:
        return Joining(hub)
    try:
        from gateway.marketdata._publishing import Publishing
    except ImportError:
        return Joining(hub)
    return Publishing(hub)
