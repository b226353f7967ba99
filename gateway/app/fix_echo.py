"""The conformance acceptor: our FIX session layer with an echo application, for public test suites.

Any SenderCompID may log on, without credentials, on loopback only. NOT here: what comes back
(``echo_application``), the exchange (``gateway``).
"""

import asyncio
import contextlib
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
import uvloop

from gateway.app.dictionaries import require_session_messages
from gateway.app.echo_application import EchoApplication
from gateway.app.echo_client import EchoClient
from gateway.app.echo_connection import EchoConnection
from gateway.app.run import EXIT_CONFIGURATION, EXIT_GOOD
from gateway.net.counters import FrontCounters
from gateway.net.listeners import ListenError, listen
from gateway.store import MemoryStore
from protocols.fix import (
    Dictionary,
    DictionaryError,
    Message,
    Session,
    SessionSettings,
    Timestamps,
    Validator,
    load_dictionary,
    standard_dictionary,
    tags,
)

HOST: Final = "127.0.0.1"
MAX_CLIENTS: Final = 4096
GOODBYE_TIMEOUT_S: Final = 3.0
_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoSettings:
    """What the acceptor is started with.

    ``dictionary`` is a file in QuickFIX's format (the application's, with FIXT.1.1), ``transport`` the file
    of FIXT itself; without them the exchange's own dictionary is used.
    """

    begin_string: str
    port: int = 0
    dictionary: Path | None = None
    transport: Path | None = None
    target_comp_id: str = "ISLD"
    unknown: frozenset[str] = frozenset()
    reset_on_logon: bool = False


def run_fix_echo(settings: EchoSettings) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    Prints one JSON line on stdout when it listens. A dictionary or port that cannot be used is one line on
    stderr and exit code 2.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_run(settings))
        except (DictionaryError, ListenError) as error:
            print(f"bdax: {error}", file=sys.stderr)  # noqa: T201 - the contract of the command
            return EXIT_CONFIGURATION


async def _run(settings: EchoSettings) -> int:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    echo = FixEcho(settings)
    address = await echo.start()
    try:
        sys.stdout.write(orjson.dumps({"event": "ready", "fix": address}).decode() + "\n")
        sys.stdout.flush()
        await ended.wait()
    finally:
        await echo.stop()
    return EXIT_GOOD


class FixEcho:
    """The acceptor. Make it inside a running event loop; raises ``DictionaryError``."""

    def __init__(self, settings: EchoSettings) -> None:
        self._settings = settings
        self._dictionary = dictionary_of(settings)
        self._validator = Validator(self._dictionary, unknown_tags="reject")
        self._timestamps = Timestamps(time.time_ns() - time.monotonic_ns())
        self._store = MemoryStore()
        self._clients: dict[bytes, EchoClient] = {}
        self._connections: set[EchoConnection] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.counters = FrontCounters()

    async def start(self) -> str:
        """Listen and return ``HOST:PORT``. Raises ``ListenError``."""
        self._listener = await listen("fix-echo", HOST, self._settings.port, lambda: EchoConnection(self))
        return self._listener.address

    async def stop(self) -> None:
        """Log every client out, wait for them a while, then drop what is left."""
        self._listener.close()
        now = time.monotonic_ns()
        for connection in list(self._connections):
            if connection.client is None:
                connection.abort()
            else:
                connection.client.logout("the acceptor shuts down", now)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await self._quiet.wait()
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)

    # ---- from the connections

    def opened(self, connection: EchoConnection) -> None:
        """Take note of a new connection, and of corrections of the system's UTC time."""
        self._timestamps.offset_ns = time.time_ns() - time.monotonic_ns()
        self.counters.connections += 1
        self._connections.add(connection)
        self._quiet.clear()

    def closed(self, connection: EchoConnection) -> None:
        """Forget a connection."""
        self._connections.discard(connection)
        if not self._connections:
            self._quiet.set()

    def identify(self, logon: Message) -> EchoClient | None:
        """Return the client that a Logon(A) names.

        ``None``: it names another target or an unknown sender, or the client is on another connection, which
        is kept (test cases 1b, 1c).
        """
        settings = self._settings
        comp_id = logon.fields.get(tags.SENDER_COMP_ID, b"")
        key = comp_id.decode("latin-1")
        if not comp_id or key in settings.unknown:
            return None
        if logon.fields.get(tags.TARGET_COMP_ID) != settings.target_comp_id.encode("latin-1"):
            return None
        client = self._clients.get(comp_id)
        if client is None and len(self._clients) < MAX_CLIENTS:
            client = self._clients[comp_id] = self._new_client(comp_id, key)
        return client if client is not None and client.line is None else None

    def _new_client(self, comp_id: bytes, key: str) -> EchoClient:
        settings = self._settings
        session = Session(
            SessionSettings(
                begin_string=settings.begin_string.encode("ascii"),
                sender_comp_id=settings.target_comp_id.encode("latin-1"),
                target_comp_id=comp_id,
                validate=self._validator.validate,
                heart_bt_int_min=2,
                heart_bt_int_max=60,
                sending_time_window=120 * _NS,
                reset_on_logon=settings.reset_on_logon,
                # Public suites compare whole messages with what QuickFIX says.
                terse=True,
                test_req_id=b"TEST",
            ),
            self._store.numbers(key),
            self._timestamps,
        )
        return EchoClient(key, session, EchoApplication(self._dictionary), self._store)


def dictionary_of(settings: EchoSettings) -> Dictionary:
    """Return the dictionary that the settings ask for. Raises ``DictionaryError``."""
    if settings.dictionary is None:
        if settings.transport is not None:
            raise DictionaryError(f"{settings.transport}: an application dictionary is needed beside it")
        return standard_dictionary(settings.begin_string.encode("ascii"))
    if settings.transport is None:
        dictionary = load_dictionary(settings.dictionary)
    else:
        dictionary = load_dictionary(settings.transport, settings.dictionary)
    if dictionary.begin_string != settings.begin_string.encode("ascii"):
        spoken = dictionary.begin_string.decode("ascii")
        raise DictionaryError(f"{settings.dictionary}: a dictionary of {spoken}, not {settings.begin_string}")
    require_session_messages(dictionary, str(settings.transport or settings.dictionary))
    return dictionary
