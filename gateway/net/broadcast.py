"""One frame to many connections: straight to each socket that is free, else by way of the connection.

The frame is public and committed. A socket is free while its outbox says so; what it does not take is the
transport's to write. It goes on until its time is up (``Broadcast.open``). The twin that works is the
compiled one where that is built: it lets go of the interpreter's lock while it sends. ``BDAX_PURE=1`` in the
environment forces plain Python. NOT here: who gets what (``marketdata``).
"""

from gateway.ports.forms import IS_PLAIN

__all__ = ["Broadcast", "OpenSocket"]

if IS_PLAIN:
    from gateway.net.plain_send import Broadcast, OpenSocket
else:
    try:
        from gateway.net._send import Broadcast, OpenSocket
    except ImportError:
        from gateway.net.plain_send import Broadcast, OpenSocket
