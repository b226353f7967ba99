"""When FIX sessions are cut off: all at once, every so often.

NOT here: how they come back (``fix_returns``).
"""

from collections.abc import Sequence

from gateway.loadtest.findings import NEVER, NS
from gateway.loadtest.fix_returns import ReturningFixOrders
from gateway.loadtest.order_session import OrderSession
from gateway.loadtest.scenario import Scenario


class Cuts:
    """Cuts a share of the sessions of a worker, all at once, while the load lasts."""

    def __init__(self, sessions: Sequence[OrderSession], scenario: Scenario) -> None:
        fix = scenario.fix
        returning = [session for session in sessions if isinstance(session, ReturningFixOrders)]
        self._members = returning[: max(1, round(len(returning) * fix.reconnect_share))]
        self._every = int(fix.reconnect_every_s * NS)
        self._connect_s = scenario.limits.connect_s
        self._next = NEVER

    def begin(self, start: int) -> None:
        """Cut from ``start`` (monotonic ns) on."""
        if self._every:
            self._next = start + self._every

    def look(self, now: int) -> None:
        """Cut what is due, and end who has not come back; called about ten times a second."""
        if now >= self._next:
            self._next += self._every
            for session in self._members:
                session.cuts_next = session.is_ready
        for session in self._members:
            session.give_up_return(now, self._connect_s)

    def end(self) -> None:
        """Cut nobody any more: the load is over."""
        self._next = NEVER
        for session in self._members:
            session.cuts_next = False
