"""A FIX client on QuickFIX, the engine most counterparties run, with its standard dictionaries in force."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import quickfix

from tests.system.fix_engine import Credential, EngineClient, Fields, Inbox, Initiator

NO_GROUPS: Mapping[int, Sequence[Fields]] = {}

_HEADER = ("SenderCompID", "TargetCompID", "MsgSeqNum", "SendingTime", "MsgType", "BeginString")


class _Application(quickfix.Application):  # type: ignore[misc]  # the binding has no types
    """Tells what happens. Runs on QuickFIX's thread; nothing may raise into C++."""

    def __init__(self, inbox: Inbox, credential: Credential) -> None:
        super().__init__()
        self._inbox = inbox
        self._credential = credential

    def onCreate(self, session_id: Any) -> None:  # noqa: N802 - QuickFIX's names
        del session_id

    def onLogon(self, session_id: Any) -> None:  # noqa: N802
        del session_id
        self._inbox.states.put("logged on")

    def onLogout(self, session_id: Any) -> None:  # noqa: N802
        del session_id
        self._inbox.states.put("logged out")

    def toAdmin(self, message: Any, session_id: Any) -> None:  # noqa: N802
        del session_id
        header = _header(message)
        if header[35] == quickfix.MsgType_Logon:
            for tag, value in self._credential(header).items():
                message.setField(quickfix.StringField(tag, value))
        elif header[35] == quickfix.MsgType_Reject:
            self._inbox.rejects.append(message.toString().replace("\x01", "|"))

    def toApp(self, message: Any, session_id: Any) -> None:  # noqa: N802
        del message, session_id

    def fromAdmin(self, message: Any, session_id: Any) -> None:  # noqa: N802
        del session_id
        self._inbox.admin.put(_fields(message.toString()))

    def fromApp(self, message: Any, session_id: Any) -> None:  # noqa: N802
        del session_id
        self._inbox.reports.put(_fields(message.toString()))


class QuickFixClient(EngineClient):
    """One initiator session; its file store outlives it."""

    def __init__(self, initiator: Initiator) -> None:
        super().__init__(initiator)
        path = initiator.folder / f"{initiator.comp_id}-{uuid.uuid4().hex}.cfg"
        path.write_text(_settings(initiator))
        settings = quickfix.SessionSettings(str(path))
        transport = quickfix.SSLSocketInitiator if initiator.tls else quickfix.SocketInitiator
        self._session_id = quickfix.SessionID(initiator.begin_string, initiator.comp_id, "BDAX")
        application = _Application(self.inbox, initiator.credential)
        self._engine: Any = transport(application, quickfix.FileStoreFactory(settings), settings)

    def start(self) -> None:
        """Connect, and go on connecting every second."""
        self._engine.start()

    def stop(self, *, orderly: bool = False) -> None:
        """Connect no more; ``orderly`` waits for the gateway's Logout, a second or two."""
        # QuickFIX has one session of a name at a time, for as long as its object lives.
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.stop(not orderly)

    def send(
        self, msg_type: str, fields: Mapping[int, object], groups: Mapping[int, Sequence[Fields]] = NO_GROUPS
    ) -> None:
        """Send an application message; without a connection it is numbered and kept for a resend.

        ``groups`` are instances by the tag that counts them, each with its first field first.
        """
        message = quickfix.Message()
        header = message.getHeader()
        header.setField(quickfix.BeginString(self.initiator.begin_string))
        header.setField(quickfix.MsgType(msg_type))
        for tag, value in fields.items():
            target = header if tag == quickfix.ApplVerID().getTag() else message
            target.setField(quickfix.StringField(tag, str(value)))
        for counter, instances in groups.items():
            for instance in instances:
                group = quickfix.Group(counter, next(iter(instance)))
                for tag, value in instance.items():
                    group.setField(quickfix.StringField(tag, value))
                message.addGroup(group)
        if msg_type in "DFG":
            message.setField(quickfix.TransactTime())
        quickfix.Session.sendToTarget(message, self._session_id)


def _settings(initiator: Initiator) -> str:
    host, port = initiator.address
    # What is of the socket (TLS) counts in DEFAULT only.
    default: dict[str, object] = {
        "ConnectionType": "initiator",
        "NonStopSession": "Y",
        "HeartBtInt": 30,
        "ReconnectInterval": 1,
        "FileStorePath": initiator.folder,
        "UseDataDictionary": "Y",
        "ValidateFieldsOutOfOrder": "Y",
        "ResetOnLogon": "Y" if initiator.reset_on_logon else "N",
        "SendNextExpectedMsgSeqNum": "Y" if initiator.next_expected else "N",
        **initiator.dictionaries(),
    }
    if initiator.tls:
        default |= {"CertificationAuthoritiesFile": initiator.tls.authority, "CertificateVerifyLevel": 1}
        if initiator.tls.certificate:
            default["ClientCertificateFile"] = initiator.tls.certificate
            default["ClientCertificateKeyFile"] = initiator.tls.key
    session = {
        "BeginString": initiator.begin_string,
        "SenderCompID": initiator.comp_id,
        "TargetCompID": "BDAX",
        "SocketConnectHost": host,
        "SocketConnectPort": port,
    }
    return f"[DEFAULT]\n{_lines(default)}[SESSION]\n{_lines(session)}"


def _lines(settings: Mapping[str, object]) -> str:
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _header(message: Any) -> Fields:
    fields = {}
    for name in _HEADER:
        field = getattr(quickfix, name)()
        message.getHeader().getField(field)
        fields[field.getTag()] = field.getString()
    return fields


def _fields(wire: str) -> Fields:
    fields: Fields = {}
    for field in wire.split("\x01"):
        tag, _, value = field.partition("=")
        if value:
            fields.setdefault(int(tag), value)
    return fields
