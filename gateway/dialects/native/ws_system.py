"""What a gateway says of itself on WebSocket: the pushes that announce its end.

NOT here: the close code behind it (``gateway.net``).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from gateway.dialects.native.ws_requests import MAX_CHANNELS_PER_REQUEST
from gateway.marketdata import Mode, Options
from protocols.ws.frames import text_frame

CHANNEL: Final = "system"
_NS_PER_MS: Final = 1_000_000
_PARAMS_SHARE: Final = 2
"""The part of a request that params may be: a client may write them with more spaces, under any id."""
_OPTIONS_BYTES: Final = 160
"""As much as all members but ``channels`` and ``from_seq`` can take, the names of these two included."""
_PUNCTUATION: Final = 7
"""Quotes, colon and commas of a channel in both of them."""


class Standing(NamedTuple):
    """How a channel is followed, and the ``seq`` up to which it was told; ``None``: nothing was yet."""

    options: Options
    seq: int | None


def encode_shutdown(
    at: tuple[str, int], followed: Mapping[str, Standing], sent: int, max_request: int
) -> list[bytes]:
    """Return the framed last pushes of a connection, which follows public channels so; at least one.

    ``at`` is the epoch and the engine sequence published. The ``data`` of each are params of ``subscribe``,
    with which a client goes on where it was, in a request of at most ``max_request`` bytes.
    """
    epoch, eseq = at
    parts = list(_params(epoch, followed, max_request // _PARAMS_SHARE - _OPTIONS_BYTES))
    frames = []
    for part, params in enumerate(parts, 1):
        push = {"ch": CHANNEL, "type": "shutdown", "seq": 0, "prev": 0, "eseq": eseq, "ts": 0, "sent": sent}
        if len(parts) > 1:
            push |= {"part": part, "parts": len(parts)}
        frames.append(text_frame(orjson.dumps({**push, "data": params})))
    return frames


def _params(epoch: str, followed: Mapping[str, Standing], max_bytes: int) -> Iterator[dict[str, Any]]:
    """Return the params of the requests, channels of the same options together."""
    groups: dict[Options, dict[str, int | None]] = {}
    for name, (options, seq) in followed.items():
        groups.setdefault(options, {})[name] = seq
    for options, seqs in groups.items():
        for some in _pieces(seqs, max_bytes):
            params: dict[str, Any] = {"channels": list(some)}
            if options.mode is not Mode.EVERY:
                params["mode"] = options.mode.value
            if options.interval_ns:
                params["interval_ms"] = options.interval_ns // _NS_PER_MS
            if options.checksum:
                params["checksum"] = True
            known = {name: seq for name, seq in some.items() if seq is not None}
            if known:
                params |= {"from_seq": known, "epoch": epoch}
            yield params
    if not followed:
        yield {"channels": []}


def _pieces(seqs: dict[str, int | None], max_bytes: int) -> Iterator[dict[str, int | None]]:
    """Cut channels and their numbers so that each piece is a request; no channel is too long for one."""
    piece: dict[str, int | None] = {}
    size = 0
    for name, seq in seqs.items():
        more = 2 * len(name) + len(str(seq)) + _PUNCTUATION
        if piece and (size + more > max_bytes or len(piece) == MAX_CHANNELS_PER_REQUEST):
            yield piece
            piece, size = {}, 0
        piece[name] = seq
        size += more
    if piece:
        yield piece
