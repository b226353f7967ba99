"""What a load test found: the document that is written as JSON, shown, reported and compared.

Durations are integer nanoseconds, moments UTC nanoseconds. Figures are of the measured part, warm-up left
out; counts and faults are of the whole run. NOT here: how any of it is measured, shown or compared.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from gateway.loadtest import files

SCHEMA: Final = 1
"""The version of this document; a reader refuses a newer one."""

ORDER_TO_ACK: Final = "order_to_ack"
ORDER_TO_FILL: Final = "order_to_fill"
ORDER_TO_TRADE: Final = "order_to_public_trade"
ENGINE_TO_SUBSCRIBER: Final = "engine_to_subscriber"
SENT_TO_SUBSCRIBER: Final = "sent_to_subscriber"
CONNECT: Final = "connect"

TITLES: Final = {
    ORDER_TO_ACK: "Order to acknowledgment",
    ORDER_TO_FILL: "Order to fill",
    ORDER_TO_TRADE: "Order to public trade",
    ENGINE_TO_SUBSCRIBER: "Engine to subscriber",
    SENT_TO_SUBSCRIBER: "Encoding to subscriber",
    CONNECT: "Connecting",
}

MEANINGS: Final = {
    ORDER_TO_ACK: "from when a request was planned to leave, to its first answer: order accepted, canceled "
    "or replaced. A request that had to wait because the target or the line was slow counts from the plan",
    ORDER_TO_FILL: "from when the order that took was planned to leave, to the report of its first fill",
    ORDER_TO_TRADE: "from when the order that took was planned to leave, to the trade in the public channel",
    ENGINE_TO_SUBSCRIBER: "from the engine's time of a change (`ts`) to the push at a subscriber",
    SENT_TO_SUBSCRIBER: "from when a push was encoded (`sent`) to its arrival at a subscriber",
    CONNECT: "from the start of a connection to its logon, or to the answer to its subscription",
}

PERCENTILES: Final = ("50", "75", "90", "95", "99", "99.9", "99.99", "99.999")


class ResultError(Exception):
    """A file is no result of a load test; ``str()`` says why in one line."""


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured. ``label`` is the operator's own name for it."""

    label: str
    fix: str | None = None
    ws: str | None = None
    begin_string: str = ""
    target_comp_id: str = ""
    pids: tuple[int, ...] = ()


class Machine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the harness ran; the target ran there too if its address is a loopback one."""

    host: str
    system: str
    processor: str
    cores: int
    memory_bytes: int
    python: str
    bdax: str
    load_before: float


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of latency, in nanoseconds. ``histogram`` is HdrHistogram's V2 encoding (zlib, base64)."""

    name: str
    count: int
    min: int
    mean: float
    stddev: float
    max: int
    percentiles: dict[str, int]
    histogram: str

    @property
    def title(self) -> str:
        """Return the name for people."""
        return TITLES.get(self.name, self.name)

    @property
    def meaning(self) -> str:
        """Return from what to what it counts."""
        return MEANINGS.get(self.name, "")


class Second(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened in one second of the run; ``second`` counts from its start, warm-up included.

    ``p50``, ``p99`` and ``max`` are of order to acknowledgment, by when the answer came; ``push_p50`` and
    ``push_p99`` of engine to subscriber. ``cpu`` is in cores, ``rss_bytes`` at its end, over all
    pids of the target; None where there is nothing to say.
    """

    second: int
    measured: bool
    sent: int = 0
    answered: int = 0
    fills: int = 0
    pushes: int = 0
    connections: int = 0
    p50: int | None = None
    p99: int | None = None
    max: int | None = None
    push_p50: int | None = None
    push_p99: int | None = None
    cpu: float | None = None
    rss_bytes: int | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of what, over the whole run. ``requests`` are new orders, cancels and replaces together."""

    requests_planned: int = 0
    requests_sent: int = 0
    requests_answered: int = 0
    orders: int = 0
    cancels: int = 0
    replaces: int = 0
    accepted: int = 0
    canceled: int = 0
    replaced: int = 0
    rejected: int = 0
    fills: int = 0
    public_trades: int = 0
    pushes: int = 0
    pushes_conflated: int = 0
    pushes_skipped: int = 0
    slow_consumer_closes: int = 0
    connections: int = 0
    reconnections: int = 0
    sent_again: int = 0
    received_again: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that must not happen, how often it did, and the first few cases in words."""

    kind: str
    count: int
    examples: tuple[str, ...] = ()


class Throughput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests answered and pushes received per second of the measured part, and in its best whole second."""

    seconds: float
    requests: int
    requests_per_s: float
    best_second: int
    pushes_per_s: float = 0.0


class Server(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the target's processes used in the measured part. CPU is in seconds, of all their threads.

    ``waited`` is how much of the time they were ready to run and had no core, added up over their threads.
    """

    cpu_s: float
    cpu_us_per_request: float | None
    rss_start_bytes: int
    rss_end_bytes: int
    rss_max_bytes: int
    waited: float | None = None


class Generator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the harness itself used in the measured part: its busiest worker, in cores.

    Above about 0.8 in an open loop the harness is part of what was measured. ``late_p99`` is how far behind
    its plan it sent, in ns; ``waited`` how much of the time the worker that waited most had no core.
    """

    workers: int
    busiest: float
    late_p99: int | None = None
    waited: float | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the run passed, and if not why, worst first, each reason one line."""

    passed: bool
    reasons: tuple[str, ...] = ()


class Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole document. ``complete`` is false when the run ended before its plan was done."""

    run: str
    started: int
    duration: int
    complete: bool
    scenario: dict[str, Any]
    target: Target
    machine: Machine
    verdict: Verdict
    counts: Counts
    measures: tuple[Measure, ...] = ()
    seconds: tuple[Second, ...] = ()
    faults: tuple[Fault, ...] = ()
    throughput: Throughput | None = None
    server: Server | None = None
    generator: Generator | None = None
    schema: int = SCHEMA

    @property
    def name(self) -> str:
        """Return the scenario's name."""
        return str(self.scenario.get("name", "unnamed"))

    def measure(self, name: str) -> Measure | None:
        """Return one measure, ``None`` where the run had nothing of it."""
        return next((measure for measure in self.measures if measure.name == name), None)


def write(result: Result, path: Path) -> None:
    """Write the document, whole or not at all; raise ``OSError``."""
    files.write(path, msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")


def read(path: Path) -> Result:
    """Read a document; raise ``ResultError``."""
    try:
        text = path.read_bytes()
        schema = msgspec.json.decode(text, type=_Versioned).schema
        if schema != SCHEMA:
            raise ResultError(f"{path}: schema {schema} of a result, this version reads {SCHEMA}")
        return msgspec.json.decode(text, type=Result)
    except OSError as error:
        raise ResultError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResultError(f"{path}: no result of a load test: {error}") from error


class _Versioned(msgspec.Struct):
    schema: int
