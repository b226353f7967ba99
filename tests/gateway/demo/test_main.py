import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process

import orjson
import pytest

from tests.gateway.demo.acceptor import fields
from tests.gateway.demo.venue import PARTICIPANTS, Venue


async def start(line: bytes) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.demo", stdin=PIPE, stderr=PIPE
    )
    assert process.stdin is not None
    process.stdin.write(line + b"\n")
    return process


async def end(process: Process) -> tuple[int, list[bytes]]:
    """Wait for the end, at most as long as the demo promises; return exit status and log lines."""
    async with asyncio.timeout(5):
        _, log = await process.communicate()
    assert process.returncode is not None
    return process.returncode, log.splitlines()


def hang_up(process: Process) -> None:
    """Close its stdin, as the death of its parent does."""
    assert process.stdin is not None
    process.stdin.close()


def briefing_of(venue: Venue) -> bytes:
    told = venue.briefing
    return orjson.dumps(
        {
            "fix": f"{told.fix_host}:{told.fix_port}",
            "ws": told.ws_url,
            "participants": [vars(participant) for participant in PARTICIPANTS],
            "instruments": ["BTC-KRW"],
        }
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_a_goodbye(number: signal.Signals) -> None:
    async with Venue() as venue:
        process = await start(briefing_of(venue))
        assert fields(await venue.fix_message(b"D"), 49) == ["SIM1"]
        process.send_signal(number)
        await venue.fix_message(b"5")
        assert await end(process) == (0, [])


async def test_the_end_of_stdin_ends_it() -> None:
    async with Venue() as venue:
        process = await start(briefing_of(venue))
        await venue.fix_message(b"D")
        hang_up(process)
        assert await end(process) == (0, [])


@pytest.mark.parametrize("line", [b"", b"{}"])
async def test_a_wrong_briefing_is_one_line_and_exit_2(line: bytes) -> None:
    status, log = await end(await start(line))
    assert status == 2
    [entry] = log
    assert "briefing" in orjson.loads(entry)["event"]


async def test_a_lost_connection_is_logged() -> None:
    async with Venue() as venue:
        process = await start(briefing_of(venue))
        await venue.fix_message(b"D")
        venue.lines[0].transport.abort()
        await venue.fix_message(b"A")
        hang_up(process)
        status, log = await end(process)
        assert status == 0
        entry = orjson.loads(log[0])
        assert (entry["event"], entry["level"]) == ("demo connection lost", "warning")
        assert entry["participant"] == "SIM1"


async def test_without_anything_to_trade_it_ends() -> None:
    async with Venue() as venue:
        told = orjson.loads(briefing_of(venue)) | {"instruments": ["OLD-KRW"]}
        assert await end(await start(orjson.dumps(told))) == (0, [])
