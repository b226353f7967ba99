"""A store of the tests: begun on what is there, and waited for."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from gateway.ports import Batch, Durability, SessionNumbers, StoreError
from gateway.store.log_file import LogFile
from gateway.store.log_store import LogStore
from gateway.store.records import Record
from tests.gateway.store.batches import ORIGIN, settings


class Answered:
    """Takes one answer; awaited for it."""

    def __init__(self) -> None:
        self.future: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()

    def __call__(self, error: StoreError | None) -> None:
        self.future.set_result(error)


async def commit(store: LogStore, content: Batch) -> StoreError | None:
    answered = Answered()
    store.commit(content, answered)
    async with asyncio.timeout(10):
        return await answered.future


def begin(
    data_dir: Path,
    durability: Durability = Durability.OS,
    *,
    commands: int = 1 << 30,
    open_file: Callable[..., LogFile] = LogFile,
) -> LogStore:
    """Recover what is there, and begin."""
    recovery = LogStore.recover(data_dir, open_file)
    sessions: dict[str, SessionNumbers] = {}
    for item in recovery.replay(0):
        if isinstance(item, Record):
            sessions.update(item.sessions)
    return recovery.start(
        settings(durability, commands=commands), ORIGIN, sessions, asyncio.get_running_loop()
    )
