"""The port from the order path back to a client session, whatever its transport."""

from typing import Any, Protocol

from gateway.model import OrderEvent


class ClientSession(Protocol):
    """Where the reports of one session go. One exists per session key, connected or not."""

    key: str
    account: str

    def report(self, event: OrderEvent, order: Any) -> None:
        """Say ``event`` to the client; what is said rides the current batch.

        ``order`` is the registry's record (``gateway.orders.Order``) after the whole command was applied, or
        ``None`` where no order exists (a refused cancel of an unknown order). Events of one session arrive
        in ``(eseq, n)`` order, the answer to a request before what the request caused.
        """
