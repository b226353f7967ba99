"""Lives of a gateway on a data directory, without sockets: what one commits the next one finds."""

import asyncio
from pathlib import Path

import msgspec

from gateway.app.origin import Origin
from gateway.app.recovery import Recovered, recover
from gateway.model import Command
from gateway.ports import Batch, StoreError
from gateway.settings import StoreSettings
from gateway.store.snapshots import write_snapshot
from tests.gateway.app.live import Live


class Start(Live):
    """One life of a gateway on a data directory."""

    def __init__(self, data_dir: Path, origin: Origin, **settings: int) -> None:
        store = StoreSettings(data_dir=str(data_dir), durability="os")
        store = msgspec.structs.replace(store, **settings)
        self.recovered: Recovered = recover(store, origin, asyncio.get_running_loop())
        self.data_dir = data_dir
        super().__init__(origin)
        self.replica = self.recovered.replica
        self.bind()

    def commit(self, *commands: Command) -> None:
        """Work one batch and commit it."""
        record = self.work(commands)
        events = self.last_events if record.commands else []
        batch = Batch(record.commands, record.messages, record.sessions, record.executions, events)
        failures: list[StoreError | None] = []
        self.recovered.store.commit(batch, failures.append)
        assert failures == [None]

    def snapshot(self) -> Path:
        """Write a snapshot of now."""
        return write_snapshot(self.data_dir, self.replica.snapshot())

    def end(self) -> None:
        """End without a snapshot."""
        self.recovered.store.close()
