"""Who hears of an order event, as the router tells it: for saying it again later.

NOT here: telling it the first time (``router``).
"""

import msgspec

from gateway.model import MassCanceled, OrderCanceled, OrderEvent, OrderFilled, OrderReplaced


def told_to(session: str, event: OrderEvent) -> OrderEvent | None:
    """Return ``event`` as the session with this key was told of it, ``None`` when it was not.

    An order's owner hears what became of it, the session that asked for a change the answer. An owner hears
    of a cancel that another session asked for as of one that nobody asked for.
    """
    if isinstance(event, OrderFilled):
        return event if event.owner == session else None
    if isinstance(event, OrderCanceled | OrderReplaced):
        if event.session == session:
            return event
        if event.owner != session:
            return None
        return unsolicited(event) if event.session else event
    if isinstance(event, MassCanceled):
        return None
    return event if event.session == session else None


def unsolicited(event: OrderCanceled | OrderReplaced) -> OrderCanceled | OrderReplaced:
    """Return a change as the order's owner sees it when another session asked for it."""
    if isinstance(event, OrderCanceled):
        return msgspec.structs.replace(event, session="", msg_seq_num=0, cl_ord_id=b"", orig_cl_ord_id=b"")
    return event
