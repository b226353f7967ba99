"""What is wrong with a WebSocket request, before it is a command: the catalogue and the exception.

Codes 1001, 1002 and 1012 are the envelope's (``protocols.ws``); codes from 2001 are the reasons of
refused orders (``reasons``). ``docs/errors.md`` prints all of them.
"""

import enum
from typing import Final

from protocols.ws.envelope import WireError


class RequestFault(enum.IntEnum):
    """The code of a request that is refused without an engine sequence. Codes are stable."""

    UNKNOWN_METHOD = 1003
    INVALID_PARAMS = 1004
    LOGON_REQUIRED = 1005
    ALREADY_LOGGED_ON = 1006
    UNKNOWN_CHANNEL = 1007
    TOO_MANY_CHANNELS = 1008
    TOO_MANY_REQUESTS = 1009
    REPLAY_IN_PROGRESS = 1010
    CHANNEL_UNAVAILABLE = 1011
    ADDRESS_LIMITED = 1013


STATUSES: Final[dict[RequestFault, int]] = {
    RequestFault.UNKNOWN_METHOD: 404,
    RequestFault.INVALID_PARAMS: 400,
    RequestFault.LOGON_REQUIRED: 401,
    RequestFault.ALREADY_LOGGED_ON: 409,
    RequestFault.UNKNOWN_CHANNEL: 404,
    RequestFault.TOO_MANY_CHANNELS: 429,
    RequestFault.TOO_MANY_REQUESTS: 429,
    RequestFault.REPLAY_IN_PROGRESS: 409,
    RequestFault.CHANNEL_UNAVAILABLE: 503,
    RequestFault.ADDRESS_LIMITED: 429,
}
"""The ``status`` of the reply."""


class RequestError(Exception):
    """A request that cannot be worked. ``status`` and ``error`` ARE the reply that will be sent.

    ``retry_after_ms`` goes with them where the same request is right after that time, 0: it does not.
    """

    def __init__(
        self,
        fault: RequestFault,
        msg: str,
        *,
        field: str | None = None,
        limit: str | int | None = None,
        value: str | None = None,
        retry_after_ms: int = 0,
    ) -> None:
        super().__init__(msg)
        self.retry_after_ms = retry_after_ms
        self.status = STATUSES[fault]
        self.error = WireError(int(fault), fault.name, msg, field, limit, value)


def unknown_method(method: str) -> RequestError:
    """Return the answer to a method that does not exist."""
    return RequestError(RequestFault.UNKNOWN_METHOD, "there is no such method", field="method", value=method)


def logon_required(method: str) -> RequestError:
    """Return the answer to a private method or channel before session.logon."""
    return RequestError(RequestFault.LOGON_REQUIRED, "needs session.logon first", value=method)


def already_logged_on() -> RequestError:
    """Return the answer to a second session.logon on a connection."""
    return RequestError(RequestFault.ALREADY_LOGGED_ON, "the connection is logged on")


def unknown_channel(
    channel: str, part: str = "", limit: str | None = None, field: str = "channels"
) -> RequestError:
    """Return the answer to a channel that does not exist: its ``part`` is not within ``limit``."""
    msg = "there is no such channel" if limit is None else f"there is no such channel: {part}: {limit}"
    return RequestError(RequestFault.UNKNOWN_CHANNEL, msg, field=field, limit=limit, value=channel[:64])


def beyond_sequence(channel: str, from_seq: int, eseq: int) -> RequestError:
    """Return the answer to a resume from beyond ``eseq``, the last engine sequence that was published."""
    return RequestError(
        RequestFault.INVALID_PARAMS,
        f"from_seq {from_seq} of {channel}: at most {eseq}, up to which all is published",
        field="from_seq",
        limit=eseq,
        value=str(from_seq),
    )


def followed_otherwise(channel: str, field: str, in_force: str | int, asked: str) -> RequestError:
    """Return the answer to a second subscription to a channel, with another ``field`` than is in force."""
    return RequestError(
        RequestFault.INVALID_PARAMS,
        f"{channel} is followed with {field} {in_force} already: unsubscribe first",
        field=field,
        limit=in_force,
        value=asked,
    )


def resumed_while_followed(channel: str, from_seq: int) -> RequestError:
    """Return the answer to a resume of a channel that is followed."""
    return RequestError(
        RequestFault.INVALID_PARAMS,
        f"{channel} is followed already: unsubscribe first, then resume",
        field="from_seq",
        value=str(from_seq),
    )


def channel_unavailable(channel: str, part: str, limit: str) -> RequestError:
    """Return the answer to a channel that exists but has no room or state now."""
    return RequestError(
        RequestFault.CHANNEL_UNAVAILABLE,
        f"not now: {part}: {limit}",
        field="channel",
        limit=limit,
        value=channel,
    )


def too_many_channels(limit: int, count: int) -> RequestError:
    """Return the answer to a subscription that makes ``count`` channels, beyond the ``limit``."""
    return RequestError(
        RequestFault.TOO_MANY_CHANNELS,
        f"{count} channels: at most {limit} on one connection",
        field="channels",
        limit=limit,
        value=str(count),
    )


def too_many_requests(rate: int) -> RequestError:
    """Return the answer to a request beyond the connection's ``rate`` per second."""
    return RequestError(
        RequestFault.TOO_MANY_REQUESTS, f"more than {rate} requests per second", limit=f"{rate}/s"
    )


def address_limited(what: str, limit: str | int, retry_after_ms: int) -> RequestError:
    """Return the answer to what is beyond the ``limit`` of all anonymous connections of an address."""
    return RequestError(
        RequestFault.ADDRESS_LIMITED,
        f"more than {limit} {what} from this address without a logon",
        limit=limit,
        retry_after_ms=retry_after_ms,
    )


def replay_in_progress() -> RequestError:
    """Return the answer to a replay while another one is under way on the connection."""
    return RequestError(
        RequestFault.REPLAY_IN_PROGRESS, "a replay is under way; replay.done ends it", field="from_exec_id"
    )


def beyond_executions(from_exec_id: int, next_exec_id: int) -> RequestError:
    """Return the answer to a replay from beyond ``next_exec_id``, the one the account's next event has."""
    return RequestError(
        RequestFault.INVALID_PARAMS,
        f"from_exec_id {from_exec_id}: at most {next_exec_id}, which the next event has",
        field="from_exec_id",
        limit=next_exec_id,
        value=str(from_exec_id),
    )
