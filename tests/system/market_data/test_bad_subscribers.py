"""What subscribers may do wrong on a real socket: each has its answer or close code, and is counted."""

import re
import socket
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.system.gateway_process import ROOT, GatewayProcess, eventually
from tests.system.ws_client import WsPeer

TIMEOUT_S = 5.0
CONFIG = f"""
accounts_file = "{ROOT}/config/accounts.toml"
instruments_file = "{ROOT}/config/instruments.toml"
[ws]
max_subscriptions = 4
max_message_size = 4096
max_fragments = 8
handshake_timeout_s = 1
ping_interval_s = 1
ping_timeout_s = 1
close_timeout_s = 1
deflate = true
"""
HANDSHAKE = (
    "GET /v1 HTTP/1.1\r\nHost: bdax\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
TEXT, BINARY, CONTINUATION, CLOSE = 1, 2, 0, 8
FIN, COMPRESSED = 0x80, 0x40


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    folder = tmp_path_factory.mktemp("market")
    config = folder / "gateway.toml"
    config.write_text(CONFIG)
    with GatewayProcess(folder, "--config", str(config)) as running:
        yield running


def counted(market: GatewayProcess, name: str, reason: str) -> int:
    """Return a counter of the WebSocket front; 0 while there is none."""
    with urllib.request.urlopen(f"{market.http}/metrics", timeout=TIMEOUT_S) as answer:  # noqa: S310 - http, ours
        text = answer.read().decode()
    found = re.search(rf'^{name}{{front="ws",reason="{reason}"}} (\d+)', text, re.MULTILINE)
    return 0 if found is None else int(found.group(1))


class Line:
    """A bare socket to the WebSocket port, for what no client library sends."""

    def __init__(self, market: GatewayProcess, request: str = "") -> None:
        address = urlsplit(market.ws)
        assert address.hostname is not None
        self.socket = socket.create_connection((address.hostname, address.port or 0), timeout=TIMEOUT_S)
        self.socket.sendall(request.encode("latin-1"))

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def head(self) -> str:
        """Read the gateway's HTTP answer and return it."""
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._some(1)
        return answer.decode("latin-1")

    def send(self, first: int, payload: bytes) -> None:
        """Send a frame whose first byte is ``first``, masked with zeros."""
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.socket.sendall(bytes([first]) + length + bytes(4) + payload)

    def close_code(self) -> int:
        """Read frames until the gateway closes and return its code."""
        while True:
            first, size = self._some(2)
            if size == 126:
                size = int.from_bytes(self._some(2), "big")
            payload = self._some(size) if size else b""
            if first & 0x0F == CLOSE:
                return int.from_bytes(payload[:2], "big")

    def _some(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            assert piece, f"the connection ended after {data!r}"
            data += piece
        return data


def opened(market: GatewayProcess, offer: str = "") -> Line:
    """Return a line whose handshake is done."""
    line = Line(market, HANDSHAKE + offer + "\r\n")
    assert line.head().startswith("HTTP/1.1 101 ")
    return line


@pytest.mark.parametrize(
    ("method", "params", "name", "field"),
    [
        ("subscribe", {"channels": ["books.BTC-KRW"]}, "UNKNOWN_CHANNEL", "channels"),
        ("subscribe", {"channels": ["book.DOGE-KRW"]}, "UNKNOWN_CHANNEL", "channels"),
        ("subscribe", {"channels": ["book.BTC-KRW.7.raw"]}, "UNKNOWN_CHANNEL", "channels"),
        ("subscribe", {"channels": ["book.BTC-KRW.10.30ms"]}, "UNKNOWN_CHANNEL", "channels"),
        ("subscribe", {"channels": ["book.BTC-KRW.10.raw.g3"]}, "UNKNOWN_CHANNEL", "channels"),
        ("subscribe", {"channels": ["candles.BTC-KRW.2m"]}, "UNKNOWN_CHANNEL", "channels"),
        ("subscribe", {"channels": ["l3.BTC-KRW", "l4.BTC-KRW"]}, "UNKNOWN_CHANNEL", "channels"),
        ("subscribe", {"channels": ["book.BTC-KRW"], "depth": 7}, "INVALID_PARAMS", "depth"),
        ("subscribe", {"channels": ["book.BTC-KRW"], "mode": "never"}, "INVALID_PARAMS", "mode"),
        ("subscribe", {"channels": ["book.BTC-KRW"], "mode": "interval"}, "INVALID_PARAMS", "interval_ms"),
        ("subscribe", {"channels": ["book.BTC-KRW"], "interval_ms": 50}, "INVALID_PARAMS", "interval_ms"),
        ("subscribe", {"channels": ["bbo.BTC-KRW"], "checksum": True}, "INVALID_PARAMS", "checksum"),
        ("subscribe", {"channels": ["book.BTC-KRW"], "from_seq": 1}, "INVALID_PARAMS", "epoch"),
        ("subscribe", {"channels": ["book.BTC-KRW"], "epoch": "x"}, "INVALID_PARAMS", "epoch"),
        (
            "subscribe",
            {"channels": [f"{kind}.BTC-KRW" for kind in ("book", "l3", "bbo", "trades", "ticker")]},
            "TOO_MANY_CHANNELS",
            "channels",
        ),
        ("unsubscribe", {"channels": ["book.DOGE-KRW"]}, "UNKNOWN_CHANNEL", "channels"),
        ("book.snapshot", {"channel": "trades.BTC-KRW"}, "INVALID_PARAMS", "channel"),
        ("book.snapshot", {"channel": "book.DOGE-KRW"}, "UNKNOWN_CHANNEL", "channel"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_and_counted(
    market: GatewayProcess, method: str, params: dict[str, object], name: str, field: str
) -> None:
    before = counted(market, "bdax_request_rejects_total", name)
    with WsPeer(market.ws) as client:
        error = client.error(method, **params)
        assert (error["name"], error["field"]) == (name, field)
        # Nothing of the request was done, and the connection lives on.
        assert client.result("unsubscribe", channels=["book.BTC-KRW", "l3.BTC-KRW"]) == [
            {"channel": channel, "outcome": "not_subscribed"} for channel in ("book.BTC-KRW", "l3.BTC-KRW")
        ]
    assert counted(market, "bdax_request_rejects_total", name) == before + 1


def test_a_resume_from_the_future_is_refused_and_one_of_another_log_begins_anew(
    market: GatewayProcess,
) -> None:
    before = counted(market, "bdax_request_rejects_total", "INVALID_PARAMS")
    with WsPeer(market.ws) as client:
        (entry,) = client.result("subscribe", channels=["book.ETH-KRW"])
        ahead = {"channels": ["trades.ETH-KRW"], "from_seq": entry["seq"] + 1_000_000}
        error = client.error("subscribe", **ahead, epoch=entry["epoch"])
        assert (error["name"], error["field"]) == ("INVALID_PARAMS", "from_seq")
        (entry,) = client.result("subscribe", **ahead, epoch="of another log")
        assert (entry["outcome"], entry["recovered"]) == ("subscribed", False)
        assert client.push("trades.ETH-KRW")["type"] == "snapshot"
    assert counted(market, "bdax_request_rejects_total", "INVALID_PARAMS") == before + 1


def test_to_subscribe_twice_and_to_leave_what_was_never_followed_is_no_error(market: GatewayProcess) -> None:
    with WsPeer(market.ws) as client:
        outcomes = [
            client.result(method, channels=["bbo.BTC-KRW"])[0]["outcome"]
            for method in ("unsubscribe", "subscribe", "subscribe", "unsubscribe", "unsubscribe")
        ]
        assert outcomes == [
            *("not_subscribed", "subscribed", "already_subscribed", "unsubscribed", "not_subscribed")
        ]


def bomb() -> bytes:
    """Return a message of 2 MB, deflated to less than the limit of one."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(bytes(2_000_000)) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def binary(line: Line) -> None:
    line.send(FIN | BINARY, b"{}")


def not_utf_8(line: Line) -> None:
    line.send(FIN | TEXT, b"\xff\xfe")


def too_large(line: Line) -> None:
    line.send(FIN | TEXT, b"x" * 5000)


def fragments_without_end(line: Line) -> None:
    line.send(TEXT, b"x")
    for _ in range(20):
        line.send(CONTINUATION, b"x")


def fragments_that_are_too_large(line: Line) -> None:
    line.send(TEXT, b"x" * 3000)
    line.send(CONTINUATION, b"x" * 3000)


def compressed_without_the_extension(line: Line) -> None:
    line.send(FIN | COMPRESSED | TEXT, b"x")


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (binary, 1003),
        (not_utf_8, 1007),
        (too_large, 1009),
        (fragments_without_end, 1009),
        (fragments_that_are_too_large, 1009),
        (compressed_without_the_extension, 1002),
    ],
)
def test_what_breaks_the_protocol_closes_with_its_code(
    market: GatewayProcess, send: Callable[[Line], None], code: int
) -> None:
    before = counted(market, "bdax_disconnects_total", "violation")
    with opened(market) as line:
        send(line)
        assert line.close_code() == code
    eventually(lambda: counted(market, "bdax_disconnects_total", "violation") == before + 1, "the count")


def test_a_compressed_bomb_closes_with_1009(market: GatewayProcess) -> None:
    payload = bomb()
    assert len(payload) < 4096
    before = counted(market, "bdax_disconnects_total", "violation")
    for fragments in (1, 4):
        with opened(market, "Sec-WebSocket-Extensions: permessage-deflate\r\n") as line:
            step = -(-len(payload) // fragments)
            pieces = [payload[start : start + step] for start in range(0, len(payload), step)]
            first, last = COMPRESSED | TEXT, len(pieces) - 1
            for n, piece in enumerate(pieces):
                line.send((FIN if n == last else 0) | (CONTINUATION if n else first), piece)
            assert line.close_code() == 1009
    eventually(lambda: counted(market, "bdax_disconnects_total", "violation") == before + 2, "the count")


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("\x00\x01\x02\r\n\r\n", "400"),
        ("GET /v1 HTTP/1.1\r\nHost: bdax\r\n\r\n", "426"),
        (HANDSHAKE.replace("/v1", "/v9") + "\r\n", "404"),
        (HANDSHAKE.replace("dGhlIHNhbXBsZSBub25jZQ==", "short") + "\r\n", "400"),
    ],
    ids=["garbage", "plain HTTP", "another path", "a wrong key"],
)
def test_a_handshake_that_is_none_is_answered_and_counted(
    market: GatewayProcess, request_text: str, status: str
) -> None:
    before = counted(market, "bdax_disconnects_total", "refused")
    with Line(market, request_text) as line:
        assert line.head().startswith(f"HTTP/1.1 {status} ")
    eventually(lambda: counted(market, "bdax_disconnects_total", "refused") == before + 1, "the count")


@pytest.mark.parametrize("request_text", ["", HANDSHAKE], ids=["nothing", "half a head"])
def test_a_slow_handshake_is_ended_at_its_deadline(market: GatewayProcess, request_text: str) -> None:
    before = counted(market, "bdax_disconnects_total", "handshake_timeout")
    begun = time.monotonic()
    with Line(market, request_text) as line:
        assert line.head().startswith("HTTP/1.1 408 ")
    assert 0.5 < time.monotonic() - begun < TIMEOUT_S
    eventually(
        lambda: counted(market, "bdax_disconnects_total", "handshake_timeout") == before + 1, "the count"
    )


def test_a_half_open_connection_is_ended_when_no_pong_comes(market: GatewayProcess) -> None:
    before = counted(market, "bdax_disconnects_total", "ping_timeout")
    with opened(market) as line:
        assert line.close_code() == 1011
    eventually(lambda: counted(market, "bdax_disconnects_total", "ping_timeout") == before + 1, "the count")
