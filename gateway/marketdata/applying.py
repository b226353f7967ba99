"""Whether usual events are applied by the compiled form (``_applying.pyx``), and by what of it.

``BDAX_PURE=1`` in the environment forces plain Python (``publisher``, ``market``).
"""

import os
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from gateway.marketdata.market import Market
from gateway.marketdata.stream import Imprint
from gateway.model import Event


class Apply(Protocol):
    """Applies committed events and pushes what they changed; not while a book is followed order by order."""

    def __call__(self, events: Sequence[Event], /) -> None:
        """Apply ``events`` in ``eseq`` order, all events of a command in one call."""


IS_PLAIN: Final = os.environ.get("BDAX_PURE") == "1"


def usual_apply(markets: Mapping[str, Market], imprint: Imprint) -> Apply | None:
    """Return what applies events to this state, ``None`` where the compiled form is not there."""
    if IS_PLAIN:
        return None
    try:
        from gateway.marketdata._applying import Applying
    except ImportError:
        return None
    return Applying(markets, imprint).apply
