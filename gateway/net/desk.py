"""What every client session works with, whatever its front end."""

from dataclasses import dataclass

from gateway.dialects.native.origin import OrderQuery
from gateway.model import Instruments
from gateway.net.turns import Turns
from gateway.orders import Order, OrderRouter
from gateway.ports import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The order path and the store as the front ends see them."""

    instruments: Instruments
    router: OrderRouter
    store: Store
    turns: Turns

    def find(self, account: str, query: OrderQuery) -> Order | None:
        """Return the order of ``account`` that ``query`` is about: open, or closed not long ago."""
        registry = self.router.registry
        if query.order_id:
            return registry.order_by_id(account, query.order_id)
        return registry.order(account, query.cl_ord_id)
