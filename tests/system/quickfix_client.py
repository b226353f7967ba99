"""A FIX client on QuickFIX, the engine most counterparties run, with its own FIX 4.4 dictionary in force."""

import importlib.resources
import queue
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import quickfix

TIMEOUT_S = 5.0

_SETTINGS = """
[DEFAULT]
ConnectionType=initiator
NonStopSession=Y
HeartBtInt=30
ReconnectInterval=1
ResetOnLogon=Y
UseDataDictionary=Y
DataDictionary={dictionary}
[SESSION]
BeginString=FIX.4.4
SenderCompID={comp_id}
TargetCompID=BDAX
SocketConnectHost={host}
SocketConnectPort={port}
"""


def dictionary_path() -> Path:
    """Return QuickFIX's FIX44.xml, which ``fixcore-engine`` installs."""
    return Path(str(importlib.resources.files("fixcore") / "specs" / "FIX44.xml"))


class _Application(quickfix.Application):  # type: ignore[misc]  # the binding has no types
    """Puts what happens into queues. Runs on QuickFIX's thread; nothing may raise into C++."""

    def __init__(self, comp_id: str, password: str) -> None:
        super().__init__()
        self.reports: queue.Queue[dict[int, str]] = queue.Queue()
        self.states: queue.Queue[str] = queue.Queue()
        self.admin: queue.Queue[dict[int, str]] = queue.Queue()
        self.rejected_by_us: list[str] = []
        self._comp_id = comp_id
        self._password = password

    def onCreate(self, session_id: Any) -> None:  # noqa: N802 - QuickFIX's names
        del session_id

    def onLogon(self, session_id: Any) -> None:  # noqa: N802
        del session_id
        self.states.put("logged on")

    def onLogout(self, session_id: Any) -> None:  # noqa: N802
        del session_id
        self.states.put("logged out")

    def toAdmin(self, message: Any, session_id: Any) -> None:  # noqa: N802
        del session_id
        msg_type = quickfix.MsgType()
        message.getHeader().getField(msg_type)
        if msg_type.getValue() == quickfix.MsgType_Logon:
            message.setField(quickfix.Username(self._comp_id))
            message.setField(quickfix.Password(self._password))
        elif msg_type.getValue() == quickfix.MsgType_Reject:
            self.rejected_by_us.append(message.toString().replace("\x01", "|"))

    def toApp(self, message: Any, session_id: Any) -> None:  # noqa: N802
        del message, session_id

    def fromAdmin(self, message: Any, session_id: Any) -> None:  # noqa: N802
        del session_id
        self.admin.put(_fields(message.toString()))

    def fromApp(self, message: Any, session_id: Any) -> None:  # noqa: N802
        del session_id
        self.reports.put(_fields(message.toString()))


class QuickFixClient:
    """One initiator session. Messages come and go as tag-to-value mappings."""

    def __init__(self, address: tuple[str, int], comp_id: str, password: str, folder: Path) -> None:
        host, port = address
        settings = folder / f"{comp_id}-{uuid.uuid4().hex}.cfg"
        settings.write_text(
            _SETTINGS.format(dictionary=dictionary_path(), comp_id=comp_id, host=host, port=port)
        )
        self._application = _Application(comp_id, password)
        self._session_id = quickfix.SessionID("FIX.4.4", comp_id, "BDAX")
        self._settings = quickfix.SessionSettings(str(settings))
        self._store = quickfix.MemoryStoreFactory()
        self._initiator = quickfix.SocketInitiator(self._application, self._store, self._settings)

    def __enter__(self) -> Self:
        self._initiator.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._initiator.stop()
        assert self._application.rejected_by_us == []

    def wait_state(self, state: str) -> None:
        """Wait until the session says ``logged on`` or ``logged out``."""
        while (said := self._application.states.get(timeout=TIMEOUT_S)) != state:
            assert said != state

    def send(self, msg_type: str, fields: Mapping[int, object]) -> None:
        """Send an application message, TransactTime(60) added."""
        message = quickfix.Message()
        message.getHeader().setField(quickfix.BeginString("FIX.4.4"))
        message.getHeader().setField(quickfix.MsgType(msg_type))
        for tag, value in fields.items():
            message.setField(quickfix.StringField(tag, str(value)))
        if msg_type in "DFG":
            message.setField(quickfix.TransactTime())
        assert quickfix.Session.sendToTarget(message, self._session_id)

    def receive(self, **expected: str) -> dict[int, str]:
        """Return the next application message; the keywords ``t<tag>`` must hold."""
        message = self._application.reports.get(timeout=TIMEOUT_S)
        wanted = {int(name.removeprefix("t")): value for name, value in expected.items()}
        assert {tag: message.get(tag) for tag in wanted} == wanted, message
        return message

    def receive_admin(self, msg_type: str) -> dict[int, str]:
        """Return the next session message of a type, passing others over."""
        while (message := self._application.admin.get(timeout=TIMEOUT_S)).get(35) != msg_type:
            assert message.get(35) != msg_type
        return message

    def is_quiet(self) -> bool:
        """Whether no application message waits to be read."""
        return bool(self._application.reports.empty())


def _fields(wire: str) -> dict[int, str]:
    fields: dict[int, str] = {}
    for field in wire.split("\x01"):
        tag, _, value = field.partition("=")
        if value:
            fields.setdefault(int(tag), value)
    return fields
