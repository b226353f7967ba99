"""What WebSocket clients ask of public channels: ``subscribe`` and ``book.snapshot``, with all their params.

NOT here: who may follow what and how much of it (``gateway.net``), the names of channels
(``gateway.marketdata``).
"""

from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple

import msgspec

from gateway.dialects.native import ws_errors
from gateway.dialects.native.ws_requests import (
    EXECUTIONS,
    ChannelNames,
    ExecId,
    decode_params,
    invalid_param,
)
from gateway.marketdata import (
    DEPTHS,
    Channel,
    ChannelError,
    ChannelKind,
    Mode,
    Options,
    Subscription,
    parse_channel,
)
from gateway.marketdata.channels import MAX_NAME_LENGTH
from gateway.model import Instruments

MAX_SNAPSHOT_LEVELS: Final = 10_000
_NS_PER_MS: Final = 1_000_000

_Seq = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Interval = Annotated[int, msgspec.Meta(ge=10, le=60_000)]
_Levels = Annotated[int, msgspec.Meta(ge=10, le=MAX_SNAPSHOT_LEVELS)]
_Epoch = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class SubscribeParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``subscribe``: the channels, and how they are to be followed.

    ``interval_ms`` goes with the mode ``interval``, ``depth`` and ``checksum`` with channels of books.
    ``from_seq`` is what is known of the one channel, or of each named, by the numbers of ``epoch``. With
    ``from_exec_id`` ``executions`` begins with a replay from there, inclusive.
    """

    channels: ChannelNames
    mode: Mode = Mode.EVERY
    interval_ms: _Interval | None = None
    snapshot: bool = True
    depth: int | None = None
    checksum: bool = False
    from_seq: _Seq | dict[str, _Seq] | None = None
    epoch: _Epoch | None = None
    from_exec_id: ExecId | None = None


class SnapshotParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``book.snapshot``: a channel of a book, and how many levels a message may have."""

    channel: str
    max_levels: _Levels = 1_000


class SubscribeRequest(NamedTuple):
    """What ``subscribe`` asks for.

    ``public`` has each public channel by its canonical name and how it is to be followed, in the order of
    the request, which ``names`` has with ``executions`` in its place.
    """

    names: list[str]
    public: dict[str, Subscription]
    from_exec_id: int | None


def decode_subscribe(raw: msgspec.Raw | bytes, instruments: Instruments) -> SubscribeRequest:
    """Decode ``subscribe``; channels that are named twice count once. Raises ``RequestError``."""
    params = decode_params(raw, SubscribeParams)
    sent = {name: name if name == EXECUTIONS else channel_name(name, instruments) for name in params.channels}
    parsed = {name: channel for name, channel in sent.items() if isinstance(channel, Channel)}
    if params.from_exec_id is not None and EXECUTIONS not in sent:
        raise invalid_param("from_exec_id", f"goes with the channel {EXECUTIONS}", str(params.from_exec_id))
    interval_ns = _interval_ns(params)
    canonical = _canonical(params, parsed)
    if params.checksum and not any(channel.kind is ChannelKind.BOOK for channel in parsed.values()):
        raise invalid_param("checksum", "goes with channels book.<symbol>", None)
    known = _known(params, canonical)
    public = {
        name: Subscription(
            mode=params.mode,
            interval_ns=interval_ns,
            snapshot=params.snapshot,
            checksum=params.checksum and parsed[sent_name].kind is ChannelKind.BOOK,
            from_seq=known.get(name),
            epoch=params.epoch or "",
        )
        for sent_name, name in canonical.items()
    }
    names = list(dict.fromkeys(canonical.get(name, name) for name in sent))
    return SubscribeRequest(names, public, params.from_exec_id)


def decode_snapshot(raw: msgspec.Raw | bytes, instruments: Instruments) -> tuple[str, int]:
    """Decode ``book.snapshot``; return the channel and the levels of a message. Raises ``RequestError``."""
    params = decode_params(raw, SnapshotParams)
    if channel_name(params.channel, instruments, "channel").kind is not ChannelKind.BOOK:
        raise invalid_param("channel", "a channel of a book", params.channel)
    return params.channel, params.max_levels


def check_again(name: str, wish: Subscription, options: Options) -> None:
    """Raise ``RequestError`` when a channel that is followed with ``options`` is asked for otherwise."""
    if wish.from_seq is not None:
        raise ws_errors.resumed_while_followed(name, wish.from_seq)
    if wish.mode is not options.mode:
        raise ws_errors.followed_otherwise(name, "mode", options.mode.value, wish.mode.value)
    if wish.interval_ns != options.interval_ns:
        in_force, asked = options.interval_ns // _NS_PER_MS, wish.interval_ns // _NS_PER_MS
        raise ws_errors.followed_otherwise(name, "interval_ms", in_force, str(asked))
    if wish.checksum != options.checksum:
        in_force_text, asked_text = ("true", "false") if options.checksum else ("false", "true")
        raise ws_errors.followed_otherwise(name, "checksum", in_force_text, asked_text)


def channel_name(name: str, instruments: Instruments, field: str = "channels") -> Channel:
    """Return the public channel that ``name`` means. Raises ``RequestError`` that says what is wrong."""
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise invalid_param(field, f"a channel's name has 1 to {MAX_NAME_LENGTH} characters", name)
    try:
        return parse_channel(name, instruments)
    except ChannelError as error:
        raise ws_errors.unknown_channel(name, error.part, error.limit, field) from None


def _interval_ns(params: SubscribeParams) -> int:
    """Return the interval of mode ``interval``, which needs one, as no other does."""
    if (params.mode is Mode.INTERVAL) != (params.interval_ms is not None):
        rule = "goes with the mode interval, which needs it"
        sent = None if params.interval_ms is None else str(params.interval_ms)
        raise invalid_param("interval_ms", rule, sent)
    return (params.interval_ms or 0) * _NS_PER_MS


def _canonical(params: SubscribeParams, parsed: Mapping[str, Channel]) -> dict[str, str]:
    """Return the canonical name of each channel named: whole books become those of the ``depth`` asked."""
    depth = params.depth
    if depth is None:
        return {name: name for name in parsed}
    if depth not in DEPTHS:
        raise invalid_param("depth", f"one of {', '.join(map(str, DEPTHS))}", str(depth))
    canonical = {
        name: f"{name}.{depth}.raw" if channel.kind is ChannelKind.BOOK and not channel.depth else name
        for name, channel in parsed.items()
    }
    if all(name == channel for name, channel in canonical.items()):
        raise invalid_param("depth", "goes with channels book.<symbol>", str(depth))
    return canonical


def _known(params: SubscribeParams, canonical: Mapping[str, str]) -> dict[str, int]:
    """Return from where each channel is to be resumed, by canonical name."""
    from_seq = params.from_seq
    if from_seq is None:
        if params.epoch is not None:
            raise invalid_param("epoch", "goes with from_seq", params.epoch)
        return {}
    if params.epoch is None:
        raise invalid_param("epoch", "is required with from_seq", None)
    if isinstance(from_seq, int):
        if len(canonical) != 1:
            rule = "a number goes with one public channel, an object of channel and number with several"
            raise invalid_param("from_seq", rule, str(from_seq))
        from_seq = dict.fromkeys(canonical, from_seq)
    for name in from_seq:
        if name not in canonical:
            raise invalid_param("from_seq", "names public channels of the request", name)
    return {canonical[name]: seq for name, seq in from_seq.items()}
