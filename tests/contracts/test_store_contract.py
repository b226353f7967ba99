"""What ``Store`` promises, checked on each of its adapters."""

import asyncio
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Protocol

import pytest

from gateway.ports import (
    Batch,
    Durability,
    SessionNumbers,
    Store,
    StoredExecution,
    StoredMessage,
    StoreError,
)
from gateway.store import MemoryStore
from gateway.store.log_file import LogFile
from gateway.store.log_store import LogStore
from tests.gateway.store.batches import ORIGIN, batch, settings


class BrokenDisk(LogFile):
    """A file whose writes fail while ``broken``."""

    broken = False

    def write(self, content: bytes, offset: int) -> int:
        if BrokenDisk.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().write(content, offset)


class OpenStore(Protocol):
    """Opens an adapter in a directory, empty at first; closed at the end of the test."""

    durability: Durability

    def __call__(self, data_dir: Path, loop: asyncio.AbstractEventLoop, /) -> Store: ...


class OpenMemory:
    durability = Durability.NONE

    def __call__(self, _data_dir: Path, _loop: asyncio.AbstractEventLoop) -> Store:
        return MemoryStore()


class OpenLog:
    def __init__(self, durability: Durability) -> None:
        self.durability = durability

    def __call__(self, data_dir: Path, loop: asyncio.AbstractEventLoop) -> Store:
        recovery = LogStore.recover(data_dir, BrokenDisk)
        assert list(recovery.replay(0)) == []
        # Segments are small, so that answers come out of several.
        return recovery.start(settings(self.durability, commands=3), ORIGIN, {}, loop)


ADAPTERS: dict[str, OpenStore] = {
    "memory": OpenMemory(),
    "log-os": OpenLog(Durability.OS),
    "log-fsync": OpenLog(Durability.FSYNC),
}
"""How to open each adapter."""

DURABLE = [name for name in ADAPTERS if name != "memory"]
"""Adapters with a disk that can fail."""


class Answers:
    """Takes the answers to commits, and tells when there are as many as expected."""

    def __init__(self, expected: int = 1) -> None:
        self.given: list[StoreError | None] = []
        self._expected = expected
        self._complete = asyncio.Event()

    def __call__(self, error: StoreError | None) -> None:
        self.given.append(error)
        if len(self.given) == self._expected:
            self._complete.set()

    async def complete(self) -> list[StoreError | None]:
        async with asyncio.timeout(10):
            await self._complete.wait()
        return self.given


