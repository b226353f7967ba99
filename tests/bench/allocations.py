"""How often Python's allocators are asked for memory; what comes out of free lists is not counted."""

import ctypes
import sysconfig
from functools import cache
from pathlib import Path
from typing import Final

from tests.bench.building import built

_SOURCE: Final = Path(__file__).with_suffix(".c")


class Allocations:
    """Counts between ``start`` and ``stop``, in the whole process."""

    def __init__(self, library: Path) -> None:
        # It holds the interpreter's lock while it is called.
        self._library = ctypes.PyDLL(str(library))
        self._library.stop.restype = ctypes.c_ulonglong

    def start(self) -> None:
        """Count from now on."""
        self._library.start()

    def stop(self) -> int:
        """Count no more; return how many blocks were asked for since."""
        return int(self._library.stop())


@cache
def allocations() -> Allocations | str:
    """Return the counter, or in words why there is none."""
    include = sysconfig.get_paths()["include"]
    library = built(_SOURCE, "gcc", ["-O2", "-shared", "-fPIC", f"-I{include}"], [])
    return library if isinstance(library, str) else Allocations(library)
