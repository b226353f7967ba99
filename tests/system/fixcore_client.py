"""A FIX client on ``fixcore-engine``, an engine in Python, with its standard dictionaries in force.

It speaks no TLS: a ``FixLine`` can put that on. NOT here: what it leaves unchecked (a tag that is not of its
message, the format of a value).
"""

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from fixcore.application import Application
from fixcore.log.base import Log, LogFactory
from fixcore.message.message import Message
from fixcore.session.session_id import SessionID
from fixcore.session.session_settings import SessionSettings
from fixcore.store.factory import FileStoreFactory
from fixcore.transport.initiator import SocketInitiator

from tests.system.fix_engine import TIMEOUT_S, Credential, EngineClient, Fields, Inbox, Initiator

_T = TypeVar("_T")

_LOGON, _REJECT = "A", "3"


class _Application(Application):  # type: ignore[misc]  # the engine says nothing of its types
    """Tells what happens. Runs on the engine's event loop."""

    def __init__(self, inbox: Inbox, credential: Credential, is_off: asyncio.Event) -> None:
        self._inbox = inbox
        self._credential = credential
        self._is_off = is_off

    def on_logon(self, session_id: SessionID) -> None:
        del session_id
        self._is_off.clear()
        self._inbox.states.put("logged on")

    def on_logout(self, session_id: SessionID) -> None:
        del session_id
        self._is_off.set()
        self._inbox.states.put("logged out")

    def to_admin(self, message: Message, session_id: SessionID) -> None:
        del session_id
        if message.msg_type == _LOGON:
            header = dict(message.header.items())
            for tag, value in self._credential(header).items():
                message.set_field(tag, value)
        elif message.msg_type == _REJECT:
            self._inbox.rejects.append(repr(_fields(message)))

    def from_admin(self, message: Message, session_id: SessionID) -> None:
        del session_id
        self._inbox.admin.put(_fields(message))

    def from_app(self, message: Message, session_id: SessionID) -> None:
        del session_id
        self._inbox.reports.put(_fields(message))


class _Silent(Log, LogFactory):  # type: ignore[misc]  # likewise
    """Keeps the engine from writing to stdout."""

    def create(self, session_id: SessionID) -> Log:
        del session_id
        return self

    def on_incoming(self, message: str) -> None:
        del message

    def on_outgoing(self, message: str) -> None:
        del message

    def on_event(self, text: str) -> None:
        del text


class FixCoreClient(EngineClient):
    """One initiator session on an event loop in a thread of its own; its file store outlives it."""

    def __init__(self, initiator: Initiator) -> None:
        super().__init__(initiator)
        assert initiator.tls is None
        self._is_off = asyncio.Event()
        self._is_off.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Connect, and go on connecting every second."""
        self._thread.start()
        self._run(self._start())

    def stop(self, *, orderly: bool = False) -> None:
        """Log out, if logged on, and connect no more; it is always orderly."""
        del orderly
        if not self._thread.is_alive():
            return
        try:
            self._run(self._stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(TIMEOUT_S)
            self._loop.close()

    def send(self, msg_type: str, fields: Mapping[int, object]) -> None:
        """Send an application message; ``RuntimeError`` without a connection."""
        message = Message()
        message.header.set(35, msg_type)
        for tag, value in fields.items():
            if tag == 1128:
                message.header.set(tag, str(value))
            else:
                message.set_field(tag, str(value))
        if msg_type in "DFG":
            message.set_field(60, time.strftime("%Y%m%d-%H:%M:%S", time.gmtime()))
        self._run(self._session.send_app(message))

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT_S)

    async def _start(self) -> None:
        settings = SessionSettings.from_string(_settings(self.initiator))
        application = _Application(self.inbox, self.initiator.credential, self._is_off)
        store, log = FileStoreFactory(self.initiator.folder), _Silent()
        self._engine = SocketInitiator(settings, application, store, log)
        (self._session,) = self._engine.sessions.values()
        await self._engine.start()

    async def _stop(self) -> None:
        await self._engine.logout()
        await asyncio.wait_for(self._is_off.wait(), TIMEOUT_S)
        await self._engine.stop()
        # Stopped in the middle of a connect, the engine forgets its timer.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        # Stopped just behind a connect, it forgets the connection; asyncio has no other list of them.
        transports: Mapping[int, asyncio.Transport] = vars(self._loop)["_transports"]
        for transport in list(transports.values()):
            transport.abort()
        # What they closed is closed in the next turn of the loop.
        await asyncio.sleep(0)
        self._session.close()


def _settings(initiator: Initiator) -> str:
    host, port = initiator.address
    session: dict[str, object] = {
        "ConnectionType": "initiator",
        "HeartBtInt": 30,
        "ReconnectInterval": 1,
        "UseDataDictionary": "Y",
        "ValidateIncomingMessage": "Y",
        "ValidateFieldsOutOfRange": "Y",
        "ValidateUserDefinedFields": "Y",
        "CheckLatency": "Y",
        "ResetOnLogon": "Y" if initiator.reset_on_logon else "N",
        **initiator.dictionaries(),
        "BeginString": initiator.begin_string,
        "SenderCompID": initiator.comp_id,
        "TargetCompID": "BDAX",
        "SocketConnectHost": host,
        "SocketConnectPort": port,
    }
    return "[SESSION]\n" + "".join(f"{key}={value}\n" for key, value in session.items())


def _fields(message: Message) -> Fields:
    return {**dict(message.header.items()), **message.body}
