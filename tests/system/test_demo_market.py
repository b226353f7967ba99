"""``bdax run --demo``: a newcomer sees a living market, and nothing of it outlives the gateway."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.system.gateway_process import (
    DEMO,
    GatewayProcess,
    children,
    cpu_seconds,
    eventually,
    is_alive,
)
from tests.system.ws_client import Message, WsPeer

SYMBOLS = ("BTC-KRW", "ETH-KRW", "XRP-KRW", "USDT-KRW")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    with GatewayProcess(tmp_path_factory.mktemp("demo"), "--demo") as running:
        yield running


class Screen:
    """The books as a newcomer builds them, from snapshots and deltas."""

    def __init__(self, peer: WsPeer, *symbols: str) -> None:
        self._peer = peer
        self._sides: dict[str, tuple[dict[str, str], dict[str, str]]] = {
            f"book.{symbol}": ({}, {}) for symbol in symbols
        }
        peer.result("subscribe", channels=list(self._sides))

    def is_living(self) -> bool:
        """Whether each book has two sides."""
        return all(bids and asks for bids, asks in self._sides.values())

    def wait_until_living(self, timeout_s: float = 5.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not self.is_living():
            self._apply(self._peer.next_push(max(0.0, deadline - time.monotonic())))

    def _apply(self, push: Message) -> None:
        if push["type"] == "heartbeat":
            return
        for side, levels in zip(
            self._sides[push["ch"]], (push["data"]["bids"], push["data"]["asks"]), strict=True
        ):
            if push["type"] == "snapshot":
                side.clear()
            for price, quantity in levels:
                side[price] = quantity
                if quantity == "0":
                    del side[price]


def test_within_a_second_of_the_ready_line_each_book_has_two_sides(folder: Path) -> None:
    for attempt in ("first", "second", "third"):  # other tests share the machine
        (folder / attempt).mkdir()
        with (
            GatewayProcess(folder / attempt, "--demo") as gateway,
            WsPeer(gateway.ws) as newcomer,
            suppress(TimeoutError),
        ):
            Screen(newcomer, *SYMBOLS).wait_until_living(1.0)
            return
    raise AssertionError("no living book within a second, three times")


def test_the_btc_book_changes_at_least_twenty_times_a_second(demo: GatewayProcess) -> None:
    seconds = 4
    with WsPeer(demo.ws) as newcomer:
        Screen(newcomer, "BTC-KRW").wait_until_living()
        newcomer.result("subscribe", channels=["trades.BTC-KRW"])
        seen: Counter[str] = Counter()
        deadline = time.monotonic() + seconds
        with suppress(TimeoutError):
            while True:
                push = newcomer.next_push(max(0.0, deadline - time.monotonic()))
                seen[push["ch"]] += push["type"] != "snapshot"
    assert seen["book.BTC-KRW"] >= 20 * seconds
    assert seen["trades.BTC-KRW"] >= 1


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_each_instrument_lives(demo: GatewayProcess, symbol: str) -> None:
    with WsPeer(demo.ws) as newcomer:
        Screen(newcomer, symbol).wait_until_living()
        for _ in range(3):
            newcomer.push(f"book.{symbol}", lambda push: push["type"] == "delta")
        newcomer.result("subscribe", channels=[f"bbo.{symbol}"])
        best = newcomer.push(f"bbo.{symbol}")["data"]
        assert float(best["bid"][0]) < float(best["ask"][0])


def test_the_demo_takes_little_of_a_core_and_keeps_its_connections(demo: GatewayProcess) -> None:
    [child] = eventually(lambda: children(demo.pid, DEMO), "the child process")
    began, used = time.monotonic(), cpu_seconds(child)
    time.sleep(3)
    share = (cpu_seconds(child) - used) / (time.monotonic() - began)
    assert share < 0.1
    assert [entry for entry in demo.log() if entry["event"] == "demo connection lost"] == []


def test_newcomers_trade_with_the_demo_market(demo: GatewayProcess) -> None:
    with WsPeer(demo.ws) as newcomer:
        newcomer.logon("DEMO1", "demo-secret-of-DEMO1")
        newcomer.result("subscribe", channels=["trades.BTC-KRW"])
        newcomer.push("trades.BTC-KRW", lambda push: push["type"] == "event", 20.0)
        order = newcomer.result("order.place", symbol="BTC-KRW", side="buy", type="market", quantity="0.001")
        assert (order["status"], order["filled_quantity"]) == ("filled", "0.001")


def test_the_child_ends_with_the_gateway(folder: Path) -> None:
    with GatewayProcess(folder, "--demo", at_full_speed=False) as gateway:
        [child] = eventually(lambda: children(gateway.pid, DEMO), "the child process")
        gateway.signal(signal.SIGTERM)
        assert gateway.wait() == 0
        assert not is_alive(child)


def test_the_child_ends_when_the_gateway_is_killed(folder: Path) -> None:
    with GatewayProcess(folder, "--demo") as gateway:
        [child] = eventually(lambda: children(gateway.pid, DEMO), "the child process")
        gateway.signal(signal.SIGKILL)
        assert gateway.wait() == -signal.SIGKILL
        eventually(lambda: not is_alive(child), "the end of the child")
