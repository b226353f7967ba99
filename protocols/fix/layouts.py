"""Which messages are good at once, by the order of their tags, in plain Python: the twin of the compiled one.

Clients send few layouts: the checks of each are looked up once. NOT here: what the checks are and what is
wrong with a message that does not pass (``validation``), which twin works (``codec``).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import compress
from operator import call
from typing import Final, TypeAlias

from protocols.fix.field_types import Check
from protocols.fix.message import Message

MAX_LAYOUT_FIELDS: Final = 64

Checks: TypeAlias = Sequence[Check | None]
"""One for each field; ``None`` for a field that is right in every frame."""

_FAIL: Final[tuple[list[bool], list[Check]]] = ([True], [lambda _value: False])


class Layouts(ABC):
    """What was learnt of the messages of a dictionary.

    ``checks_of`` gives the checks of a layout (MsgType(35), and then the tags as they come), or ``None`` for
    one that has to be looked at more closely. ``max_layouts`` bounds what is remembered; a layout has
    ``MAX_LAYOUT_FIELDS`` fields at most.
    """

    def __init__(
        self, checks_of: Callable[[tuple[bytes, ...]], Checks | None], max_layouts: int = 1024
    ) -> None:
        self._checks_of = checks_of
        self._max_layouts = max_layouts
        self._known: dict[tuple[bytes, ...], tuple[list[bool], list[Check]]] = {}

    @property
    def learnt(self) -> int:
        """How many layouts are remembered."""
        return len(self._known)

    def validate(self, message: Message) -> None:
        """Raise ``SessionReject`` for the first fault of ``message``."""
        if not self.passes(message):
            self._look_closer(message)

    @abstractmethod
    def _look_closer(self, message: Message) -> None:
        """Do what ``validate`` says for a message that does not pass."""

    def passes(self, message: Message) -> bool:
        """Tell whether ``message`` is good; ``False`` means that it may not be."""
        fields = message.fields
        if not message.field_count == len(fields) <= MAX_LAYOUT_FIELDS:
            return False
        layout = (message.msg_type, *fields)
        known = self._known.get(layout)
        if known is None:
            known = self._learn(layout)
        is_checked, checks = known
        return all(map(call, checks, compress(fields.values(), is_checked)))

    def _learn(self, layout: tuple[bytes, ...]) -> tuple[list[bool], list[Check]]:
        found = self._checks_of(layout)
        if found is None:
            return _FAIL
        if len(self._known) >= self._max_layouts:
            # Whoever sends many layouts costs the others the learning of theirs.
            self._known.clear()
        known = [check is not None for check in found], [check for check in found if check is not None]
        self._known[layout] = known
        return known
