"""CPU per order, from received bytes to report bytes: no sockets, real session, engine, risk and store.

Half of the orders rest and half cross. The baseline does the same work with simplefix as the codec.

The limit is a time on a certain machine, and the speed of this one may drift two- or threefold within a
second. So a yardstick, simplefix parsing the same orders, is timed in turn with the path: ``PER_YARDSTICK``
orders of it before every ``PER_SLICE`` orders of the path, some tens of milliseconds, so that both see the
same machine. A round's figure is the ratio of the two sums over the whole round. They have in them all that
the path costs, garbage collection and growing tables too, which a median of the slices would leave out. The
result is the median of the rounds. The garbage collector rests while the yardstick runs, so that the
yardstick is not charged with what the path has left.
"""

import asyncio
import gc
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import simplefix
import uvloop

from gateway.app.gateway import Gateway
from gateway.engine import EmbeddedEngine
from gateway.model import Command, NewOrder, OrderEvent, OrdType, Side, TimeInForce, parse_scaled
from gateway.net.fix_connection import FixConnection
from gateway.orders import Order, OrderLimits, OrderRouter
from gateway.settings import GatewaySettings, load
from protocols.fix import Timestamps, scan
from tests.bench.allocations import allocations
from tests.bench.outcome import Outcome, Target

ORDERS = 10_000
PER_READ = 32
PER_SLICE = 512
PER_YARDSTICK = 64
ROUNDS = 9
LIMIT_US = 20.0
PARSE_US = 37.0
"""What simplefix took for one message on the machine of the limit. The machine's own speed drifts."""

CONFIG = Path("config/loadtest.toml")


class Sink(asyncio.Transport):
    """Counts what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        self.reports = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.size += len(data)
        self.reports += bytes(data).count(b"\x0135=8\x01")

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del high, low

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else default


def new_order(n: int, seq: int, sending_time: bytes) -> bytes:
    """Return one NewOrderSingle: even ones rest below the market, odd ones meet at one price."""
    crossing = n % 2
    side = b"1" if not crossing or n % 4 == 1 else b"2"
    price = b"100000000" if crossing else b"%d" % (99_990_000 - n % 50 * 1000)
    body = (
        b"35=D\x0149=LOAD1\x0156=BDAX\x0134=%d\x0152=%b\x0111=ORD%08d\x0121=1\x0155=BTC-KRW\x0154=%b\x01"
        b"60=%b\x0138=0.01\x0140=2\x0144=%b\x0159=1\x01"
    ) % (seq, sending_time, n, side, sending_time, price)
    return framed(body)


def framed(body: bytes) -> bytes:
    """Return ``body`` with BeginString, BodyLength and CheckSum."""
    head = b"8=FIX.4.4\x019=%d\x01" % len(body)
    return b"%b%b10=%03d\x01" % (head, body, sum(head + body) & 255)


def reads(orders: int, sending_time: bytes) -> list[bytes]:
    """Return what the socket would give: ``PER_READ`` orders a read."""
    messages = [new_order(n, n + 2, sending_time) for n in range(orders)]
    return [b"".join(messages[at : at + PER_READ]) for at in range(0, orders, PER_READ)]


class Rig:
    """The gateway's own components on a transport that only counts."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.gateway = Gateway(settings, lambda error: print("store failed:", error))
        self.sink = Sink()
        self.connection = FixConnection(self.gateway.fix)
        self.connection.connection_made(self.sink)
        self.timestamps = Timestamps(time.time_ns() - time.monotonic_ns())

    async def log_on(self) -> None:
        """Log on as LOAD1, whose password has been verified."""
        logon = framed(
            b"35=A\x0149=LOAD1\x0156=BDAX\x0134=1\x0152=%b\x0198=0\x01108=30\x01553=LOAD1\x01554=load\x01"
            % self.timestamps.text(time.monotonic_ns())
        )
        self.connection.welcome(self.gateway.fix.clients[b"LOAD1"], scan(logon))
        await self.turn()

    async def turn(self) -> None:
        """Let the turn end."""
        passed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(passed.set_result, None)
        await passed

    async def close(self) -> None:
        """Release the data directory."""
        self.connection.connection_lost(None)
        await self.gateway.stop()


