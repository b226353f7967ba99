"""Run the gateway until it is told to end: signals, the ready line, exit codes."""

import asyncio
import gc
import os
import signal
import sys
from typing import Final

import orjson
import uvloop

from gateway.app.demo_market import DemoMarket
from gateway.app.gateway import Endpoints, Gateway
from gateway.net.listeners import ListenError
from gateway.settings import GatewaySettings, SettingsError
from gateway.store import DataDirError

EXIT_GOOD: Final = 0
EXIT_FAILED: Final = 1
EXIT_CONFIGURATION: Final = 2


def run_gateway(settings: GatewaySettings, *, demo: bool) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    Prints one JSON line on stdout when every listener accepts. What cannot be used (a port, the data
    directory) is one line on stderr and exit code 2; a store or a turn that fails, exit code 1.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_run(settings, demo=demo))
        except (DataDirError, ListenError, SettingsError) as error:
            print(f"bdax: {error}", file=sys.stderr)  # noqa: T201 - the contract of the command
            return EXIT_CONFIGURATION


async def _run(settings: GatewaySettings, *, demo: bool) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Exception | None] = loop.create_future()

    def end(error: Exception | None = None) -> None:
        if not ended.done():
            ended.set_result(error)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    market = DemoMarket() if demo else None
    if market is not None:
        settings = market.join(settings)
    gateway = Gateway(settings, end)
    loop.add_signal_handler(signal.SIGHUP, gateway.reload)
    try:
        endpoints = await gateway.start()
        if market is not None:
            await market.start(endpoints, settings)
        _settle_memory()
        _print_ready(endpoints)
        error = await ended
    finally:
        async with asyncio.TaskGroup() as ends:
            if market is not None:
                ends.create_task(market.stop())
            ends.create_task(gateway.stop())
    if error is None:
        return EXIT_GOOD
    print(f"bdax: {error}", file=sys.stderr)  # noqa: T201 - the contract of the command
    return EXIT_FAILED


def _settle_memory() -> None:
    """Keep what the start made out of every later garbage collection."""
    gc.collect()
    gc.freeze()


def _print_ready(endpoints: Endpoints) -> None:
    line = {
        "event": "ready",
        "fix": endpoints.fix,
        "fix_tls": endpoints.fix_tls,
        "ws": endpoints.ws,
        "http": endpoints.http,
        "durability": endpoints.durability,
        "pid": os.getpid(),
    }
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()
