"""What an object holds, in bytes: itself and all that it leads to."""

import enum
import gc
import sys
from types import BuiltinFunctionType, BuiltinMethodType, FunctionType, MethodType, ModuleType

import msgspec

_CODE = (type, ModuleType, FunctionType, BuiltinFunctionType, BuiltinMethodType, MethodType, property)


def held_bytes(*roots: object, apart_from: tuple[type, ...] = ()) -> int:
    """Return the size of all objects reachable from ``roots``, each once.

    Code and enumerations do not count, nor do instances of ``apart_from`` and what only they lead to.
    """
    shared = (*_CODE, enum.Enum, *apart_from)
    seen: set[int] = set()
    total = 0
    waiting = list(roots)
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, shared):
            continue
        seen.add(id(item))
        total += sys.getsizeof(item)
        waiting += gc.get_referents(item)
        if isinstance(item, msgspec.Struct):
            # A struct without gc does not tell what it refers to.
            waiting += [getattr(item, name) for name in item.__struct_fields__]
    return total