class Round(NamedTuple):
    """CPU microseconds per order of the path, and of the yardstick beside it; the reports that came."""

    gateway_us: float
    yardstick_us: float
    reports: int


async def gateway_round(settings: GatewaySettings) -> Round:
    """Send ``ORDERS`` orders through a new gateway, the yardstick in turn with them."""
    rig = Rig(settings)
    await rig.log_on()
    sending_time = rig.timestamps.text(time.monotonic_ns())
    chunks = reads(ORDERS, sending_time)
    yardstick = reads(PER_YARDSTICK, sending_time)
    before = rig.sink.reports
    spent = parsed = 0.0
    slices = range(0, len(chunks), PER_SLICE // PER_READ)
    for at in slices:
        parsed += simplefix_parse_s(yardstick)
        started = time.process_time()
        for chunk in chunks[at : at + slices.step]:
            rig.connection.data_received(chunk)
            await rig.turn()
        spent += time.process_time() - started
    reports = rig.sink.reports - before
    await rig.close()
    return Round(spent / ORDERS * 1e6, parsed / (len(slices) * PER_YARDSTICK) * 1e6, reports)


class NaiveSession:
    """What a gateway on simplefix does with each report: build it field by field."""

    key = "LOAD1"
    account = "LOAD1"

    def __init__(self, sending_time: bytes) -> None:
        self.sending_time = sending_time
        self.next_out = 1
        self.written = 0
        self.reports = 0

    def report(self, event: OrderEvent, order: Order) -> None:
        """Encode an ExecutionReport with simplefix."""
        message = simplefix.FixMessage()
        message.append_pair(8, b"FIX.4.4")
        message.append_pair(35, b"8")
        message.append_pair(49, b"BDAX")
        message.append_pair(56, b"LOAD1")
        message.append_pair(34, self.next_out)
        message.append_pair(52, self.sending_time)
        message.append_pair(37, order.order_id)
        message.append_pair(17, f"{event.eseq}-{event.n}")
        message.append_pair(150, b"0")
        message.append_pair(39, b"0")
        message.append_pair(11, order.cl_ord_id)
        message.append_pair(1, order.account)
        message.append_pair(55, order.symbol)
        message.append_pair(54, int(order.side))
        message.append_pair(38, order.order_qty)
        message.append_pair(44, order.price)
        message.append_pair(151, order.leaves_qty)
        message.append_pair(14, order.cum_qty)
        message.append_pair(6, order.avg_px)
        self.next_out += 1
        self.reports += 1
        self.written += len(message.encode())


def simplefix_round(settings: GatewaySettings) -> tuple[float, int]:
    """Return the same for simplefix as the codec on the same router and engine, without a session layer."""
    instruments = settings.instruments
    engine = EmbeddedEngine(instruments)
    recorded: list[Command] = []
    limits = OrderLimits(throttle_rate=0, max_open_orders=0, price_bands=False)
    router = OrderRouter(engine, instruments, limits, recorded.append)
    timestamps = Timestamps(time.time_ns() - time.monotonic_ns())
    sending_time = timestamps.text(time.monotonic_ns())
    session = NaiveSession(sending_time)
    router.attach(session)
    chunks = reads(ORDERS, sending_time)
    parser = simplefix.FixParser()
    started = time.process_time()
    for chunk in chunks:
        parser.append_buffer(chunk)
        while (message := parser.get_message()) is not None:
            router.submit(naive_order(message), 0)
        router.deliver(engine.drain())
    return time.process_time() - started, session.reports


def naive_order(message: simplefix.FixMessage) -> NewOrder:
    """Decode a NewOrderSingle as simplefix gives it, trusting every field."""
    return NewOrder(
        session="LOAD1",
        msg_seq_num=int(message.get(34)),
        account="LOAD1",
        transact_time=0,
        cl_ord_id=message.get(11),
        symbol=message.get(55).decode(),
        side=Side(int(message.get(54))),
        ord_type=OrdType(int(message.get(40))),
        time_in_force=TimeInForce(int(message.get(59))),
        order_qty=parse_scaled(message.get(38), 8),
        price=parse_scaled(message.get(44), 8),
    )


def simplefix_parse_s(chunks: list[bytes]) -> float:
    """Return the CPU seconds in which simplefix parses ``chunks``: how fast the machine is at the moment."""
    parser = simplefix.FixParser()
    gc.disable()
    started = time.process_time()
    for chunk in chunks:
        parser.append_buffer(chunk)
        while parser.get_message() is not None:
            pass
    spent = time.process_time() - started
    gc.enable()
    return spent


async def allocations_per_order(settings: GatewaySettings) -> float | None:
    """Return how many blocks of memory an order takes from the allocators; ``None`` without a C compiler."""
    counter = allocations()
    if isinstance(counter, str):
        return None
    rig = Rig(settings)
    await rig.log_on()
    chunks = reads(ORDERS, rig.timestamps.text(time.monotonic_ns()))
    half = len(chunks) // 2
    for number, chunk in enumerate(chunks):
        if number == half:  # what is made once has been made
            counter.start()
        rig.connection.data_received(chunk)
        await rig.turn()
    counted = counter.stop()
    await rig.close()
    return counted / ((len(chunks) - half) * PER_READ)


def run(data_dir: Path) -> dict[str, float]:
    """Measure all in turn; return the medians in microseconds per order and their ratios."""
    settings = load(CONFIG)
    rounds, simplefix_us = [], []
    for number in range(ROUNDS):
        store = msgspec.structs.replace(
            settings.store, data_dir=str(data_dir / str(number)), durability="none"
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            ours = runner.run(gateway_round(msgspec.structs.replace(settings, store=store)))
        naive, naive_reports = simplefix_round(settings)
        if ours.reports != naive_reports:
            raise AssertionError(f"{ours.reports} reports against {naive_reports}")
        rounds.append(ours)
        simplefix_us.append(naive / ORDERS * 1e6)
    median = statistics.median
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        store = msgspec.structs.replace(settings.store, data_dir=str(data_dir / "counted"), durability="none")
        blocks = runner.run(allocations_per_order(msgspec.structs.replace(settings, store=store)))
    return {
        **({} if blocks is None else {"allocations": blocks}),
        "gateway_us": median(ours.gateway_us for ours in rounds),
        "simplefix_us": median(simplefix_us),
        "ratio": median(us / ours.gateway_us for us, ours in zip(simplefix_us, rounds, strict=True)),
        "simplefix_parse_us": median(ours.yardstick_us for ours in rounds),
        "gateway_us_at_reference_speed": median(
            ours.gateway_us / ours.yardstick_us * PARSE_US for ours in rounds
        ),
    }


def bench() -> Outcome:
    """Measure; return the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder))
    scaled = found["gateway_us_at_reference_speed"]
    rows = (
        ("gateway: full session, validation, risk, engine, memory store", found["gateway_us"]),
        ("simplefix as the codec, same router and engine, no session layer", found["simplefix_us"]),
        ("ratio", found["ratio"]),
        ("yardstick: one simplefix parse of the same order", found["simplefix_parse_us"]),
        (f"gateway, where the yardstick takes {PARSE_US:.0f}", scaled),
    )
    counted = found.get("allocations")
    notes = ["Allocations: not counted: there is no C compiler."]
    if counted is not None:
        notes = [f"Allocations: {counted:.1f} blocks per order, reports and messages of the test included."]
    held = min(found["gateway_us"], scaled) <= LIMIT_US
    return Outcome(
        f"Order path, bytes in to reports out, no sockets: {ORDERS} orders, median of {ROUNDS} rounds",
        ("codec and path", "CPU us per order"),
        [(name, f"{value:.1f}") for name, value in rows],
        found,
        [
            Target(
                f"at most {LIMIT_US:.0f} us per order, on a machine where simplefix parses one in "
                f"{PARSE_US:.0f} us",
                held,
            )
        ],
        notes,
    )
