"""What the tests ask of a real FIX engine: an initiator that trades, and keeps its numbers in files.

NOT here: the engines (``quickfix_client``, ``fixcore_client``) and the words of each version
(``fix_versions``).
"""

import base64
import hashlib
import hmac
import importlib.resources
import queue
import time
import xml.etree.ElementTree as ET
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TIMEOUT_S = 10.0

# Orders, cancels, replaces, questions; a type that the gateway does not serve; its answers; market data.
APPLICATION_MESSAGES = (*"DFGHc89j", *"VWXY", *"xyefgh")

Fields = dict[int, str]
Credential = Callable[[Fields], Fields]
"""From the header of a Logon(A) about to be sent to the fields that make it one's own."""


@dataclass(frozen=True)
class TlsFiles:
    """Paths of PEM files: whom to trust, and the client's own certificate with its key."""

    authority: Path
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Initiator:
    """One session of an engine. Sessions with the same ``folder`` share a store of numbers and messages."""

    address: tuple[str, int]
    comp_id: str
    credential: Credential
    folder: Path
    begin_string: str = "FIX.4.4"
    reset_on_logon: bool = False
    next_expected: bool = False
    tls: TlsFiles | None = None

    def dictionaries(self) -> dict[str, str]:
        """Return the settings that put the standard dictionaries in force, the same for both engines."""
        if self.begin_string != "FIXT.1.1":
            return {"DataDictionary": specification(self.begin_string.replace(".", "") + ".xml")}
        return {
            "DefaultApplVerID": "FIX.5.0SP2",
            "TransportDataDictionary": specification("FIXT11.xml"),
            "AppDataDictionary": str(self._short_specification()),
        }

    def _short_specification(self) -> Path:
        """Return FIX50SP2.xml without the messages that nobody says here: the whole takes seconds to load."""
        path = self.folder / "FIX50SP2.xml"
        if not path.exists():
            tree = ET.parse(specification(path.name))  # noqa: S314 - from an installed package
            messages = tree.find("messages")
            assert messages is not None
            for message in list(messages):
                if message.get("msgtype") not in APPLICATION_MESSAGES:
                    messages.remove(message)
            tree.write(path)
        return path


def specification(name: str) -> str:
    """Return the path of a QuickFIX dictionary, which ``fixcore-engine`` installs."""
    return str(importlib.resources.files("fixcore") / "specs" / name)


class Inbox:
    """What happens to an engine: its thread puts it here.

    ``rejects`` are the Reject(3)s that the engine sent: a standard dictionary did not like what the gateway
    said.
    """

    def __init__(self) -> None:
        self.reports: queue.Queue[Fields] = queue.Queue()
        self.states: queue.Queue[str] = queue.Queue()
        self.admin: queue.Queue[Fields] = queue.Queue()
        self.rejects: list[str] = []


class EngineClient(ABC):
    """An initiator at work. Messages come and go as tag-to-value mappings.

    Leaving the ``with`` block stops it and expects that it has rejected nothing.
    """

    def __init__(self, initiator: Initiator) -> None:
        self.initiator = initiator
        self.inbox = Inbox()

    @abstractmethod
    def start(self) -> None:
        """Connect, and go on connecting, until ``stop``."""

    @abstractmethod
    def stop(self, *, orderly: bool = False) -> None:
        """Connect no more; ``orderly`` logs out and waits for the answer. A second time does nothing."""

    @abstractmethod
    def send(self, msg_type: str, fields: Mapping[int, object]) -> None:
        """Send an application message, TransactTime(60) added where the message has it."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop()
        assert kind is not None or self.inbox.rejects == []

    def wait_state(self, state: str) -> None:
        """Wait until the session says ``logged on`` or ``logged out``, passing the other over."""
        deadline = time.monotonic() + TIMEOUT_S
        while self.inbox.states.get(timeout=max(0.0, deadline - time.monotonic())) != state:
            pass

    def receive(self, **expected: str) -> Fields:
        """Return the next application message; the keywords ``t<tag>`` must hold."""
        message = self.inbox.reports.get(timeout=TIMEOUT_S)
        wanted = {int(name.removeprefix("t")): value for name, value in expected.items()}
        assert {tag: message.get(tag) for tag in wanted} == wanted, message
        return message

    def receive_admin(self, msg_type: str) -> Fields:
        """Return the next session message of a type, passing others over."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            message = self.inbox.admin.get(timeout=max(0.0, deadline - time.monotonic()))
            if message.get(35) == msg_type:
                return message

    def is_quiet(self) -> bool:
        """Whether no application message waits to be read."""
        return self.inbox.reports.empty()


def by_password(username: str, password: str) -> Credential:
    """Return how a session with a password logs on; FIX.4.2 has RawData(96) only."""

    def fields(header: Fields) -> Fields:
        if header[8] == "FIX.4.2":
            return {95: str(len(password)), 96: password}
        return {553: username, 554: password}

    return fields


def by_hmac(username: str, secret: str) -> Credential:
    """Return how a session with a shared secret logs on."""
    return _signed(username, lambda text: hmac.digest(secret.encode(), text, hashlib.sha256))


def by_ed25519(username: str, private_key: Ed25519PrivateKey) -> Credential:
    """Return how a session with a key pair logs on."""
    return _signed(username, private_key.sign)


def _signed(username: str, sign: Callable[[bytes], bytes]) -> Credential:
    def fields(header: Fields) -> Fields:
        named = {} if header[8] == "FIX.4.2" else {553: username}
        parts = [*(header[tag] for tag in (52, 35, 34, 49, 56)), named.get(553, "")]
        signature = base64.b64encode(sign("\x01".join(parts).encode())).decode()
        return {**named, 95: str(len(signature)), 96: signature}

    return fields
