"""Each fault of a request is a reply with its own code and status."""

import pytest

from gateway.dialects.native import ws_errors
from gateway.dialects.native.ws_errors import RequestError
from protocols.ws.envelope import WireError


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        (
            ws_errors.unknown_method("order.fly"),
            404,
            WireError(1003, "UNKNOWN_METHOD", "there is no such method", "method", None, "order.fly"),
        ),
        (
            ws_errors.logon_required("order.place"),
            401,
            WireError(1005, "LOGON_REQUIRED", "needs session.logon first", None, None, "order.place"),
        ),
        (
            ws_errors.already_logged_on(),
            409,
            WireError(1006, "ALREADY_LOGGED_ON", "the connection is logged on"),
        ),
        (
            ws_errors.unknown_channel("x" * 99),
            404,
            WireError(1007, "UNKNOWN_CHANNEL", "there is no such channel", "channels", None, "x" * 64),
        ),
        (
            ws_errors.unknown_channel("book.BTC-KRW.7.raw", "depth", "one of 1, 5"),
            404,
            WireError(
                1007,
                "UNKNOWN_CHANNEL",
                "there is no such channel: depth: one of 1, 5",
                "channels",
                "one of 1, 5",
                "book.BTC-KRW.7.raw",
            ),
        ),
        (
            ws_errors.beyond_sequence("bbo.BTC-KRW", 9, 5),
            400,
            WireError(
                1004,
                "INVALID_PARAMS",
                "from_seq 9 of bbo.BTC-KRW: at most 5, up to which all is published",
                "from_seq",
                5,
                "9",
            ),
        ),
        (
            ws_errors.channel_unavailable("l3.BTC-KRW", "variant", "at most 9"),
            503,
            WireError(
                1011,
                "CHANNEL_UNAVAILABLE",
                "not now: variant: at most 9",
                "channel",
                "at most 9",
                "l3.BTC-KRW",
            ),
        ),
        (
            ws_errors.too_many_channels(100, 101),
            429,
            WireError(
                1008,
                "TOO_MANY_CHANNELS",
                "101 channels: at most 100 on one connection",
                "channels",
                100,
                "101",
            ),
        ),
        (
            ws_errors.too_many_requests(50),
            429,
            WireError(1009, "TOO_MANY_REQUESTS", "more than 50 requests per second", None, "50/s"),
        ),
        (
            ws_errors.replay_in_progress(),
            409,
            WireError(
                1010, "REPLAY_IN_PROGRESS", "a replay is under way; replay.done ends it", "from_exec_id"
            ),
        ),
        (
            ws_errors.beyond_executions(9, 5),
            400,
            WireError(
                1004,
                "INVALID_PARAMS",
                "from_exec_id 9: at most 5, which the next event has",
                "from_exec_id",
                5,
                "9",
            ),
        ),
    ],
)
def test_a_fault_is_its_reply(fault: RequestError, status: int, error: WireError) -> None:
    assert (fault.status, fault.error) == (status, error)
    assert str(fault) == error.msg
