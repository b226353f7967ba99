"""What a process keeps is kept out of the garbage collector's sight.

Thousands of connections are objects by the hundred thousand: to look at all of them again takes 100 ms, while
nobody is answered. Where they come at once, a full collection comes early too, and so looks at few. They are
freed when the last reference goes, as ever; only a cycle that outlives a full collection and is dropped later
stays. NOT here: what the allocator gives back (``allocator``).
"""

import gc
from typing import Final

_DEFAULT: Final = gc.get_threshold()
_YOUNGER: Final = 1
"""Collections of the second generation between two full ones: about 15,000 objects, some 10 ms."""


def settle() -> None:
    """Collect, and from now on never look again at what a full collection found alive."""
    gc.collect()
    gc.freeze()
    # A full collection also waits for a quarter of what the last one looked at: this one sees nothing.
    gc.collect()
    gc.set_threshold(*_DEFAULT[:2], _YOUNGER)
    if _keep not in gc.callbacks:
        gc.callbacks.append(_keep)
    gc.enable()


def unsettle() -> None:
    """Look at everything again; for a process that goes on to something else."""
    if _keep in gc.callbacks:
        gc.callbacks.remove(_keep)
    gc.set_threshold(*_DEFAULT)
    gc.unfreeze()


def _keep(phase: str, collection: dict[str, int]) -> None:
    if phase == "stop" and collection["generation"] == 2:
        gc.freeze()
