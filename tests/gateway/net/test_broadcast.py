"""One frame to many sockets: each client reads whole frames in order, however little its socket takes.

Both twins, where the compiled one is built, on connections as they are.
"""

import asyncio
import importlib
import importlib.util
import runpy
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.net import broadcast, plain_send
from gateway.net.counters import FrontCounters
from gateway.net.outbox import NO_SOCKET, Outbox
from gateway.net.plain_send import CHECKED
from gateway.ports import forms
from tests.gateway.net.running import TIMEOUT_S, narrow_socket
from tests.gateway.net.turn_stage import Wire, turn

MANY = 300
"""More sockets than the compiled twin sends to before it looks what they took."""
NEVER = 1 << 62
RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: close says RST."""

TWINS = [
    name for name in ("plain_send", "_send") if importlib.util.find_spec(f"gateway.net.{name}") is not None
]
both = pytest.mark.parametrize("twin", TWINS)


class Connection(asyncio.Protocol):
    """The gateway's side of a connection that takes pushes as a WebSocket does, without the protocol."""

    def __init__(self, floor: "Floor") -> None:
        self.form = 0
        self.floor = floor
        self.lost = False
        self.taken: list[bytes] = []
        """What went by way of the connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.outbox = self.floor.outbox(self.transport)
        self.outbox.open_socket()
        self.floor.arrived.put_nowait(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost = True
        self.outbox.close_socket()
        self.floor.left.put_nowait(self)

    def pause_writing(self) -> None:
        self.outbox.paused = True

    def resume_writing(self) -> None:
        self.outbox.paused = False

    def push(self, frame: bytes) -> bool:
        if self.outbox.paused:
            return False
        self.taken.append(frame)
        self.outbox.add(frame)
        return True


class Floor:
    """Connections, their clients, and the broadcast of one twin."""

    def __init__(self, twin: str) -> None:
        self.counters = FrontCounters()
        self.arrived: asyncio.Queue[Connection] = asyncio.Queue()
        self.left: asyncio.Queue[Connection] = asyncio.Queue()
        self.connections: list[Connection] = []
        self.clients: list[socket.socket] = []
        module = importlib.import_module(f"gateway.net.{twin}")
        self._base: Any = module.OpenSocket
        self.broadcast: Any = module.Broadcast(self.counters)
        self.audience: Any = self.broadcast.audience()
        self.open_ended()

    def outbox(self, transport: asyncio.Transport) -> Outbox:
        """Return an outbox over the socket of the twin, whichever twin works in the gateway."""
        if issubclass(Outbox, self._base):
            return Outbox(transport, self.counters)
        content = {name: value for name, value in vars(Outbox).items() if name not in Outbox.__slots__}
        return cast("Outbox", type("Outbox", (self._base,), content)(transport, self.counters))

    def open_ended(self) -> None:
        """Let the broadcast take its time."""
        self.broadcast.open(NEVER, NEVER)

    def send(self, frame: bytes) -> list[Connection]:
        """Send to all; what went by way of a connection is written, as at the end of a slice."""
        count = len(self.connections)
        assert self.audience.send(frame, 0, count) == count
        refused: list[Connection] = self.audience.refused
        assert self.audience.taken + len(refused) == len([each for each in self.audience.members if each])
        for connection in self.connections:
            connection.outbox.flush()
        return refused

    async def read(self, index: int, size: int) -> bytes:
        """Return the next ``size`` bytes that a client reads."""
        loop, data = asyncio.get_running_loop(), b""
        async with asyncio.timeout(TIMEOUT_S):
            while len(data) < size:
                data += await loop.sock_recv(self.clients[index], size - len(data))
        return data


@asynccontextmanager
async def floor_of(twin: str, clients: int, *, narrow: bool = False) -> AsyncIterator[Floor]:
    loop, floor = asyncio.get_running_loop(), Floor(twin)
    server = await loop.create_server(lambda: Connection(floor), "127.0.0.1", 0, backlog=clients)
    address = server.sockets[0].getsockname()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            for _ in range(clients):
                client = narrow_socket() if narrow else socket.socket()
                client.setblocking(False)
                floor.clients.append(client)
                await loop.sock_connect(client, address)
                floor.connections.append(await floor.arrived.get())
                floor.audience.add(floor.connections[-1])
        if narrow:
            for connection in floor.connections:
                kernel = connection.transport.get_extra_info("socket")
                kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        yield floor
    finally:
        for client in floor.clients:
            client.close()
        server.close()
        for connection in floor.connections:
            connection.transport.abort()
        async with asyncio.timeout(TIMEOUT_S):
            while not all(connection.lost for connection in floor.connections):
                await floor.left.get()


@both
async def test_all_get_the_frame_straight_from_the_socket(twin: str) -> None:
    async with floor_of(twin, MANY) as floor:
        assert floor.send(b"one") == []
        assert floor.send(b"two") == []
        assert [await floor.read(index, 6) for index in range(MANY)] == [b"onetwo"] * MANY
        assert floor.counters.bytes_out == 6 * MANY
        assert not any(connection.taken for connection in floor.connections)


@both
async def test_nothing_overtakes_what_waits_in_front_of_it(twin: str) -> None:
    async with floor_of(twin, 2) as floor:
        floor.connections[0].outbox.add(b"private")
        floor.send(b"one")
        assert floor.connections[0].taken == [b"one"]
        # Still in this turn of the loop: what was flushed waits in the transport.
        floor.send(b"two")
        assert (await floor.read(0, 13), await floor.read(1, 6)) == (b"privateonetwo", b"onetwo")
        floor.send(b"three")
        # Once the transport has written, the socket is free again.
        assert (await floor.read(0, 5), floor.connections[0].taken[2:]) == (b"three", [])


@both
async def test_what_a_socket_does_not_take_is_written_later_and_who_does_not_read_refuses(twin: str) -> None:
    async with floor_of(twin, 2, narrow=True) as floor:
        slow = floor.connections[0]
        frames: list[bytes] = []
        reading: list[bytes] = []
        while not slow.outbox.paused:
            frames.append(b"%06d" % len(frames) * 1_000)
            assert floor.send(frames[-1]) == []
            reading.append(await floor.read(1, 6_000))
        assert floor.send(b"missed") == [slow]
        assert slow.outbox.fd == NO_SOCKET
        # Paused is what has more in its transport than the mark; all of that was taken.
        assert slow.outbox.backlog > 0
        assert await floor.read(0, 6_000 * len(frames)) == b"".join(frames) == b"".join(reading)
        await turn()
        assert floor.send(b"again") == []
        assert (await floor.read(0, 5), await floor.read(1, 11)) == (b"again", b"missedagain")


@both
async def test_a_client_that_has_gone_is_the_trouble_of_its_own_connection(twin: str) -> None:
    async with floor_of(twin, 3) as floor:
        gone, client = floor.connections[1], floor.clients[1]
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.close()
        # The loop has not seen it yet; the socket says it.
        floor.send(b"one")
        floor.send(b"two")
        async with asyncio.timeout(TIMEOUT_S):
            assert await floor.left.get() is gone
        assert gone.outbox.fd == NO_SOCKET
        assert (await floor.read(0, 6), await floor.read(2, 6)) == (b"onetwo", b"onetwo")


@both
async def test_a_connection_that_closes_gets_nothing_more_straight_away(twin: str) -> None:
    async with floor_of(twin, 2) as floor:
        floor.send(b"one")
        floor.connections[0].outbox.close_socket()
        floor.send(b"two")
        assert floor.connections[0].taken == [b"two"]
        floor.connections[1].transport.close()
        floor.connections[1].outbox.left(b"not said")
        floor.connections[1].outbox.close_socket()
        floor.send(b"three")
        assert (await floor.read(0, 11), await floor.read(1, 6)) == (b"onetwothree", b"onetwo")
        assert floor.clients[1].recv(100) == b""


@both
async def test_who_has_left_its_place_gets_nothing_more(twin: str) -> None:
    async with floor_of(twin, 4) as floor:
        floor.send(b"one")
        floor.audience.discard(0)
        floor.audience.discard(2)
        assert floor.send(b"two") == []
        assert (floor.audience.taken, floor.counters.bytes_out) == (2, 18)
        floor.audience.add(floor.connections[0])
        assert floor.audience.send(b"three", 2, 100) == 5
        assert [await floor.read(index, size) for index, size in ((0, 8), (1, 6), (2, 3), (3, 11))] == [
            b"onethree",
            b"onetwo",
            b"one",
            b"onetwothree",
        ]


@both
@pytest.mark.parametrize("busy", [0, 3])
async def test_it_ends_when_its_time_is_up_and_goes_on_from_there(twin: str, busy: int) -> None:
    async with floor_of(twin, 3 * CHECKED + 1) as floor:
        for connection in floor.connections[:busy]:
            connection.outbox.add(b"private")
        floor.broadcast.open(1, 1)
        ends, place, taken = [], 0, 0
        while place < len(floor.connections):
            place = floor.audience.send(b"push", place, len(floor.connections))
            ends.append(place)
            taken += floor.audience.taken
        assert ends == [CHECKED, 2 * CHECKED, 3 * CHECKED, 3 * CHECKED + 1]
        assert taken == len(floor.connections)
        for connection in floor.connections:
            connection.outbox.flush()
        for index in range(len(floor.connections)):
            said = b"privatepush" if index < busy else b"push"
            assert await floor.read(index, len(said)) == said


@both
async def test_places_that_are_empty_take_no_time(twin: str) -> None:
    async with floor_of(twin, 3 * CHECKED) as floor:
        for place in range(CHECKED):
            floor.audience.discard(2 * place)
        floor.broadcast.open(1, 1)
        assert floor.audience.send(b"push", 0, 3 * CHECKED) == 2 * CHECKED
        assert await floor.read(2 * CHECKED - 1, 4) == b"push"
        assert [floor.audience.send(b"x", 0, 1), floor.audience.taken] == [1, 0]


@both
@pytest.mark.parametrize("input_waits", [True, False])
async def test_it_goes_on_while_there_is_nothing_to_read(twin: str, input_waits: bool) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        async with floor_of(twin, 2 * CHECKED) as floor:
            if input_waits:
                theirs.send(b"order")
            # The first look at the clock finds the slice at its end.
            floor.broadcast.open(0, NEVER)
            assert floor.audience.send(b"push", 0, 2 * CHECKED) == CHECKED
            floor.broadcast.watch(ours.fileno())
            end = CHECKED if input_waits else 2 * CHECKED
            assert floor.audience.send(b"push", 0, 2 * CHECKED) == end
            floor.broadcast.open(0, NEVER)
            floor.broadcast.watch(NO_SOCKET)
            assert floor.audience.send(b"push", 0, 2 * CHECKED) == CHECKED


@both
async def test_it_gives_way_while_a_commit_is_under_way_but_not_once_its_slice_is_open(twin: str) -> None:
    async with floor_of(twin, 3 * CHECKED) as floor:
        floor.broadcast.most_given_ns = NEVER
        for end, gives_way, given in ((1, False, 0), (NEVER, True, 0), (1, True, 1), (1, True, 2)):
            floor.broadcast.open(end, max(end, 1), gives_way=gives_way)
            floor.audience.send(b"push", 0, CHECKED)
            assert floor.broadcast.given == given


@both
async def test_it_keeps_a_core_that_it_has_to_share_with_others(twin: str) -> None:
    async with floor_of(twin, CHECKED) as floor:
        # Whatever it takes to give way is too long.
        floor.broadcast.most_given_ns = 0
        for _ in range(3):
            floor.broadcast.open(1, 1, gives_way=True)
            floor.audience.send(b"push", 0, CHECKED)
        assert floor.broadcast.given == 1


@both
def test_nobody_and_wrong_types(twin: str) -> None:
    audience: Any = importlib.import_module(f"gateway.net.{twin}").Broadcast(FrontCounters()).audience()
    assert audience.send(b"x", 0, 0) == 0
    assert (audience.taken, audience.refused, audience.members) == (0, [], [])
    for wrong in (object(), type("Receiver", (), {"outbox": object()})()):
        with pytest.raises((TypeError, AttributeError)):
            audience.add(wrong)
    assert audience.members == []
    with pytest.raises(TypeError):
        audience.send(None, 0, 0)
    with pytest.raises(IndexError):
        audience.discard(0)


@pytest.mark.parametrize("why", ["asked for", "not built"])
def test_without_the_compiled_twin_the_plain_one_works(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if why == "asked for":
        monkeypatch.setattr(forms, "IS_PLAIN", True)
    else:
        monkeypatch.setitem(sys.modules, "gateway.net._send", None)
    assert runpy.run_path(broadcast.__file__)["Broadcast"] is plain_send.Broadcast


class Tls(Wire):
    """A transport that has a socket, and encrypts what goes there."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"socket": socket.socket, "sslcontext": object()}.get(name, default)


