from operator import attrgetter
from pathlib import Path
from unittest.mock import patch

import pytest

from gateway.store import chunks
from gateway.store.chunks import Chunk, ChunkReader
from gateway.store.records import Record
from tests.gateway.store.history_log import HistoryLog, message


@pytest.fixture
def log(tmp_path: Path) -> HistoryLog:
    return HistoryLog(tmp_path)


def reader(log: HistoryLog, kept: int) -> "ChunkReader[object]":
    return ChunkReader(log.data_dir / "log", attrgetter("messages"), attrgetter("session"), kept)


def chunk(*records: Record) -> Chunk:
    return Chunk(records[0].segment, records[0].offset, records[-1].end)


def test_a_chunk_is_sorted_by_series(log: HistoryLog) -> None:
    records = [
        log.commit([message(1), message(1, "B"), message(2)]),
        log.commit([message(2, "B"), message(3)]),
        log.commit([message(4)]),
    ]
    read = reader(log, 1).read
    assert read("A", chunk(*records[:2])) == [message(1), message(2), message(3)]
    assert read("B", chunk(*records[:2])) == [message(1, "B"), message(2, "B")]
    assert read("C", chunk(*records[:2])) == []
    log.close()


def test_a_chunk_that_has_grown_is_read_from_there_on(log: HistoryLog) -> None:
    read = reader(log, 1).read
    first = log.commit([message(1)])
    assert read("A", chunk(first)) == [message(1)]
    second = log.commit([message(2)])
    with patch.object(chunks, "_read", wraps=chunks._read) as reads:
        assert read("A", chunk(first, second)) == [message(1), message(2)]
        # What is known of a longer chunk answers for a shorter one too.
        assert read("A", chunk(first)) == [message(1), message(2)]
    ((_, start, end),) = [call.args for call in reads.call_args_list]
    assert (start, end) == (second.offset, second.end)
    log.close()


def test_the_chunks_used_last_stay_decoded(log: HistoryLog) -> None:
    one, two, three = (chunk(log.commit([message(number)])) for number in range(1, 4))
    read = reader(log, 2).read
    with patch.object(chunks, "_read", wraps=chunks._read) as reads:
        for place in one, two, one, three, one, two:
            read("A", place)
    assert [call.args[1] for call in reads.call_args_list] == [
        one.offset,
        two.offset,
        three.offset,
        two.offset,
    ]
    log.close()
