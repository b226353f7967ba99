"""Which deadline is armed when."""

import msgspec
import pytest

from protocols.ws import WsLimits
from protocols.ws.keepalive import Deadline, Keepalive

LIMITS = WsLimits(handshake_timeout_ns=10, ping_interval_ns=20, ping_timeout_ns=5, close_timeout_ns=3)


def test_nothing_is_due_before_the_transport_is_connected() -> None:
    keepalive = Keepalive(LIMITS)
    assert keepalive.next_deadline() is None
    assert keepalive.due(10**18) is None


def test_the_handshake_has_its_deadline() -> None:
    keepalive = Keepalive(LIMITS)
    keepalive.connect(100)
    assert keepalive.next_deadline() == 110
    assert keepalive.due(109) is None
    assert keepalive.due(110) is Deadline.HANDSHAKE


def test_a_ping_follows_each_interval_and_its_pong_is_awaited() -> None:
    keepalive = Keepalive(LIMITS)
    keepalive.open(100)
    assert keepalive.due(120) is Deadline.PING
    first = keepalive.ping(121)
    assert keepalive.next_deadline() == 126
    assert keepalive.due(126) is Deadline.PONG
    keepalive.pong(first, 124)
    assert keepalive.rtt_ns == 3
    assert keepalive.next_deadline() == 144
    assert keepalive.due(144) is Deadline.PING
    assert keepalive.ping(144) != first


def test_a_pong_that_answers_nothing_is_ignored() -> None:
    keepalive = Keepalive(LIMITS)
    keepalive.open(100)
    keepalive.pong(b"", 110)
    assert keepalive.next_deadline() == 120
    old = keepalive.ping(120)
    keepalive.pong(b"other", 121)
    assert keepalive.next_deadline() == 125
    keepalive.pong(old, 122)
    current = keepalive.ping(142)
    keepalive.pong(old, 143)
    assert keepalive.next_deadline() == 147
    keepalive.pong(current, 144)
    assert keepalive.next_deadline() == 164


def test_interval_0_sends_no_pings() -> None:
    keepalive = Keepalive(WsLimits(ping_interval_ns=0))
    keepalive.open(100)
    assert keepalive.next_deadline() is None


def test_closing_replaces_the_pings_and_stop_ends_all() -> None:
    keepalive = Keepalive(LIMITS)
    keepalive.open(100)
    keepalive.closing(105)
    assert keepalive.next_deadline() == 108
    assert keepalive.due(108) is Deadline.CLOSE
    keepalive.stop()
    assert keepalive.next_deadline() is None
    assert keepalive.due(200) is None


@pytest.mark.parametrize("name", ["max_message_size", "max_fragments", "close_timeout_ns"])
def test_a_limit_is_positive(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be positive"):
        msgspec.convert({name: 0}, WsLimits)


def test_the_ping_interval_is_not_negative() -> None:
    with pytest.raises(ValueError, match="ping_interval_ns must not be negative"):
        WsLimits(ping_interval_ns=-1)
