"""A scenario: what a load test does, read from TOML and changed by the command line.

NOT here: how it is carried out.
"""

import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from gateway.loadtest import files
from gateway.loadtest.assignments import AssignmentError, assign

NAMED: Final = Path(__file__).with_name("scenarios")
"""The folder of the scenarios that have a name."""

PLACES: Final = 8
"""Decimals that prices and quantities may have."""

_MAX_FILE_BYTES: Final = 1 << 20
_COUNT = Annotated[int, Meta(ge=0, le=1_000_000_000)]
_MAX_AMOUNT: Final = 10**12
_LEAST_RATE: Final = 0.001
_LEAST_PAUSE_S: Final = 0.01
_LEAST_STAY_S: Final = 0.1
_SHARE = Annotated[float, Meta(ge=0, le=1_000_000_000)]
_SECRETS: Final = ("password", "secret")
_SECONDS = Annotated[float, Meta(ge=0, le=86_400)]
_PART = Annotated[float, Meta(gt=0, le=1)]
_TEXT = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[ -~]*\Z")]
_TEXT_OR_NONE = Annotated[str, Meta(max_length=128, pattern=r"^[ -~]*\Z")]
_SYMBOL = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:/-]*\Z")]


class ScenarioError(Exception):
    """A scenario is wrong; ``str()`` is one line that names file and key."""


class Answers(StrEnum):
    """What the target answers: an exchange's reports, or one ExecutionReport(8) for each order."""

    FULL = "full"
    ONE = "one"


class FixSessions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """FIX 4.4 sessions that send orders. ``{n}`` in the names is the session's number, from ``first``.

    An empty ``username`` is the SenderCompID. ``heartbeat_s`` is HeartBtInt(108). The first logon resets the
    sequence numbers, ResetSeqNumFlag(141). Every ``reconnect_every_s`` (0: never) a ``reconnect_share`` of
    the sessions is cut off in the midst of what it sends, and comes back with the numbers that it had.
    """

    sessions: Annotated[int, Meta(ge=0, le=10_000)] = 0
    sender_comp_id: _TEXT = "LOAD{n}"
    first: Annotated[int, Meta(ge=0)] = 1
    target_comp_id: _TEXT = "BDAX"
    username: _TEXT_OR_NONE = ""
    password: _TEXT_OR_NONE = "load"  # noqa: S105 - as published in config/loadtest_accounts.toml
    heartbeat_s: Annotated[int, Meta(ge=1, le=3600)] = 60
    reconnect_every_s: _SECONDS = 0
    reconnect_share: _PART = 1.0


class WsSessions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """WebSocket connections that log on with an HMAC key and send orders."""

    sessions: Annotated[int, Meta(ge=0, le=10_000)] = 0
    key: _TEXT = "LOAD{n}"
    secret: _TEXT = "load-test-secret-of-LOAD{n}"  # noqa: S105 - as published there
    first: Annotated[int, Meta(ge=0)] = 1


class Orders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent. ``rest``, ``cross``, ``cancel`` and ``replace`` are shares of the requests.

    Resting orders stand ``levels`` ticks deep on both sides of ``price``, at which the others cross. Cancels
    and replaces are of the session's own oldest resting orders; where there is none, an order rests instead.
    With ``open_max`` (0: no bound) resting orders, a session cancels one instead of entering another.
    Quantities are 1 to ``quantity_steps`` times ``quantity``. The target must have no other orders at these
    prices.
    """

    symbol: _SYMBOL = "BTC-KRW"
    price: str = "100000000"
    tick: str = "1000"
    quantity: str = "0.01"
    quantity_steps: Annotated[int, Meta(ge=1, le=1000)] = 1
    levels: Annotated[int, Meta(ge=1, le=10_000)] = 50
    rest: _SHARE = 1.0
    cross: _SHARE = 1.0
    cancel: _SHARE = 0.0
    replace: _SHARE = 0.0
    open_max: _COUNT = 0
    answers: Answers = Answers.FULL
    cancel_at_end: bool = True
    seed: int = 1


class Load(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast, and until when.

    With ``rate`` (requests a second over all sessions) an open loop: each request has its planned time,
    whatever the answers do, and latency counts from it. Without it a closed loop: each session has
    ``window`` requests unanswered. ``ramp_s`` lets rate, or sessions, come one after the other. ``burst``
    requests more are due at once every ``burst_every_s``. Ends after ``count`` requests or ``duration_s``,
    whichever comes first (0: no bound); the first ``warmup_s`` seconds, and ``warmup`` requests, are not
    measured.
    """

    rate: Annotated[float, Meta(ge=0, le=10_000_000)] = 0
    window: Annotated[int, Meta(ge=1, le=100_000)] = 1
    count: _COUNT = 0
    duration_s: _SECONDS = 0
    warmup: _COUNT = 0
    warmup_s: _SECONDS = 0
    ramp_s: _SECONDS = 0
    burst: _COUNT = 0
    burst_every_s: _SECONDS = 1.0


