from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from gateway.ports import StoreError
from gateway.store.history import History
from gateway.store.history_index import INDEX_NAME, index_segment
from gateway.store.records import LogDamaged
from tests.gateway.store.batches import flipped
from tests.gateway.store.history_log import HistoryLog, execution, message

FOREVER = 1 << 62


@pytest.fixture
def log(tmp_path: Path) -> Iterator[HistoryLog]:
    written = HistoryLog(tmp_path)
    written.told = History(tmp_path)
    yield written
    written.close()


def numbers(history: History | None, begin: int = 1, end: int = 10**9, session: str = "A") -> list[int]:
    assert history is not None
    return [found.msg_seq_num for found in history.messages(session, 0, begin, end)]


def exec_ids(history: History | None, after: int = 0, limit: int = 10**9) -> list[int]:
    assert history is not None
    return [found.exec_id for found in history.executions("acc", after, limit)]


# ---- where it is known from


def test_a_live_segment_is_read_as_it_grows(log: HistoryLog) -> None:
    for number in range(1, 6):
        log.commit([message(number)], [execution(number)])
        assert numbers(log.told) == list(range(1, number + 1))
        assert exec_ids(log.told) == list(range(1, number + 1))


def test_what_was_read_is_not_read_again(log: HistoryLog) -> None:
    log.commit([message(1)], [execution(1)])
    assert (numbers(log.told), exec_ids(log.told)) == ([1], [1])
    log.rotate(message(2))
    segment = log.closed[0]
    assert numbers(log.told) == [1, 2]
    segment.path.write_bytes(bytes(segment.path.stat().st_size))
    assert (numbers(log.told), exec_ids(log.told)) == ([1, 2], [1])


def test_a_segment_that_is_indexed_leaves_the_memory_when_another_begins(log: HistoryLog) -> None:
    history = log.told
    assert history is not None
    index_segment(log.data_dir, log.rotate(message(1)))
    assert len(history._loose) == 1
    log.commit([message(2)])
    assert [loose.first for loose in history._loose] == [2]
    assert history.indexed() == {1}
    assert numbers(history) == [1, 2]


def test_an_indexed_segment_need_not_be_read_through(log: HistoryLog) -> None:
    index_segment(log.data_dir, log.rotate(message(1)))
    with patch("gateway.store.history.scan", side_effect=AssertionError):
        history = History(log.data_dir)
        history.note(log.commit([message(2)]))
        assert numbers(history) == [1, 2]
        history.close()


def test_an_index_made_meanwhile_is_found(log: HistoryLog) -> None:
    history = log.told
    assert history is not None
    segment = log.rotate(message(1))
    history.refresh()
    assert history.indexed() == frozenset()
    index_segment(log.data_dir, segment)
    history.refresh()
    assert history.indexed() == {1}
    assert numbers(history) == [1]


def test_what_was_not_recovered_is_read_from_its_segment(log: HistoryLog) -> None:
    records = [log.commit([message(number)], [execution(number)]) for number in range(1, 6)]
    history = History(log.data_dir)
    history.note(records[3])
    history.note(records[4])
    with patch("gateway.store.history.scan", side_effect=AssertionError):
        assert numbers(history, 4) == [4, 5]
        assert exec_ids(history, 3) == [4, 5]
    assert numbers(history) == [1, 2, 3, 4, 5]
    assert exec_ids(history) == [1, 2, 3, 4, 5]
    history.close()


def test_an_index_of_another_log_is_not_used(log: HistoryLog) -> None:
    segment = log.rotate(message(1))
    index_segment(log.data_dir, segment)
    # A backup from before it was indexed.
    segment.path.write_bytes(segment.path.read_bytes()[: segment.start])
    history = History(log.data_dir)
    assert history.indexed() == frozenset()
    assert numbers(history) == []
    history.close()


# ---- what is not kept


def test_history_that_was_removed_is_not_there(log: HistoryLog) -> None:
    for number in range(1, 7):
        log.commit([message(number)], [execution(number, eseq=number)])
        if number % 2 == 0:
            log.rotate()
    history = log.told
    assert history is not None
    log.closed[0].path.unlink()
    log.closed[1].path.unlink()
    assert numbers(history) == [5, 6]
    assert exec_ids(history) == [5, 6]
    assert exec_ids(history, 0, 1) == [5]
    assert exec_ids(history, 4, 1) == [5]
    assert exec_ids(history, 6, 1) == []
    assert history.executions_at("acc", 4) == []
    assert [found.exec_id for found in history.executions_at("acc", 5)] == [5]


def test_history_of_which_nothing_is_left_is_empty(log: HistoryLog) -> None:
    log.commit([message(1)], [execution(1)])
    log.rotate()
    index_segment(log.data_dir, log.closed[0])
    history = History(log.data_dir)
    log.closed[0].path.unlink()
    assert (numbers(history), exec_ids(history)) == ([], [])
    history.close()


