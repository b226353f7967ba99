"""A push is encoded once for each form, and only when asked for."""

import pytest

from gateway.ports.market_data import EVENT, JSON, JSON_DEFLATED, MSGPACK, Position, Push, PushEncoder


class Encoder:
    """Says its name and the channel, and counts."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.encoded = 0

    def encode(self, push: Push) -> bytes:
        self.encoded += 1
        return self.name + b":" + push.channel.encode()


class Reversed:
    """Makes its bytes from another form of the same push."""

    def encode(self, push: Push) -> bytes:
        return push.frame(JSON)[::-1]


def test_each_form_is_encoded_once_and_kept() -> None:
    json, msgpack = Encoder(b"j"), Encoder(b"m")
    encoders: dict[int, PushEncoder] = {JSON: json, MSGPACK: msgpack, JSON_DEFLATED: Reversed()}
    push = Push(encoders, "status.X", EVENT, None, Position(1, 0, 1, 0), None)
    assert json.encoded == 0
    frame = push.frame(JSON_DEFLATED)
    assert frame == b"X.sutats:j"
    assert push.frame(JSON_DEFLATED) is frame
    assert push.frame(JSON) == b"j:status.X"
    assert push.frame(MSGPACK) == b"m:status.X"
    assert (json.encoded, msgpack.encoded) == (1, 1)


def test_a_form_without_an_encoder_is_an_error() -> None:
    push = Push({}, "status.X", EVENT, None, Position(1, 0, 1, 0), None)
    with pytest.raises(KeyError):
        push.frame(JSON)
