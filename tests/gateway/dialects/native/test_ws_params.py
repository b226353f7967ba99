"""Params of logon and subscriptions are typed and bounded; what is wrong names its field."""

from typing import Any

import orjson
import pytest

from gateway.dialects.native import ws_requests
from gateway.dialects.native.ws_errors import RequestError
from gateway.dialects.native.ws_requests import LogonParams, NoParams, decode_params


def test_a_logon_is_decoded() -> None:
    params = decode_params(b'{"key":"k","timestamp":1767225600123,"signature":"s"}', LogonParams)
    assert (params.key, params.timestamp, params.signature) == ("k", 1767225600123, "s")
    assert not params.cancel_on_disconnect
    raw = b'{"key":"k","timestamp":1,"signature":"s","cancel_on_disconnect":true}'
    assert decode_params(raw, LogonParams).cancel_on_disconnect


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"key":"k","timestamp":"1","signature":"s"}', "timestamp"),
        (b'{"key":"k","timestamp":1.5,"signature":"s"}', "timestamp"),
        (b'{"key":"k","timestamp":-1,"signature":"s"}', "timestamp"),
        (b'{"key":"","timestamp":1,"signature":"s"}', "key"),
        (b'{"timestamp":1,"signature":"s"}', "key"),
        (b'{"key":"k","timestamp":1}', "signature"),
    ],
)
def test_a_malformed_logon_is_an_error(raw: bytes, field: str) -> None:
    with pytest.raises(RequestError) as caught:
        decode_params(raw, LogonParams)
    assert caught.value.error.field == field


def test_a_method_without_params_takes_none() -> None:
    assert decode_params(b"{}", NoParams) == NoParams()
    with pytest.raises(RequestError) as caught:
        decode_params(b'{"x":1}', NoParams)
    assert caught.value.error.field == "x"


def test_the_name_of_an_unknown_param_is_cut_short() -> None:
    with pytest.raises(RequestError) as caught:
        decode_params(orjson.dumps({"x" * 10_000: 1}), NoParams)
    assert caught.value.error.field == "x" * 64 + "…"
    assert len(caught.value.error.msg) < 200


def test_channels_are_a_list_without_repetition() -> None:
    raw = b'{"channels":["book.BTC-KRW","bbo.BTC-KRW","book.BTC-KRW"]}'
    assert ws_requests.decode_channels(raw) == ["book.BTC-KRW", "bbo.BTC-KRW"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "channels"),
        ({"channels": []}, "channels"),
        ({"channels": "book.BTC-KRW"}, "channels"),
        ({"channels": [1]}, "channels[0]"),
        ({"channels": [f"c{n}" for n in range(2001)]}, "channels"),
    ],
)
def test_malformed_channels_are_an_error(params: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        ws_requests.decode_channels(orjson.dumps(params))
    assert caught.value.error.field == field
    assert len(caught.value.error.msg) < 200


def test_a_replay_needs_its_beginning() -> None:
    assert ws_requests.decode_replay(b'{"from_exec_id":12}') == 12
