"""FIX.4.4 bytes, as plainly as can be: for clients that share no code with the gateway."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from tests.system.chaos.records import FixBody, Request

Pairs = list[tuple[int, str]]

_CHANGED_BY_A_RESEND: Final = {8, 9, 10, 34, 43, 49, 52, 56, 122}
_SIDES: Final = {"buy": "1", "sell": "2"}
_TIMES_IN_FORCE: Final = {"gtc": "1", "ioc": "3", "fok": "4"}


def utc_now() -> str:
    """Return SendingTime(52), in milliseconds."""
    return dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def encode(comp_id: str, msg_type: str, msg_seq_num: int, pairs: Iterable[tuple[int, str]]) -> bytes:
    """Return a whole message to BDAX; ``pairs`` is the header's rest, if any, then the body."""
    header = [(35, msg_type), (34, str(msg_seq_num)), (49, comp_id), (52, utc_now()), (56, "BDAX")]
    body = "".join(f"{tag}={value}\x01" for tag, value in [*header, *pairs])
    message = f"8=FIX.4.4\x019={len(body)}\x01{body}".encode()
    return message + b"10=%03d\x01" % (sum(message) % 256)


def request_fields(request: Request) -> tuple[str, FixBody]:
    """Return MsgType and body of a request, without TransactTime(60)."""
    body = {11: request.cl_ord_id, 55: request.symbol, 54: _SIDES[request.side]}
    if request.kind != "new":
        body[41] = request.orig_cl_ord_id
    if request.kind != "cancel":
        body |= {38: request.quantity, 40: "2" if request.price else "1"}
        if request.price:
            body[44] = request.price
        body[59] = _TIMES_IN_FORCE[request.time_in_force]
    return {"new": "D", "cancel": "F", "replace": "G"}[request.kind], body


class Framer:
    """Cuts a stream into messages; raises ``ValueError`` where BodyLength or CheckSum is wrong."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> Iterator[FixBody]:
        """Yield the fields of each whole message."""
        self._rest += received
        while True:
            length_end = self._rest.find(b"\x01", 12)
            if length_end < 0:
                return
            if not self._rest.startswith(b"8=FIX.4.4\x019="):
                raise ValueError(f"no message begins with {self._rest[:40]!r}")
            end = length_end + 1 + int(self._rest[12:length_end]) + 7
            if len(self._rest) < end:
                return
            message, self._rest = self._rest[:end], self._rest[end:]
            if message[-7:] != b"10=%03d\x01" % (sum(message[:-7]) % 256):
                raise ValueError(f"wrong CheckSum(10) of {message!r}")
            yield _fields(message)


def body_of(fields: FixBody) -> FixBody:
    """Return what a resend leaves as it was."""
    return {tag: value for tag, value in fields.items() if tag not in _CHANGED_BY_A_RESEND}


def _fields(message: bytes) -> FixBody:
    pairs = (field.partition("=") for field in message.decode().split("\x01")[:-1])
    return {int(tag): value for tag, _, value in pairs}
