"""What a WebSocket client may do wrong, and what the gateway makes of it, over a real socket."""

import json
import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.system.gateway_process import GatewayProcess, eventually
from tests.system.ws_client import TIMEOUT_S, WsPeer, signed_logon

KEY, SECRET = "DEMO2", "demo-secret-of-DEMO2"


def closed_with(client: WsPeer) -> tuple[int, str]:
    """Return code and reason of the close that the gateway sends."""
    with pytest.raises(ConnectionClosed) as caught:
        client.drain()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


@pytest.mark.parametrize(
    ("text", "request_id", "name"),
    [
        ("not json", None, "INVALID_JSON"),
        ('{"id":7,"method":"ping"', None, "INVALID_JSON"),
        ("[]", None, "INVALID_REQUEST"),
        ('{"id":7}', 7, "INVALID_REQUEST"),
        ('{"id":7,"method":5}', 7, "INVALID_REQUEST"),
        ('{"id":"a","method":"ping","params":[]}', "a", "INVALID_REQUEST"),
        ('{"id":"a","method":"ping","extra":1}', "a", "INVALID_REQUEST"),
        ('{"id":8,"method":"order.eat"}', 8, "UNKNOWN_METHOD"),
        ('{"id":9,"method":"subscribe","params":{}}', 9, "INVALID_PARAMS"),
        ('{"id":9,"method":"subscribe","params":{"channels":["book.DOGE-KRW"]}}', 9, "UNKNOWN_CHANNEL"),
        ('{"id":9,"method":"subscribe","params":{"channels":["executions"]}}', 9, "LOGON_REQUIRED"),
        ('{"id":9,"method":"orders.open"}', 9, "LOGON_REQUIRED"),
    ],
)
def test_a_malformed_request_gets_an_error_with_its_id(
    ws_anonymous: WsPeer, text: str, request_id: object, name: str
) -> None:
    ws_anonymous.socket.send(text)
    reply = ws_anonymous.reply(request_id)
    assert 400 <= reply["status"] < 500
    assert reply["error"]["name"] == name
    assert set(reply["error"]) == {"code", "name", "msg", "field", "limit", "value"}
    assert ws_anonymous.result("ping") == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": 90000000}, "price"),
        ({"price": "1e6"}, "price"),
        ({"price": None}, "price"),
        ({"quantity": "NaN"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"side": "hold"}, "side"),
        ({"type": "stop"}, "type"),
        ({"post_only": "yes"}, "post_only"),
        ({"cl_ord_id": "x" * 65}, "cl_ord_id"),
        ({"cl_ord_id": "a b"}, "cl_ord_id"),
        ({"colour": "red"}, "colour"),
        ({"time_in_force": "day"}, "time_in_force"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_wrong_parameter_is_named(ws_demo2: WsPeer, change: dict[str, object], field: str) -> None:
    order: dict[str, object] = {
        "symbol": "BTC-KRW",
        "side": "buy",
        "type": "limit",
        "quantity": "1",
        "price": "90000000",
    }
    error = ws_demo2.error("order.place", **(order | change))
    assert error["name"] == "INVALID_PARAMS"
    assert error["field"] == field
    assert ws_demo2.result("orders.open") == []


@pytest.mark.parametrize(
    ("message", "code"),
    [(b'{"id":1,"method":"ping"}', 1003), ("x" * 70_000, 1009)],
    ids=["binary", "too large"],
)
def test_a_frame_that_cannot_be_worked_closes_with_its_code(
    ws_anonymous: WsPeer, message: str | bytes, code: int
) -> None:
    ws_anonymous.socket.send(message)
    assert closed_with(ws_anonymous)[0] == code


def test_text_that_is_not_utf_8_closes_with_1007(ws_anonymous: WsPeer) -> None:
    ws_anonymous.socket.send(b"\xff\xfe", text=True)
    assert closed_with(ws_anonymous)[0] == 1007


def test_endless_fragments_close_the_connection(ws_anonymous: WsPeer) -> None:
    with suppress(ConnectionClosed):  # the gateway does not wait for the last one
        ws_anonymous.socket.send(["x"] * 200)
    assert closed_with(ws_anonymous) == (1009, "too many fragments, limit 64")


@pytest.mark.parametrize(
    "params",
    [
        signed_logon("NOBODY", SECRET),
        signed_logon(KEY, "wrong"),
        signed_logon(KEY, SECRET) | {"signature": "00"},
        signed_logon(KEY, SECRET, timestamp_ms=1_700_000_000_000),
        signed_logon(KEY, SECRET, timestamp_ms=time.time_ns() // 1_000_000 + 3_600_000),
    ],
    ids=["unknown key", "wrong secret", "no signature", "stale", "from the future"],
)
def test_refused_logons_all_look_the_same(gateway: GatewayProcess, params: dict[str, object]) -> None:
    refused = len([entry for entry in gateway.log() if entry["event"] == "ws logon refused"])
    with WsPeer(gateway.ws) as client:
        client.socket.send(json.dumps({"id": 1, "method": "session.logon", "params": params}))
        assert closed_with(client) == (1008, "logon refused")
    entries = eventually(
        lambda: [entry for entry in gateway.log() if entry["event"] == "ws logon refused"][refused:],
        "a log line",
    )
    assert len(entries) == 1


def test_a_second_logon_is_refused_and_the_first_one_stands(ws_demo2: WsPeer) -> None:
    error = ws_demo2.error("session.logon", **signed_logon("DEMO1", "demo-secret-of-DEMO1"))
    assert error["name"] == "ALREADY_LOGGED_ON"
    assert ws_demo2.result("orders.open") == []


def test_another_path_is_not_found(gateway: GatewayProcess) -> None:
    with pytest.raises(InvalidStatus) as caught:
        connect(gateway.ws.replace("/v1", "/v2"), open_timeout=TIMEOUT_S)
    assert caught.value.response.status_code == 404


@pytest.mark.parametrize(
    ("request_text", "status"),
    [("GET /v1 HTTP/1.1\r\nHost: bdax\r\n\r\n", "426"), ("\x16\x03\x01\x02\x00\x01\r\n\r\n", "400")],
    ids=["plain HTTP", "TLS"],
)
def test_what_is_no_handshake_gets_an_http_error(
    gateway: GatewayProcess, request_text: str, status: str
) -> None:
    address = urlsplit(gateway.ws)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 0), timeout=TIMEOUT_S) as raw:
        raw.sendall(request_text.encode("latin-1"))
        answer = raw.recv(4096).decode("latin-1")
    assert answer.startswith(f"HTTP/1.1 {status} ")
