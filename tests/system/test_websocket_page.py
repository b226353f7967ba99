"""What docs/websocket.md pastes is what a gateway says: the same members, with values of the same types."""

import json
import re
import signal
from decimal import Decimal
from typing import Any, Final
from zlib import crc32

import pytest

from gateway.marketdata import book_checksum, checksum_text
from tests.system.gateway_process import ROOT, GatewayProcess
from tests.system.ws_client import WsPeer, signed_logon

PAGE: Final = (ROOT / "docs" / "websocket.md").read_text(encoding="utf-8")
ELLIPSIS: Final = ", …]"
Message = dict[str, Any]
Key = tuple[object, ...]


def pasted() -> list[tuple[Key, Message]]:
    """Return each message of the gateway's on the page, under what it is."""
    found: list[tuple[Key, Message]] = []
    for block in re.findall(r"(?ms)^```text\n(.*?)^```$", PAGE):
        methods: dict[object, str] = {}
        for line in block.splitlines():
            if line.startswith("> {"):
                request = json.loads(line[2:])
                methods[request["id"]] = request["method"]
            elif line.startswith(("< {", "{")):
                message = json.loads(line.removeprefix("< ").replace(ELLIPSIS, "]"))
                found.append((key_of(message, methods), message))
    return found


def key_of(message: Message, methods: dict[object, str]) -> Key:
    """Return what a message is: a push by channel and type, or a reply by method."""
    if "ch" in message:
        kind = message["ch"].partition(".")[0]
        detail = message["data"].get("kind") if kind == "executions" else None
        return (kind, message["type"], detail)
    return (methods[message["id"]], "error" if "error" in message else "result")


