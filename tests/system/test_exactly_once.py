"""Who loses the line, or the gateway to SIGKILL, gets what was missed, and nothing is done twice."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import GatewayProcess
from tests.system.raw_fix import RawFix
from tests.system.ws_client import Message, WsPeer

DURABLE = ("--durability", "os")


@pytest.fixture
def durable(folder: Path) -> Iterator[GatewayProcess]:
    """A gateway whose commits survive its own end."""
    with GatewayProcess(folder, *DURABLE) as running:
        yield running


def kill(gateway: GatewayProcess) -> None:
    gateway.signal(signal.SIGKILL)
    assert gateway.wait() == -signal.SIGKILL


def log_on(client: WsPeer, name: str = "DEMO1") -> None:
    client.logon(name, f"demo-secret-of-{name}")


def terms(cl_ord_id: str, price: str = "95000000", side: str = "buy") -> dict[str, Any]:
    return {
        "symbol": "BTC-KRW",
        "side": side,
        "type": "limit",
        "quantity": "0.5",
        "price": price,
        "cl_ord_id": cl_ord_id,
    }


def executions(client: WsPeer, count: int) -> list[Message]:
    """Return the next pushes, all of which are executions."""
    pushes = [client.next_push(5.0) for _ in range(count)]
    assert {push["ch"] for push in pushes} == {"executions"}
    return pushes


def replay(client: WsPeer, from_exec_id: int) -> list[Message]:
    """Subscribe from an execution on; return what is replayed, which must have no hole."""
    client.result("subscribe", channels=["executions"], from_exec_id=from_exec_id)
    pushes: list[Message] = []
    while (push := client.next_push(5.0))["type"] != "replay.done":
        assert (push["type"], push["seq"]) == ("replay", from_exec_id + len(pushes))
        pushes.append(push)
    assert push["seq"] == from_exec_id + len(pushes) - 1
    return pushes


def as_live(replayed: list[Message]) -> list[Message]:
    return [{**push, "type": "event", "sent": 0} for push in replayed]


def without_sent(pushes: list[Message]) -> list[Message]:
    return [{**push, "sent": 0} for push in pushes]


# ---- WebSocket


def test_a_websocket_client_gets_what_it_missed_while_away(durable: GatewayProcess) -> None:
    with WsPeer(durable.ws) as client, WsPeer(durable.ws) as watcher, WsPeer(durable.ws) as other:
        for peer, name in ((client, "DEMO1"), (watcher, "DEMO1"), (other, "DEMO2")):
            log_on(peer, name)
        watcher.result("subscribe", channels=["executions"])
        client.result("order.place", **terms("away-1"))
        [seen] = executions(watcher, 1)
        client.socket.close()
        other.result("order.place", **terms("taker-1", side="sell"))
        with WsPeer(durable.ws) as again:
            log_on(again)
            missed = replay(again, seen["seq"] + 1)
            assert [push["data"]["kind"] for push in missed] == ["filled"]
            assert as_live(missed) == without_sent(executions(watcher, 1))
            # Then live.
            again.result("order.place", **terms("away-2"))
            live = executions(again, 1)
            assert (live[0]["type"], live[0]["prev"]) == ("event", missed[-1]["seq"])


def test_after_a_kill_websocket_history_and_outcomes_are_what_they_were(folder: Path) -> None:
    with GatewayProcess(folder, *DURABLE) as gateway, WsPeer(gateway.ws) as client:
        log_on(client)
        client.result("subscribe", channels=["executions"])
        wanted = [terms(f"k-{n}", price=f"{90_000_000 + n * 1_000}") for n in range(20)]
        results = [client.result("order.place", **order) for order in wanted]
        refused = client.error("order.place", **terms("k-bad", price="95000001"))
        canceled = client.result("order.cancel", cl_ord_id="k-3")
        live = executions(client, 22)
        kill(gateway)
    with GatewayProcess(folder, *DURABLE) as gateway, WsPeer(gateway.ws) as client:
        log_on(client)
        assert as_live(replay(client, 1)) == without_sent(live)
        outcomes = {result["cl_ord_id"]: result for result in [*results, canceled]}
        for order in wanted:
            assert client.result("order.place", **order) == {
                **outcomes[order["cl_ord_id"]],
                "duplicate": True,
            }
        assert client.error("order.place", **terms("k-bad", price="95000001")) == {
            **refused,
            "duplicate": True,
        }
        assert client.error("order.place", **terms("k-3", price="95000000"))["name"] == "DUPLICATE_CL_ORD_ID"
        client.result("order.place", **terms("k-new"))
        pushes = executions(client, 2)
        assert [push["data"]["kind"] for push in pushes] == ["rejected", "accepted"]
        assert [push["seq"] for push in pushes] == [23, 24]
        assert len(client.result("orders.open")) == 20


def test_a_request_whose_answer_a_kill_swallowed_is_worked_once(folder: Path) -> None:
    with GatewayProcess(folder, *DURABLE) as gateway, WsPeer(gateway.ws) as client:
        log_on(client)
        client.result("order.place", **terms("first"))
        for n in range(50):
            client.socket.send(_request(n, terms(f"lost-{n}", price=f"{80_000_000 + n * 1_000}")))
        kill(gateway)
    with GatewayProcess(folder, *DURABLE) as gateway, WsPeer(gateway.ws) as client:
        log_on(client)
        for n in range(50):
            client.result("order.place", **terms(f"lost-{n}", price=f"{80_000_000 + n * 1_000}"))
        names = [order["cl_ord_id"] for order in client.result("orders.open")]
        assert sorted(names) == sorted(["first", *(f"lost-{n}" for n in range(50))])
        accepted = [push["data"]["cl_ord_id"] for push in replay(client, 1)]
        assert sorted(accepted) == sorted(names)


def _request(number: int, params: dict[str, Any]) -> str:
    return json.dumps({"id": f"x{number}", "method": "order.place", "params": params})


# ---- FIX


def order(cl_ord_id: str, price: str = "95000000") -> list[tuple[int, object]]:
    return [
        (11, cl_ord_id),
        (55, "BTC-KRW"),
        (54, 1),
        RawFix.now(),
        (38, "0.5"),
        (40, 2),
        (44, price),
        (59, 1),
    ]


def recovered(client: RawFix, *after: tuple[int, object]) -> tuple[list[dict[int, str]], dict[int, str]]:
    """Return the reports of a recovery by ExecID, and its end."""
    client.send("U1", (20012, "r"), *after)
    reports = []
    while (message := client.receive())[35] == "8":
        assert message[97] == "Y"
        reports.append(message)
    assert (message[35], message[911], message[20013]) == ("U2", str(len(reports)), "N")
    return reports, message


def content(report: dict[int, str]) -> dict[int, str]:
    return {tag: value for tag, value in report.items() if tag not in (9, 10, 34, 52, 97)}


def test_after_a_kill_a_fix_client_recovers_by_exec_id_and_repeats_its_orders(folder: Path) -> None:
    with (
        GatewayProcess(folder, *DURABLE) as gateway,
        RawFix(gateway.fix, "DEMO1") as client,
    ):
        client.logon(DEMO_PASSWORD)
        told = []
        for n in range(5):
            client.send("D", *order(f"f-{n}"))
            told.append(client.receive())
        client.send("D", *order("f-bad", "95000001"))
        told.append(client.receive())
        client.send("F", (11, "f-c"), (41, "f-0"), (55, "BTC-KRW"), (54, 1), RawFix.now(), (38, "0.5"))
        told.append(client.receive())
        with WsPeer(gateway.ws) as other:
            log_on(other, "DEMO2")
            other.result("order.place", **terms("f-taker", side="sell"))
        told.append(client.receive())
        assert [report[150] for report in told] == ["0"] * 5 + ["8", "4", "F"]
        kill(gateway)
    with GatewayProcess(folder, *DURABLE) as gateway, RawFix(gateway.fix, "DEMO1") as client:
        # The numbers are lost: they begin anew, and only ExecID leads back.
        client.logon(DEMO_PASSWORD)
        for seen in range(len(told)):
            again, end = recovered(client, (17, told[seen][17]))
            assert [content(report) for report in again] == [content(report) for report in told[seen + 1 :]]
        again, end = recovered(client)
        assert [content(report) for report in again] == [content(report) for report in told]
        assert end[17] == told[-1][17]
        states = {"f-0": "4", "f-1": "2", "f-2": "0", "f-3": "0", "f-4": "0"}
        for cl_ord_id, status in states.items():
            client.send("D", (97, "Y"), *order(cl_ord_id))
            state = client.receive()
            assert (state[150], state[39], state[11]) == ("I", status, cl_ord_id)
        client.send("D", (97, "Y"), *order("f-bad", "95000001"))
        state = client.receive()
        assert (state[150], state[39], state[58]) == ("I", "8", told[5][58])
        client.send("D", *order("f-2"))
        assert client.receive()[103] == "6"
        client.send("D", (97, "Y"), *order("f-new"))
        assert client.receive()[150] == "0"