class Subscribers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """WebSocket connections that follow public channels.

    They connect before the run begins, or ``connect_after_s``, ``connect_per_s`` of them a second (0: all at
    once, a storm). Every ``reconnect_every_s`` (0: never) a ``reconnect_share`` of them is cut off and comes
    back. ``read_bytes_per_s`` (0: all there is) makes slow readers, of which conflation, gaps and
    SLOW_CONSUMER are not held against the target.
    """

    count: Annotated[int, Meta(ge=1, le=100_000)]
    channels: Annotated[tuple[_TEXT, ...], Meta(min_length=1, max_length=2000)]
    mode: str = "every"
    interval_ms: Annotated[int, Meta(ge=1, le=3_600_000)] | None = None
    connect_after_s: _SECONDS = 0
    connect_per_s: _SHARE = 0
    reconnect_every_s: _SECONDS = 0
    reconnect_share: _PART = 1.0
    read_bytes_per_s: _COUNT = 0


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the harness gives up: connecting, without any answer, and altogether beyond the plan, in seconds.

    ``recording_bytes`` is what a worker keeps unchecked before it takes the time to check it,
    ``prepared_max`` how many messages it holds ready.
    """

    connect_s: Annotated[float, Meta(gt=0, le=3600)] = 30
    patience_s: Annotated[float, Meta(gt=0, le=3600)] = 10
    run_s: Annotated[float, Meta(gt=0, le=86_400)] = 600
    recording_bytes: Annotated[int, Meta(ge=1 << 16)] = 128 << 20
    prepared_max: Annotated[int, Meta(ge=1, le=5_000_000)] = 200_000


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole scenario. ``workers`` processes send orders, ``subscriber_workers`` follow channels."""

    name: _TEXT
    description: str = ""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    subscriber_workers: Annotated[int, Meta(ge=1, le=64)] = 1
    fix: FixSessions = FixSessions()
    ws: WsSessions = WsSessions()
    orders: Orders = Orders()
    load: Load = Load()
    subscribers: tuple[Subscribers, ...] = ()
    limits: Limits = Limits()

    @property
    def order_sessions(self) -> int:
        """Return how many sessions send orders."""
        return self.fix.sessions + self.ws.sessions


def names() -> list[str]:
    """Return the names of the scenarios that come along."""
    return sorted(path.stem for path in NAMED.glob("*.toml"))


def load(source: str, changes: dict[str, Any] | None = None, assignments: Sequence[str] = ()) -> Scenario:
    """Return a scenario by name, or from a file, with ``changes`` laid over it; tables are laid over tables.

    ``assignments`` come last. Raise ``ScenarioError``.
    """
    path = NAMED / f"{source}.toml" if source in names() else Path(source)
    content = _parse(path, source)
    for key, value in (changes or {}).items():
        own = content.get(key)
        content[key] = {**own, **value} if isinstance(own, dict) and isinstance(value, dict) else value
    for assignment in assignments:
        try:
            assign(content, Scenario, assignment)
        except AssignmentError as error:
            raise ScenarioError(f"{source}: {error}") from None
    described, changed = content.get("description", ""), [*_told(changes or {}), *map(_told_of, assignments)]
    if changed and isinstance(described, str):
        content["description"] = f"{described} Changed: {', '.join(changed)}.".lstrip()
    return checked(content, source)


def checked(content: dict[str, Any], source: str) -> Scenario:
    """Return a scenario from its tables; raise ``ScenarioError`` that names ``source``."""
    try:
        scenario = msgspec.convert(content, Scenario)
    except msgspec.ValidationError as error:
        text, _, at = str(error).partition(" - at `$")
        key = at.strip("`.") or "the file"
        raise ScenarioError(f"{source}: {key}: {text}") from None
    for key, why in _wrong(scenario):
        raise ScenarioError(f"{source}: {key}: {why}")
    return scenario


