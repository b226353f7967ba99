from gateway.matching.book import Book
from gateway.matching.order_index import OrderIndex
from gateway.model import Event, NewOrder

class Entering:
    def __init__(self, books: dict[str, Book], index: OrderIndex) -> None: ...
    def enter(self, command: NewOrder, eseq: int) -> list[Event] | None: ...
