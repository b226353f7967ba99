"""The document of a load test: what is written is read again, and what is none is refused in one line."""

from pathlib import Path

import msgspec
import pytest

from gateway.loadtest import results
from gateway.loadtest.results import Counts, Machine, Measure, Result, ResultError, Target, Verdict


def _result() -> Result:
    return Result(
        run="r1",
        started=1,
        duration=2,
        complete=True,
        scenario={"name": "latency"},
        target=Target(label="gateway", fix="127.0.0.1:9880"),
        machine=Machine(
            host="h",
            system="s",
            processor="p",
            cores=2,
            memory_bytes=1,
            python="3",
            bdax="0",
            load_before=0.5,
        ),
        verdict=Verdict(passed=False, reasons=("1 missing answer",)),
        counts=Counts(orders=3),
        measures=(
            Measure(
                name=results.ORDER_TO_ACK,
                count=1,
                min=5,
                mean=5.0,
                stddev=0.0,
                max=5,
                percentiles={"50": 5},
                histogram="",
            ),
        ),
    )


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    results.write(_result(), path)
    assert results.read(path) == _result()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_a_measure_is_found_by_name_and_says_what_it_means() -> None:
    result = _result()
    measure = result.measure(results.ORDER_TO_ACK)
    assert measure is not None
    assert measure.title == "Order to acknowledgment"
    assert "planned" in measure.meaning
    assert result.measure(results.CONNECT) is None
    assert result.name == "latency"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "no result of a load test"),
        (b"\xff", "no result of a load test"),
        (b"{}", "no result of a load test"),
        (b'{"schema":2}', "schema 2 of a result, this version reads 1"),
        (b'{"schema":1,"stray":0}', "no result of a load test"),
        (None, "No such file"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(tmp_path: Path, text: bytes | None, why: str) -> None:
    path = tmp_path / "a.json"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(ResultError) as caught:
        results.read(path)
    assert why in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_every_measure_has_a_title_and_a_meaning() -> None:
    assert set(results.TITLES) == set(results.MEANINGS)


def test_a_result_needs_its_parts() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"run":"r"}', type=Result)
