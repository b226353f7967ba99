"""One timer per connection: handshake, pings, closes and lingering ends, with the time passed in."""

from websockets.frames import Opcode

from protocols.ws import CloseCause, Closed, WsConnection, WsLimits
from tests.protocols.ws.wire import (
    HANDSHAKE,
    NOW,
    SECOND,
    close,
    connected,
    ending,
    feed,
    frame,
    opened,
    server_frames,
    status_of,
)

LIMITS = WsLimits(
    handshake_timeout_ns=10 * SECOND,
    ping_interval_ns=20 * SECOND,
    ping_timeout_ns=5 * SECOND,
    close_timeout_ns=3 * SECOND,
)


def test_a_connection_that_was_never_connected_has_no_deadline() -> None:
    connection = WsConnection(LIMITS)
    assert connection.next_deadline() is None
    connection.on_deadline(NOW)
    assert (connection.events(), connection.data_to_send()) == ([], b"")


def test_a_slow_handshake_is_answered_408_and_then_dropped() -> None:
    connection = connected(LIMITS)
    feed(connection, [HANDSHAKE[:50]])
    deadline = NOW + 10 * SECOND
    assert connection.next_deadline() == deadline
    connection.on_deadline(deadline - 1)
    assert connection.data_to_send() == b""
    connection.on_deadline(deadline)
    assert status_of(connection.data_to_send()) == 408
    assert connection.events() == [
        Closed(1006, "The handshake did not come in time.", CloseCause.HANDSHAKE_TIMEOUT, 408)
    ]
    assert ending(connection) == "half-close"
    assert connection.next_deadline() == deadline + 3 * SECOND
    connection.on_deadline(deadline + 3 * SECOND)
    assert ending(connection) == "close"
    assert connection.next_deadline() is None
    assert connection.events() == []


def test_pings_go_out_and_pongs_keep_the_connection() -> None:
    connection = opened(LIMITS)
    now = NOW
    for _ in range(3):
        deadline = connection.next_deadline()
        assert deadline == now + 20 * SECOND
        connection.on_deadline(deadline)
        [(opcode, payload)] = server_frames(connection.data_to_send())
        assert opcode is Opcode.PING
        now = deadline + SECOND
        connection.receive_data(frame(10, payload), now)
        assert connection.rtt_ns == SECOND
    assert connection.is_open
    assert connection.events() == []


def test_a_peer_that_does_not_answer_a_ping_is_closed_1011() -> None:
    connection = opened(LIMITS)
    pinged = NOW + 20 * SECOND
    connection.on_deadline(pinged)
    connection.data_to_send()
    connection.receive_data(frame(10, b"something else"), pinged + SECOND)
    assert connection.next_deadline() == pinged + 5 * SECOND
    connection.on_deadline(pinged + 5 * SECOND)
    assert connection.data_to_send() == b"\x88\x18\x03\xf3keepalive ping timeout"
    assert connection.events() == [Closed(1011, "keepalive ping timeout", CloseCause.PING_TIMEOUT)]
    assert ending(connection) == "half-close"
    connection.on_deadline(pinged + 8 * SECOND)
    assert ending(connection) == "close"


def test_a_peer_that_does_not_answer_our_close_is_dropped() -> None:
    connection = opened(LIMITS)
    connection.close(1001, "", NOW)
    connection.data_to_send()
    assert connection.next_deadline() == NOW + 3 * SECOND
    connection.on_deadline(NOW + 3 * SECOND)
    assert connection.events() == [Closed(1006, "close timeout", CloseCause.CLOSE_TIMEOUT)]
    assert ending(connection) == "close"
    assert connection.data_to_send() == b""


def test_after_a_violation_the_peer_has_until_the_close_deadline() -> None:
    connection = opened(LIMITS)
    feed(connection, [frame(3), close(1002), b"more"])
    assert ending(connection) == "half-close"
    assert connection.next_deadline() == NOW + 3 * SECOND
    connection.on_deadline(NOW + 3 * SECOND)
    assert ending(connection) == "close"
    assert connection.events() == []
