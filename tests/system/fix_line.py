"""A line between one FIX client and the gateway that can be tapped, lose bytes, and be cut."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from simplefix import FixParser

from tests.system.fix_engine import TIMEOUT_S, Fields

_SAID, _HEARD = "said", "heard"


class FixLine:
    """A TCP proxy to ``gateway``, in a thread; with ``trust`` it speaks TLS on the gateway's side.

    ``said`` and ``heard`` are what the client and the gateway put on the line, also what then got lost.
    """

    def __init__(self, gateway: tuple[str, int], trust: ssl.SSLContext | None = None) -> None:
        self._gateway = gateway
        self._trust = trust
        self._is_closing = False
        self._tapped: dict[str, list[bytearray]] = {_SAID: [], _HEARD: []}
        self._still_passes: dict[str, int | None] = {_SAID: None, _HEARD: None}
        self.hung_up = 0
        """Connections that the gateway was the first to end."""
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result(TIMEOUT_S)
        host, port = self._server.sockets[0].getsockname()
        self.address: tuple[str, int] = (host, port)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(TIMEOUT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)
        self._loop.close()

    def lose(self, *, said_after: int | None = None, heard_after: int | None = None) -> None:
        """Let so many more bytes of either side pass; what comes then is lost, until the line is cut."""

        def lose() -> None:
            for side, passes in ((_SAID, said_after), (_HEARD, heard_after)):
                if passes is not None:
                    self._still_passes[side] = passes

        self._do(lose)

    def cut(self) -> None:
        """End all connections without a word. The next one loses nothing."""

        def cut() -> None:
            self._still_passes = {_SAID: None, _HEARD: None}
            for writer in self._open:
                writer.transport.abort()

        self._do(cut)

    def said(self, msg_type: str) -> list[Fields]:
        """Return the messages of a type that the client has sent."""
        return self._messages(_SAID, msg_type)

    def heard(self, msg_type: str) -> list[Fields]:
        """Return the messages of a type that the gateway has sent."""
        return self._messages(_HEARD, msg_type)

    def _do(self, work: Callable[[], Any]) -> None:
        done = threading.Event()

        def do() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(do)
        assert done.wait(TIMEOUT_S)

    def _messages(self, side: str, msg_type: str) -> list[Fields]:
        found: list[Fields] = []
        for stream in list(self._tapped[side]):
            parser = FixParser()
            parser.append_buffer(bytes(stream))
            while (message := parser.get_message()) is not None:
                fields = {int(tag): value.decode() for tag, value in reversed(message.pairs)}
                if fields[35] == msg_type:
                    found.append(fields)
        return found

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = "localhost" if self._trust else None
        try:
            far_reader, far_writer = await asyncio.open_connection(
                *self._gateway, ssl=self._trust, server_hostname=name
            )
        except OSError:
            writer.transport.abort()
            return
        if self._is_closing:
            writer.transport.abort()
            far_writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        await asyncio.gather(self._pump(_SAID, reader, far_writer), self._pump(_HEARD, far_reader, writer))
        for each in (writer, far_writer):
            # One that is not read closes only when it is aborted: it is open until then.
            with suppress(OSError):
                await each.wait_closed()
        self._open -= {writer, far_writer}

    async def _pump(self, side: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tap = bytearray()
        self._tapped[side].append(tap)
        try:
            while data := await reader.read(65536):
                tap += data
                passes = self._still_passes[side]
                if passes is not None:
                    data = data[:passes]
                    self._still_passes[side] = passes - len(data)
                writer.write(data)
        except OSError:
            pass  # the line was cut
        finally:
            if side == _HEARD and not writer.is_closing():
                self.hung_up += 1
            writer.close()

    async def _close(self) -> None:
        self._is_closing = True
        for listening in self._server.sockets:
            self._loop.remove_reader(listening)
        # What was just accepted joins the server now: one that is closed before takes it in no more, and
        # nobody would close its socket.
        await asyncio.sleep(0)
        self._server.close()
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            for writer in self._open:
                writer.transport.abort()
            await asyncio.wait(left, timeout=0.1)
        await self._server.wait_closed()
