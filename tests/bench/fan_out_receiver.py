"""``python -m tests.bench.fan_out_receiver --port N ...``: many WebSocket clients that count what they read.

What to use where the compiled receiver is absent: it takes the options of that one which are used here, and
prints the same figures as one JSON line. It needs several microseconds for a delivery, so at the limit of a
fast server it is what limits.
"""

import argparse
import contextlib
import json
import os
import selectors
import socket
import sys
import time
from array import array
from collections.abc import Callable
from typing import Final

from tests.bench.gateway_figures import percentile
from tests.system.gateway_process import cpu_seconds

READ_SIZE: Final = 1 << 16
"""Small enough for the allocator's own memory: more is mapped and unmapped with each read."""
AT_ONCE: Final = 64
MASK: Final = b"\x00\x00\x00\x00"
TEXT: Final = 0x81
KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="


class Client:
    """One connection: the start of a frame that has not come whole, and the last number."""

    __slots__ = ("last", "socket", "tail")

    def __init__(self, address: tuple[str, int], path: str, timeout_s: float) -> None:
        self.socket = socket.create_connection(address, timeout=timeout_s)
        self.tail = b""
        self.last = 0
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {address[0]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def enter(self, message: str | None) -> None:
        """Finish the handshake and send ``message``."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.socket.recv(READ_SIZE)
            if not piece:
                raise AssertionError("the server hung up during the handshake")
            data += piece
        head, _, self.tail = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise AssertionError(f"no handshake: {head!r}")
        if message is not None:
            payload = message.encode()
            length = bytes((0x80 | len(payload),)) if len(payload) < 126 else b"\xfe%b" % _short(payload)
            self.socket.sendall(bytes((TEXT,)) + length + MASK + payload)
        self.socket.setblocking(False)


def _short(payload: bytes) -> bytes:
    return len(payload).to_bytes(2, "big")


class Count:
    """What all clients have read. ``latencies`` are in ns, of the deliveries after ``warmup``."""

    def __init__(self, options: argparse.Namespace, clock: Callable[[], int]) -> None:
        self._ts_key = f'"{options.ts_key}":'.encode()
        self._seq_key = f'"{options.seq_key}":'.encode()
        self._warmup = options.warmup_msgs * options.clients
        self._messages = options.messages
        self._pid = options.server_pid
        self._clock = clock
        self.received = self.gaps = self.backwards = self.others = self.size = self.finished = 0
        self.latencies = array("q")
        self.started_at = self.ended_at = time.monotonic()
        self.server_s = self.client_s = 0.0

    def read(self, client: Client) -> bool:
        """Read what there is; return ``False`` at the end of the stream."""
        data = client.socket.recv(READ_SIZE)
        if not data:
            return False
        now = self._clock()
        self.size += len(data)
        if client.tail:
            data = client.tail + data
        at, end = 0, len(data)
        while end - at >= 2:
            start, length = at + 2, data[at + 1]
            if length == 126:
                start, length = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
            elif length == 127:
                start, length = at + 10, int.from_bytes(data[at + 2 : at + 10], "big")
            if start + length > end:
                break
            self._count(client, data, start, start + length, now)
            at = start + length
        client.tail = data[at:]
        return True

    def _count(self, client: Client, data: bytes, start: int, end: int, now: int) -> None:
        seq_at = data.find(self._seq_key, start, end)
        ts_at = data.find(self._ts_key, start, end)
        if seq_at < 0 or ts_at < 0:
            self.others += 1
            return
        number = _number(data, seq_at + len(self._seq_key))
        if number <= client.last:
            self.backwards += 1
            return
        self.gaps += number - client.last - 1 if client.last else 0
        client.last = number
        self.finished += number == self._messages
        self.received += 1
        if self.received > self._warmup:
            self.latencies.append(now - _number(data, ts_at + len(self._ts_key)))
        elif self.received == self._warmup:
            self.mark()

    def mark(self) -> None:
        """Begin to measure."""
        self.started_at = time.monotonic()
        self.client_s = time.process_time()
        self.server_s = cpu_seconds(self._pid) if self._pid else 0.0

    def result(self, expected: int) -> dict[str, object]:
        """Return the figures of the line."""
        count = max(1, len(self.latencies))
        elapsed = max(1e-9, self.ended_at - self.started_at)
        latencies = self.latencies or array("q", [0])
        server_s = cpu_seconds(self._pid) - self.server_s if self._pid else 0.0
        return {
            "received": self.received,
            "missing": expected - self.received if expected else 0,
            "gaps": self.gaps,
            "backwards": self.backwards,
            "other_messages": self.others,
            "bytes_in": self.size,
            "deliveries_per_s": len(self.latencies) / elapsed,
            "lat_us": {name: percentile(latencies, p) / 1e3 for name, p in (("p50", 50), ("p99", 99))},
            "client_us_per_delivery": (time.process_time() - self.client_s) * 1e6 / count,
            "server_us_per_delivery": server_s * 1e6 / count,
        }


def _number(data: bytes, at: int) -> int:
    end = at
    while 48 <= data[end] <= 57:
        end += 1
    return int(data[at:end])


def connect(options: argparse.Namespace) -> list[Client]:
    """Open all connections, some at a time."""
    clients: list[Client] = []
    address = (options.host, options.port)
    while len(clients) < options.clients:
        group = [
            Client(address, options.path, options.handshake_timeout)
            for _ in range(min(AT_ONCE, options.clients - len(clients)))
        ]
        for client in group:
            client.enter(options.send)
        clients += group
    return clients


def receive(options: argparse.Namespace) -> dict[str, object]:
    """Be the clients until all messages are there, the time is up, or nothing more comes."""
    count = Count(options, time.time_ns if options.ts_clock == "realtime" else time.monotonic_ns)
    clients = connect(options)
    count.mark()
    deadline = time.monotonic() + (options.duration or options.timeout)
    with contextlib.closing(selectors.DefaultSelector()) as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        while not options.messages or count.finished < len(clients):
            ready = selector.select(min(options.idle_timeout, max(0.0, deadline - time.monotonic())))
            if not ready or time.monotonic() > deadline:
                break
            for key, _ in ready:
                if not count.read(key.data):
                    raise AssertionError("the server hung up")
        if not options.duration or count.received:
            count.ended_at = time.monotonic()
    result = count.result(options.messages * len(clients))
    for client in clients:
        client.socket.close()
    return result


def main(arguments: list[str]) -> int:
    """Read the options, receive and print; exit 2 when messages are missing, 5 when they went back."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fan_out_receiver")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--send")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--duration", type=float, default=0.0)
    parser.add_argument("--warmup-msgs", type=int, default=0)
    parser.add_argument("--ts-key", default="ts")
    parser.add_argument("--seq-key", default="seq")
    parser.add_argument("--ts-clock", choices=("monotonic", "realtime"), default="monotonic")
    parser.add_argument("--idle-timeout", type=float, default=5.0)
    parser.add_argument("--handshake-timeout", type=float, default=30.0)
    parser.add_argument("--timeout", type=float, default=120.0)
    parser.add_argument("--allow-gaps", action="store_true")
    parser.add_argument("--cpu", type=int)
    parser.add_argument("--server-pid", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    result = receive(options)
    print(json.dumps(result))
    if result["backwards"]:
        return 5
    return 2 if (result["missing"] or result["gaps"]) and not options.allow_gaps else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
