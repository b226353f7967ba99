"""The port to the matching engine."""

from typing import Protocol

from gateway.model import Command, Event


class EnginePort(Protocol):
    """Takes commands and gives events, both in one total order.

    Ordering: commands are worked in the order of ``submit``; events come in ``eseq`` order, all events of a
    command together. Delivery: each command gets at least one event, exactly once. No answer is
    promised before the next ``drain``, nor within the same batch: an engine behind a log answers in a
    later one. Durability: none of its own; the batch that holds the command is committed by the store.
    """

    def submit(self, command: Command) -> None:
        """Hand over one command. Never calls back and never raises for what a client sent."""

    def drain(self) -> list[Event]:
        """Return the events since the last call, oldest first."""
