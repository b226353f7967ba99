"""The composed gateway: health, metrics that move with traffic, and what it says of durability."""

import asyncio
import threading

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.app.gateway import Gateway
from gateway.app.metrics import EvictionAlarm, metrics_sources
from gateway.app.replica import Replica
from gateway.net.listeners import ListenError
from gateway.orders import OrderLimits
from gateway.store import DataDirError, usual_commit
from gateway.store.log_writer import Entry, LogWriter
from gateway.store.records import Place
from tests.gateway.app.live import origin
from tests.gateway.net.running import TIMEOUT_S, Running, StartRunning, order, settings_for


async def get(gateway: Running, path: str) -> tuple[int, bytes]:
    """Return status and body of an HTTP answer."""
    port = int(gateway.endpoints.http.rpartition(":")[2])
    reader, writer = await gateway.raw(port)
    writer.write(b"GET %b HTTP/1.1\r\nHost: bdax\r\nConnection: close\r\n\r\n" % path.encode())
    async with asyncio.timeout(TIMEOUT_S):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    return int(head.split()[1]), body


async def metrics(gateway: Running) -> dict[str, float]:
    """Return the gateway's own samples, each by name and label values."""
    status, body = await get(gateway, "/metrics")
    assert status == 200
    return {
        "|".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
        if sample.name.startswith("bdax_")
    }


async def test_health(gateway: Running) -> None:
    await gateway.fix_session()
    await gateway.ws()
    status, body = await get(gateway, "/healthz")
    health = orjson.loads(body)
    assert status == 200
    assert (health["status"], health["durability"]) == ("ok", "none")
    assert (health["fix_sessions"], health["ws_connections"]) == (1, 1)


async def test_health_while_it_ends(gateway: Running) -> None:
    await gateway.shut_down()
    assert gateway.gateway.health()["status"] == "stopping"


async def test_health_while_the_disk_does_not_answer(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usual_commit, "IS_PLAIN", True)  # only what is written in plain Python can be held up
    gateway = await start(store={"durability": "fsync"})
    hanging, released, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()
    append = LogWriter.append

    def hang(self: LogWriter, entry: Entry) -> Place:
        loop.call_soon_threadsafe(hanging.set)
        released.wait()
        return append(self, entry)

    monkeypatch.setattr(LogWriter, "append", hang)
    monkeypatch.setattr("gateway.app.gateway.STALLED_NS", 0)
    assert gateway.gateway.health()["status"] == "ok"
    peer = await gateway.ws("ALICE")
    placed = asyncio.create_task(peer.place("o1"))
    async with asyncio.timeout(TIMEOUT_S):
        await hanging.wait()
    status, body = await get(gateway, "/healthz")
    assert (status, orjson.loads(body)["status"]) == (503, "stalled")
    assert (await metrics(gateway))["bdax_commit_age_seconds"] > 0
    released.set()
    assert (await placed)["status"] == "new"
    assert gateway.gateway.health()["status"] == "ok"
    assert (await metrics(gateway))["bdax_commit_age_seconds"] == 0


async def test_metrics_move_with_traffic(gateway: Running) -> None:
    before = await metrics(gateway)
    assert before["bdax_sessions|fix"] == 0
    fix, ws = await gateway.fix_session("ALICE"), await gateway.ws("BOB")
    await ws.request("subscribe", channels=["book.BTC-KRW"])
    fix.send(fix.order("f1"), fix.order("f2", price="90000001"), fix.encode("AF", (584, "all"), (585, 7)))
    for msg_type in ("j", "8", "8"):
        await fix.expect(msg_type)
    await ws.refused("order.cancel", cl_ord_id="none")
    await ws.request("order.place", **order("w1", "sell", price="90000000"))
    stranger = await gateway.fix("CAROL")
    stranger.send(b"garbage", stranger.logon("wrong"))
    await stranger.rest()
    after = await metrics(gateway)
    assert {
        name: after[name]
        for name in (
            "bdax_sessions|fix",
            "bdax_sessions|ws",
            "bdax_open_connections|ws",
            "bdax_connections_total|fix",
            "bdax_garbled_total|fix",
            "bdax_requests_total|fix|D",
            "bdax_requests_total|ws|order.place",
            "bdax_request_rejects_total|fix|business",
            "bdax_request_rejects_total|ws|UNKNOWN_ORDER",
            "bdax_disconnects_total|fix|logon_refused",
            "bdax_logon_failures_total",
            "bdax_commands_total|NewOrder",
            "bdax_commands_total|Refuse",
            "bdax_events_total|OrderFilled",
            "bdax_order_rejects_total|invalid_price_tick",
            "bdax_open_orders",
            "bdax_subscriptions",
            "bdax_engine_sequence",
        )
    } == {
        "bdax_sessions|fix": 1,
        "bdax_sessions|ws": 1,
        "bdax_open_connections|ws": 1,
        "bdax_connections_total|fix": 2,
        "bdax_garbled_total|fix": 1,
        "bdax_requests_total|fix|D": 2,
        "bdax_requests_total|ws|order.place": 1,
        "bdax_request_rejects_total|fix|business": 1,
        "bdax_request_rejects_total|ws|UNKNOWN_ORDER": 1,
        "bdax_disconnects_total|fix|logon_refused": 1,
        "bdax_logon_failures_total": 1,
        "bdax_commands_total|NewOrder": 2,
        "bdax_commands_total|Refuse": 1,
        "bdax_events_total|OrderFilled": 2,
        "bdax_order_rejects_total|invalid_price_tick": 1,
        "bdax_open_orders": 0,
        "bdax_subscriptions": 1,
        "bdax_engine_sequence": 4,
    }
    for name in ("bdax_batches_total", "bdax_order_seconds_count", "bdax_sent_bytes_total|fix"):
        assert after[name] > before[name]


async def test_samples_of_one_name_agree(gateway: Running) -> None:
    await gateway.ws("ALICE")
    kinds: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for source in metrics_sources(gateway.gateway):
        for sample in source():
            form = (sample.help, sample.kind, tuple(label for label, _ in sample.labels))
            assert kinds.setdefault(sample.name, form) == form
            assert not sample.name.endswith("_total")


@pytest.mark.parametrize("asked", ["fsync", "os", "none"])
async def test_the_durability_is_the_one_asked_for(start: StartRunning, asked: str) -> None:
    gateway = await start(store={"durability": asked})
    assert gateway.endpoints.durability == asked
    assert orjson.loads((await get(gateway, "/healthz"))[1])["durability"] == asked


async def test_a_start_that_fails_halfway_can_be_stopped(gateway: Running, start: StartRunning) -> None:
    del start
    taken = settings_for(gateway.gateway._data_dir.path.parent / "other", {"ws": {"port": gateway.ws_port}})
    second = Gateway(taken, print)
    with pytest.raises(ListenError, match="ws listener"):
        await second.start()
    await second.stop()


async def test_one_gateway_per_data_directory(gateway: Running) -> None:
    with pytest.raises(DataDirError, match="in use by process"):
        Gateway(gateway.settings, print)


def test_forgotten_cl_ord_ids_are_an_alarm_that_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    router = Replica(origin(limits=OrderLimits())).router
    alarm = EvictionAlarm(router)
    seen = []
    for now_s, evicted in ((0, 0), (1, 5), (2, 9), (62, 9), (63, 9), (130, 12)):
        router.registry.past.used.evicted = evicted
        alarm.look(now_s)
        seen.append([vars(record)["forgotten"] for record in caplog.records])
        caplog.clear()
    assert seen == [[], [5], [], [4], [], [3]]
