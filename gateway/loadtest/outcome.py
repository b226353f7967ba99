"""What a worker is told to do, and what it tells while it runs and at the end."""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from gateway.loadtest.findings import NEVER, Findings
from gateway.loadtest.scenario import Scenario
from gateway.loadtest.wires import Address


class Role(StrEnum):
    """What a worker does."""

    ORDERS = "orders"
    SUBSCRIBERS = "subscribers"


@dataclass(frozen=True, slots=True)
class Task:
    """The part of the ``index``-th of ``workers`` that do the same.

    ``plan`` is the scenario as JSON; ``ws`` is address, host and path.
    """

    role: Role
    index: int
    workers: int
    plan: bytes
    run: str
    fix: Address | None
    ws: tuple[Address, str, str] | None

    @property
    def scenario(self) -> Scenario:
        """Return the whole scenario."""
        return msgspec.json.decode(self.plan, type=Scenario)

    @property
    def fix_address(self) -> Address:
        """Return where FIX sessions connect; ``ValueError`` without one."""
        if self.fix is None:
            raise ValueError("FIX sessions without an address")
        return self.fix

    @property
    def ws_address(self) -> Address:
        """Return where WebSocket connections connect; ``ValueError`` without one."""
        return self._ws[0]

    @property
    def ws_site(self) -> tuple[str, str]:
        """Return host and path of the WebSocket listener; ``ValueError`` without one."""
        return self._ws[1:]

    @property
    def _ws(self) -> tuple[Address, str, str]:
        if self.ws is None:
            raise ValueError("WebSocket connections without an address")
        return self.ws


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker stands ready, with so many of its connections."""

    connected: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Status:
    """Where a worker stands: counts so far, and a few latencies since the last one."""

    sent: int = 0
    answered: int = 0
    fills: int = 0
    pushes: int = 0
    connected: int = 0
    faults: int = 0
    planned: int = 0
    is_measuring: bool = False
    is_draining: bool = False
    measure_from: int = NEVER
    load_ended: int = NEVER
    """When the plan's last answer had come (monotonic ns), before what is done to end in order."""
    samples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """What subscribers are told of the load: between which times it is measured, what to wait for at its end.

    ``last_trade`` is the last engine sequence that filled orders, -1 while it is not known.
    """

    since: int
    until: int
    last_trade: int = -1


@dataclass(slots=True)
class Flow:
    """What went by in one second, counted when it was sent or came."""

    sent: int = 0
    answered: int = 0
    fills: int = 0
    pushes: int = 0
    connections: int = 0

    def add(self, other: "Flow") -> None:
        """Add another one's counts."""
        self.sent += other.sent
        self.answered += other.answered
        self.fills += other.fills
        self.pushes += other.pushes
        self.connections += other.connections


@dataclass(slots=True)
class Outcome:
    """All that a worker found.

    Times are monotonic ns; ``busy`` is its own CPU use in cores while it measured, ``waited`` how much of
    that time it was ready and had none.
    """

    findings: Findings
    planned: int = 0
    measured_ns: int = 0
    measured_answers: int = 0
    measured_until: int = 0
    is_complete: bool = True
    busy: float = 0.0
    waited: float = 0.0
    seconds: dict[int, Flow] = field(default_factory=dict)
