"""What every FIX request is held to: values that are taken or refused alike, whatever is asked.

NOT here: the rules themselves (``terms``), what else a request needs (``fix_orders``, ``fix_market_data``,
``fix_securities``, ``fix_recovery``).
"""

from gateway.dialects.native.terms import CL_ORD_ID_RULE, is_cl_ord_id, shown
from protocols.fix import Message, SessionReject, SessionRejectReason


def request_id(message: Message, name: str, tag: bytes) -> bytes:
    """Return the id that a client gave its request. Raises ``SessionReject`` where it cannot be repeated."""
    value = message.fields.get(tag, b"")
    if not is_cl_ord_id(value):
        raise incorrect(name, tag, value, CL_ORD_ID_RULE)
    return value


def incorrect(name: str, tag: bytes, value: bytes, rule: str) -> SessionReject:
    """Return the answer to a field, by ``name`` and ``tag``, whose value breaks ``rule``."""
    text = f"{name} {shown(value)} is incorrect: {rule}"
    return SessionReject(SessionRejectReason.VALUE_IS_INCORRECT, tag, text)
