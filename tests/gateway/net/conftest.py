"""A gateway of its own for each test, on ports the system chooses, under the loop of production."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.gateway.net.running import Running, StartRunning


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def workers() -> int:
    """How many workers have the WebSocket connections; ``running.BOTH`` has them too."""
    return 0


@pytest.fixture
async def start(tmp_path: Path, workers: int) -> AsyncIterator[StartRunning]:
    """Start a gateway with changed settings; it is stopped after the test."""
    gateways: list[Running] = []

    async def start(**changes: Any) -> Running:
        changes["ws"] = {"workers": workers, **changes.get("ws", {})}
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
