"""Which twins work for FIX clients: the compiled ones, where they and the FIX codec are built.

NOT here: the twins (``_usual_client.pyx``; ``usual_connection``, ``usual_party``, ``usual_client``).
"""

from protocols.fix.codec import WHY_PURE

__all__ = ["UsualClient", "UsualConnection", "UsualParty"]

_is_plain = bool(WHY_PURE)
if not _is_plain:
    try:
        from gateway.net._usual_client import UsualClient, UsualConnection, UsualParty
    except ImportError:
        _is_plain = True
if _is_plain:
    from gateway.net.usual_client import UsualClient
    from gateway.net.usual_connection import UsualConnection
    from gateway.net.usual_party import UsualParty
