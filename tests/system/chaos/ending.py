"""What is asked of the gateway when all is quiet: the accounts' histories, their orders, the log's orders."""

import asyncio
from pathlib import Path
from typing import Final

import orjson

from tests.system.chaos.exchange import bdax
from tests.system.chaos.public_reader import PublicReader
from tests.system.chaos.records import Ending, Push, Span, WsDelivery
from tests.system.chaos.ws_peer import WsPeer, connecting

TIMEOUT_S: Final = 120.0
STATUSES: Final = 200
"""The last orders of an account that are asked for one by one."""


async def ask_ending(url: str, account: str) -> Ending:
    """Return what the gateway says of an account on a new connection."""
    ending = Ending()
    done = asyncio.Event()

    def on_push(push: Push) -> None:
        if push["type"] == "replay.done":
            done.set()
        else:
            ending.history.append(WsDelivery(0, push["type"], push["seq"], push))

    async with asyncio.timeout(TIMEOUT_S), connecting(url) as socket:
        peer = WsPeer(socket, on_push)
        reading = asyncio.create_task(peer.read())
        await peer.logon(account)
        await peer.result("executions.replay", from_exec_id=1)
        await done.wait()
        ending.open_orders = await peer.result("orders.open")
        entered = [
            each.push["data"] for each in ending.history if each.push["data"].get("kind") == "accepted"
        ]
        for order in entered[-STATUSES:]:
            name = order["order_id"]
            reply = await peer.ask("order.status", order_id=name)
            ending.statuses[name] = reply.get("result")
        reading.cancel()
    return ending


async def read_snapshots(url: str) -> list[Span]:
    """Return the snapshots of the public channels on a new connection."""
    spans: list[Span] = []
    reader = PublicReader(url, spans)
    reading = asyncio.create_task(reader.follow())
    async with asyncio.timeout(TIMEOUT_S):
        await reader.complete.wait()
    reading.cancel()
    return spans


async def log_orders(data_dir: Path) -> dict[str, Push]:
    """Return the open orders that the log gives, by order id."""
    printed = await bdax("replay", "--data", str(data_dir), "--print", "orders")
    orders = map(orjson.loads, printed.splitlines())
    return {order["order_id"]: order for order in orders}


async def log_hash(data_dir: Path) -> str:
    """Return the hash of the state that the log gives."""
    printed = orjson.loads(await bdax("replay", "--data", str(data_dir), "--print", "hash"))
    return f"{printed['eseq']} {printed['hash']}"
