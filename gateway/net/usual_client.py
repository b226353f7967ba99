"""What every order asks of a FIX client that trades, in plain Python: the twin of the compiled one.

The compiled one also decodes and submits the usual requests of a read itself, one after the other. NOT here:
everything else that such a client does (``fix_client``), which twin works (``usual_fix``).
"""

from collections.abc import Callable
from typing import Final

from gateway.dialects.native.fix_reports import FixReports
from gateway.dialects.native.terms import Places
from gateway.model import Instruments, OrderEvent
from gateway.net.counters import FrontCounters
from gateway.net.turns import Talker, Unit
from gateway.net.usual_party import UsualParty
from gateway.orders import Order
from gateway.orders.router import Submit
from protocols.fix import Timestamps

NO_PLACES: Final = (0, 0)
"""Decimals of a symbol that does not exist."""


class UsualClient(UsualParty):
    """Reports the order path's events. What it works with is set by who derives from it."""

    account: str
    _counters: FrontCounters
    _instruments: Instruments
    _places: dict[str, Places]
    _reports: FixReports
    _submit: Submit
    _timestamps: Timestamps
    _touch: Callable[[Talker], None]
    _is_touched = False
    """By a report of this turn."""

    def report(self, event: OrderEvent, order: Order | None) -> None:
        """Number and store one report, and say it when the client is there."""
        places = self._places.get("" if order is None else order.symbol, NO_PLACES)
        encoded = self._reports.report(event, order, places)
        if encoded is not None:
            msg_type, body = encoded
            self.session.send(msg_type, body, self._turns.now)
            if not self._is_touched:
                self._is_touched = True
                self._touch(self)

    def collect(self, unit: Unit) -> None:
        """Move what the session has numbered and said into ``unit``."""
        self._is_touched = False
        super().collect(unit)
