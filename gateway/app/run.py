"""Run the gateway until it is told to end: signals, the ready line, exit codes."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import orjson
import uvloop

from gateway.app import survivors
from gateway.app.allocator import give_back_large_blocks
from gateway.app.demo_market import DemoMarket
from gateway.app.gateway import Endpoints, Gateway
from gateway.app.replica import ReplicaError
from gateway.app.twins import tell_of_plain_modules
from gateway.net.listeners import ListenError
from gateway.ports import StoreError, faults
from gateway.settings import GatewaySettings, SettingsError
from gateway.store import DataDirError

EXIT_GOOD: Final = 0
EXIT_FAILED: Final = 1
EXIT_CONFIGURATION: Final = 2
_ENDS: Final = (signal.SIGTERM, signal.SIGINT)
SWITCH_INTERVAL_S: Final = 0.0005
"""How long the loop's thread may keep the store's thread waiting for the interpreter."""


class _Interrupted(BaseException):
    """A signal asked for the end before anything was promised to anybody."""


def run_gateway(settings: GatewaySettings, *, demo: bool) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    Prints one JSON line on stdout when every listener accepts. What cannot be used (a port, the data
    directory) is one line on stderr and exit code 2; a store or a turn that fails, at the start too, exit
    code 1.
    """
    give_back_large_blocks()
    try:
        faults.arm(os.environ.get(faults.CRASH_VARIABLE, ""))
    except ValueError as error:
        return _say(f"{faults.CRASH_VARIABLE}: {error}", EXIT_CONFIGURATION)
    with _uncollected_start(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_run(settings, demo=demo))
        except (DataDirError, ListenError, SettingsError) as error:
            return _say(str(error), EXIT_CONFIGURATION)
        except (StoreError, ReplicaError) as error:
            return _say(str(error), EXIT_FAILED)
        except _Interrupted:
            return EXIT_GOOD


async def _run(settings: GatewaySettings, *, demo: bool) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Exception | None] = loop.create_future()

    def end(error: Exception | None = None) -> None:
        if not ended.done():
            ended.set_result(error)

    tell_of_plain_modules()
    market = DemoMarket() if demo else None
    if market is not None:
        settings = market.join(settings)
    with _interruptible():
        gateway = Gateway(settings, end)
    for number in _ENDS:
        loop.add_signal_handler(number, end)
    if settings.store.durability == "fsync":
        sys.setswitchinterval(SWITCH_INTERVAL_S)
    loop.add_signal_handler(signal.SIGHUP, gateway.reload)
    try:
        endpoints = await gateway.start()
        if market is not None:
            await market.start(endpoints, settings)
        survivors.settle()
        _print_ready(endpoints)
        gateway.take_snapshots()
        error = await ended
    finally:
        async with asyncio.TaskGroup() as ends:
            if market is not None:
                ends.create_task(market.stop())
            ends.create_task(gateway.stop())
    return EXIT_GOOD if error is None else _say(str(error), EXIT_FAILED)


@contextmanager
def _uncollected_start() -> Iterator[None]:
    """Look for no garbage in what a start makes, which stays, until ``survivors.settle``."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a signal end a long recovery, during which the loop does not run."""
    former = {number: signal.signal(number, _interrupt) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _Interrupted


def _say(text: str, code: int) -> int:
    print(f"bdax: {text}", file=sys.stderr)  # noqa: T201 - the contract of the command
    return code


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
