"""Nothing is said before it is safe: units, their commits, and what happens when a commit fails."""

import asyncio
import time
from collections.abc import Sequence
from typing import cast

import pytest

from gateway.marketdata.alert import Alert
from gateway.model import Event, SetTradingStatus, TradingStatus
from gateway.net.counters import FrontCounters
from gateway.net.outbox import Outbox
from gateway.net.turns import MOST_OWED, Turns, Unit
from gateway.ports import StoredExecution, StoredMessage, StoreError, faults
from tests.gateway.net.turn_stage import EchoEngine, SlowStore, Stage, Wire, turn


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_what_one_turn_works_is_one_commit_and_one_write(stage: Stage) -> None:
    stage.order()
    stage.order()
    await turn()
    assert len(stage.store.under_way) == 1
    assert len(stage.store.under_way[0][0].commands) == 2
    assert stage.wire.writes == []
    stage.store.finish()
    assert stage.wire.writes == [b"<1><2>[public]"]
    assert stage.log == ["published 1,2"]
    assert stage.turns.is_idle


async def test_turns_worked_during_a_commit_share_the_next_one(stage: Stage) -> None:
    stage.order()
    await turn()
    stage.order()
    await turn()
    stage.order()
    await turn()
    assert len(stage.store.under_way) == 1
    stage.store.finish()
    assert stage.wire.writes == [b"<1>[public]"]
    assert len(stage.store.under_way[0][0].commands) == 2
    stage.store.finish()
    assert stage.wire.writes == [b"<1>[public]", b"<2><3>[public]"]
    assert stage.turns.batches == 2


async def test_what_is_read_during_a_commit_is_one_turn_behind_it(stage: Stage) -> None:
    stage.order()
    await turn()
    delivered: list[int] = []
    stage.turns.bind(lambda events: delivered.append(len(events)), lambda _events: None)
    for _ in range(3):
        stage.order()
        await turn()
    assert delivered == []
    assert not stage.turns.is_idle
    stage.store.finish()
    assert delivered == [3]
    assert [len(batch.commands) for batch in (*stage.store.committed, stage.store.under_way[0][0])] == [1, 3]


async def test_a_turn_is_ended_beside_a_long_commit(stage: Stage) -> None:
    stage.order()
    await turn()
    delivered: list[int] = []
    stage.turns.bind(lambda events: delivered.append(len(events)), lambda _events: None)
    for _ in range(MOST_OWED + 3):
        stage.order()
        await turn()
    assert delivered == [MOST_OWED + 1]
    stage.store.finish()
    assert delivered == [MOST_OWED + 1, 2]
    stage.store.finish()
    assert stage.turns.is_idle


async def test_a_commit_under_way_has_an_age(stage: Stage) -> None:
    assert stage.turns.commit_age_ns == 0
    before = time.monotonic_ns()
    stage.order()
    await turn()
    first = stage.turns.commit_age_ns
    assert first < stage.turns.commit_age_ns < time.monotonic_ns() - before
    stage.store.finish()
    assert stage.turns.commit_age_ns == 0


async def test_a_store_that_commits_at_once_needs_no_second_turn() -> None:
    stage = Stage(at_once=True)
    stage.order()
    await turn()
    assert stage.wire.writes == [b"<1>[public]"]
    assert stage.turns.is_idle


async def test_a_failed_commit_says_nothing_and_ends_all_talk(stage: Stage) -> None:
    stage.order()
    await turn()
    stage.order()
    await turn()
    stage.store.finish(StoreError("disk full"))
    await turn()
    stage.order()
    await turn()
    assert stage.log == ["failed: disk full"]
    assert stage.wire.writes == []
    assert stage.store.under_way == []


async def test_a_second_call_back_is_a_failure(stage: Stage) -> None:
    stage.order()
    await turn()
    _, done = stage.store.under_way[0]
    stage.store.finish()
    done(None)
    assert stage.log == ["published 1", "failed: the store called back twice"]


async def test_what_has_nothing_to_commit_is_said_in_order_behind_what_has(stage: Stage) -> None:
    stage.order()
    await turn()
    stage.turns.unit.say(stage.outbox, b"pong")
    stage.turns.wake()
    await turn()
    assert stage.wire.writes == []
    stage.store.finish()
    assert stage.wire.writes == [b"<1>[public]", b"pong"]


