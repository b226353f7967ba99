"""FIX 4.4 as the harness writes and reads it: templates for orders, simplefix for the session.

Orders are written from templates, because at high rates a general encoder would be what is measured. The
reader is its own: it shares nothing with the gateway's codec. NOT here: sessions, and what a report should
say.
"""

import re
import time
from collections.abc import Iterable, Iterator
from typing import Final

from simplefix import FixMessage

from gateway.loadtest.amounts import Texts
from gateway.loadtest.flow import Kind, Request

BEGIN_STRING: Final = b"FIX.4.4"

_BODY: Final = re.compile(rb"8=FIX\.4\.4\x019=(\d{1,7})\x01")
_FIELD: Final = re.compile(rb"(\d+)=([^\x01]*)\x01")
_TRAILER: Final = len(b"10=000\x01")
_LAST: Final = b"\x0110="
_START: Final = b"8=FIX.4.4\x019="
_CHECK_SUM: Final = re.compile(rb"10=\d\d\d\x01")
_HEAD: Final = b"34=%d%b%b%b11=%b%d\x01"  # number, sender, time, target, ClOrdID
_ENTER: Final = b"35=D\x01" + _HEAD + b"21=1\x0138=%b\x0140=2\x0144=%b\x0154=%d\x0155=%b\x0159=1\x0160=%b\x01"
_CANCEL: Final = b"35=F\x01" + _HEAD + b"41=%b%d\x0154=%d\x0155=%b\x0160=%b\x01"
_REPLACE: Final = (
    b"35=G\x01" + _HEAD + b"21=1\x0138=%b\x0140=2\x0141=%b%d\x0144=%b\x0154=%d\x0155=%b\x0160=%b\x01"
)
_NS_PER_MS: Final = 1_000_000
_MOST_DIGITS: Final = 18


class Clock:
    """UTC as FIX writes it, in milliseconds, made once in each."""

    def __init__(self) -> None:
        self._ms = -1
        self._text = b""

    def text(self, utc: int) -> bytes:
        """Return UTC ns as a UTCTimestamp."""
        ms = utc // _NS_PER_MS
        if ms != self._ms:
            seconds, self._ms = ms // 1000, ms
            day = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(seconds))
            self._text = b"%b.%03d" % (day.encode(), ms % 1000)
        return self._text


class OrderWriter:
    """Writes the orders of one session; ``prefix`` begins its ClOrdIDs, a request's number ends them."""

    def __init__(self, comp_ids: tuple[bytes, bytes], symbol: str, prefix: bytes) -> None:
        self._header = b"\x0149=%b\x0152=" % comp_ids[0]
        self._target = b"\x0156=%b\x01" % comp_ids[1]
        self._symbol = symbol.encode()
        self._prefix = prefix
        self._texts = Texts()

    def write(self, request: Request, number: int, now: bytes) -> bytes:
        """Return the message of a request with MsgSeqNum(34) ``number``."""
        texts = self._texts
        if request.kind.enters:
            order = request.order
            body = _ENTER % (
                number, self._header, now, self._target, self._prefix, request.number,
                texts[request.qty], texts[request.price], order.side, self._symbol, now,
            )  # fmt: skip
        elif request.kind is Kind.CANCEL:
            body = _CANCEL % (
                number, self._header, now, self._target, self._prefix, request.number,
                self._prefix, request.named, request.order.side, self._symbol, now,
            )  # fmt: skip
        else:
            body = _REPLACE % (
                number, self._header, now, self._target, self._prefix, request.number,
                texts[request.qty], self._prefix, request.named, texts[request.price],
                request.order.side, self._symbol, now,
            )  # fmt: skip
        return _closed(body)


def session_message(
    msg_type: str,
    number: int,
    comp_ids: tuple[bytes, bytes],
    now: bytes,
    fields: Iterable[tuple[int, object]],
) -> bytes:
    """Return any other message, encoded by simplefix."""
    message = FixMessage()
    message.append_pair(8, BEGIN_STRING, header=True)
    message.append_pair(35, msg_type, header=True)
    message.append_pair(34, number, header=True)
    message.append_pair(49, comp_ids[0], header=True)
    message.append_pair(52, now, header=True)
    message.append_pair(56, comp_ids[1], header=True)
    for tag, value in fields:
        message.append_pair(tag, value)
    encoded: bytes = message.encode()
    return encoded


def again(message: bytes, now: bytes) -> bytes:
    """Return an order's message as it is sent again: PossDupFlag(43), and OrigSendingTime(122)."""
    head, _, tail = message[message.index(b"\x0135=") + 1 : -_TRAILER].partition(b"\x0152=")
    sent, _, tail = tail.partition(b"\x01")
    return _closed(b"%b\x0143=Y\x01122=%b\x0152=%b\x01%b" % (head, sent, now, tail))


def _closed(body: bytes) -> bytes:
    head = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    return b"%b10=%03d\x01" % (head, sum(head) & 255)


def last_number(received: bytes) -> int:
    """Return the MsgSeqNum(34) of the last of some messages, -1 where it cannot be told."""
    last = received[received.rfind(_START) :]
    return number_of(last.partition(b"\x0134=")[2].partition(b"\x01")[0])


def whole(received: bytes) -> int:
    """Return where the last whole message ends, 0 without one."""
    if received[-8:-4] == _LAST and received[-4:-1].isdigit() and received[-1:] == b"\x01":
        return len(received)
    end = received.rfind(_LAST)
    while end >= 0:
        found = _CHECK_SUM.match(received, end + 1)
        if found is not None:
            return found.end()
        end = received.rfind(_LAST, 0, end)
    return 0


def frames(received: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield each message with an empty text, or the bytes that are none with what is wrong with them.

    BodyLength(9) and CheckSum(10) are checked; after a fault reading goes on at the next ``8=FIX``.
    """
    at, size = 0, len(received)
    while at < size:
        found = _BODY.match(received, at)
        end = found.end() + int(found[1]) + _TRAILER if found is not None else 0
        if found is None:
            wrong = "no message begins here"
        elif _CHECK_SUM.fullmatch(received, end - _TRAILER, end) is None:
            wrong = "BodyLength(9) is wrong"
        elif sum(received[at : end - _TRAILER]) & 255 != int(received[end - 4 : end - 1]):
            wrong = "CheckSum(10) is wrong"
        else:
            yield received[at:end], ""
            at = end
            continue
        following = received.find(_START, at + 1)
        end = size if following < 0 else following
        yield received[at:end], wrong
        at = end


def number_of(text: bytes) -> int:
    """Return a number of at most 18 digits, -1 for what is none."""
    return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else -1


def fields_of(frame: bytes) -> dict[bytes, bytes]:
    """Return the fields of a message by tag; of one that comes twice the last."""
    return dict(_FIELD.findall(frame))
