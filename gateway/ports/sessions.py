"""The ports from the order path back to its clients, whatever their transport."""

from typing import Any, Protocol

from gateway.model import OrderEvent


class ClientSession(Protocol):
    """Where the reports of one session go. One exists per session key, connected or not."""

    @property
    def key(self) -> str:
        """The session key, as in ``Command.session``."""

    @property
    def account(self) -> str:
        """The account that the session trades for."""

    def report(self, event: OrderEvent, order: Any) -> None:
        """Say ``event`` to the client; what is said rides the current batch.

        ``order`` is the registry's record (``gateway.orders.Order``) after the whole command was applied, or
        ``None`` where no order exists (a refused cancel of an unknown order). Events of one session arrive
        in ``(eseq, n)`` order, the answer to a request before what the request caused.
        """


class ExecutionListener(Protocol):
    """Follows every order event of an account, whichever session entered the order."""

    def on_execution(self, event: OrderEvent, order: Any, exec_id: int) -> None:
        """Take one event; ``exec_id`` grows by one per account. Called after the sessions' reports."""
