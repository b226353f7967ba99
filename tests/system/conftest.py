"""Fixtures of the system tests: a gateway per test file, and clients for its demo accounts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lanes import SYSTEM
from tests.system.fix_engine import Initiator, by_password
from tests.system.fix_exchange import COUNTERPARTY, screen
from tests.system.fix_line import FixLine
from tests.system.gateway_process import GatewayProcess
from tests.system.quickfix_client import QuickFixClient
from tests.system.raw_fix import RawFix
from tests.system.ws_client import WsPeer

DEMO_PASSWORD = "demo"

Secret = Callable[[str], str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage of clients; a gateway can be measured in its own process."""
    for item in items:
        if item.nodeid.startswith(SYSTEM):
            item.add_marker(pytest.mark.unmeasured)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """The default gateway, one for all tests of a file."""
    with GatewayProcess(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture(scope="module")
def quickfix_demo1(
    gateway: GatewayProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[QuickFixClient]:
    """DEMO1 on QuickFIX, logged on."""
    folder = tmp_path_factory.mktemp("quickfix")
    credential = by_password("DEMO1", DEMO_PASSWORD)
    initiator = Initiator(gateway.fix, "DEMO1", credential, folder, reset_on_logon=True)
    with QuickFixClient(initiator) as client:
        client.wait_state("logged on")
        yield client


@pytest.fixture
def raw_demo1(gateway: GatewayProcess) -> Iterator[RawFix]:
    """DEMO1 on a bare socket, logged on."""
    with RawFix(gateway.fix, "DEMO1") as client:
        client.logon(DEMO_PASSWORD)
        yield client


@pytest.fixture
def ws_demo2(gateway: GatewayProcess) -> Iterator[WsPeer]:
    """DEMO2 on WebSocket, logged on."""
    with WsPeer(gateway.ws) as client:
        client.logon("DEMO2", "demo-secret-of-DEMO2")
        yield client


@pytest.fixture
def ws_anonymous(gateway: GatewayProcess) -> Iterator[WsPeer]:
    """A WebSocket client that nobody knows."""
    with WsPeer(gateway.ws) as client:
        yield client


@pytest.fixture
def line(market: GatewayProcess) -> Iterator[FixLine]:
    """A line to the gateway that the test file calls its market."""
    with FixLine(market.fix) as line:
        yield line


@pytest.fixture(scope="module")
def counterparty(market: GatewayProcess) -> Iterator[WsPeer]:
    """Whom engines trade with at that market."""
    with screen(market, COUNTERPARTY) as client:
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for what a test's own gateway writes."""
    return tmp_path
