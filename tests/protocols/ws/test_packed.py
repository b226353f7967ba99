"""MessagePack and JSON are one message in two encodings."""

import contextlib
import datetime as dt
import json
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ws.envelope import EnvelopeError, decode_request, encode_result
from protocols.ws.packed import pack, unpack

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES)
def test_both_ways_keep_the_value(value: Any) -> None:
    packed = pack(orjson.dumps(value))
    assert msgspec.msgpack.decode(packed) == value
    assert orjson.loads(unpack(packed)) == value


def test_a_reply_has_the_same_members_in_the_same_order() -> None:
    reply = encode_result(7, {"price": "100.50", "eseq": 12, "ts": 1_795_355_164_363_524_137})
    assert list(msgspec.msgpack.decode(pack(reply)).items()) == list(json.loads(reply).items())


def test_a_request_decodes_as_its_json_does() -> None:
    request = {"id": "a", "method": "subscribe", "params": {"channels": ["book.BTC-KRW"]}}
    packed = decode_request(unpack(msgspec.msgpack.encode(request)))
    plain = decode_request(orjson.dumps(request))
    assert (packed.id, packed.method, bytes(packed.params)) == (plain.id, plain.method, bytes(plain.params))


def nested(depth: int) -> bytes:
    return b"\x91" * depth + b"\xc0"


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "truncated"),
        (b"\x82\xa2id\x01", "truncated"),
        (b"\x80\x80", "trailing"),
        (b"\xc1", "malformed"),
        (b'{"id":1}', "trailing"),
        (b"\xa1\xff", "utf-8"),
        (msgspec.msgpack.encode({"id": b"binary"}), "only maps with text keys"),
        (msgspec.msgpack.encode({1: "key"}), "only maps with text keys"),
        (msgspec.msgpack.encode(msgspec.msgpack.Ext(5, b"x")), "only maps with text keys"),
        (msgspec.msgpack.encode(dt.datetime(2026, 11, 22, tzinfo=dt.UTC)), "only maps with text keys"),
        (msgspec.msgpack.encode([{"price": float("nan")}]), "only maps with text keys"),
        (msgspec.msgpack.encode({"price": [1.5, float("inf")]}), "only maps with text keys"),
        (b"\xca\x7f\xc0\x00\x00", "only maps with text keys"),
        (nested(300), "only maps with text keys"),
        (nested(100_000), "nested too deeply"),
    ],
)
def test_what_json_cannot_say_is_refused(payload: bytes, words: str) -> None:
    with pytest.raises(EnvelopeError) as caught:
        unpack(payload)
    assert caught.value.id is None
    assert (caught.value.error.code, caught.value.error.name) == (1012, "INVALID_MSGPACK")
    assert words in caught.value.error.msg.lower()


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_refused(payload: bytes) -> None:
    with contextlib.suppress(EnvelopeError):
        orjson.loads(unpack(payload))