@pytest.mark.parametrize("wire", [Wire, Tls])
def test_only_plain_tcp_has_a_socket_to_send_to(wire: type[Wire]) -> None:
    outbox = Outbox(wire(), FrontCounters())
    outbox.open_socket()
    assert outbox.look() == NO_SOCKET


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["push", "private", "read", "turn"]), st.integers(1, 30_000)), max_size=30
)


@both
@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_every_client_reads_what_it_took_in_that_order(twin: str, steps: list[Step]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play(twin, steps))


async def play(twin: str, steps: list[Step]) -> None:
    async with floor_of(twin, 3, narrow=True) as floor:
        told = [bytearray() for _ in floor.clients]
        read = [0] * len(floor.clients)
        for number, (step, size) in enumerate(steps):
            content = b"%03d" % number * (size // 3 + 1)
            if step == "push":
                refused = floor.send(content)
                for connection, said in zip(floor.connections, told, strict=True):
                    assert (connection in refused) <= connection.outbox.paused
                    said += b"" if connection in refused else content
            elif step == "private":
                # One that waits while a push comes, and one that is written at once.
                floor.connections[0].outbox.add(content)
                floor.connections[1].outbox.add(content)
                floor.connections[1].outbox.flush()
                told[0] += content
                told[1] += content
            elif step == "read":
                reader = size % len(floor.clients)
                wanted = min(
                    size, len(told[reader]) - read[reader] - floor.connections[reader].outbox.pending_bytes
                )
                part = await floor.read(reader, wanted)
                assert part == told[reader][read[reader] : read[reader] + wanted]
                read[reader] += wanted
            else:
                await turn()
        for index, said in enumerate(told):
            floor.connections[index].outbox.flush()
            assert await floor.read(index, len(said) - read[index]) == said[read[index] :]
