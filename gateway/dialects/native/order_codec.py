"""Which twin of the dialect's hot functions works: the compiled one beside a compiled FIX codec, where built.

NOT here: the twins (``_usual_orders.pyx``, ``usual_orders``).
"""

from protocols.fix.codec import WHY_PURE

__all__ = ["usual_new_order"]

_is_plain = bool(WHY_PURE)
if not _is_plain:
    try:
        from gateway.dialects.native._usual_orders import usual_new_order
    except ImportError:
        _is_plain = True
if _is_plain:
    from gateway.dialects.native.usual_orders import usual_new_order