def scaled(text: str) -> int:
    """Return a positive decimal times 10 ** ``PLACES``; raise ``ValueError``."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a decimal: {text}") from None
    if value.is_nan():
        raise ValueError(f"not a decimal: {text}")
    if value >= _MAX_AMOUNT:
        raise ValueError(f"not below {_MAX_AMOUNT}: {text}")
    is_amount = value.is_finite() and value > 0 and value.adjusted() >= -PLACES
    if not is_amount or value.scaleb(PLACES) != value.scaleb(PLACES).to_integral_value():
        raise ValueError(f"not a positive decimal with at most {PLACES} places: {text}")
    return int(value.scaleb(PLACES))


def _told(changes: dict[str, Any], table: str = "") -> Iterator[str]:
    """Yield changes as assignments, for people to read."""
    for key, value in changes.items():
        if isinstance(value, dict):
            yield from _told(value, f"{key}.")
        else:
            yield _told_of(f"{table}{key}={value}") if value != [] else f"no {table}{key}"


def _told_of(assignment: str) -> str:
    """Return an assignment as it may be shown."""
    path = assignment.partition("=")[0]
    return path if path.strip().endswith(_SECRETS) else assignment


def _parse(path: Path, source: str) -> dict[str, Any]:
    try:
        text = files.read(path, _MAX_FILE_BYTES)
        if len(text) > _MAX_FILE_BYTES:
            raise ScenarioError(f"{source}: larger than {_MAX_FILE_BYTES} bytes")
        return tomllib.loads(text.decode())
    except FileNotFoundError:
        known = ", ".join(names())
        raise ScenarioError(f"{source}: neither a scenario ({known}) nor a file") from None
    except OSError as error:
        raise ScenarioError(f"{source}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{source}: not valid TOML: {' '.join(str(error).split())}") from None


def _wrong(scenario: Scenario) -> list[tuple[str, str]]:
    orders, load_, wrong = scenario.orders, scenario.load, []
    if not scenario.order_sessions and not scenario.subscribers:
        wrong.append(("fix.sessions", "neither sessions nor subscribers: there is nothing to do"))
    if not load_.count and not load_.duration_s:
        wrong.append(("load", "needs count or duration_s"))
    if scenario.subscribers and not scenario.order_sessions and not load_.duration_s:
        wrong.append(("load.duration_s", "subscribers alone need it"))
    if load_.duration_s and load_.warmup_s >= load_.duration_s:
        wrong.append(("load.warmup_s", "not less than duration_s"))
    if load_.count and load_.warmup >= load_.count:
        wrong.append(("load.warmup", "not less than count"))
    if load_.burst and not load_.rate:
        wrong.append(("load.burst", "only in an open loop, with rate"))
    if load_.burst and load_.burst_every_s < _LEAST_PAUSE_S:
        wrong.append(("load.burst_every_s", f"must be at least {_LEAST_PAUSE_S:g}"))
    if 0 < load_.rate < _LEAST_RATE:
        wrong.append(("load.rate", f"0, or at least {_LEAST_RATE:g}"))
    if scenario.fix.sessions > 1 and "{n}" not in scenario.fix.sender_comp_id:
        wrong.append(("fix.sender_comp_id", "several sessions need {n} in it"))
    if 0 < scenario.fix.reconnect_every_s < _LEAST_STAY_S:
        wrong.append(("fix.reconnect_every_s", f"0, or at least {_LEAST_STAY_S:g}"))
    if not orders.rest + orders.cross:
        wrong.append(("orders", "rest or cross must be above 0"))
    for key in ("price", "tick", "quantity"):
        try:
            scaled(getattr(orders, key))
        except ValueError as error:
            wrong.append((f"orders.{key}", str(error)))
    if not wrong and scaled(orders.price) <= scaled(orders.tick) * orders.levels:
        wrong.append(("orders.levels", "the lowest level has no positive price"))
    if scenario.ws.sessions and orders.answers is Answers.ONE:
        wrong.append(("orders.answers", "on WebSocket only full"))
    for n, group in enumerate(scenario.subscribers):
        if group.mode not in ("every", "conflate", "interval"):
            wrong.append((f"subscribers[{n}].mode", "one of every, conflate, interval"))
        elif (group.mode == "interval") != (group.interval_ms is not None):
            wrong.append((f"subscribers[{n}].interval_ms", "with mode interval, and only then"))
        if 0 < group.connect_per_s < _LEAST_RATE:
            wrong.append((f"subscribers[{n}].connect_per_s", f"0, or at least {_LEAST_RATE:g}"))
        if 0 < group.reconnect_every_s < _LEAST_PAUSE_S:
            wrong.append((f"subscribers[{n}].reconnect_every_s", f"0, or at least {_LEAST_PAUSE_S:g}"))
    return wrong
