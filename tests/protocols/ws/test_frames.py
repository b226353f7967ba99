"""Frames that the server builds, read back with websockets' parser."""

import struct

import pytest
from websockets.frames import Opcode

from protocols.ws import binary_frame, close_frame, payload_of, ping_frame, pong_frame, text_frame
from protocols.ws.frames import is_close_code
from tests.protocols.ws.wire import server_frames


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70000])
def test_a_message_frame_is_whole_and_unmasked_at_each_length_form(size: int) -> None:
    payload = b"x" * size
    assert server_frames(text_frame(payload)) == [(Opcode.TEXT, payload)]
    assert server_frames(binary_frame(payload)) == [(Opcode.BINARY, payload)]
    assert payload_of(text_frame(payload)) == payload_of(binary_frame(payload)) == payload


def test_the_examples_of_rfc_6455_section_5_7() -> None:
    assert text_frame(b"Hello") == bytes.fromhex("810548656c6c6f")
    assert ping_frame(b"Hello") == bytes.fromhex("890548656c6c6f")
    assert pong_frame(b"Hello") == bytes.fromhex("8a0548656c6c6f")
    assert binary_frame(b"x" * 256)[:4] == bytes.fromhex("827e0100")
    assert binary_frame(b"x" * 65536)[:10] == bytes.fromhex("827f0000000000010000")


def test_a_close_frame_carries_code_and_reason() -> None:
    assert close_frame(1000) == b"\x88\x02\x03\xe8"
    assert close_frame(1001, "going away") == b"\x88\x0c\x03\xe9going away"
    assert close_frame(1005) == b"\x88\x00"


def test_a_long_close_reason_is_cut_between_characters() -> None:
    [(opcode, payload)] = server_frames(close_frame(1008, "é" * 100))
    assert opcode is Opcode.CLOSE
    assert payload == struct.pack("!H", 1008) + ("é" * 61).encode()


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 2000, 2999, 5000, 65536])
def test_a_code_that_may_not_be_sent_is_refused(code: int) -> None:
    assert not is_close_code(code)
    with pytest.raises(ValueError, match=f"close code {code} "):
        close_frame(code)


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1014, 3000, 4999])
def test_a_code_that_may_be_sent_is_known(code: int) -> None:
    assert is_close_code(code)


def test_control_frames_are_short() -> None:
    assert server_frames(ping_frame(b"x" * 125)) == [(Opcode.PING, b"x" * 125)]
    with pytest.raises(ValueError, match="limit 125"):
        pong_frame(b"x" * 126)
