"""How a batch just written is noted: by the compiled form where it is built, else in plain Python.

``BDAX_PURE=1`` in the environment forces plain Python, which is in ``ranges``.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from gateway.ports import StoredExecution, StoredMessage
from gateway.ports.forms import IS_PLAIN
from gateway.store.ranges import SegmentRanges

Note: TypeAlias = Callable[[SegmentRanges, int, int, list[StoredMessage], list[StoredExecution]], None]


def _form() -> Note:
    if IS_PLAIN:
        return SegmentRanges.take
    try:
        from gateway.store._noting import take
    except ImportError:
        return SegmentRanges.take
    return take


take: Final = _form()
"""Do what ``SegmentRanges.take`` does."""
