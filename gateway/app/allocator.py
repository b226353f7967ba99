"""The C library's allocator, told to give large blocks back to the system when they are freed.

glibc maps blocks of 128 KiB and more one by one, and unmaps them when they are freed; but after that it takes
blocks up to that size from the heap, where what lives longer keeps them. So hash tables that are resized, and
what a snapshot takes for a moment, stay with the process. NOT here: the objects that Python keeps in arenas.
"""

import ctypes
from typing import Final

LARGE: Final = 4 * 1024 * 1024
"""Blocks from here on are mapped, which costs a system call and zeroed pages: none on the order path is."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def give_back_large_blocks() -> bool:
    """Map blocks of ``LARGE`` bytes and more whatever was freed; return whether the C library can."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    # Setting either ends the adjusting of both: the end of the heap is left at twice that, as it would be.
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE) and mallopt(_M_TRIM_THRESHOLD, 2 * LARGE))
