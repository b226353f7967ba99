from collections.abc import Callable

from gateway.model import Command
from gateway.orders.risk import PreTradeRisk
from gateway.orders.router import OrderRouter

class Taking:
    def __init__(self, router: OrderRouter, risk: PreTradeRisk) -> None: ...
    def record_commands(self, record: Callable[[Command], None]) -> None: ...
    def submit(self, command: Command, now: int) -> bool: ...
