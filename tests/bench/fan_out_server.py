"""``python -m tests.bench.fan_out_server CLIENTS RATE MESSAGES BATCH``: the gateway's fan-out without orders.

Feeds a recorded tape into the publisher of a whole gateway, from where it goes through hub and WebSocket
connections as always. Prints ``ready PORT``, waits until ``CLIENTS`` have subscribed, prints its memory, then
publishes ``MESSAGES`` pushes, ``RATE`` a second (0: as fast as the slowest outbox drains), ``BATCH`` at once.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Final

import msgspec
import uvloop

from gateway.app.gateway import Gateway
from gateway.marketdata import HubSettings
from gateway.model import Event
from gateway.net.ws_acceptor import WsAcceptor
from gateway.net.ws_socket import WsSocket
from gateway.settings import GatewaySettings, load
from tests.bench.event_tape import record
from tests.bench.gateway_figures import rss_bytes
from tests.bench.order_path import CONFIG

SYMBOL: Final = "BTC-KRW"
SETTLE_S: Final = 0.5
LOOK_S: Final = 0.02
NEVER_NS: Final = 10**18


class Pace:
    """Feeds the tape. It waits for every delivery, and for every connection that does not read."""

    def __init__(self, gateway: Gateway, tape: Sequence[Sequence[Event]], rate: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._turns = gateway.turns
        self._hub = gateway.feed.hub
        self._publish = gateway.feed.publisher.apply
        self._tape = tape
        self._gap_s = 1 / rate if rate else 0.0
        self._next = 0
        self._started = 0.0
        self._waits = False
        self.paused = 0

    def start(self) -> None:
        """Publish the first piece now."""
        self._started = self._loop.time()
        self._step()

    def resumed(self) -> None:
        """Note that one more connection reads again."""
        self.paused -= 1
        if not self.paused and self._waits:
            self._waits = False
            self._step()

    def _step(self) -> None:
        if self.paused:
            self._waits = True
            return
        if self._hub.queued or not self._turns.is_idle:
            self._loop.call_soon(self._step)
            return
        if self._next == len(self._tape):
            return
        self._turns.after_commit(self._feed)

    def _feed(self) -> None:
        self._publish(self._tape[self._next])
        self._next += 1
        if self._gap_s:
            self._loop.call_at(self._started + self._next * self._gap_s, self._step)
        else:
            # Behind the first slice of what was published.
            self._loop.call_soon(self._step)


class PacedSocket(WsSocket):
    """A connection as it is, which also tells when its client does not read."""

    def __init__(self, reception: WsAcceptor, pace: Pace) -> None:
        super().__init__(reception)
        self._pace = pace

    def pause_writing(self) -> None:
        super().pause_writing()
        self._pace.paused += 1

    def resume_writing(self) -> None:
        super().resume_writing()
        self._pace.resumed()


def joined(tape: Sequence[Sequence[Event]], batch: int) -> list[list[Event]]:
    """Return the tape in pieces of ``batch`` commands."""
    pieces = range(0, len(tape), batch)
    return [[event for command in tape[at : at + batch] for event in command] for at in pieces]


async def run(settings: GatewaySettings, clients: int, rate: float, messages: int, batch: int) -> None:
    """Serve until ended by a signal."""
    gateway = Gateway(settings, lambda error: sys.exit(f"the gateway failed: {error}"))
    # Between handshake and first push the clients wait, and all that they get shall be pushes.
    gateway.feed.hub.settings = HubSettings(heartbeat_ns=NEVER_NS)
    await gateway.start()
    tape = joined(record(settings.instruments, SYMBOL, messages), batch)
    pace = Pace(gateway, tape, rate / batch)
    server = await asyncio.get_running_loop().create_server(
        lambda: PacedSocket(gateway.ws, pace), "127.0.0.1", 0, backlog=4096
    )
    before = rss_bytes(os.getpid())
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    while gateway.feed.hub.subscriptions < clients:  # noqa: ASYNC110 - nobody tells of a subscription
        await asyncio.sleep(LOOK_S)
    await asyncio.sleep(SETTLE_S)
    print(before, rss_bytes(os.getpid()), flush=True)
    pace.start()
    await server.serve_forever()


def settings_for(folder: str) -> GatewaySettings:
    """Return the load test's configuration on ports that the system chooses, with nothing to be durable."""
    replace = msgspec.structs.replace
    settings = load(CONFIG)
    return replace(
        settings,
        fix=replace(settings.fix, port=0),
        ws=replace(settings.ws, port=0),
        http=replace(settings.http, port=0),
        store=replace(settings.store, data_dir=folder, durability="none"),
    )


def main(arguments: list[str]) -> None:
    """Read the arguments and serve."""
    clients, rate, messages, batch = arguments
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(run(settings_for(folder), int(clients), float(rate), int(messages), int(batch)))


if __name__ == "__main__":
    main(sys.argv[1:])
