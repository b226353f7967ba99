"""Requests in, replies out; malformed ones become errors that carry the id where it can be had."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ws import EnvelopeError, Request, WireError, decode_request, encode_error, encode_result
from protocols.ws.envelope import INVALID_JSON, INVALID_REQUEST, RequestId


def _error(payload: bytes) -> EnvelopeError:
    with pytest.raises(EnvelopeError) as caught:
        decode_request(payload)
    return caught.value


@pytest.mark.parametrize("request_id", [0, 7, -1, 2**63 - 1, -(2**63), "a", "", "x" * 36, "é" * 36, None])
def test_a_request_keeps_its_id_and_its_params_undecoded(request_id: RequestId) -> None:
    request = decode_request(
        json.dumps({"id": request_id, "method": "order.place", "params": {"a": [1, 2]}}).encode()
    )
    assert request.id == request_id
    assert request.method == "order.place"
    assert msgspec.json.decode(request.params) == {"a": [1, 2]}


def test_id_and_params_are_optional() -> None:
    request = decode_request(b' { "method" : "ping" } ')
    assert (request.id, request.method, bytes(request.params)) == (None, "ping", b"{}")


def test_of_a_key_given_twice_the_last_counts() -> None:
    assert decode_request(b'{"id":1,"method":"a","id":2,"method":"b"}') == Request("b", 2)


@pytest.mark.parametrize(
    ("payload", "request_id", "error"),
    [
        (b'{"id":7}', 7, WireError(1002, "INVALID_REQUEST", "missing key", "method")),
        (
            b'{"id":7,"method":"a","extra":1}',
            7,
            WireError(1002, "INVALID_REQUEST", "unknown key", None, None, "extra"),
        ),
        (
            b'{"id":"q","method":5}',
            "q",
            WireError(1002, "INVALID_REQUEST", "Expected str, got int", "method"),
        ),
        (
            b'{"id":[1],"method":"a"}',
            None,
            WireError(1002, "INVALID_REQUEST", "Expected int | str | null, got array", "id"),
        ),
        (
            b'{"id":1.5,"method":"a"}',
            None,
            WireError(1002, "INVALID_REQUEST", "Expected int | str | null, got float", "id"),
        ),
        (b"[1]", None, WireError(1002, "INVALID_REQUEST", "Expected object, got array")),
        (b"null", None, WireError(1002, "INVALID_REQUEST", "Expected object, got null")),
    ],
)
def test_a_message_that_is_no_request_names_what_is_wrong(
    payload: bytes, request_id: RequestId, error: WireError
) -> None:
    caught = _error(payload)
    assert caught.id == request_id
    assert caught.error == error
    assert str(caught) == error.msg


@pytest.mark.parametrize(
    ("payload", "field", "limit"),
    [
        (b'{"id":"%s","method":"a"}' % (b"x" * 37), "id", "36"),
        (b'{"id":9223372036854775808,"method":"a"}', "id", "9223372036854775807"),
        (b'{"id":%s,"method":"a"}' % (b"9" * 400), "id", None),
        (b'{"method":"%s"}' % (b"m" * 65), "method", "64"),
        (b'{"method":""}', "method", "1"),
    ],
)
def test_ids_and_methods_are_bounded(payload: bytes, field: str, limit: str | None) -> None:
    caught = _error(payload)
    assert caught.id is None
    assert caught.error.field == field
    if limit is not None:
        assert limit in caught.error.msg


@pytest.mark.parametrize("params", [b"null", b"[]", b"[1]", b'"x"', b"1", b"true"])
def test_params_are_an_object(params: bytes) -> None:
    caught = _error(b'{"id":3,"method":"a","params":' + params + b"}")
    assert caught.id == 3
    assert caught.error == WireError(1002, "INVALID_REQUEST", "params must be an object", "params")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"hello",
        b'{"id":1,"method":"a"} x',
        b'{"id":1,"method":"a","params":{"a":1,}}',
        b'{"id":"\\ud800","method":"a"}',
        b'{"id":1,"method":"\xff"}',
        b'{"id":1,"method":"a","params":' + b"[" * 60_000,
    ],
)
def test_what_is_not_json_has_no_id(payload: bytes) -> None:
    caught = _error(payload)
    assert caught.id is None
    assert (caught.error.code, caught.error.name) == (INVALID_JSON, "INVALID_JSON")
    assert len(caught.error.msg) <= 201


def test_an_id_behind_a_broken_value_is_not_had() -> None:
    assert _error(b'{"method":5,"id":tru}').id is None


def test_what_a_client_sent_is_cut_before_it_is_echoed() -> None:
    caught = _error(b'{"id":1,"method":"a","%s":1}' % (b"k" * 1000))
    assert caught.error.value == "k" * 64 + "…"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_requests = st.dictionaries(st.sampled_from(["id", "method", "params", "x"]), _json).map(
    lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
)


@given(st.binary(max_size=60) | _requests)
def test_any_bytes_are_a_request_or_an_error_and_both_can_be_answered(payload: bytes) -> None:
    try:
        request = decode_request(payload)
    except EnvelopeError as error:
        refused = error
    else:
        assert json.loads(encode_result(request.id, {}))["id"] == request.id
        assert bytes(request.params).startswith(b"{")
        return
    reply = json.loads(encode_error(refused.id, 400, refused.error))
    assert reply["id"] == refused.id
    assert reply["error"]["code"] in {INVALID_JSON, INVALID_REQUEST}


class _Fill(msgspec.Struct):
    price: str
    parties: list["_Fill"]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"time": 1}, {"time": 1}),
        (None, None),
        (_Fill("1.5", [_Fill("2", [])]), {"price": "1.5", "parties": [{"price": "2", "parties": []}]}),
    ],
)
def test_a_result_is_json_values_and_structs(result: object, expected: Any) -> None:
    assert json.loads(encode_result("a", result)) == {"id": "a", "status": 200, "result": expected}
    assert json.loads(encode_result(None, result, status=202))["status"] == 202


def test_a_result_of_another_kind_is_the_callers_mistake() -> None:
    with pytest.raises(TypeError):
        encode_result(1, object())


def test_an_error_reply_has_all_members() -> None:
    error = WireError(2001, "INVALID_PRICE_TICK", "price off tick", "price", "1000", "100000500")
    assert json.loads(encode_error(5, 422, error)) == {
        "id": 5,
        "status": 422,
        "error": {
            "code": 2001,
            "name": "INVALID_PRICE_TICK",
            "msg": "price off tick",
            "field": "price",
            "limit": "1000",
            "value": "100000500",
        },
    }
    later = json.loads(encode_error(5, 422, error, retry_after_ms=40))["error"]
    assert later.pop("retry_after_ms") == 40
    assert later == json.loads(encode_error(5, 422, error))["error"]
    said_again = json.loads(encode_error(5, 422, error, duplicate=True))["error"]
    assert said_again.pop("duplicate") is True
    assert said_again == json.loads(encode_error(5, 422, error))["error"]
    bare = json.loads(encode_error(None, 400, WireError(1, "X", "x")))["error"]
    assert bare == {"code": 1, "name": "X", "msg": "x", "field": None, "limit": None, "value": None}
