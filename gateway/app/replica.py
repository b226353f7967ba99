"""The gateway's state without its clients: engine, order path and books, restored and moved on by records.

The live gateway starts from a replica; the snapshots are taken of one in a process beside it; ``bdax replay``
shows one. In a replica no session is attached and nobody subscribes, so records only change its state.
NOT here: where snapshots and records come from (``recovery``, ``replay``, ``snapshot_process``).
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from gateway.app.origin import Origin, OriginError
from gateway.dialects.native.ws_market_data import NativeEncoder
from gateway.engine import EmbeddedEngine
from gateway.marketdata import Hub, Publisher, PublisherSettings, publisher_state
from gateway.matching import snapshot as matching_snapshot
from gateway.model import Command, Event, Instruments
from gateway.orders import OrderRouter
from gateway.orders import snapshot as orders_snapshot
from gateway.ports import SessionNumbers
from gateway.store.encoding import hash_events
from gateway.store.records import Record
from gateway.store.snapshots import SnapshotFile

HASH_BYTES: Final = 16

FOLLOWED_AT_ONCE: Final = 512
"""About how many events of several batches go to order path and books in one call."""


class ReplicaError(Exception):
    """The state cannot be rebuilt; one line says why and what to do."""


class DivergenceError(ReplicaError):
    """A record's commands led to other events than were recorded."""


class NewerStateError(ReplicaError):
    """A newer gateway wrote a snapshot, and perhaps the log: to go on without it could be wrong."""


