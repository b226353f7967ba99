from gateway.matching.book import Book
from gateway.matching.order_index import OrderIndex
from gateway.model import Command, Event

class Usual:
    def __init__(self, books: dict[str, Book], index: OrderIndex) -> None: ...
    def work(self, command: Command, eseq: int) -> list[Event] | None: ...