class Opened:
    """An open store, and the loop that its answers come by."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self.store = store
        self._loop = loop

    def commit(self, content: Batch) -> StoreError | None:
        """Commit and wait for the answer."""
        answers = Answers()
        self.store.commit(content, answers)
        (answer,) = self.wait(answers)
        return answer

    def keep(self, *contents: Batch) -> None:
        for content in contents:
            assert self.commit(content) is None

    def wait(self, answers: Answers) -> list[StoreError | None]:
        return self._loop.run_until_complete(answers.complete())


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(autouse=True)
def _whole_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BrokenDisk, "broken", False)


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(adapter: str, tmp_path: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Opened]:
    store = ADAPTERS[adapter](tmp_path, loop)
    yield Opened(store, loop)
    store.close()


def numbered(*sessions: tuple[str, SessionNumbers]) -> Batch:
    content = Batch.empty()
    content.sessions.update(sessions)
    return content


def holding(*items: StoredMessage | StoredExecution) -> Batch:
    content = Batch.empty()
    content.messages += [item for item in items if isinstance(item, StoredMessage)]
    content.executions += [item for item in items if isinstance(item, StoredExecution)]
    if content.executions:
        content.commands += batch(1).commands
    return content


def message(number: int, session: str = "A", epoch: int = 0) -> StoredMessage:
    return StoredMessage(session, epoch, number, b"%s %d" % (session.encode(), number))


def execution(number: int, eseq: int | None = None, account: str = "acc") -> StoredExecution:
    return StoredExecution(account, number, number if eseq is None else eseq, b"execution %d" % number)


# ---- commits


def test_it_is_as_durable_as_was_asked(opened: Opened, adapter: str) -> None:
    assert opened.store.durability is ADAPTERS[adapter].durability


def test_a_commit_is_answered_once_without_an_error(opened: Opened) -> None:
    assert opened.commit(batch(1)) is None


def test_answers_come_in_the_order_of_commits(opened: Opened) -> None:
    order: list[int] = []
    answers = Answers(10)

    def commit_next(number: int) -> None:
        def done(error: StoreError | None) -> None:
            order.append(number)
            answers(error)
            if number < 10:
                # As a unit that formed during the commit: from within the answer.
                commit_next(number + 1)

        opened.store.commit(batch(number), done)

    commit_next(1)
    assert opened.wait(answers) == [None] * 10
    assert order == list(range(1, 11))
    assert [stored.msg_seq_num for stored in opened.store.messages("A", 0, 1, 99)] == order


def test_nothing_is_read_before_it_is_committed(opened: Opened) -> None:
    opened.keep(batch(1))
    answers = Answers()
    opened.store.commit(batch(2), answers)
    if not answers.given:
        assert opened.store.numbers("A") == SessionNumbers(2, 2)
        assert opened.store.messages("A", 0, 2, 2) == []
        assert opened.store.executions("acc", 1, 9) == []
    assert opened.wait(answers) == [None]
    assert opened.store.numbers("A") == SessionNumbers(3, 3)


def test_a_store_that_is_closed_finishes_what_is_under_way(
    opened: Opened, adapter: str, tmp_path: Path
) -> None:
    answers = Answers()
    opened.store.commit(batch(1), answers)
    opened.store.close()
    assert opened.wait(answers) == [None]
    opened.store.close()
    if adapter in DURABLE:
        assert [item.eseq for item in LogStore.recover(tmp_path).replay(0)] == [0, 1]
        assert isinstance(opened.commit(batch(2)), StoreError)


@pytest.mark.parametrize("adapter", DURABLE, indirect=True)
def test_after_a_failed_commit_every_later_one_fails(opened: Opened) -> None:
    opened.keep(batch(1))
    BrokenDisk.broken = True
    failed = opened.commit(batch(2))
    BrokenDisk.broken = False
    assert isinstance(failed, StoreError)
    assert "Input/output error: check its disk and owner, then start again" in str(failed)
    assert opened.commit(batch(3)) is failed
    # What was committed before is still read.
    assert opened.store.numbers("A") == SessionNumbers(2, 2)
    assert opened.store.messages("A", 0, 1, 9) == batch(1).messages
    assert opened.store.executions("acc", 0, 9) == batch(1).executions


# ---- session numbers


def test_an_unknown_session_starts_at_one(opened: Opened) -> None:
    assert opened.store.numbers("nobody") == SessionNumbers(1, 1, 0, 0)


def test_numbers_are_those_of_the_last_commit(opened: Opened) -> None:
    last = SessionNumbers(6, 9, 1, 1_760_000_000_000_000_000)
    opened.keep(numbered(("A", SessionNumbers(5, 7, 1)), ("B", SessionNumbers(2, 2))), numbered(("A", last)))
    assert opened.store.numbers("A") == last
    assert opened.store.numbers("B") == SessionNumbers(2, 2)


def test_numbers_belong_to_the_caller(opened: Opened) -> None:
    opened.keep(numbered(("A", SessionNumbers(5, 7, 1))))
    opened.store.numbers("A").next_out = 99
    assert opened.store.numbers("A").next_out == 5


# ---- messages


def test_messages_come_back_in_order_within_the_range_of_one_session_and_epoch(opened: Opened) -> None:
    opened.keep(
        holding(message(1), message(1, "B"), message(2), message(1, epoch=1)), holding(message(3), message(4))
    )
    messages = opened.store.messages
    assert messages("A", 0, 2, 3) == [message(2), message(3)]
    assert messages("A", 0, 1, 10**9) == [message(1), message(2), message(3), message(4)]
    assert messages("A", 1, 1, 9) == [message(1, epoch=1)]
    assert messages("A", 2, 1, 9) == []
    assert messages("B", 0, 2, 9) == []
    assert messages("nobody", 0, 1, 9) == []


def test_a_message_may_be_empty(opened: Opened) -> None:
    opened.keep(holding(StoredMessage("A", 0, 1, b"")))
    assert opened.store.messages("A", 0, 1, 1) == [StoredMessage("A", 0, 1, b"")]


# ---- executions


def test_executions_come_back_behind_a_number_up_to_a_limit(opened: Opened) -> None:
    opened.keep(*(holding(execution(number)) for number in range(1, 8)))
    executions = opened.store.executions
    assert executions("acc", 0, 99) == [execution(number) for number in range(1, 8)]
    assert executions("acc", 3, 2) == [execution(4), execution(5)]
    assert executions("acc", 7, 9) == []
    assert executions("nobody", 0, 9) == []


def test_accounts_count_for_themselves(opened: Opened) -> None:
    opened.keep(
        holding(execution(1), execution(1, account="other"), execution(2)),
        holding(execution(3, account="acc")),
    )
    assert opened.store.executions("acc", 0, 9) == [execution(1), execution(2), execution(3)]
    assert opened.store.executions("other", 0, 9) == [execution(1, account="other")]


def test_the_executions_of_one_command(opened: Opened) -> None:
    opened.keep(
        holding(execution(1, 5), execution(2, 7), execution(3, 7), execution(1, 7, "other")),
        holding(execution(4, 8)),
    )
    assert opened.store.executions_at("acc", 7) == [execution(2, 7), execution(3, 7)]
    assert opened.store.executions_at("acc", 8) == [execution(4, 8)]
    assert opened.store.executions_at("acc", 6) == []
    assert opened.store.executions_at("nobody", 7) == []


# ---- a long history


def test_a_resend_reads_a_few_messages_at_a_time(opened: Opened) -> None:
    numbers = iter(range(1, 200))
    sent: list[StoredMessage] = []
    while len(sent) < 150:
        some = [message(next(numbers)) for _ in range(1 + len(sent) % 4)]
        sent += some
        opened.keep(holding(*some, message(len(sent), "B"), execution(len(sent) // 4 + 1)))
    for begin in range(1, 170, 32):
        assert opened.store.messages("A", 0, begin, begin + 31) == sent[begin - 1 : begin + 31]


def test_executions_come_page_by_page_without_a_hole(opened: Opened) -> None:
    kept = [execution(number, eseq=1 + number // 3) for number in range(1, 101)]
    for place in range(0, 100, 4):
        opened.keep(holding(*kept[place : place + 4]))
    pages: list[StoredExecution] = []
    while page := opened.store.executions("acc", len(pages), 7):
        pages += page
    assert pages == kept
    for eseq in range(1, 35):
        assert opened.store.executions_at("acc", eseq) == [one for one in kept if one.eseq == eseq]


@pytest.mark.parametrize("seed", range(3))
def test_any_history_is_read_as_it_was_committed(opened: Opened, seed: int) -> None:
    chance = Random(seed)
    messages: list[StoredMessage] = []
    executions: list[StoredExecution] = []
    next_out = {"A": (0, 1), "B": (0, 1), "C": (3, 1)}
    for eseq in range(1, 80):
        batch_start = len(messages), len(executions)
        for session in chance.choices("ABC", k=chance.randrange(5)):
            epoch, number = next_out[session]
            if chance.random() < 0.03:
                epoch, number = epoch + 1, 1
            messages.append(message(number, session, epoch))
            next_out[session] = epoch, number + 1
        for account in chance.choices(["acc", "other"], k=chance.randrange(4)):
            number = 1 + sum(one.account == account for one in executions)
            executions.append(execution(number, eseq, account))
        opened.keep(holding(*messages[batch_start[0] :], *executions[batch_start[1] :]))
        session, (epoch, number) = chance.choice(sorted(next_out.items()))
        begin = chance.randrange(number + 1)
        assert opened.store.messages(session, epoch, begin, begin + 9) == [
            one
            for one in messages
            if (one.session, one.epoch) == (session, epoch) and begin <= one.msg_seq_num <= begin + 9
        ]
        account, at = chance.choice(["acc", "other"]), chance.randrange(eseq + 1)
        own = [one for one in executions if one.account == account]
        assert opened.store.executions(account, at, 5) == own[at : at + 5]
        assert opened.store.executions_at(account, at) == [one for one in own if one.eseq == at]
