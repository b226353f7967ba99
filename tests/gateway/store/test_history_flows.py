"""Any log, read in any state of its index, gives what a search through it gives."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gateway.store import ranges
from gateway.store.history import History
from gateway.store.history_index import INDEX_NAME, index_segment
from gateway.store.retention import prune
from tests.gateway.store.history_log import HistoryLog, execution, message

FOREVER = 1 << 62
SESSIONS = st.sampled_from(["A", "B"])
ACCOUNTS = st.sampled_from(["acc", "other"])
COMMITS = st.tuples(
    st.just("commit"),
    st.lists(st.tuples(SESSIONS, st.integers(1, 3), st.booleans()), max_size=4),
    st.lists(st.tuples(ACCOUNTS, st.booleans()), max_size=4),
)
READS = st.tuples(st.just("read"), st.integers(0, 15), st.integers(0, 12))
STEPS = st.one_of(
    COMMITS,
    COMMITS,
    COMMITS,
    st.tuples(st.just("rotate")),
    st.tuples(st.just("index"), st.integers(0, 3)),
    st.tuples(st.just("prune"), st.booleans()),
    st.tuples(st.just("restart"), st.integers(0, 12)),
    st.tuples(st.just("delete index")),
    READS,
    READS,
    READS,
)


class Driver:
    """Does the steps to a log and a history, and compares what that answers."""

    def __init__(self, data_dir: Path) -> None:
        self.log = HistoryLog(data_dir)
        self.log.told = History(data_dir)
        self.next_out: dict[str, tuple[int, int]] = {"A": (0, 1), "B": (0, 1)}
        self.next_exec = {"acc": 1, "other": 1}
        self.eseq = 1
        self.kept = 1
        self.seen = 1

    def commit(self, sends: list[tuple[str, int, bool]], works: list[tuple[str, bool]]) -> None:
        messages, executions = [], []
        for session, step, resets in sends:
            epoch, number = self.next_out[session]
            if resets and number > 3:
                epoch, number = epoch + 1, 1
            messages.append(message(number, session, epoch))
            self.next_out[session] = epoch, number + step
        for account, is_new in works:
            self.eseq += is_new
            executions.append(execution(self.next_exec[account], account, self.eseq))
            self.next_exec[account] += 1
        self.log.commit(messages, executions)

    def rotate(self) -> None:
        self.log.rotate()

    def index(self, which: int) -> None:
        closed = [segment for segment in self.log.closed if segment.first >= self.kept]
        if closed:
            index_segment(self.log.data_dir, closed[which % len(closed)])

    def prune(self, at_once: bool) -> None:
        closed = [segment for segment in self.log.closed if segment.first >= self.kept]
        if at_once:
            prune(self.log.data_dir, FOREVER, FOREVER)
            self.kept = min(int(path.stem) for path in (self.log.data_dir / "log").iterdir())
        elif closed:
            closed[0].path.unlink()
            self.kept = min(first for first in self.log.content if first > closed[0].first)

    def restart(self, replayed: int) -> None:
        if self.log.told is not None:
            self.log.told.close()
        self.log.told = history = History(self.log.data_dir)
        self.seen = self.kept
        records = [record for first in self.log.content for record in self.log.content[first]]
        for record in records[max(len(records) - replayed, 0) :]:
            if record.segment >= self.kept and record.segment not in history.indexed():
                history.note(record)
        self.log.rotate()
        self.read(replayed % 5, 1000)

    def delete_index(self) -> None:
        (self.log.data_dir / INDEX_NAME).unlink(missing_ok=True)
        self.restart(0)

    def read(self, begin: int, size: int) -> None:
        history = self.log.told
        assert history is not None
        # What is gone may have been read before.
        points = [first for first in self.log.content if self.seen <= first <= self.kept]
        for session in "A", "B":
            for epoch in range(self.next_out[session][0] + 1):
                found = history.messages(session, epoch, begin, begin + size)
                assert found in [
                    self.log.messages(since, session, epoch, begin, begin + size) for since in points
                ]
        for account in "acc", "other":
            executions = history.executions(account, begin, size)
            assert executions in [self.log.executions(since, account, begin, size) for since in points]
            executions = history.executions_at(account, begin)
            assert executions in [self.log.executions_at(since, account, begin) for since in points]


# Not shrunk: that takes minutes, and a failing case is short enough.
@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(steps=st.lists(STEPS, min_size=5, max_size=40), chunk_size=st.integers(1, 1500))
def test_reads_are_those_of_a_search_through_the_log(
    steps: list[tuple[object, ...]], chunk_size: int
) -> None:
    with TemporaryDirectory() as folder, patch.object(ranges, "CHUNK_SIZE", chunk_size):
        driver = Driver(Path(folder))
        try:
            for name, *arguments in steps:
                do: Callable[..., None] = getattr(driver, str(name).replace(" ", "_"))
                do(*arguments)
            driver.read(0, 1000)
            driver.restart(0)
            for begin in range(12):
                driver.read(begin, begin % 4)
            driver.read(0, 1000)
        finally:
            driver.log.close()
