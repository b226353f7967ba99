"""A stage for turns: an engine that echoes, a store that commits when told, and a wire that records."""

import asyncio
from collections.abc import Callable, Sequence

from gateway.model import Command, Event, InstrumentStatus, SetTradingStatus, TradingStatus
from gateway.net.counters import FrontCounters
from gateway.net.outbox import Outbox
from gateway.net.turns import Turns
from gateway.ports import Batch, Durability, SessionNumbers, StoredExecution, StoredMessage, StoreError


class EchoEngine:
    """Answers each status command with its event; the engine's sequence grows by one."""

    def __init__(self) -> None:
        self.eseq = 0
        self.events: list[Event] = []

    def submit(self, command: Command) -> None:
        assert isinstance(command, SetTradingStatus)
        self.eseq += 1
        self.events.append(
            InstrumentStatus(self.eseq, 1, command.transact_time, command.symbol, command.status)
        )

    def drain(self) -> list[Event]:
        events, self.events = self.events, []
        return events


class SlowStore:
    """Commits when the test says so, or at once."""

    durability = Durability.NONE

    def __init__(self, *, at_once: bool = False) -> None:
        self.at_once = at_once
        self.under_way: list[tuple[Batch, Callable[[StoreError | None], None]]] = []
        self.committed: list[Batch] = []

    def commit(self, batch: Batch, done: Callable[[StoreError | None], None]) -> None:
        assert not self.under_way, "one commit at a time"
        self.under_way.append((batch, done))
        if self.at_once:
            self.finish()

    def finish(self, error: StoreError | None = None) -> None:
        batch, done = self.under_way.pop()
        self.committed.append(batch)
        done(error)

    def numbers(self, session: str) -> SessionNumbers:
        raise AssertionError(session)

    def messages(self, session: str, epoch: int, begin: int, end: int) -> Sequence[StoredMessage]:
        raise AssertionError(session, epoch, begin, end)

    def executions(self, account: str, after: int, limit: int) -> Sequence[StoredExecution]:
        raise AssertionError(account, after, limit)

    def executions_at(self, account: str, eseq: int) -> Sequence[StoredExecution]:
        raise AssertionError(account, eseq)

    def close(self) -> None:
        raise AssertionError


class Wire(asyncio.Transport):
    """Records writes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closing = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.limits = (high, low)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))


class Stage:
    """Turns over a recording engine, store, wire and publisher."""

    def __init__(self, *, at_once: bool = False, max_uncommitted_bytes: int = 1000) -> None:
        self.engine = EchoEngine()
        self.store = SlowStore(at_once=at_once)
        self.wire = Wire()
        self.outbox = Outbox(self.wire, FrontCounters())
        self.log: list[str] = []
        self.turns = Turns(
            self.engine,
            self.store,
            max_uncommitted_bytes=max_uncommitted_bytes,
            on_failure=lambda error: self.log.append(f"failed: {error}"),
        )
        self.turns.bind(self.deliver, self.publish)

    def deliver(self, events: Sequence[Event]) -> None:
        for event in events:
            self.turns.unit.say(self.outbox, b"<%d>" % event.eseq)

    def publish(self, events: Sequence[Event]) -> None:
        self.log.append("published " + ",".join(str(event.eseq) for event in events))
        self.turns.push(self.outbox, b"[public]")

    def order(self) -> None:
        command = SetTradingStatus(0, "BTC-KRW", TradingStatus.OPEN)
        self.turns.record(command)
        self.engine.submit(command)


async def turn() -> None:
    """Let the loop run what is due."""
    loop = asyncio.get_running_loop()
    for _ in range(3):
        passed = loop.create_future()
        loop.call_soon(passed.set_result, None)
        await passed
