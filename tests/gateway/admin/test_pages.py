import logging
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from gateway.admin.pages import Pages
from gateway.ports import LatencyBuckets, Sample


def pages(health: Any = None, *sources: Any) -> Pages:
    return Pages(health or (lambda: {"status": "ok"}), sources)


def values(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read an exposition with the Prometheus client's own parser."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_healthz_says_what_the_gateway_says() -> None:
    answer = pages(lambda: {"status": "ok", "sessions": 3}).answer(b"GET", b"/healthz")
    assert (answer.status, answer.content_type) == (200, b"application/json")
    assert orjson.loads(answer.body) == {"status": "ok", "sessions": 3}


@pytest.mark.parametrize("health", [{"status": "failed"}, {}])
def test_healthz_is_503_unless_all_is_well(health: dict[str, object]) -> None:
    answer = pages(lambda: health).answer(b"GET", b"/healthz")
    assert answer.status == 503
    assert orjson.loads(answer.body) == health


def test_metrics_gather_every_source_by_name() -> None:
    latency = LatencyBuckets()
    latency.record(20_000, 3)
    latency.record(10_000_000_000)
    answer = pages(
        None,
        lambda: [
            Sample("bdax_orders", "Orders.", "counter", 7, (("side", "buy"),)),
            Sample("bdax_sessions", "Sessions.", "gauge", 2),
        ],
        lambda: [
            Sample("bdax_orders", "Orders.", "counter", 5, (("side", 'a "quoted"\nside'),)),
            Sample("bdax_delay_seconds", "Delay.", "histogram", latency.value(), (("front", "fix"),)),
        ],
    ).answer(b"GET", b"/metrics")
    assert answer.status == 200
    assert answer.content_type.startswith(b"text/plain")
    read = values(answer.body)
    assert read[("bdax_orders_total", (("side", "buy"),))] == 7
    assert read[("bdax_orders_total", (("side", 'a "quoted"\nside'),))] == 5
    assert read[("bdax_sessions", ())] == 2
    assert read[("bdax_delay_seconds_count", (("front", "fix"),))] == 4
    assert read[("bdax_delay_seconds_sum", (("front", "fix"),))] == pytest.approx(10.00006)
    buckets = {
        dict(labels)["le"]: value
        for (name, labels), value in read.items()
        if name == "bdax_delay_seconds_bucket"
    }
    assert buckets["1.6384e-05"] == 0
    assert buckets["3.2768e-05"] == 3
    assert buckets["8.589934592"] == 3
    assert buckets["17.179869184"] == 4
    assert buckets["+Inf"] == 4
    assert answer.body.count(b"# TYPE bdax_orders_total counter") == 1


def test_a_sample_of_another_kind_than_its_name_is_left_out() -> None:
    histogram = LatencyBuckets().value()
    served = pages(
        None,
        lambda: [
            Sample("bdax_a", "A.", "gauge", 1, (("k", "1"),)),
            Sample("bdax_a", "A.", "histogram", histogram, (("k", "2"),)),
            Sample("bdax_b", "B.", "histogram", histogram, (("k", "1"),)),
            Sample("bdax_b", "B.", "gauge", 1, (("k", "2"),)),
        ],
    )
    read = values(served.answer(b"GET", b"/metrics").body)
    kept = {dict(labels)["k"] for name, labels in read if name.startswith(("bdax_a", "bdax_b"))}
    assert kept == {"1"}


def test_the_process_itself_is_measured() -> None:
    read = values(pages().answer(b"GET", b"/metrics").body)
    assert read[("process_resident_memory_bytes", ())] > 0
    assert ("process_cpu_seconds_total", ()) in read


def test_sources_are_read_when_asked() -> None:
    counts = [1]
    served = pages(None, lambda: [Sample("bdax_n", "N.", "gauge", counts[0])])
    counts[0] = 2
    assert values(served.answer(b"GET", b"/metrics").body)[("bdax_n", ())] == 2


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        (b"GET", b"/", 404),
        (b"GET", b"/healthz/", 404),
        (b"POST", b"/nowhere", 404),
        (b"POST", b"/healthz", 405),
        (b"DELETE", b"/metrics", 405),
        (b"HEAD", b"/healthz", 200),
        (b"GET", b"/healthz?verbose=1", 200),
        (b"GET", b"", 404),
    ],
)
def test_status_by_method_and_target(method: bytes, target: bytes, status: int) -> None:
    answer = pages().answer(method, target)
    assert answer.status == status
    assert (b"Allow", b"GET, HEAD") in answer.headers or status != 405


@given(st.binary(), st.binary())
def test_nothing_else_is_served(method: bytes, target: bytes) -> None:
    assert pages().answer(method, target).status in (404, 405)


@pytest.mark.parametrize("target", [b"/healthz", b"/metrics"])
def test_a_source_that_raises_is_a_500_and_logged(target: bytes, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Any:
        raise RuntimeError("broken")

    with caplog.at_level(logging.ERROR):
        answer = pages(fail, fail).answer(b"GET", target)
    assert (answer.status, answer.body) == (500, b"internal error\n")
    (record,) = caplog.records
    assert record.message == "admin page failed"
    assert record.exc_info