def fits(one: Any, other: Any) -> bool:
    """Whether two values have the same members and types; ``None`` and an empty list fit any."""
    if one is None or other is None:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        if set(one) != set(other):
            # Under names of channels members differ.
            return all("." in name for name in [*one, *other])
        return all(fits(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return not other or all(any(fits(entry, like) for like in other) for entry in one)
    return type(one) is type(other)


class Witness(WsPeer):
    """A client that keeps all that it is told, under what it is."""

    def __init__(self, url: str, heard: dict[Key, list[Message]]) -> None:
        super().__init__(url)
        self._heard = heard
        self._methods: dict[object, str] = {}

    def ask(self, method: str, **params: object) -> Message:
        self._methods[len(self._methods) + 1] = method
        return super().ask(method, **params)

    def _read(self, deadline: float) -> Message:
        message = super()._read(deadline)
        self._heard.setdefault(key_of(message, self._methods), []).append(message)
        return message

    def place(self, cl_ord_id: str, side: str, quantity: str, price: str, **terms: object) -> Message:
        terms = {"symbol": "BTC-KRW", "type": "limit", "quantity": quantity, "price": price, **terms}
        return self.ask("order.place", cl_ord_id=cl_ord_id, side=side, **terms)


def trade(one: Witness, two: Witness, stranger: Witness) -> None:
    """Have every kind of event of orders, and of their public traces."""
    for witness, name in ((one, "DEMO1"), (two, "DEMO2"), (stranger, "DEMO2")):
        ways = {"cancel_on_disconnect": True} if witness is stranger else {}
        witness.ask("session.logon", **signed_logon(name, f"demo-secret-of-{name}"), **ways)
    one.result("subscribe", channels=["executions"])
    two.result("subscribe", channels=["executions"])
    one.place("bid-1", "buy", "0.5", "99000000")
    one.place("bid-2", "buy", "0.5", "98999000", post_only=True)
    two.place("ask-1", "sell", "0.2", "99000000")
    one.ask("order.status", cl_ord_id="bid-1")
    one.place("bid-1", "buy", "0.5", "99000000")
    one.ask("order.replace", cl_ord_id="bid-1", quantity="0.4", price="99000000", new_cl_ord_id="bid-1a")
    one.ask("order.replace", cl_ord_id="bid-1a", quantity="0.1", price="99000000")
    one.ask("orders.open", symbol="BTC-KRW")
    one.ask("order.cancel", cl_ord_id="bid-1a")
    one.place("bid-3", "buy", "0.5", "99000500")
    two.ask("order.place", symbol="BTC-KRW", side="sell", type="market", quantity="0.75")
    stranger.place("gone", "sell", "0.5", "101000000")
    stranger.socket.close()
    two.push("executions", lambda push: push["data"].get("cause") == "disconnect")
    one.ask("executions.replay", from_exec_id=2)
    one.push("executions", lambda push: push["type"] == "replay.done")


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, list[Message]]:
    """Return what clients of a gateway were told that used all of it."""
    kept: dict[Key, list[Message]] = {}
    with GatewayProcess(tmp_path_factory.mktemp("page")) as running:
        with Witness(running.ws, kept) as empty:
            empty.result("subscribe", channels=STATES)
            for channel in STATES:
                empty.push(channel)
        with (
            Witness(running.ws, kept) as one,
            Witness(running.ws, kept) as two,
            Witness(running.ws, kept) as stranger,
            Witness(running.ws, kept) as reader,
        ):
            for method in ("ping", "time", "instruments"):
                reader.ask(method)
            reader.result("subscribe", channels=STATES)
            trade(one, two, stranger)
            for n in range(12):
                one.place(f"deep-{n}", "buy", "0.1", str(90_000_000 + 1_000 * n))
            follow(reader, one)
            two.result("subscribe", channels=["book.BTC-KRW.1.raw", "trades.BTC-KRW"])
            running.signal(signal.SIGTERM)
            two.push("system")
    return kept


STATES = [
    *(f"{kind}.BTC-KRW" for kind in ("book", "bbo", "trades", "status", "ticker", "l3")),
    "candles.BTC-KRW.1m",
    "instruments",
]
GROUPED = "book.BTC-KRW.20.100ms.g5000"


def follow(reader: Witness, trader: Witness) -> None:
    """Follow channels in all ways, resume one, leave some."""
    [entry] = reader.result("subscribe", channels=["book.BTC-KRW"], depth=5, checksum=True)
    reader.ask("unsubscribe", channels=["bbo.BTC-KRW", "book.BTC-KRW.50.raw"])
    reader.result("subscribe", channels=["bbo.BTC-KRW"], mode="interval", interval_ms=10)
    reader.result("subscribe", channels=[GROUPED])
    reader.result("book.snapshot", channel="book.BTC-KRW", max_levels=10)
    trader.place("more-1", "buy", "0.2", "98998000")
    trader.place("more-2", "sell", "0.3", "99001000")
    reader.push_each(
        {"bbo.BTC-KRW": lambda push: "conflated" in push, GROUPED: lambda push: push["type"] == "delta"}
    )
    reader.ask("unsubscribe", channels=["book.BTC-KRW"])
    reader.ask("subscribe", channels=["book.BTC-KRW"], from_seq=entry["seq"], epoch=entry["epoch"])
    reader.push("book.BTC-KRW", lambda push: push["type"] == "heartbeat")


UNHEARD = {("executions", "gap", None)}
"""What takes a history that was cut."""


@pytest.mark.parametrize(
    ("key", "message"), pasted(), ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else ""
)
def test_a_pasted_message_is_as_a_gateway_says_it(
    heard: dict[Key, list[Message]], key: Key, message: Message
) -> None:
    if key[-1] == "error":
        live = heard["order.place", "error"][0]["error"]
        assert {*message["error"]} - OPTIONAL == {*live} - OPTIONAL
    elif key not in UNHEARD:
        assert any(fits(message, live) for live in heard[key]), (message, heard[key][:3])


OPTIONAL = {"retry_after_ms", "duplicate"}


def scaled(text: str) -> list[tuple[int, int]]:
    """Return the levels of a cell of the table of checksums, price and quantity with 8 decimals."""
    levels = [] if text == "none" else [level.split(" \u00d7 ") for level in text.split(", ")]
    return [(int(Decimal(price) * 10**8), int(Decimal(quantity) * 10**8)) for price, quantity in levels]


def checksum_rows() -> list[list[str]]:
    table = PAGE[PAGE.index("| bids | asks | text | checksum |") :].split("\n\n")[0]
    return [[cell.strip().strip("`") for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]


@pytest.mark.parametrize("row", checksum_rows(), ids=lambda row: row[3])
def test_the_checksums_on_the_page_are_those_of_their_books(row: list[str]) -> None:
    bids, asks = scaled(row[0]), scaled(row[1])
    assert checksum_text(bids, asks) == row[2]
    assert str(book_checksum(bids, asks)) == str(crc32(row[2].encode())) == row[3]


def test_the_page_has_a_checksum_of_each_kind_of_book() -> None:
    books = [(scaled(row[0]), scaled(row[1])) for row in checksum_rows()]
    assert any(bool(bids) != bool(asks) for bids, asks in books)
    assert any(len(bids) > 10 for bids, _ in books)
