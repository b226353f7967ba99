"""``ws.workers = 2``: processes that have the WebSocket connections, killed, ended, and left alone."""

import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from websockets.exceptions import ConnectionClosed

from gateway.app.worker import NICER
from tests.system.gateway_process import ROOT, GatewayProcess, bdax, children, eventually, is_alive
from tests.system.tls import trust_in, write_certificate
from tests.system.ws_client import WsPeer

MODULE = "gateway.app.worker"
NICEST = 19
BOOK = "book.BTC-KRW"
CERTIFICATE = '[ws.tls]\ncertificate = "certificate.pem"\nkey = "key.pem"\n'
RESTING = {"symbol": "BTC-KRW", "side": "buy", "type": "limit", "quantity": "0.01", "price": "90000000"}


def configured(folder: Path, *tables: str) -> str:
    """Return the path of a configuration with two workers."""
    config = folder / "gateway.toml"
    files = [f'{name}_file = "{ROOT}/config/{name}.toml"\n' for name in ("accounts", "instruments")]
    config.write_text("".join([*files, "[ws]\nworkers = 2\n", *tables]))
    return str(config)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[GatewayProcess]:
    with GatewayProcess(tmp_path, config=configured(tmp_path)) as running:
        yield running


def metrics(gateway: GatewayProcess) -> dict[str, float]:
    """Return what /metrics shows."""
    with urllib.request.urlopen(f"{gateway.http}/metrics", timeout=5) as answer:  # noqa: S310 - http, ours
        lines = answer.read().decode().splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


def connections(gateway: GatewayProcess) -> list[float]:
    """Return how many connections each worker has."""
    found = metrics(gateway)
    return [found.get(f'bdax_open_connections{{front="ws",worker="{n}"}}', 0.0) for n in (1, 2)]


def niceness(pid: int) -> int:
    """Return how far behind others a process stands."""
    return os.getpriority(os.PRIO_PROCESS, pid)


def crowd(gateway: GatewayProcess, stack: list[WsPeer]) -> None:
    """Open connections until each worker has some; they tell how many once a second."""
    while not all(connections(gateway)):
        stack.extend(WsPeer(gateway.ws).__enter__() for _ in range(8))
        eventually(lambda: sum(connections(gateway)) == len(stack), "the reports of the workers")


def test_a_worker_is_killed_and_the_others_go_on(market: GatewayProcess) -> None:
    peers: list[WsPeer] = []
    crowd(market, peers)
    for number, peer in enumerate(peers):
        peer.logon("DEMO1", "demo-secret-of-DEMO1") if number == 0 else peer.result("ping")
        peer.result("subscribe", channels=[BOOK])
    session = peers[0].result("order.place", **RESTING, cl_ord_id="before")
    assert session["eseq"] == 1
    workers = children(market.pid, MODULE)
    assert [niceness(pid) for pid in workers] == [min(niceness(market.pid) + NICER, NICEST)] * 2
    os.kill(workers[0], signal.SIGKILL)
    fresh = eventually(
        lambda: [pid for pid in children(market.pid, MODULE) if pid not in workers], "a new one"
    )
    lost, kept = [], []
    for peer in peers:
        try:
            peer.result("ping")
            kept.append(peer)
        except ConnectionClosed:
            lost.append(peer)
    assert lost
    assert kept
    with WsPeer(market.ws) as again:
        again.logon("DEMO2", "demo-secret-of-DEMO2")
        again.result("order.place", **RESTING, cl_ord_id="after")
        for peer in kept:
            push = peer.push(BOOK, lambda push: push["seq"] == 2)
            assert push["data"]["bids"] == [["90000000", "0.02"]]
    [ended] = [record for record in market.log() if record["event"] == "worker ended"]
    assert (ended["worker"], ended["reason"]) in {(n, "ended with -9") for n in (1, 2)}
    eventually(lambda: metrics(market)["bdax_workers"] == 2.0, "its word that it is ready")
    assert metrics(market)["bdax_worker_restarts_total"] == 1.0
    for peer in peers:
        peer.__exit__(None, None, None)
    # The engine's process dies: its workers end at once.
    pids = children(market.pid, MODULE)
    assert set(fresh) <= set(pids)
    market.signal(signal.SIGKILL)
    market.wait()
    eventually(lambda: not any(is_alive(pid) for pid in pids), "the end of the workers")


def test_an_end_in_order_is_announced_and_a_new_certificate_is_read(tmp_path: Path) -> None:
    old, new = trustme.CA(), trustme.CA()
    write_certificate(tmp_path, old, "localhost", "127.0.0.1")
    config = configured(tmp_path, CERTIFICATE)
    with (
        GatewayProcess(tmp_path, config=config, at_full_speed=False) as first,
        WsPeer(first.ws, trust_in(old)) as trader,
    ):
        trader.logon("DEMO1", "demo-secret-of-DEMO1")
        trader.result("subscribe", channels=["executions", BOOK])
        trader.result("order.place", **RESTING, cl_ord_id="o1")
        trader.push(BOOK, lambda push: push["seq"] == 1)
        write_certificate(tmp_path, new, "localhost", "127.0.0.1")
        first.signal(signal.SIGHUP)
        eventually(
            lambda: (
                sorted(r["worker"] for r in first.log() if r["event"] == "certificate reloaded") == [1, 2]
            ),
            "the certificate at both workers",
        )
        with WsPeer(first.ws, trust_in(new)) as watcher:
            watcher.result("subscribe", channels=[BOOK])
            watcher.push(BOOK, lambda push: push["seq"] == 1)
            pids = children(first.pid, MODULE)
            first.signal(signal.SIGTERM)
            goes_on = trader.push("system")["data"]
            with pytest.raises(ConnectionClosed, match="1001"):
                watcher.drain()
        assert first.wait() == 0
        assert not any(is_alive(pid) for pid in pids)
        assert [record for record in first.log() if record["level"] == "error"] == []
    with GatewayProcess(tmp_path, config=config) as second, WsPeer(second.ws, trust_in(new)) as trader:
        trader.logon("DEMO1", "demo-secret-of-DEMO1")
        trader.result("order.place", **RESTING, cl_ord_id="o2")
        [entry] = trader.result("subscribe", **goes_on)
        assert (entry["recovered"], trader.push(BOOK)["prev"]) == (True, 1)


def test_signals_to_a_worker_are_passed_over_and_its_port_is_nobody_else_s(
    market: GatewayProcess, tmp_path: Path
) -> None:
    with WsPeer(market.ws) as peer:
        peer.result("ping")
        pids = children(market.pid, MODULE)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            for pid in pids:
                os.kill(pid, number)
        address = market.ws.removeprefix("ws://").removesuffix("/v1")
        options = ("--data", str(tmp_path / "other"), "--fix", "127.0.0.1:0", "--http", "127.0.0.1:0")
        done = bdax("run", "--config", configured(tmp_path), *options, "--ws", address)
        assert (done.returncode, done.stderr.splitlines()[-1].lower()) == (
            2,
            f"bdax: ws listener {address}: address already in use",
        )
        assert peer.result("ping") == {}
        assert children(market.pid, MODULE) == pids
