"""Counts of one run, and the count of answers that decides when the gateway is killed."""

import asyncio
from collections import Counter


class Tally:
    """What the clients have counted so far. ``closing`` tells them to ask for nothing new."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.closing = False
        self.moved = asyncio.Event()
        """Set with each answer; whoever waits for one clears it."""
        self._answers: Counter[str] = Counter()
        self._total = 0

    def answered(self, client: str, count: int = 1) -> None:
        """Count answers that a client has got."""
        self._answers[client] += count
        self._total += count
        self.moved.set()

    def answers(self, client: str | None = None) -> int:
        """Return the answers of one client, or of all."""
        return self._total if client is None else self._answers[client]

    async def until(self, answers: int, client: str | None = None) -> None:
        """Wait until there are so many answers."""
        while self.answers(client) < answers:
            self.moved.clear()
            await self.moved.wait()
