"""An order leaves the garbage collector nothing, whatever becomes of it and whoever is told."""

import gc
import time
from pathlib import Path

import msgspec
import pytest

from gateway.loadtest.ws_wire import handshake, text_frame
from gateway.settings import load
from tests.bench.order_path import CONFIG, Rig, Sink, framed
from tests.other_form import BUILT, hold_for_the_other_form

ORDERS = 200
FOLLOWED = (
    "book.BTC-KRW",
    "book.BTC-KRW.10.raw",
    "l3.BTC-KRW",
    "bbo.BTC-KRW",
    "trades.BTC-KRW",
    "ticker.BTC-KRW",
    "candles.BTC-KRW.1m",
)


class _Line:
    """Writes what LOAD1 sends: for each number an order, or what becomes of one."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._seq = 1

    def _message(self, head: bytes, body: bytes) -> bytes:
        self._seq += 1
        now = self._rig.timestamps.text(time.monotonic_ns())
        fields = b"49=LOAD1\x0156=BDAX\x0134=%d\x0152=%b\x01%b60=%b\x01" % (self._seq, now, body, now)
        return framed(b"35=%b\x01%b" % (head, fields))

    def messages(self, n: int) -> bytes:
        """Return one that rests, a replace of it, a cancel, and two that meet each other in part."""
        usual = b"21=1\x0155=BTC-KRW\x0140=2\x01"
        rests = b"11=R%d\x0154=1\x0138=0.02\x0144=99990000\x0159=1\x01%b" % (n, usual)
        replaced = b"11=X%d\x0141=R%d\x0154=1\x0138=0.03\x0144=99980000\x01%b" % (n, n, usual)
        canceled = b"11=C%d\x0141=X%d\x0154=1\x0155=BTC-KRW\x01" % (n, n)
        made = b"11=M%d\x0154=2\x0138=0.01\x0144=100000000\x0159=1\x01%b" % (n, usual)
        taken = b"11=T%d\x0154=1\x0138=0.02\x0144=100000000\x0159=3\x01%b" % (n, usual)
        plan = ((b"D", rests), (b"G", replaced), (b"F", canceled), (b"D", made), (b"D", taken))
        return b"".join(self._message(head, body) for head, body in plan)


class _Follower(Sink):
    """Counts the pushes that are written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.pushes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pushes += bytes(data).count(b'{"ch":"')

    def writelines(self, list_of_data: object) -> None:
        assert isinstance(list_of_data, list | tuple)
        self.write(b"".join(list_of_data))


@pytest.mark.usefixtures("_no_gc")
async def test_no_order_leaves_a_cycle(tmp_path: Path) -> None:
    settings = load(CONFIG)
    store = msgspec.structs.replace(settings.store, data_dir=str(tmp_path / "d"), durability="none")
    rig = Rig(msgspec.structs.replace(settings, store=store))
    await rig.log_on()
    follower, socket = _Follower(), rig.gateway.ws()
    socket.connection_made(follower)
    channels = msgspec.json.encode({"id": 1, "method": "subscribe", "params": {"channels": FOLLOWED}})
    socket.data_received(handshake("x", "/v1"))
    socket.data_received(text_frame(channels))
    await rig.turn()
    line = _Line(rig)

    async def trade(orders: range) -> None:
        for n in orders:
            rig.connection.data_received(line.messages(n))
            await rig.turn()

    await trade(range(20))
    gc.collect()
    reports, pushes = rig.sink.reports, follower.pushes
    await trade(range(20, 20 + ORDERS))
    found = gc.collect()
    assert found == 0
    # New, replaced, canceled, new, new, both fills, and what was left of the second.
    assert rig.sink.reports - reports == 8 * ORDERS
    assert follower.pushes - pushes > 4 * ORDERS
    socket.connection_lost(None)
    await rig.close()


@BUILT
def test_nor_does_it_in_the_other_form() -> None:
    hold_for_the_other_form(["tests/gateway/net/test_cycles.py::test_no_order_leaves_a_cycle"])
