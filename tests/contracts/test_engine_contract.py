"""What ``EnginePort`` promises, checked on each of its adapters."""

from collections.abc import Callable
from itertools import groupby

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from gateway.engine import EmbeddedEngine
from gateway.matching import MatchingEngine
from gateway.model import BookDelta, Command, Event, Instruments, OrderAccepted, OrderFilled, Trade
from gateway.ports import EnginePort
from tests.gateway.matching.flows import FLOWS
from tests.gateway.matching.trading_floor import BUY, SELL, TradingFloor, two_instruments

OpenEngine = Callable[[Instruments], EnginePort]


ADAPTERS: dict[str, OpenEngine] = {"embedded": EmbeddedEngine}
"""How to open each adapter with a new, empty engine behind it."""


@pytest.fixture(params=ADAPTERS)
def open_engine(request: pytest.FixtureRequest) -> OpenEngine:
    return ADAPTERS[request.param]


def drain_all(engine: EnginePort, commands: int) -> list[Event]:
    """Drain until ``commands`` commands are answered: an engine behind a log answers in a later batch."""
    events: list[Event] = []
    for _ in range(1000):
        events += engine.drain()
        if events and events[-1].eseq == commands:
            break
    return events


def test_nothing_has_happened_at_first(open_engine: OpenEngine) -> None:
    assert open_engine(two_instruments()).drain() == []


def test_a_command_is_answered(open_engine: OpenEngine) -> None:
    engine, floor = open_engine(two_instruments()), TradingFloor()
    command = floor.order(BUY, 5, 100)
    engine.submit(command)
    accepted, delta = drain_all(engine, 1)
    assert isinstance(accepted, OrderAccepted)
    assert (accepted.session, accepted.msg_seq_num, accepted.cl_ord_id) == (
        command.session,
        command.msg_seq_num,
        command.cl_ord_id,
    )
    assert isinstance(delta, BookDelta)


def test_events_are_drained_once(open_engine: OpenEngine) -> None:
    engine, floor = open_engine(two_instruments()), TradingFloor()
    engine.submit(floor.order(BUY, 5, 100))
    drain_all(engine, 1)
    assert engine.drain() == []


def test_what_was_drained_is_the_callers_own(open_engine: OpenEngine) -> None:
    engine, floor = open_engine(two_instruments()), TradingFloor()
    engine.submit(floor.order(BUY, 5, 100))
    first = drain_all(engine, 1)
    kept = list(first)
    engine.submit(floor.order(SELL, 5, 100))
    second = drain_all(engine, 2)
    assert first == kept
    first.clear()
    assert [type(event) for event in second] == [OrderAccepted, OrderFilled, OrderFilled, Trade, BookDelta]


def test_a_submit_from_a_drained_event_is_worked_after_it(open_engine: OpenEngine) -> None:
    engine, floor = open_engine(two_instruments()), TradingFloor()
    engine.submit(floor.order(BUY, 5, 100))
    for _ in drain_all(engine, 1):
        engine.submit(floor.order(SELL, 1, 100))
    assert [eseq for eseq, _ in groupby(drain_all(engine, 3), key=lambda event: event.eseq)] == [2, 3]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flow=FLOWS)
def test_each_command_is_answered_exactly_once_and_in_order(
    open_engine: OpenEngine, flow: list[Command]
) -> None:
    """Events of a command stand together, numbered from 1; commands are worked in the order of ``submit``."""
    engine = open_engine(two_instruments())
    for command in flow:
        engine.submit(command)
    events = drain_all(engine, len(flow)) if flow else engine.drain()
    numbers = [
        (eseq, [event.n for event in group]) for eseq, group in groupby(events, key=lambda event: event.eseq)
    ]
    assert [eseq for eseq, _ in numbers] == list(range(1, len(flow) + 1))
    assert all(ns == list(range(1, len(ns) + 1)) for _, ns in numbers)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flow=FLOWS)
def test_the_events_are_those_of_the_matching_core(open_engine: OpenEngine, flow: list[Command]) -> None:
    """Whatever lies between, the bytes are the same as of the core called directly, however it is drained."""
    engine, core = open_engine(two_instruments()), MatchingEngine(two_instruments())
    events: list[Event] = []
    for eseq, command in enumerate(flow, 1):
        engine.submit(command)
        if eseq % 3 == 0:
            events += engine.drain()
    if not events or events[-1].eseq != len(flow):
        events += drain_all(engine, len(flow)) if flow else engine.drain()
    expected = [event for command in flow for event in core.work(command)]
    assert msgspec.msgpack.encode(events) == msgspec.msgpack.encode(expected)
