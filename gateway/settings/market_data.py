"""Settings of market data, whatever the front end."""

from typing import Annotated

import msgspec
from msgspec import Meta


class MarketDataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How market data is pushed, and when a subscriber that does not keep up is given up."""

    # A fan-out to many is worked in slices of about this length; orders are read in between.
    slice_us: Annotated[int, Meta(ge=50, le=100_000)] = 250
    # A channel that is silent says so.
    heartbeat_s: Annotated[float, Meta(ge=0.05, le=3600)] = 1.0
    # Of each book, and of the trades of each instrument, so many changes at least are kept for resume, ...
    ring_changes: Annotated[int, Meta(ge=1_000, le=10_000_000)] = 100_000
    # ... none so much older than the newest, in at most so many bytes.
    ring_s: Annotated[float, Meta(ge=1, le=604_800)] = 3_600.0
    ring_bytes: Annotated[int, Meta(ge=65_536, le=1 << 30)] = 16_777_216
    # What the recent pushes of all other channels may take together, kept for resume.
    push_ring_bytes: Annotated[int, Meta(ge=65_536, le=1 << 36)] = 268_435_456
    # Variants of channels, made when they are asked for: of all instruments, and of one. Of each, connections
    # without a logon make up to half.
    max_variants: Annotated[int, Meta(ge=2, le=1_000_000)] = 10_000
    instrument_variants: Annotated[int, Meta(ge=2, le=1_000_000)] = 2_000
    # How often a connection may miss pushes of a channel of mode ``every`` within the window.
    slow_max_lags: Annotated[int, Meta(ge=0, le=1_000_000)] = 10
    slow_window_s: Annotated[float, Meta(ge=0.05, le=86_400)] = 60.0