def test_a_segment_that_goes_before_it_is_read_through_is_not_kept(log: HistoryLog) -> None:
    log.rotate(message(1))
    log.commit([message(2)])
    history = History(log.data_dir)
    log.closed[0].path.unlink()
    assert numbers(history) == [2]
    history.close()


def test_a_hole_ends_the_answer(log: HistoryLog) -> None:
    log.commit([], [execution(1), execution(2), execution(4), execution(5)])
    assert exec_ids(log.told) == [1, 2]
    assert exec_ids(log.told, 2) == [4, 5]
    assert exec_ids(log.told, 3) == [4, 5]


def test_nothing_is_known_of_strangers(log: HistoryLog) -> None:
    log.commit([message(1)], [execution(1)])
    history = log.told
    assert history is not None
    assert history.messages("B", 0, 1, 9) == []
    assert history.messages("A", 1, 1, 9) == []
    assert history.executions("other", 0, 9) == []
    assert history.executions_at("other", 1) == []
    assert history.executions_at("acc", 2) == []


# ---- what is damaged


def test_damage_is_one_line_that_names_the_byte(log: HistoryLog) -> None:
    first = log.commit([message(1)], [execution(1)])
    second = log.commit([message(2)])
    segment = log.rotate(message(3))
    content = segment.path.read_bytes()
    history = log.told
    for at in range(second.offset, second.end, 7):
        segment.path.write_bytes(flipped(content, at))
        with pytest.raises(
            LogDamaged, match=rf"{segment.path}: damaged batch at byte {second.offset}: "
        ) as caught:
            numbers(history)
        assert "\n" not in str(caught.value)
    segment.path.write_bytes(content[: second.end - 3])
    with pytest.raises(LogDamaged, match=f"at byte {second.offset}"):
        numbers(history)
    segment.path.write_bytes(content[: first.end])
    with pytest.raises(LogDamaged, match=f"at byte {first.end}"):
        numbers(history)
    segment.path.write_bytes(content)
    assert numbers(history) == [1, 2, 3]


def test_a_damaged_header_is_one_line(log: HistoryLog) -> None:
    segment = log.rotate(message(1))
    segment.path.write_bytes(flipped(segment.path.read_bytes(), 20))
    with pytest.raises(LogDamaged, match="damaged header"):
        numbers(log.told)


def test_a_file_that_cannot_be_read_is_one_line(log: HistoryLog) -> None:
    segment = log.rotate(message(1))
    assert numbers(log.told, 1, 1) == [1]
    history = log.told
    assert history is not None
    history._messages._kept.clear()
    segment.path.unlink()
    segment.path.mkdir()
    with pytest.raises(StoreError, match="Is a directory"):
        numbers(history)


def test_a_damaged_index_stops_the_start_and_not_what_is_in_memory(
    log: HistoryLog, caplog: pytest.LogCaptureFixture
) -> None:
    log.rotate(message(1))
    (log.data_dir / INDEX_NAME).write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match=rf"{INDEX_NAME}: file is not a database: .* delete this file"):
        History(log.data_dir)
    log.commit([message(2)])
    assert "file is not a database" in caplog.text
    assert numbers(log.told) == [1, 2]


def test_a_segment_that_goes_after_it_was_found_is_not_kept(log: HistoryLog) -> None:
    log.commit([message(1)])
    log.rotate(message(2))
    log.commit([message(3)])
    history = log.told
    assert history is not None
    assert numbers(history) == [1, 2, 3]
    log.closed[0].path.unlink()
    history._messages._kept.clear()
    assert numbers(history) == [3]


def test_a_history_closes_with_or_without_an_index(log: HistoryLog) -> None:
    without = History(log.data_dir)
    without.close()
    assert numbers(without) == []
    log.rotate(message(1))
    index_segment(log.data_dir, log.closed[0])
    history = History(log.data_dir)
    assert numbers(history) == [1]
    history.close()
    with pytest.raises(StoreError, match=rf"{INDEX_NAME}: Cannot operate on a closed database"):
        numbers(history)


def test_records_of_several_segments_are_recovered(log: HistoryLog) -> None:
    for number in range(1, 4):
        log.commit([message(2 * number - 1)], [execution(number)])
        log.rotate(message(2 * number))
    index_segment(log.data_dir, log.closed[1])
    history = History(log.data_dir)
    for record in [*log.content[1], *log.content[5], log.commit()]:
        history.note(record)
    with patch("gateway.store.history.scan", side_effect=AssertionError):
        assert numbers(history, 1, 6) == [1, 2, 3, 4, 5, 6]
        assert exec_ids(history, 0) == [1, 2, 3]
    history.close()


def test_what_is_only_in_the_index_is_found_behind_segments_without_it(log: HistoryLog) -> None:
    for session in "A", "B", "C":
        log.rotate(message(1, session))
    index_segment(log.data_dir, log.closed[0])
    index_segment(log.data_dir, log.closed[2])
    history = History(log.data_dir)
    history.note(log.commit())
    assert [numbers(history, session=session) for session in "ABC"] == [[1], [1], [1]]
    history.close()
