from gateway.model import OrderEvent
from gateway.orders.order import Order

def encode(event: OrderEvent, order: Order | None) -> bytes | None: ...
