"""The small exchange, for sessions that come back: it keeps their numbers, and what it has said to them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.gateway.loadtest.venue import Fields, Habits, Line, Venue

Resend = Callable[[int, Fields], list[Fields]]
"""From the how-manieth report that is sent again, counted from 1, and its fields to what is sent."""


def as_it_was(_: int, report: Fields) -> list[Fields]:
    """Send again what was sent."""
    return [report]


@dataclass
class _Memory:
    line: Line
    next_in: int = 1
    has_asked: bool = False
    said: dict[int, Fields] = field(default_factory=dict)


class RecallingVenue(Venue):
    """It resends what it is asked for, and asks for what it has missed.

    ``on_return`` is what becomes of a Logon that resets no numbers: ``accept``, ``silence``, ``logout``.
    ``forgets``: it works what is sent to it again, whether it had it already or not.
    """

    def __init__(
        self,
        habits: Habits | None = None,
        *,
        resend: Resend = as_it_was,
        on_return: str = "accept",
        resends: bool = True,
        works_twice: bool = False,
    ) -> None:
        super().__init__(habits)
        self.returns = 0
        self.resent = 0
        self._resend = resend
        self._on_return = on_return
        self._resends = resends
        self._works_twice = works_twice
        self._memories: dict[str, _Memory] = {}
        self._again = itertools.count(1)

    def _work(self, line: Line, fields: Fields) -> None:
        if fields[35] == "A":
            self._greet(line, fields)
            return
        memory = self._memories[line.client]
        number = int(fields[34])
        if number > memory.next_in:
            if not memory.has_asked:
                memory.has_asked = True
                self._say(line, "2", {7: str(memory.next_in), 16: "0"})
            if fields[35] == "2":
                self._say_again(memory, int(fields[7]), int(fields[16]))
            return
        if number < memory.next_in:
            assert fields.get(43) == "Y", fields
            return
        memory.has_asked = False
        memory.next_in = int(fields[36]) if fields[35] == "4" else number + 1
        if fields[35] == "2":
            self._say_again(memory, int(fields[7]), int(fields[16]))
            return
        super()._work(line, fields)
        if self._works_twice and fields.get(43) == "Y" and fields[35] == "D":
            self._works_twice = False
            super()._work(line, fields)

    def _greet(self, line: Line, fields: Fields) -> None:
        client = fields[49]
        if fields.get(141) == "Y":
            self._memories[client] = _Memory(line, next_in=int(fields[34]) + 1)
            self._log_on(line, fields)
            return
        self.returns += 1
        memory = self._memories[client]
        line.client, line.next_out, line.reports = client, memory.line.next_out, memory.line.reports
        for order in self._orders.values():
            if order.line is memory.line:
                order.line = line
        memory.line = line
        if self._on_return == "logout":
            self._say(line, "5", {58: "MsgSeqNum too low"})
        elif self._on_return == "accept":
            self._say(line, "A", {98: "0", 108: fields[108]})
            number, memory.has_asked = int(fields[34]), False
            if number > memory.next_in:
                memory.has_asked = True
                self._say(line, "2", {7: str(memory.next_in), 16: "0"})
            else:
                memory.next_in = number + 1

    def _say(self, line: Line, msg_type: str, body: Fields) -> None:
        memory = self._memories.get(line.client)
        if memory is not None and 34 not in body:
            memory.said[line.next_out] = {35: msg_type, **body}
        super()._say(line, msg_type, body)

    def _say_again(self, memory: _Memory, first: int, last: int) -> None:
        if not self._resends:
            return
        for number in range(first, last + 1):
            said = memory.said[number]
            if said[35] != "8":
                fill = {34: str(number), 43: "Y", 123: "Y", 36: str(number + 1)}
                self._say(memory.line, "4", fill)
                continue
            self.resent += 1
            for report in self._resend(next(self._again), {**said, 34: str(number), 43: "Y"}):
                self._say(memory.line, report[35], report)
