"""QuickFIX and fixcore-engine are away, lose their numbers, or come twice."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.fix_engine import EngineClient
from tests.system.fix_exchange import (
    DESK_NAMES,
    DESKS,
    Desk,
    exchange,
    place,
    pushes,
    screen,
    sell,
    sessions_for,
)
from tests.system.fix_line import FixLine
from tests.system.fix_versions import shown, told
from tests.system.fixcore_client import FixCoreClient
from tests.system.gateway_process import GatewayProcess, eventually
from tests.system.ws_client import WsPeer

BUY = 1
PURPOSES = ("AWAY", "LOST", "TWICE")


# QuickFIX takes seconds to stop, and what versions do not differ in need not be seen in each.
FEW = pytest.mark.parametrize(
    "desk", [DESKS[1], *DESKS[3:]], ids=[DESK_NAMES[1], *DESK_NAMES[3:]], indirect=True
)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    with exchange(tmp_path_factory.mktemp("exchange"), sessions_for(*PURPOSES)) as running:
        yield running


@pytest.fixture(params=DESKS, ids=DESK_NAMES)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    engine, version = request.param
    return Desk(engine, version, tmp_path)


def test_a_client_that_was_away_gets_its_fills_by_resend(
    desk: Desk, market: GatewayProcess, line: FixLine, counterparty: WsPeer
) -> None:
    names = ["AWAY-1", "AWAY-2", "AWAY-3"]
    with screen(market, desk.comp_id("AWAY")) as own:
        with desk.client(line.address, "AWAY") as client:
            client.wait_state("logged on")
            place(client, desk, names)
            reports = [client.receive(t150="0", t11=name) for name in names]
            client.stop(orderly=True)
        assert len(line.said("5")) == len(line.heard("5")) == 1
        sell(counterparty, "0.25")
        with desk.client(line.address, "AWAY") as client:
            client.wait_state("logged on")
            reports += [client.receive(t35="8", t150=fill) for fill in fills(desk, "full", "full", "part")]
            sell(counterparty, "0.05")
            reports.append(client.receive(t35="8", t11="AWAY-3", t39="2", t32="0.05"))
            assert client.is_quiet()
        executions = pushes(own, 7)
    assert [told(report) for report in reports] == [shown(execution) for execution in executions]
    resent = [report for report in line.heard("8") if report.get(43) == "Y"]
    assert [report[11] for report in resent] == names
    assert all(report[122] <= report[52] for report in resent)
    assert line.said("3") == line.heard("3") == []


def fills(desk: Desk, *kinds: str) -> list[str]:
    return [desk.version.filled[kind == "full"] for kind in kinds]


@FEW
def test_a_client_that_lost_its_numbers_is_told_so_and_begins_anew(
    desk: Desk, market: GatewayProcess, line: FixLine
) -> None:
    with screen(market, desk.comp_id("LOST")) as own:
        with desk.client(line.address, "LOST") as client:
            client.wait_state("logged on")
            place(client, desk, ["LOST-1"])
            order_id = client.receive(t150="0")[37]
            client.stop(orderly=True)
        with desk.client(line.address, "LOST", store="empty") as client:
            (logout,) = eventually(lambda: line.heard("5")[1:2], "the Logout")
            assert logout[58] == "MsgSeqNum too low, expecting 4 but received 1"
            eventually(lambda: line.hung_up >= 1, "the end of the connection")
            assert "logged on" not in states(client)
        with desk.client(line.address, "LOST", store="empty", reset_on_logon=True) as client:
            client.wait_state("logged on")
            logon = client.receive_admin("A")
            assert (logon[34], logon[141]) == ("1", "Y")
            # The order of the epoch before lives, and has its report in this one.
            client.send("F", desk.version.cancel("LOST-2", "LOST-1", BUY))
            report = client.receive(t150="4", t37=order_id, t34="2")
            assert client.is_quiet()
        own.push("executions")
        assert told(report) == shown(own.push("executions")["data"])


def states(client: EngineClient) -> list[str]:
    return list(client.inbox.states.queue)


@FEW
def test_a_second_connection_under_a_live_identity_is_dropped_and_the_first_kept(
    desk: Desk, market: GatewayProcess, line: FixLine, tmp_path: Path
) -> None:
    second_folder = tmp_path / "second"
    second_folder.mkdir()
    with desk.client(market.fix, "TWICE") as first:
        first.wait_state("logged on")
        # QuickFIX has one session of a name per process, so the second is always the other engine.
        initiator = dataclasses.replace(first.initiator, address=line.address, folder=second_folder)
        with FixCoreClient(initiator) as second:
            eventually(lambda: line.hung_up, "the end of the second connection")
            assert line.heard("A") == line.heard("5") == []
            assert states(second) == []
            place(first, desk, ["TWICE-1"])
            first.receive(t150="0", t11="TWICE-1")
            first.send("F", desk.version.cancel("TWICE-2", "TWICE-1", BUY))
            first.receive(t150="4", t11="TWICE-2")
            assert "logged out" not in states(first)
