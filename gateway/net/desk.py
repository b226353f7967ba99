"""What every client session works with, whatever its front end."""

from dataclasses import dataclass

from gateway.model import Instruments
from gateway.net.turns import Turns
from gateway.orders import OrderRouter
from gateway.ports import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The order path and the store as the front ends see them."""

    instruments: Instruments
    router: OrderRouter
    store: Store
    turns: Turns
