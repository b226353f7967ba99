"""Where a request came from, and the questions that are answered without the engine."""

from typing import NamedTuple

from gateway.model import Side


class Origin(NamedTuple):
    """The session that sent a message, the account it trades for, and the time of arrival (UTC ns)."""

    session: str
    account: str
    transact_time: int


class OrderQuery(NamedTuple):
    """Which order a client asks about: by ``order_id`` or, when that is 0, by ``cl_ord_id``.

    ``symbol``, ``side`` and ``request_id`` (OrdStatusReqID(790)) are what the answer to an unknown order has
    to repeat on FIX; WebSocket leaves them empty.
    """

    cl_ord_id: bytes
    order_id: int
    symbol: str = ""
    side: Side | None = None
    request_id: bytes = b""
