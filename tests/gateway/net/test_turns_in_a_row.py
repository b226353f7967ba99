"""One commit behind the other: what is said, and when, while the next one is under way."""

import pytest

from gateway.ports import StoreError
from tests.gateway.net.turn_stage import Stage, turn


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_the_next_commit_is_under_way_while_the_last_one_is_said(stage: Stage) -> None:
    stage.order()
    await turn()
    stage.order()
    await turn()
    seen: list[tuple[int, int]] = []
    stage.turns.bind(stage.deliver, lambda events: seen.append((events[0].eseq, len(stage.store.under_way))))
    stage.store.finish()
    assert seen == [(1, 1)]
    assert stage.wire.writes == [b"<1>"]
    stage.store.finish()
    assert seen == [(1, 1), (2, 0)]
    assert stage.wire.writes == [b"<1>", b"<2>"]


async def test_what_a_store_commits_at_once_behind_a_commit_is_said_in_order(stage: Stage) -> None:
    stage.order()
    await turn()
    stage.order()
    await turn()
    stage.store.at_once = True
    stage.store.finish()
    assert stage.wire.writes == [b"<1>[public]", b"<2>[public]"]
    assert stage.log == ["published 1", "published 2"]
    assert stage.turns.is_idle


async def test_what_is_durable_is_said_though_the_next_commit_fails_at_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.order()
    await turn()
    stage.order()
    await turn()
    _, done = stage.store.under_way.pop()
    monkeypatch.setattr(stage.store, "commit", lambda _batch, done: done(StoreError("disk full")))
    done(None)
    assert stage.wire.writes == [b"<1>[public]"]
    assert stage.log == ["failed: disk full", "published 1"]
