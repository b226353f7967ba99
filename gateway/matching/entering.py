"""Whether usual new orders are worked by the compiled form (``_entering.pyx``), and by what of it.

``BDAX_PURE=1`` in the environment forces plain Python, which has one way for all orders (``engine``).
"""

import os
from typing import Final, Protocol

from gateway.matching.book import Book
from gateway.matching.order_index import OrderIndex
from gateway.model import Event, NewOrder


class Enter(Protocol):
    """Works an order and returns its events, or ``None``, nothing changed, if it needs a closer look."""

    def __call__(self, command: NewOrder, eseq: int, /) -> list[Event] | None:
        """Work ``command``, which has the sequence ``eseq``."""


IS_PLAIN: Final = os.environ.get("BDAX_PURE") == "1"


def usual_enter(books: dict[str, Book], index: OrderIndex) -> Enter | None:
    """Return what works usual orders on this state, ``None`` where the compiled form is not there."""
    if IS_PLAIN:
        return None
    try:
        from gateway.matching._entering import Entering
    except ImportError:
        return None
    return Entering(books, index).enter
