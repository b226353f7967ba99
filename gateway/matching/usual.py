"""Whether usual requests are worked by the compiled form (``_usual.pyx``), and by what of it.

``BDAX_PURE=1`` in the environment forces plain Python, which has one way for all commands (``engine``).
"""

from typing import Protocol

from gateway.matching.book import Book
from gateway.matching.order_index import OrderIndex
from gateway.model import Command, Event
from gateway.ports.forms import IS_PLAIN


class UsualWork(Protocol):
    """Works usual commands on the state of an engine."""

    def work(self, command: Command, eseq: int) -> list[Event] | None:
        """Work ``command`` with the sequence ``eseq``; ``None``: it is not usual, and nothing changed."""


def usual_work(books: dict[str, Book], index: OrderIndex) -> UsualWork | None:
    """Return what works usual commands on this state, ``None`` where the compiled form is not there."""
    if IS_PLAIN:
        return None
    try:
        from gateway.matching._usual import Usual
    except ImportError:
        return None
    return Usual(books, index)
