"""A live order path without sockets, whose batches become records as the log would give them back."""

from collections.abc import Callable, Iterable

from gateway.app.origin import Origin
from gateway.app.replica import Replica
from gateway.model import Command, Event, Instrument, Instruments, NewOrder, OrdType, Side, TimeInForce
from gateway.orders import OrderLimits
from gateway.ports import Batch, SessionNumbers, StoredExecution
from gateway.store.encoding import encode_record
from gateway.store.records import HEADER_SIZE, Place, Record, decode_header
from tests.gateway.matching.trading_floor import BTC, two_instruments

LIMITS = OrderLimits(closed_max=5, idempotency_max=1_000, price_bands=False)
TIME = 1_700_000_000_000_000_000


def origin(instruments: Iterable[Instrument] | None = None, limits: OrderLimits = LIMITS) -> Origin:
    """Return an origin with the two instruments of the matching tests, unless others are given."""
    known = two_instruments() if instruments is None else Instruments(instruments)
    return Origin(known, limits)


class Live:
    """The state as a gateway has it: commands are checked, recorded and delivered."""

    def __init__(self, origin: Origin) -> None:
        self.replica = Replica(origin)
        self.commands: list[Command] = []
        self.executions: list[StoredExecution] = []
        self.last_events: list[Event] = []
        self.bind()

    def bind(self) -> None:
        """Record what the order path hands over."""
        self.replica.router.record_commands(self._record)
        self.replica.router.record_executions(self._record_execution)

    def work(self, commands: Iterable[Command], sessions: dict[str, SessionNumbers] | None = None) -> Record:
        """Work one batch and return its record, read back from its bytes."""
        replica = self.replica
        for command in commands:
            replica.router.submit(command, 0)
        events = replica.engine.drain()
        if events:
            replica.router.deliver(events)
            replica.publisher.apply(events)
        recorded, self.commands = self.commands, []
        executions, self.executions = self.executions, []
        self.last_events = events
        batch = Batch(recorded, [], sessions or {}, executions, events)
        replica.batch += 1
        replica.sessions.update(batch.sessions)
        return record_of(batch, replica.batch, replica.eseq)

    def _record(self, command: Command) -> None:
        self.commands.append(command)

    def _record_execution(self, execution: StoredExecution) -> None:
        self.executions.append(execution)


def record_of(batch: Batch, number: int, eseq: int) -> Record:
    """Return a record as it is read from the log."""
    content = encode_record(number, eseq, TIME + number, batch)
    fixed, body = content[:HEADER_SIZE], content[HEADER_SIZE:]
    return Record.decode(decode_header(fixed), body, Place(1, 0, len(content)))


def order_maker() -> Callable[..., NewOrder]:
    """Return a maker of good limit orders, each with the next ClOrdID."""
    count = 0

    def make(side: Side = Side.BUY, price: int = 100, quantity: int = 5, symbol: str = BTC) -> NewOrder:
        nonlocal count
        count += 1
        return NewOrder(
            session="DEMO1",
            msg_seq_num=count,
            account="ACC1",
            transact_time=TIME + count,
            cl_ord_id=b"o%d" % count,
            symbol=symbol,
            side=side,
            ord_type=OrdType.LIMIT,
            time_in_force=TimeInForce.GTC,
            order_qty=quantity,
            price=price,
        )

    return make
