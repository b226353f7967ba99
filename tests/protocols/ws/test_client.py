"""websockets' own client and the connection joined by a fake wire."""

from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from protocols.ws import CloseCause, Closed, Opened, Text, WsConnection, WsEvent, WsLimits
from tests.protocols.ws.wire import NOW, connected, ending


class Wire:
    """A client and a connection; ``carry`` moves the bytes of both until neither has any."""

    def __init__(self, connection: WsConnection, path: str = "/v1") -> None:
        self.server = connection
        self.client = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:8080{path}"),
            extensions=[ClientPerMessageDeflateFactory()],
            subprotocols=[Subprotocol("json")],
        )
        self.client.send_request(self.client.connect())

    def carry(self) -> tuple[list[WsEvent], list[bytes]]:
        """Return what the server and the client heard."""
        heard: list[WsEvent] = []
        messages: list[bytes] = []
        while True:
            up, down = b"".join(self.client.data_to_send()), self.server.data_to_send()
            if not up and not down:
                return heard, messages
            self.server.receive_data(up, NOW)
            self.client.receive_data(down)
            heard += self.server.events()
            messages += [bytes(e.data) for e in self.client.events_received() if isinstance(e, Frame)]


def test_a_client_opens_talks_and_closes() -> None:
    wire = Wire(connected(WsLimits(subprotocols=("json",))))
    [opened], _ = wire.carry()
    assert isinstance(opened, Opened)
    assert opened.subprotocol == wire.client.subprotocol == "json"
    assert wire.client.state is State.OPEN
    assert wire.client.extensions == []
    wire.client.send_text(b"hello")
    wire.server.send_text(b"welcome")
    assert wire.carry() == ([Text(b"hello")], [b"welcome"])
    wire.client.send_close(1000, "done")
    heard, _ = wire.carry()
    assert heard == [Closed(1000, "done", CloseCause.PEER)]
    assert ending(wire.server) == "close"
    wire.client.receive_eof()
    assert wire.client.close_code == 1000


def test_a_client_answers_our_close() -> None:
    wire = Wire(connected())
    wire.carry()
    wire.server.close(1001, "going away", NOW)
    heard, _ = wire.carry()
    assert heard == [Closed(1001, "going away", CloseCause.LOCAL)]
    wire.client.receive_eof()
    assert (wire.client.close_code, wire.client.close_reason) == (1001, "going away")


def test_a_client_learns_why_it_was_cut_off() -> None:
    wire = Wire(connected(WsLimits(max_message_size=10)))
    wire.carry()
    wire.client.send_text(b"x" * 11)
    wire.carry()
    wire.client.receive_eof()
    assert (wire.client.close_code, wire.client.close_reason) == (1009, "message too big, limit 10")


def test_a_client_at_another_path_learns_the_status() -> None:
    wire = Wire(connected(), path="/v2")
    wire.carry()
    assert "404" in str(wire.client.handshake_exc)


@given(st.lists(st.text(max_size=200), max_size=6), st.lists(st.text(max_size=200), max_size=6))
def test_texts_arrive_in_order_both_ways(up: list[str], down: list[str]) -> None:
    wire = Wire(connected())
    wire.carry()
    for message in up:
        middle = len(message) // 2
        wire.client.send_text(message[:middle].encode(), fin=False)
        wire.client.send_continuation(message[middle:].encode(), fin=True)
    for message in down:
        wire.server.send_text(message.encode())
    assert wire.carry() == ([Text(m.encode()) for m in up], [m.encode() for m in down])
