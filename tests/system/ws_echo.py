"""The gateway's WebSocket layer as an echo, which the case files of Autobahn ask for.

``python -m tests.system.ws_echo [--deflate]`` serves until its input ends, on the port that
it prints.
"""

import asyncio
import contextlib
import sys
import time
from typing import Final, cast

from protocols.ws import (
    Binary,
    Opened,
    Text,
    WsConnection,
    WsLimits,
    binary_frame,
    deflated_frame,
    text_frame,
)

MAX_MESSAGE_SIZE: Final = 64 * 1024 * 1024
"""Cases 9.* send messages of 16 MiB, in up to 65,536 fragments."""


class Echo(asyncio.Protocol):
    """Says each message again, in the kind it came in, deflated where that was agreed."""

    def __init__(self, limits: WsLimits) -> None:
        self._core = WsConnection(limits)
        self._deflate_bits = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._core.connect(time.monotonic_ns())
        self._after()

    def data_received(self, data: bytes) -> None:
        self._core.receive_data(data, time.monotonic_ns())
        self._after()

    def eof_received(self) -> bool:
        self._core.eof_received()
        self._after()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._timer is not None:
            self._timer.cancel()
        self._core.release()

    def _after(self) -> None:
        for event in self._core.events():
            if isinstance(event, Opened):
                self._deflate_bits = event.deflate_bits
            elif isinstance(event, Text | Binary):
                self._core.send_framed(self._frame(event))
        data = self._core.data_to_send()
        if data:
            self._transport.write(data)
        if self._core.finished:
            self._transport.close()
        elif self._core.half_close:
            self._transport.write_eof()
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._core.next_deadline()
        if deadline is not None:
            wait_s = max(deadline - time.monotonic_ns(), 0) / 1_000_000_000
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._on_deadline)

    def _on_deadline(self) -> None:
        self._core.on_deadline(time.monotonic_ns())
        self._after()

    def _frame(self, event: Text | Binary) -> bytes:
        binary = isinstance(event, Binary)
        if self._deflate_bits:
            return deflated_frame(event.payload, binary=binary, window_bits=self._deflate_bits)
        return binary_frame(event.payload) if binary else text_frame(event.payload)


async def serve(*, deflate: bool) -> None:
    """Serve until the input ends."""
    limits = WsLimits(
        max_message_size=MAX_MESSAGE_SIZE,
        max_fragments=1_000_000,
        allow_binary=True,
        paths=frozenset({"/", "/runCase", "/v1"}),
        deflate=deflate,
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Echo(limits), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the program's output
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(deflate="--deflate" in sys.argv))
