"""A process that commits batch after batch, to be killed: ``committing.py DIR DURABILITY FAULT COUNT``.

Prints the number of each batch when its commit is answered, or the one line of a failure.
"""

import asyncio
import sys
from functools import partial
from pathlib import Path

from gateway.ports import Durability, StoreError
from gateway.ports.faults import arm
from gateway.store.log_store import LogStore
from gateway.store.records import Record
from tests.gateway.store.batches import ORIGIN, batch, settings


async def work(data_dir: Path, durability: Durability, count: int) -> None:
    recovery = LogStore.recover(data_dir)
    number = 0
    for item in recovery.replay(0):
        if isinstance(item, Record):
            number = item.number
    store = recovery.start(settings(durability, commands=4), ORIGIN, {}, asyncio.get_running_loop())
    for following in range(number + 1, number + 1 + count):
        answer: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()
        store.commit(batch(following, text=b"x" * 3000), partial(answer.set_result))
        error = await answer
        print(following if error is None else error, flush=True)  # noqa: T201 - what the test reads
    store.close()


if __name__ == "__main__":
    arm(sys.argv[3])
    try:
        asyncio.run(work(Path(sys.argv[1]), Durability(sys.argv[2]), int(sys.argv[4])))
    except StoreError as error:
        print(error, flush=True)  # noqa: T201 - what the test reads
