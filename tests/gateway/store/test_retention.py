import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ports import StoreError
from gateway.store import retention
from gateway.store.history import History
from gateway.store.history_index import INDEX_NAME, index_segment, indexed_segments
from gateway.store.retention import prune
from gateway.store.segments import LOG_NAME, segment_names
from tests.gateway.store.batches import NOW, read_numbers
from tests.gateway.store.history_log import HistoryLog, execution, message

ALL = 1 << 62


@pytest.fixture
def log(tmp_path: Path) -> Iterator[HistoryLog]:
    """Segments of batches 1-2, 3-4, 5-6, and the live one of batch 7, committed at ``NOW`` + number."""
    written = HistoryLog(tmp_path)
    written.told = History(tmp_path)
    for number in range(1, 7, 2):
        written.commit([message(number)], [execution(number), execution(number + 1)])
        written.rotate(message(number + 1))
    written.commit([message(7)], [execution(7)])
    yield written
    written.close()


def index(log: HistoryLog, *which: int) -> None:
    for place in which:
        index_segment(log.data_dir, log.closed[place])


def kept(log: HistoryLog) -> list[int]:
    return segment_names(log.data_dir / LOG_NAME)


def test_what_is_older_goes_with_its_rows(log: HistoryLog) -> None:
    index(log, 0, 1, 2)
    assert prune(log.data_dir, NOW + 5, ALL) == [1, 3]
    assert kept(log) == [5, 7]
    assert list(indexed_segments(log.data_dir)) == [5]
    assert prune(log.data_dir, NOW + 5, ALL) == []


@pytest.mark.parametrize(("before", "removed"), [(2, []), (3, [1]), (4, [1]), (5, [1, 3])])
def test_a_segment_is_as_old_as_its_newest_batch(log: HistoryLog, before: int, removed: list[int]) -> None:
    index(log, 0, 1, 2)
    assert prune(log.data_dir, NOW + before, ALL) == removed


@pytest.mark.parametrize(("recovered_from", "removed"), [(0, []), (1, []), (2, [1]), (3, [1]), (4, [1, 3])])
def test_what_a_start_needs_stays(log: HistoryLog, recovered_from: int, removed: list[int]) -> None:
    index(log, 0, 1, 2)
    assert prune(log.data_dir, ALL, recovered_from) == removed
    assert read_numbers(log.data_dir, after=recovered_from) == list(range(recovered_from + 1, 8))


def test_the_last_segment_stays(log: HistoryLog) -> None:
    index(log, 0, 1, 2)
    assert prune(log.data_dir, ALL, ALL) == [1, 3, 5]
    assert kept(log) == [7]


def test_a_segment_that_is_not_indexed_stays_and_so_does_what_is_behind_it(log: HistoryLog) -> None:
    index(log, 0, 2)
    assert prune(log.data_dir, ALL, ALL) == [1]
    assert kept(log) == [3, 5, 7]


def test_nothing_is_removed_where_nothing_is(tmp_path: Path) -> None:
    assert prune(tmp_path, ALL, ALL) == []
    assert not (tmp_path / INDEX_NAME).exists()


def test_a_live_history_goes_on_behind_it(log: HistoryLog) -> None:
    index(log, 0, 1, 2)
    prune(log.data_dir, NOW + 5, ALL)
    history = log.told
    assert history is not None
    assert list(history.messages("A", 0, 1, 99)) == [message(5), message(6), message(7)]
    assert list(history.executions("acc", 0, 2)) == [execution(5), execution(6)]
    assert history.executions_at("acc", 3) == []


def test_a_file_that_stays_is_one_line(log: HistoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    index(log, 0, 1, 2)

    def refuse(path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    monkeypatch.setattr(retention, "sync_directory", refuse)
    with pytest.raises(StoreError, match=r"0001\.log: Input/output error: "):
        prune(log.data_dir, ALL, ALL)
    monkeypatch.undo()
    # The rows of the one that went are forgotten the next time.
    assert prune(log.data_dir, NOW + 5, ALL) == [3]
    assert list(indexed_segments(log.data_dir)) == [5]
