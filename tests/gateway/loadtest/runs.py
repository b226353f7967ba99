"""Runs of the harness in the tests' own process: one worker's part, without processes of its own."""

import multiprocessing
import threading
import time
from collections import deque
from typing import Any

import msgspec

from gateway.loadtest import scenario
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.outcome import Outcome, Ready, Role, Status, Task
from gateway.loadtest.scenario import Scenario
from gateway.loadtest.worker import STOP, carry_out

# For targets that leave something unanswered: how long the harness waits for it.
SOON = {"patience_s": 0.6}
MIX = {"rest": 4, "cross": 4, "cancel": 2, "replace": 2, "quantity_steps": 3}


def scenario_of(**tables: Any) -> Scenario:
    """Return a scenario of a few quick sessions, with ``tables`` laid over it."""
    content: dict[str, Any] = {
        "name": "test",
        "fix": {"sessions": 2},
        "load": {"window": 20, "count": 400},
        "limits": {"connect_s": 5, "patience_s": 5, "run_s": 20, "prepared_max": 2000},
    }
    for name, table in tables.items():
        content[name] = {**content[name], **table} if isinstance(content.get(name), dict) else table
    return scenario.checked(content, "test")


class Parent:
    """As much of a connection to its parent as a worker uses: the words come once the worker stands ready."""

    def __init__(self, *words: object) -> None:
        self._later = words
        self._words: deque[object] = deque()

    def send(self, said: object) -> None:
        """Hear what the worker says."""
        if isinstance(said, Ready):
            self._words.extend(self._later)

    def poll(self) -> bool:
        """Return whether there is a word."""
        return bool(self._words)

    def recv(self) -> object:
        """Return the next word."""
        return self._words.popleft()


def run_orders(
    address: tuple[str, int], plan: Scenario, stop_after: int = 0
) -> tuple[Outcome, list[Ready | Status]]:
    """Carry out the part of the only worker; return what it found, and what it said on the way.

    It is told to stop when it has said something ``stop_after`` times (0: never).
    """
    parent, child = multiprocessing.Pipe()
    said: list[Ready | Status] = []
    task = Task(Role.ORDERS, 0, 1, msgspec.json.encode(plan), "run", address, (address, "venue", "/v1"))

    def listen() -> None:
        try:
            while True:
                said.append(parent.recv())
                if isinstance(said[-1], Ready):
                    parent.send(time.monotonic_ns())
                if len(said) == stop_after:
                    parent.send(STOP)
        except (EOFError, OSError):  # who was stopped does not read what was said after it
            return

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        outcome = carry_out(task, child)
    finally:
        child.close()
        listener.join()
        parent.close()
    return outcome, said


def faults_of(outcome: Outcome) -> dict[FaultKind, int]:
    """Return how many faults of which kind were found."""
    return dict(outcome.findings.faults.counts)
