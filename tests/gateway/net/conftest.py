"""A gateway of its own for each test, on ports the system chooses, under the loop of production."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from tests.gateway.net.running import Running, StartRunning


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[StartRunning]:
    """Start a gateway with changed settings; it is stopped after the test."""
    gateways: list[Running] = []

    async def start(**changes: object) -> Running:
        running = Running(tmp_path / f"data{len(gateways)}", changes)
        gateways.append(running)
        await running.start()
        return running

    yield start
    for running in gateways:
        await running.stop()


@pytest.fixture
async def gateway(start: StartRunning) -> Running:
    return await start()
