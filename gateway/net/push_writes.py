"""Public pushes on their way to a few connections: written when nothing is read any more, or soon anyway.

To write to a connection wakes its client, and takes longer than to make the pushes of a turn. So answers go
first, and while turn follows turn their pushes share a write. The twin that works is the compiled one where
that is built; ``BDAX_PURE=1`` in the environment forces plain Python. NOT here: who gets what
(``marketdata``), and broadcasts to many (``broadcast``).
"""

from gateway.net.plain_pushes import MOST_HELD_NS
from gateway.ports.forms import IS_PLAIN

__all__ = ["MOST_HELD_NS", "PushWrites", "UsualSocket"]

if IS_PLAIN:
    from gateway.net.plain_pushes import PushWrites, UsualSocket
else:
    try:
        from gateway.net._pushes import PushWrites, UsualSocket
    except ImportError:
        from gateway.net.plain_pushes import PushWrites, UsualSocket
