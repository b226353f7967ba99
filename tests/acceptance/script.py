"""Acceptance scripts: one test case of the session layer per file, run without sockets.

A script is lines of a letter and its text; ``#`` begins a comment. Fields are ``tag=value`` joined by ``|``.

    set NAME=VALUE ...   settings of the session (``10s`` is a duration), or ``decide=manual``,
                         ``chunks=manual``, ``chunk=N`` (stored messages per chunk), ``next_out=N``,
                         ``next_in=N``, ``unknown_tags=ignore``
    C                    the client connects
    I FIELDS             the client sends a message, header and trailer completed; ``8 9 10 34 49 52 56``
                         may be given, ``-56`` leaves a field out, ``9=+1`` and ``10=+1`` are off by that
    R FIELDS             the client sends exactly these fields in this order, only 9 and 10 computed; ``8=*``
    is
                         the version
    B TEXT               the client sends these bytes, ``|`` for SOH
    E FIELDS             we sent this message next: exactly these fields beside 8 9 10 49 52 56, which are
                         right; ``*`` is any value
    A FIELDS             the application got this message next; other fields are not compared
    S FIELDS             the application sends this message
    J N TEXT             the application answers its last message with BusinessMessageReject, reason N
    L TEXT               we log the client out
    K                    the store gives the next chunk of a resend (``chunks=manual``)
    T 30s                time passes, each deadline on the way is kept
    D                    the transport breaks
    X REASON             the session ended the connection for this ``DisconnectReason``
    V NAME [A=B ...]     this event came next, others before it are passed over
    N NAME=N ...         ``out``, ``in``, ``epoch``: the numbers now; ``garbled``: dropped messages
    accept, refuse       the owner decides on the Logon (``decide=manual``)
    second               another connection tries to take the identity and is refused

``now``, ``now-10s`` … are timestamps, ``~`` is SOH within a value. In FIXT.1.1 a Logon has ``1137=9`` added
on both sides unless it says 1137; a NewOrderSingle (35=D) of the client has what else it must say added
unless it says or leaves it out. All that is sent, worked or ended must be expected by the script before the
client's next line.
"""

import enum
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from protocols.fix import Framer, Validator, scan, standard_dictionary, utc_text
from protocols.fix.session_events import DisconnectReason, LogonReceived
from protocols.fix.session_settings import SessionSettings
from tests.protocols.fix.acceptor import MIDNIGHT, SECOND, START, Acceptor
from tests.protocols.fix.wire import soh

_TIME = re.compile(r"now(?:([+-])(\d+(?:\.\d+)?)s)?")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
_ORDER = [("21", "1"), ("55", "BTC-KRW"), ("54", "1"), ("60", "now"), ("38", "1"), ("40", "1")]


class ScriptError(Exception):
    """The session did not do what the script says."""


class Feeding(enum.Enum):
    """How the client's bytes arrive."""

    WHOLE = "whole"
    BYTE_BY_BYTE = "byte by byte"
    TRAILING = "with trailing bytes"


