"""Which twins of the hot functions work here: the compiled ones, where they and the FIX codec are built.

NOT here: the twins (``*.pyx``; ``usual_orders``, ``usual_reports``).
"""

from protocols.fix.codec import WHY_PURE

__all__ = [
    "accepted",
    "canceled",
    "filled",
    "replaced",
    "usual_cancel",
    "usual_new_order",
    "usual_replace",
]

_is_plain = bool(WHY_PURE)
if not _is_plain:
    try:
        from gateway.dialects.native._usual_orders import usual_cancel, usual_new_order, usual_replace
        from gateway.dialects.native._usual_reports import accepted, canceled, filled, replaced
    except ImportError:
        _is_plain = True
if _is_plain:
    from gateway.dialects.native.usual_orders import usual_cancel, usual_new_order, usual_replace
    from gateway.dialects.native.usual_reports import accepted, canceled, filled, replaced