async def test_actions_run_after_the_market_events_of_their_unit(stage: Stage) -> None:
    stage.order()
    stage.turns.after_commit(lambda: stage.turns.push(stage.outbox, b"[snapshot]"))
    await turn()
    assert stage.log == []
    stage.store.finish()
    assert stage.wire.writes == [b"<1>[public][snapshot]"]


async def test_queries_see_the_answers_of_their_own_turn(stage: Stage) -> None:
    stage.turns.ask(lambda: stage.turns.unit.say(stage.outbox, b"?"))
    stage.order()
    await turn()
    stage.store.finish()
    assert stage.wire.writes == [b"<1>?[public]"]


async def test_touched_talkers_are_collected_once_at_the_end(stage: Stage) -> None:
    class Greeter:
        def collect(self, unit: Unit) -> None:
            unit.batch.messages.append(StoredMessage("A", 0, 1, b"hello"))
            unit.say(stage.outbox, b"hello")

    greeter = Greeter()
    stage.turns.touch(greeter)
    stage.turns.touch(greeter)
    await turn()
    assert stage.store.under_way[0][0].messages == [StoredMessage("A", 0, 1, b"hello")]
    stage.store.finish()
    assert stage.wire.writes == [b"hello"]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_command_is_committed_with_its_answer_even_if_it_comes_late_in_its_turn(
    *, at_once: bool
) -> None:
    stage = Stage(at_once=at_once)

    class Late:
        def collect(self, unit: Unit) -> None:
            unit.batch.messages.append(StoredMessage("A", 0, 1, b""))
            stage.order()

    stage.turns.touch(Late())
    await turn()
    if not at_once:
        stage.store.finish()
    assert [(len(batch.commands), len(batch.events)) for batch in stage.store.committed] == [(1, 1)]


async def test_readers_pause_while_too_much_waits_for_a_commit() -> None:
    stage = Stage(max_uncommitted_bytes=5)
    log: list[str] = []

    class Reading:
        def pause_reading(self) -> None:
            log.append("pause")

        def resume_reading(self) -> None:
            log.append("resume")

    early, gone, late = Reading(), Reading(), Reading()
    stage.turns.add_reader(early)
    stage.turns.add_reader(gone)
    stage.turns.remove_reader(gone)
    stage.order()
    await turn()
    for _ in range(MOST_OWED):
        stage.order()
        await turn()
    assert log == []
    stage.order()
    await turn()
    assert log == ["pause"]
    stage.turns.add_reader(late)
    assert log == ["pause", "pause"]
    stage.store.finish()
    assert log == ["pause", "pause"]
    stage.store.finish()
    assert log == ["pause", "pause", "resume", "resume"]
    assert stage.turns.is_idle


async def test_events_before_anyone_is_bound_are_dropped() -> None:
    engine, store = EchoEngine(), SlowStore(at_once=True)
    turns = Turns(engine, store, max_uncommitted_bytes=1, on_failure=print)
    engine.submit(SetTradingStatus(0, "BTC-KRW", TradingStatus.OPEN))
    turns.wake()
    await turn()
    assert turns.is_idle


async def test_a_closing_connection_is_not_written_to() -> None:
    wire = Wire()
    outbox = Outbox(wire, FrontCounters())
    outbox.flush()
    outbox.add(b"bye")
    assert outbox.backlog == 3
    wire.closing = True
    outbox.flush()
    assert wire.writes == []
    assert outbox.backlog == 0
    assert cast("int", wire.limits[0]) > 0


async def test_a_commit_that_ends_during_a_turn_leaves_the_turn_whole(stage: Stage) -> None:
    stage.turns.most_owed = 0
    stage.order()
    await turn()
    stage.order()  # worked, its answer not delivered yet
    stage.store.finish()
    assert stage.store.under_way == []
    await turn()
    [(batch, _)] = stage.store.under_way
    assert len(batch.commands) == 1
    stage.store.finish()
    assert stage.wire.writes == [b"<1>[public]", b"<2>[public]"]


