"""Connections by themselves: what does not fit waits, what is gone is told once."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from gateway.loadtest.findings import NS
from gateway.loadtest.wires import READ_SIZE, Wire, Wires


class Peer:
    """Notes what happens to its connection."""

    def __init__(self) -> None:
        self.connected = 0
        self.received = bytearray()
        self.ends: list[str] = []
        self.times: list[int] = []

    def on_connected(self, now: int) -> None:
        self.connected += 1
        self.times.append(now)

    def on_bytes(self, received: bytes, now: int) -> None:
        self.received += received
        self.times.append(now)

    def on_ended(self, why: str, now: int) -> None:
        self.ends.append(why)
        self.times.append(now)


@pytest.fixture
def wires() -> Iterator[Wires]:
    made = Wires()
    yield made
    made.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def _wait(wires: Wires, seconds: float = 0.05) -> None:
    wires.wait(time.monotonic_ns() + int(seconds * NS))


def _connected(wires: Wires, listener: socket.socket) -> tuple[Wire, Peer, socket.socket]:
    peer = Peer()
    wire = Wire(wires, peer)
    wire.connect(listener.getsockname())
    wire.write(b"before ")
    other, _ = listener.accept()
    while not peer.connected:
        _wait(wires)
    return wire, peer, other


def test_what_is_written_before_the_connection_is_there_is_sent(
    wires: Wires, listener: socket.socket
) -> None:
    wire, peer, other = _connected(wires, listener)
    wire.write(b"after")
    with other:
        received = b""
        while received != b"before after":
            received += other.recv(100)
        other.sendall(b"hello")
        while not peer.received:
            _wait(wires)
    assert (wire.sent_bytes, wire.received_bytes, wire.is_open) == (12, 5, True)
    assert peer.times == sorted(peer.times)


def test_what_does_not_fit_is_sent_when_there_is_room(wires: Wires, listener: socket.socket) -> None:
    wire, _, other = _connected(wires, listener)
    blob = bytes(range(256)) * 40_000
    wire.write(blob)
    wire.write(b"end")
    assert wire.sent_bytes < len(blob)
    received = bytearray()
    other.settimeout(0)
    with other:
        while not received.endswith(b"end"):
            _wait(wires)
            try:
                while part := other.recv(1 << 20):
                    received += part
            except BlockingIOError:
                continue
    assert received == b"before " + blob + b"end"


def test_a_paused_connection_is_read_only_when_asked(wires: Wires, listener: socket.socket) -> None:
    wire, peer, other = _connected(wires, listener)
    wire.pause()
    with other:
        other.sendall(b"0123456789")
        _wait(wires)
        assert not peer.received
        assert wire.read(4, 7) == 4
        assert peer.received == b"0123"
        wire.read(100, 7)
        assert wire.read(100, 7) == 0


def test_an_end_is_told_once_and_nothing_is_written_after_it(wires: Wires, listener: socket.socket) -> None:
    wire, peer, other = _connected(wires, listener)
    other.close()
    while not peer.ends:
        _wait(wires)
    wire.write(b"more")
    wire.pause()
    assert wire.read(1, 1) == 0
    _wait(wires, 0)
    assert len(peer.ends) == 1
    assert not wire.is_open


def test_a_reset_is_an_end_with_its_reason(wires: Wires, listener: socket.socket) -> None:
    wire, peer, other = _connected(wires, listener)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    other.close()
    wire.write(b"into the void")
    while not peer.ends:
        _wait(wires)
    assert peer.ends in (["Connection reset by peer"], ["closed by the target"])


def test_an_own_close_is_not_told(wires: Wires, listener: socket.socket) -> None:
    wire, peer, other = _connected(wires, listener)
    wire.close()
    wire.close()
    with other:
        _wait(wires, 0)
    assert peer.ends == []


def test_an_address_that_cannot_be_is_an_end(wires: Wires) -> None:
    peer = Peer()
    Wire(wires, peer).connect(("255.255.255.255", 9))
    assert len(peer.ends) == 1


@pytest.mark.parametrize("milliseconds", [0.3, 2.0, 7.3])
def test_it_waits_until_the_time_and_not_less(
    wires: Wires, listener: socket.socket, milliseconds: float
) -> None:
    _, _, other = _connected(wires, listener)
    until = time.monotonic_ns() + int(milliseconds * NS / 1_000)
    with other:
        assert wires.wait(until) == []
    assert time.monotonic_ns() >= until


def test_it_waits_no_longer_than_until_something_comes(wires: Wires, listener: socket.socket) -> None:
    _, peer, other = _connected(wires, listener)
    with other:
        other.sendall(b"here")
        assert wires.wait(time.monotonic_ns() + 3_600 * NS) == [peer]
        wires.wait(0)
    assert peer.received == b"here"


def test_more_than_one_read_takes_comes_in_several(wires: Wires, listener: socket.socket) -> None:
    _, peer, other = _connected(wires, listener)
    blob = bytes(range(256)) * (3 * READ_SIZE // 256)
    with other:
        other.settimeout(0)
        sent = 0
        while len(peer.received) < len(blob):
            with suppress(BlockingIOError):
                sent += other.send(blob[sent:])
            _wait(wires)
    assert peer.received == blob