class Replica:
    """State after ``batch``, the last batch applied; ``eseq`` is the last command in it.

    ``sessions`` are the FIX sequence numbers. Raises ``ReplicaError`` from any call.
    """

    def __init__(self, origin: Origin) -> None:
        instruments, limits = origin.instruments, origin.limits
        self.origin = origin
        self.batch = 0
        self.sessions: dict[str, SessionNumbers] = {}
        self.engine = EmbeddedEngine(instruments, closed_kept=limits.closed_max)
        self.router = OrderRouter(self.engine, instruments, limits, _ignore)
        self._set_market_data(instruments)

    @classmethod
    def restore(cls, saved: SnapshotFile) -> "Replica":
        """Return the replica that goes on where ``saved`` was taken."""
        replica = cls(decode_origin(saved.origin))
        replica.batch = saved.batch
        try:
            body = msgspec.msgpack.decode(saved.body, type=_Body)
            replica.sessions = body.sessions
            try:
                replica._restore(body.engine, body.orders, body.market_data)
            except ValueError:
                body.check_versions()
                raise
        except NewerStateError as error:
            raise NewerStateError(f"snapshot of batch {saved.batch}: {error}") from None
        except (msgspec.DecodeError, ValueError) as error:
            raise ReplicaError(f"snapshot of batch {saved.batch}: {error}") from None
        if replica.eseq != saved.eseq:
            raise ReplicaError(f"snapshot of batch {saved.batch}: eseq {replica.eseq}, not {saved.eseq}")
        return replica

    @property
    def eseq(self) -> int:
        """The engine sequence of the last command worked."""
        return self.engine.eseq

    def apply(self, record: Record) -> None:
        """Work the next batch, and compare what it led to with what was recorded."""
        self._follow(self._check(record))

    def apply_all(self, records: Iterable[Record]) -> None:
        """Work the next batches as ``apply`` does, and faster; after an error nothing can be applied."""
        events: list[Event] = []
        for record in records:
            events += self._check(record)
            if len(events) >= FOLLOWED_AT_ONCE:
                self._follow(events)
                events = []
        self._follow(events)

    def apply_until(self, record: Record, eseq: int) -> None:
        """Work the next batch's commands up to ``eseq``; nothing can be applied after that."""
        self._follow(self._work(record.commands[: eseq - self.eseq]))

    def adopt(self, origin: Origin) -> None:
        """Go on under another configuration.

        An instrument that is new starts fresh, and one without open orders may go: it is retired then, here
        and in all that follows. Refused is one that went with open orders, and another number of decimals,
        also of one that comes back.
        """
        instruments = origin.instruments.after(self.origin.instruments)
        origin = msgspec.structs.replace(origin, instruments=instruments)
        if origin == self.origin:
            return
        self._check_instruments(instruments)
        engine, orders = self.engine.snapshot(), self.router.snapshot()
        market_data = self.publisher.snapshot_state()
        self.origin = origin
        self._restore(engine, orders, market_data)

    def snapshot(self) -> SnapshotFile:
        """Return the whole state; equal states give equal bytes."""
        body = _Body(
            self.engine.snapshot(),
            self.router.snapshot(),
            self.publisher.snapshot_state(),
            dict(sorted(self.sessions.items())),
        )
        return SnapshotFile(self.batch, self.eseq, self.origin.encode(), msgspec.msgpack.encode(body))

    def state_hash(self) -> str:
        """Return a hash over engine and order state, in hexadecimal."""
        state = hashlib.blake2b(self.engine.snapshot(), digest_size=HASH_BYTES)
        state.update(self.router.snapshot())
        return state.hexdigest()

    def _check(self, record: Record) -> list[Event]:
        """Work the next batch; return its events, which are those that were recorded."""
        if record.number != self.batch + 1:
            raise ReplicaError(f"log: batch {record.number} follows batch {self.batch}; restore a whole copy")
        events = self._work(record.commands)
        actual = hash_events(events)
        if actual != record.event_hash:
            raise DivergenceError(
                f"log: batch {record.number} (to eseq {self.eseq}) replays to other events than it recorded"
                f" (hash {actual:08x}, recorded {record.event_hash:08x}): start the version that wrote it"
            )
        self.batch = record.number
        self.sessions.update(record.sessions)
        return events

    def _work(self, commands: Sequence[Command]) -> list[Event]:
        submit = self.engine.submit
        for command in commands:
            submit(command)
        return self.engine.drain()

    def _follow(self, events: Sequence[Event]) -> None:
        if events:
            self.router.follow(events)
            self.publisher.follow(events)

    def _restore(self, engine: bytes, orders: bytes, market_data: bytes) -> None:
        instruments, limits = self.origin.instruments, self.origin.limits
        self.engine = EmbeddedEngine.restore(instruments, engine, closed_kept=limits.closed_max)
        self.router = OrderRouter(self.engine, instruments, limits, _ignore)
        self.router.restore(orders)
        self._set_market_data(instruments)
        self.publisher.restore_state(market_data)

    def _set_market_data(self, instruments: Instruments) -> None:
        self.hub = Hub()
        settings = PublisherSettings(ring=self.origin.rings)
        self.publisher = Publisher(instruments, NativeEncoder(time.time_ns), self.hub, settings)

    def _check_instruments(self, instruments: Instruments) -> None:
        former = self.origin.instruments
        for symbol, known in (*former.items(), *former.retired.items()):
            new = instruments.get(symbol)
            if new is None:
                if symbol in former and len(self.publisher.book(symbol)):
                    raise ReplicaError(
                        f"instruments: {symbol} is gone but has open orders: keep it until they are closed"
                    )
                continue
            for places in ("price_places", "qty_places"):
                was, asked = getattr(known, places), getattr(new, places)
                if was != asked:
                    raise ReplicaError(
                        f"instruments: {symbol}: {places} was {was}, is {asked}: the orders in the log are"
                        f" reckoned in {was}; keep it, or list the pair under a new symbol"
                    )


class _Form(msgspec.Struct, frozen=True, array_like=True):
    """What every state begins with."""

    name: str
    version: int


class _Body(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    engine: bytes
    orders: bytes
    market_data: bytes
    sessions: dict[str, SessionNumbers]

    def check_versions(self) -> None:
        """Raise ``NewerStateError`` when a state has a higher version than is read here."""
        for state, (name, version) in zip((self.engine, self.orders, self.market_data), _FORMS, strict=True):
            form = msgspec.msgpack.decode(state, type=_Form)
            if form.name == name and form.version > version:
                raise NewerStateError(
                    f"{name} version {form.version}, and this gateway knows {version}: "
                    "start the version of the gateway that wrote it"
                )


_FORMS: Final = (
    matching_snapshot.FORM,
    orders_snapshot.FORM,
    (publisher_state.FORMAT, publisher_state.VERSION),
)


def replica_under(origin: Origin, replica: Replica | None) -> Replica:
    """Return ``replica`` with ``origin`` in force from now on, an empty one when there is none yet."""
    if replica is None:
        return Replica(origin)
    replica.adopt(origin)
    return replica


def decode_origin(encoded: bytes) -> Origin:
    """Return the origin in ``encoded``. Raises ``ReplicaError``."""
    try:
        return Origin.decode(encoded)
    except OriginError as error:
        raise ReplicaError(f"log: {error}") from None


def _ignore(command: Command) -> None:
    """Record nothing: the command comes from the record."""