async def test_an_action_that_follows_an_action_waits_for_the_next_turn() -> None:
    stage = Stage(at_once=True)
    log: list[str] = []

    def first() -> None:
        log.append("first")
        asyncio.get_running_loop().call_soon(log.append, "somebody else")
        stage.turns.after_commit(lambda: log.append("second"))

    stage.turns.after_commit(first)
    await turn()
    await turn()
    assert log == ["first", "somebody else", "second"]


async def test_an_act_that_fails_is_its_own_sessions_trouble(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    stage.turns.ask(fail)
    stage.turns.after_commit(fail)
    stage.turns.ask(lambda: stage.turns.unit.say(stage.outbox, b"?"))
    stage.turns.after_commit(lambda: stage.turns.push(stage.outbox, b"!"))
    await turn()
    assert stage.wire.writes == [b"?!"]
    assert [record.message for record in caplog.records] == ["an act of a session failed"] * 2
    assert stage.log == []


async def test_a_turn_that_cannot_be_told_ends_all_talk(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(at_once=True)

    def deliver(events: Sequence[Event]) -> None:
        raise RuntimeError(f"cannot tell {len(events)}")

    stage.turns.bind(deliver, stage.publish)
    stage.order()
    await turn()
    stage.order()
    await turn()
    assert stage.log == ["failed: cannot tell 1"]
    assert stage.turns.failed
    assert stage.wire.writes == []
    assert [record.message for record in caplog.records] == ["a turn failed"]


async def test_a_turn_that_fails_beside_a_commit_commits_nothing_behind_it(stage: Stage) -> None:
    class Talker:
        def collect(self, unit: Unit) -> None:
            raise ZeroDivisionError(unit)

    stage.turns.most_owed = 0
    stage.order()
    await turn()
    stage.order()
    stage.turns.touch(Talker())
    await turn()
    assert stage.turns.failed
    stage.store.finish()
    assert stage.store.under_way == []
    assert stage.wire.writes == [b"<1>[public]"]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_unit_that_cannot_be_published_ends_all_talk(
    *, at_once: bool, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(at_once=at_once)

    def publish(events: Sequence[Event]) -> None:
        raise RuntimeError(f"cannot publish {len(events)}")

    stage.turns.bind(stage.deliver, publish)
    stage.order()
    await turn()
    if not at_once:
        stage.store.finish()
    stage.order()
    await turn()
    assert stage.log == ["failed: cannot publish 1"]
    assert [record.message for record in caplog.records] == ["a unit could not be said"]


async def test_a_unit_without_a_batch_that_waited_is_said_after_the_commit(stage: Stage) -> None:
    stage.order()
    await turn()
    log: list[str] = []
    stage.turns.after_commit(lambda: log.append("acted"))
    await turn()
    assert not stage.turns.is_idle
    assert log == []
    stage.store.finish()
    assert log == ["acted"]
    assert stage.turns.is_idle


async def test_events_and_executions_are_part_of_the_batch(stage: Stage) -> None:
    execution = StoredExecution("ACME", 1, 1, b"?")

    def deliver(events: Sequence[Event]) -> None:
        assert events
        stage.turns.record_execution(execution)

    stage.turns.bind(deliver, stage.publish)
    stage.order()
    await turn()
    ((batch, _),) = stage.store.under_way
    assert batch.executions == [execution]
    assert [event.eseq for event in batch.events] == [1]


@pytest.mark.parametrize(
    "point", ["commit.done", "publish.after", "flush.before", "flush.after_first", "flush.after"]
)
async def test_a_unit_passes_the_fault_points_of_its_commit(stage: Stage, point: str) -> None:
    faults.arm(f"{point}:3")
    try:
        for left in (2, 1):
            stage.order()
            await turn()
            stage.store.finish()
            assert faults.FAULT.left == left
    finally:
        faults.arm("")


async def test_who_follows_deadlines_is_called_after_a_release_where_one_may_be_nearer() -> None:
    stage, alert = Stage(at_once=True), Alert()
    stage.turns.call_after_release(lambda: stage.log.append(f"released, written {stage.wire.writes}"), alert)
    alert.is_on = False
    stage.order()
    await turn()
    alert.is_on = True
    stage.order()
    await turn()
    assert stage.log == ["published 1", "published 2", "released, written [b'<1>[public]', b'<2>[public]']"]
