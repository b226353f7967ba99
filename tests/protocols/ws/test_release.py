"""A released connection is freed by reference counting alone."""

import gc
import weakref
from collections.abc import Callable

import pytest

from protocols.ws import HttpRefusal, WsConnection, WsLimits
from tests.protocols.ws.wire import HANDSHAKE, NOW, close, feed, frame, text


def _nothing(connection: WsConnection) -> None:
    connection.events()


def _open(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE + text(b"a")])


def _half_a_frame(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE + text(b"abc")[:-1]])


def _half_a_message(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE + text(b"abc", fin=False)])


def _closed_by_peer(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE, close(1000)])
    connection.eof_received()


def _closed_by_us(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE])
    connection.close(1001, "", NOW)
    feed(connection, [close(1001)])


def _protocol_error(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE, frame(3)])


def _too_big(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE, text(b"x" * 70_000)])


def _bad_text(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE, text(b"\xff")])


def _bad_close_reason(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE, close(1000, b"\xff")])


def _garbage(connection: WsConnection) -> None:
    feed(connection, [b"garbage\r\n"])


def _long_line(connection: WsConnection) -> None:
    feed(connection, [b"x" * 9000])


def _bad_key(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"?")])


def _another_path(connection: WsConnection) -> None:
    feed(connection, [HANDSHAKE.replace(b"/v1", b"/nope") + close(1000)])


@pytest.mark.usefixtures("_no_gc")
@pytest.mark.parametrize(
    "drive",
    [
        _nothing,
        _open,
        _half_a_frame,
        _half_a_message,
        _closed_by_peer,
        _closed_by_us,
        _protocol_error,
        _too_big,
        _bad_text,
        _bad_close_reason,
        _garbage,
        _long_line,
        _bad_key,
        _another_path,
    ],
)
def test_the_parser_is_freed_without_the_gc(drive: Callable[[WsConnection], None]) -> None:
    connection = WsConnection(WsLimits(subprotocols=("json",)))
    connection.connect(NOW)
    drive(connection)
    assert connection._protocol is not None
    parser, outer = weakref.ref(connection._protocol), weakref.ref(connection)
    connection.release()
    assert parser() is None
    del connection
    assert outer() is None
    assert gc.collect() == 0


@pytest.mark.usefixtures("_no_gc")
def test_without_release_the_parser_is_a_cycle() -> None:
    connection = WsConnection(WsLimits())
    parser = weakref.ref(connection._protocol or connection)
    del connection
    assert parser() is not None
    gc.collect()
    assert parser() is None


def test_the_hook_is_let_go_too() -> None:
    class Owner:
        def __init__(self) -> None:
            self.connection = WsConnection(WsLimits(), decide=self.decide)

        def decide(self, path: str, headers: object) -> HttpRefusal | None:
            return HttpRefusal(503, f"{path} {headers}")

    owner = Owner()
    gone = weakref.ref(owner)
    owner.connection.release()
    del owner
    assert gone() is None


def test_a_released_connection_does_nothing() -> None:
    connection = WsConnection(WsLimits())
    connection.connect(NOW)
    feed(connection, [HANDSHAKE])
    connection.send_text(b"not flushed")
    connection.release()
    connection.release()
    connection.receive_data(text(b"late") + close(1000), NOW)
    connection.send_text(b"late")
    connection.close(1000, "", NOW)
    connection.on_deadline(NOW + 10**12)
    connection.eof_received()
    assert connection.finished
    assert not connection.is_open
    assert connection.next_deadline() is None
    assert (connection.events(), connection.data_to_send()) == ([], b"")
