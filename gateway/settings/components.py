"""One frozen settings struct per component, with its bounds.

Times end in ``_s`` (seconds), sizes are bytes, and a limit of 0 is lifted where the comment says so.
NOT here: accounts (``accounts``), instruments (``instruments``), and checks across components (``gateway``).
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

Host: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
Port: TypeAlias = Annotated[int, Meta(ge=0, le=65535)]
FilePath: TypeAlias = Annotated[str, Meta(min_length=1, max_length=4096)]
Seconds: TypeAlias = Annotated[float, Meta(ge=0.05, le=3600)]
Limit: TypeAlias = Annotated[int, Meta(ge=0, le=10_000_000)]
Size: TypeAlias = Annotated[int, Meta(ge=1024, le=1 << 30)]
Durability: TypeAlias = Literal["fsync", "os", "none"]


class TlsFiles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Certificate chain and private key, PEM files; relative paths start at the configuration's folder."""

    certificate: FilePath
    key: FilePath


class TlsSettings(TlsFiles, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TLS listener beside the plain one.

    With ``client_ca`` (a PEM file) every client has to present a certificate that an authority in it signed.
    """

    host: Host = "127.0.0.1"
    port: Port = 9883
    client_ca: FilePath | None = None


class FixSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """FIX listeners and sessions."""

    host: Host = "127.0.0.1"
    port: Port = 9880
    allow_plaintext: bool = False
    tls: TlsSettings | None = None
    # TargetCompID(56) of what clients send.
    target_comp_id: Annotated[str, Meta(min_length=1, max_length=32)] = "BDAX"
    # Bounds of HeartBtInt(108).
    heart_bt_int_min: Annotated[int, Meta(ge=1, le=3600)] = 2
    heart_bt_int_max: Annotated[int, Meta(ge=1, le=3600)] = 120
    logon_timeout_s: Seconds = 10.0
    logout_timeout_s: Annotated[float, Meta(ge=0.05, le=60)] = 2.0
    # How far SendingTime(52) may be from the gateway's clock.
    sending_time_window_s: Annotated[float, Meta(ge=1, le=86400)] = 120.0
    # How far SendingTime(52) of a signed Logon(A) may be from it.
    signature_window_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0
    max_message_size: Annotated[int, Meta(ge=512, le=1 << 24)] = 16_384
    # How long a session with cancel_on_disconnect may take after a crash to log on before its orders go.
    reconnect_grace_s: Annotated[float, Meta(ge=0, le=3600)] = 30.0
    # What may wait for one client that does not read, before it is logged out.
    max_pending_bytes: Size = 4_194_304
    # Of a market data session: symbols it may follow, over all its requests.
    max_subscriptions: Annotated[int, Meta(ge=1, le=100_000)] = 2_000
    # How long a market data session may read nothing, its updates merged meanwhile, before it is logged out.
    slow_consumer_s: Seconds = 30.0


class WsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The WebSocket listener and its connections."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    allow_plaintext: bool = False
    # With it the one listener speaks TLS only.
    tls: TlsFiles | None = None
    path: Annotated[str, Meta(pattern=r"^/[A-Za-z0-9._~/-]*\Z", max_length=255)] = "/v1"
    max_message_size: Annotated[int, Meta(ge=512, le=1 << 24)] = 65_536
    max_fragments: Annotated[int, Meta(ge=1, le=65_536)] = 64
    handshake_timeout_s: Seconds = 10.0
    ping_interval_s: Seconds = 20.0
    ping_timeout_s: Seconds = 20.0
    close_timeout_s: Annotated[float, Meta(ge=0.05, le=60)] = 2.0
    # What may wait for one connection that does not read, before it is lagging.
    max_pending_bytes: Size = 1_048_576
    max_subscriptions: Annotated[int, Meta(ge=1, le=100_000)] = 2_000
    # What the kernel may hold for a connection: unsent, and with what is under way; 0: as it likes.
    unsent_bytes: Annotated[int, Meta(ge=0, le=1 << 30)] = 131_072
    send_buffer: Annotated[int, Meta(ge=0, le=1 << 30)] = 0
    # How far the timestamp of a signed logon may be from the gateway's clock.
    signature_window_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0
    # Requests a connection may send per second, and how many at once; 0 lifts the limit.
    requests_rate: Limit = 200
    requests_burst: Limit = 400
    # Processes that have the connections, beside the engine's; 0: the engine's own has them.
    workers: Annotated[int, Meta(ge=0, le=64)] = 0
    # What may wait for one worker; it is killed and started again beyond.
    worker_pending_bytes: Size = 67_108_864
    # Whether offers of permessage-deflate are taken.
    deflate: bool = False
    # What all connections of one address may have together before their logon; 0 lifts the limit.
    anonymous_connections: Limit = 200
    anonymous_subscriptions: Limit = 10_000
    # Of these, different books to a depth; each costs what all who follow it share.
    anonymous_variants: Limit = 200
    anonymous_requests_rate: Limit = 500
    anonymous_requests_burst: Limit = 2_000
    # Refusals by these limits an address may have at once; one more is granted per interval.
    anonymous_refusals: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    anonymous_refusal_interval_s: Annotated[float, Meta(ge=0.001, le=3600)] = 1.0
    # Networks without these limits: proxies, whose clients have one address.
    anonymous_unlimited: tuple[str, ...] = ("127.0.0.0/8", "::1/128")


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The HTTP listener for health and metrics."""

    host: Host = "127.0.0.1"
    port: Port = 8081
    allow_plaintext: bool = False
    max_connections: Annotated[int, Meta(ge=1, le=10_000)] = 64
    # For a whole request, for reading the answer, and between two requests.
    timeout_s: Annotated[float, Meta(ge=0.05, le=600)] = 10.0


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where data lives (from the working directory), what a commit survives, and how long history is kept."""

    data_dir: FilePath = "data"
    durability: Durability = "fsync"
    # A segment of the log is closed at this many bytes or commands; a snapshot follows in the background.
    segment_size: Annotated[int, Meta(ge=65_536, le=1 << 34)] = 67_108_864
    snapshot_commands: Annotated[int, Meta(ge=100, le=100_000_000)] = 50_000
    # How long commands, messages and executions can be read again.
    retention_h: Annotated[float, Meta(ge=1, le=87_600)] = 168.0


class OrderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of the order path."""

    # New and replaced orders a session may send per second, and how many at once; 0 lifts the limit.
    throttle_rate: Limit = 1_000
    throttle_burst: Limit = 10_000
    # Open orders per account, where the account has no bound of its own; 0 lifts the limit.
    max_open_orders: Limit = 10_000
    # Whether the instruments' price bands hold.
    price_bands: bool = True
    # Closed orders remembered in full, over all accounts.
    closed_max: Annotated[int, Meta(ge=1, le=10_000_000)] = 100_000
    # Older ones are remembered by their ClOrdIDs: this many (16 bytes each, 3.2 GB at most), for this long.
    idempotency_max: Annotated[int, Meta(ge=1, le=200_000_000)] = 20_000_000
    idempotency_h: Annotated[float, Meta(ge=1, le=8_760)] = 24.0
    # What a start does with open orders of accounts that are not in the accounts file.
    removed_accounts: Literal["keep", "cancel"] = "keep"
    # How long the loop looks for the next order, after something was said, before it sleeps.
    busy_poll_us: Annotated[int, Meta(ge=0, le=10_000)] = 0


class LogonSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How logons are verified and failed ones held back."""

    # Failed logons an address may make at once; one more is granted per ``failure_interval_s``.
    max_failures: Annotated[int, Meta(ge=1, le=10_000)] = 10
    failure_interval_s: Annotated[float, Meta(ge=0.01, le=86_400)] = 6.0
    # Addresses remembered.
    max_addresses: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    # Passwords verified at the same time, each in a thread.
    verify_threads: Annotated[int, Meta(ge=1, le=64)] = 2


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is logged on stderr, and how. ``auto``: text for a terminal, else JSON lines."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"