class ScriptRun:
    """A script against a new session. MsgSeqNum of what the client sends counts on where it is not given."""

    def __init__(self, settings: SessionSettings, feeding: Feeding) -> None:
        self.acceptor = Acceptor(settings)
        self._feeding = feeding
        self._version = settings.begin_string.decode()
        self._number = 1
        self._seen = 0
        self._worked = 0
        self._events = 0

    def run(self, path: Path) -> None:
        """Run the script; raises ``ScriptError`` with file and line."""
        for line_number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            text = line.partition("# ")[0].strip() if not line.startswith("#") else ""
            if not text:
                continue
            verb, _, rest = text.partition(" ")
            try:
                self._step(verb, rest.strip())
            except (ScriptError, AssertionError, KeyError, ValueError) as error:
                raise ScriptError(f"{path.name}:{line_number}: {text}\n{error}") from error
        try:
            self._nothing_left()
        except ScriptError as error:
            raise ScriptError(f"{path.name}: at the end\n{error}") from error

    def _step(self, verb: str, rest: str) -> None:
        if verb in {"C", "I", "R", "B", "S", "L", "K", "T", "D", "accept", "refuse"}:
            self._nothing_left()
        acceptor = self.acceptor
        session = acceptor.session
        match verb:
            case "set":
                self._set(dict(pair.split("=") for pair in rest.split()))
            case "C":
                acceptor.open()
            case "I":
                self._feed(self._client_message(rest))
            case "R":
                self._feed(self._framed(self._fields(rest)))
            case "B":
                self._feed(soh(rest))
            case "E":
                self._expect_sent(rest)
            case "A":
                self._expect_worked(rest)
            case "S":
                (_, msg_type), *body = self._fields(rest)
                session.send(msg_type.encode(), _encoded(body), acceptor.now)
                acceptor.settle()
            case "J":
                reason, _, text = rest.partition(" ")
                session.business_reject(acceptor.worked[-1], int(reason), text, acceptor.now)
                acceptor.settle()
            case "L":
                session.logout(rest, acceptor.now)
                acceptor.settle()
            case "K":
                acceptor.feed_chunk()
            case "T":
                acceptor.advance(_duration(rest))
            case "D":
                acceptor.lose()
            case "X":
                self._expect_disconnect(rest)
            case "V":
                self._expect_event(rest)
            case "N":
                self._expect_numbers(dict(pair.split("=") for pair in rest.split()))
            case "accept":
                session.accept_logon(acceptor.now)
                acceptor.settle()
            case "refuse":
                session.refuse_logon(acceptor.now)
                acceptor.settle()
            case "second":
                first = scan(self._client_message("35=A|98=0|108=30"))
                self._number -= 1
                if session.connect(Framer(1024), first, acceptor.now):
                    raise ScriptError("the second connection took the identity")
            case _:
                raise ScriptError(f"no such step: {verb}")

    def _feed(self, data: bytes) -> None:
        match self._feeding:
            case Feeding.WHOLE:
                self.acceptor.receive(data)
            case Feeding.BYTE_BY_BYTE:
                for at in range(len(data)):
                    self.acceptor.receive(data[at : at + 1])
            case Feeding.TRAILING:
                self.acceptor.receive(data + b"8=")  # a message start that nothing follows: garbled

    def _set(self, given: dict[str, str]) -> None:
        old = self.acceptor
        numbers = old.numbers
        numbers.next_out = int(given.pop("next_out", numbers.next_out))
        numbers.next_in = int(given.pop("next_in", numbers.next_in))
        changed = {name: _setting(value) for name, value in given.items() if name not in _RUN}
        if given.get("unknown_tags") == "ignore":
            dictionary = standard_dictionary(old.settings.begin_string)
            changed["validate"] = Validator(dictionary, unknown_tags="ignore").validate
        self.acceptor = Acceptor(
            replace(old.settings, **changed),
            auto_accept=given.get("decide") != "manual",
            auto_resend=given.get("chunks") != "manual",
            chunk=int(given.get("chunk", old.chunk)),
            numbers=numbers,
        )

    # What the client says

    def _client_message(self, text: str) -> bytes:
        given = self._fields(text)
        left_out = {tag[1:] for tag, value in given if tag.startswith("-") and value == ""}
        fields = [(tag, value) for tag, value in given if not (tag.startswith("-") and tag[1:] in left_out)]
        settings = self.acceptor.settings
        header = {
            "8": self._version,
            "9": "",
            "35": "",
            "34": "",
            "49": settings.target_comp_id.decode(),
            "52": self._time("now"),
            "56": settings.sender_comp_id.decode(),
        }
        body = []
        trailer = ""
        for tag, value in fields:
            if tag in header:
                header[tag] = value
            elif tag == "10":
                trailer = value
            else:
                body.append((tag, value))
        if header["35"] == "A" and self._version == "FIXT.1.1" and "1137" not in dict(given):
            body.append(("1137", "9"))
        if header["35"] == "D":
            named = {tag for tag, _ in given} | left_out
            body += [(tag, self._time(value)) for tag, value in _ORDER if tag not in named]
        if not header["34"]:
            header["34"] = str(self._number)
        if header["34"].isdigit() and not (header["35"] == "4" and ("123", "Y") not in body):
            self._number = int(header["34"]) + 1
        head = [(tag, value) for tag, value in header.items() if tag not in left_out]
        return self._framed([*head, *body, ("10", trailer)])

    def _framed(self, fields: list[tuple[str, str]]) -> bytes:
        """Return the message, BodyLength and CheckSum computed and then off by what they say."""
        off = {tag: int(value) for tag, value in fields if tag in {"9", "10"} and value[:1] in {"+", "-"}}
        at = next((i for i, (tag, _) in enumerate(fields) if tag == "9"), None)
        content = _encoded([pair for i, pair in enumerate(fields) if pair[0] not in {"8", "9", "10"}])
        length = ("9", str(len(content) + off.get("9", 0)))
        named = [length if i == at else pair for i, pair in enumerate(fields) if pair[0] != "10"]
        message = _encoded(named)
        return message + b"10=%03d\x01" % ((sum(message) + off.get("10", 0)) % 256)

    # What we say and do

    def _expect_sent(self, text: str) -> None:
        if self._seen >= len(self.acceptor.sent):
            raise ScriptError("nothing was sent")
        frame = self.acceptor.sent[self._seen]
        sent_at = self.acceptor.sent_at[self._seen]
        self._seen += 1
        message = scan(frame)
        expected = {tag: value.encode() for tag, value in self._fields(text)}
        if expected["35"] == b"A" and self._version == "FIXT.1.1":
            expected.setdefault("1137", b"9")
        settings = self.acceptor.settings
        expected.setdefault("8", settings.begin_string)
        expected.setdefault("49", settings.sender_comp_id)
        expected.setdefault("56", settings.target_comp_id)
        expected.setdefault("52", utc_text(sent_at + MIDNIGHT - START))
        got = {tag.decode(): value for tag, value in message.pairs() if tag not in {b"9", b"10"}}
        wrong = {tag for tag in expected.keys() | got.keys() if not _equal(expected.get(tag), got.get(tag))}
        if wrong or message.field_count != len(message.fields):
            raise ScriptError(f"sent {_shown(frame)}\ndiffers in {', '.join(sorted(wrong, key=int))}")

    def _expect_worked(self, text: str) -> None:
        if self._worked >= len(self.acceptor.worked):
            raise ScriptError("the application got nothing")
        message = self.acceptor.worked[self._worked]
        self._worked += 1
        for tag, value in self._fields(text):
            if not _equal(value.encode(), message.fields.get(tag.encode())):
                raise ScriptError(f"the application got {_shown(message.raw)}")

    def _expect_disconnect(self, reason: str) -> None:
        disconnect = self.acceptor.disconnect
        if disconnect is None:
            raise ScriptError("the connection goes on")
        if disconnect.reason is not DisconnectReason(reason):
            raise ScriptError(f"ended for {disconnect.reason.value}: {disconnect.text}")
        self.acceptor.disconnect = None
        self.acceptor.lose()

    def _expect_event(self, text: str) -> None:
        name, *attributes = text.split()
        events = [event for event in self.acceptor.events if not isinstance(event, LogonReceived)]
        while self._events < len(events):
            event = events[self._events]
            self._events += 1
            if type(event).__name__ == name:
                for pair in attributes:
                    attribute, _, value = pair.partition("=")
                    if str(getattr(event, attribute)) != value:
                        raise ScriptError(f"the event is {event}")
                return
        raise ScriptError("the event did not come")

    def _expect_numbers(self, expected: dict[str, str]) -> None:
        numbers = self.acceptor.numbers
        got = {
            "out": numbers.next_out,
            "in": numbers.next_in,
            "epoch": numbers.epoch,
            "garbled": self.acceptor.garbled,
        }
        if self._feeding is Feeding.TRAILING:
            expected.pop("garbled", None)
        if any(got[name] != int(value) for name, value in expected.items()):
            raise ScriptError(f"the numbers are {got}")

    def _nothing_left(self) -> None:
        acceptor = self.acceptor
        left = [f"sent {_shown(frame)}" for frame in acceptor.sent[self._seen :]]
        left += [f"worked {_shown(message.raw)}" for message in acceptor.worked[self._worked :]]
        if acceptor.disconnect is not None:
            left.append(f"ended for {acceptor.disconnect.reason.value}: {acceptor.disconnect.text}")
        if left:
            raise ScriptError("not expected: " + "\n".join(left))

    # Text

    def _fields(self, text: str) -> list[tuple[str, str]]:
        fields = []
        for piece in text.split("|"):
            tag, _, value = piece.strip().partition("=")
            if value.startswith("now"):
                value = self._time(value)
            elif tag == "8" and value == "*":
                value = self._version
            fields.append((tag, value.replace("~", "\x01")))
        return fields

    def _time(self, text: str) -> str:
        found = _TIME.fullmatch(text)
        if found is None:
            return text
        sign, seconds = found.groups()
        offset = int(float(seconds or 0) * SECOND) * (-1 if sign == "-" else 1)
        return utc_text(self.acceptor.now + offset + MIDNIGHT - START).decode()


_RUN = {"decide", "chunks", "chunk", "unknown_tags"}


def _setting(value: str) -> Any:
    if _DURATION.fullmatch(value):
        return _duration(value)
    if value in {"true", "false"}:
        return value == "true"
    return int(value) if value.isdigit() else value.encode()


def _duration(text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ScriptError(f"no duration: {text}")
    return int(float(found[1]) * SECOND)


def _encoded(fields: list[tuple[str, str]]) -> bytes:
    return b"".join(f"{tag}={value}\x01".encode("latin-1") for tag, value in fields)


def _equal(expected: bytes | None, got: bytes | None) -> bool:
    return expected == got or (expected == b"*" and got is not None)


def _shown(frame: bytes) -> str:
    return frame.replace(b"\x01", b"|").decode("latin-1")
