"""``python -m gateway.demo``: the demo market as a child process.

One JSON line on stdin says where the gateway is and who takes part (``briefing``). The process ends when
stdin closes, which the death of its parent does too, and on SIGTERM or SIGINT: exit 0, within a second. A
briefing that cannot be used: one line on stderr, exit 2.
"""

import asyncio
import datetime as dt
import logging
import signal
import sys
import time

import orjson
import uvloop

from gateway.demo import briefing, market


class _Lines(logging.Formatter):
    """One line per event, as the gateway logs: JSON for machines, text for a terminal."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        level, event = record.levelname.lower(), record.getMessage()
        extras = {name: str(vars(record)[name]) for name in ("participant", "reason") if name in vars(record)}
        if self._as_json:
            ts = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            return orjson.dumps({"ts": ts, "level": level, "event": event, **extras}).decode()
        facts = "".join(f"  {name}={value}" for name, value in extras.items())
        return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03} {level:7} {event}{facts}"


def _start_log() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(as_json=not sys.stderr.isatty()))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


async def _open_stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


async def _run() -> None:
    stdin = await _open_stdin()
    told = briefing.read(await stdin.readline())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = {
        trading := asyncio.create_task(market.run(told, time.time_ns() // 1_000_000)),
        asyncio.create_task(stdin.read()),
        asyncio.create_task(stop.wait()),
    }
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.wait(pending, timeout=0.8)
    if trading in done:
        trading.result()


def main() -> int:
    """Run until told to end; return the exit status."""
    _start_log()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run())
    except briefing.BriefingError as error:
        logging.getLogger("gateway.demo").error("%s", error)  # noqa: TRY400 - one line, no traceback
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
