"""The client's WebSocket against the ``websockets`` library's server side, in pieces of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from gateway.loadtest.ws_wire import WsWire, WsWireError, close_frame, handshake, text_frame

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def _frame(opcode: Opcode, payload: bytes) -> bytes:
    return Frame(opcode, payload).serialize(mask=False)


def _server() -> ServerProtocol:
    server = ServerProtocol()
    server.receive_data(handshake("venue:8080", "/v1"))
    [request] = server.events_received()
    server.send_response(server.accept(request))  # type: ignore[arg-type]  # the first event is the request
    return server


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.integers(1, 70_000))
def test_messages_come_whole_however_they_are_cut(payloads: list[bytes], size: int) -> None:
    server = _server()
    for payload in payloads:
        server.send_text(payload)
    stream = b"".join(server.data_to_send())
    wire = WsWire()
    found = []
    for at in range(0, len(stream), size):
        found += wire.receive(stream[at : at + size])
    assert wire.is_open
    assert found == payloads


@given(st.lists(st.text(max_size=300).map(str.encode), max_size=5))
def test_what_is_sent_is_read_by_the_server(payloads: list[bytes]) -> None:
    server = _server()
    server.receive_data(b"".join(map(text_frame, payloads)) + close_frame())
    frames = [frame for frame in server.events_received() if isinstance(frame, Frame)]
    assert [frame.data for frame in frames if frame.opcode is Opcode.TEXT] == payloads
    assert server.state is not State.OPEN
    assert server.close_rcvd is not None
    assert server.close_rcvd.code == 1000


def test_a_ping_has_its_pong_and_a_close_is_kept() -> None:
    wire = WsWire()
    received = (
        HEAD + _frame(Opcode.PING, b"x") + _frame(Opcode.PONG, b"") + _frame(Opcode.CLOSE, b"\x03\xf0why")
    )
    assert wire.receive(received) == []
    assert wire.pongs == [b"\x8a\x81\0\0\0\0x"]
    assert wire.closed == (1008, "why")


@pytest.mark.parametrize(
    ("received", "why"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "handshake refused: HTTP/1.1 503 Service Unavailable"),
        (b"\xff\r\n\r\n", "handshake refused: \\xff"),
        (b"x" * 20_000, "no answer to the handshake"),
        (HEAD + b"\x81\x85\0\0\0\0hello", "a masked frame came from the server"),
        (HEAD + b"\x83\x00", "unexpected frame 0x83"),
        (HEAD + b"\x01\x01x", "unexpected frame 0x01"),
    ],
)
def test_what_is_no_websocket_is_an_error(received: bytes, why: str) -> None:
    with pytest.raises(WsWireError) as caught:
        WsWire().receive(received)
    assert str(caught.value) == why


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_one_error(received: bytes) -> None:
    wire = WsWire()
    try:
        messages = wire.receive(HEAD + received)
    except WsWireError:
        return
    assert sum(map(len, messages)) <= len(received)
