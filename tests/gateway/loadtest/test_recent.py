"""What is known again, and times that may be right."""

import copy
import time

import pytest

from gateway.loadtest import recent
from gateway.loadtest.recent import Recent
from gateway.loadtest.transact_times import Times


def test_the_last_ones_are_known_again_and_no_more_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "KEPT", 10)
    known = Recent()
    assert all(known.is_new(b"%d" % n) for n in range(25))
    assert not any(known.is_new(b"%d" % n) for n in range(15, 25))
    assert known.is_new(b"0")
    assert copy.copy(known).is_new(b"24")


@pytest.mark.parametrize("places", ["", ".123", ".123456", ".123456789"])
def test_now_is_a_time_of_any_precision(places: str) -> None:
    text = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime()) + places
    assert not Times().is_absurd(text.encode())
    assert Times().is_absurd(text.encode() + b"Z")


def test_what_is_far_from_now_is_absurd() -> None:
    times = Times()
    for ago in (7200, -7200):
        at = time.time() - ago
        assert times.is_absurd(time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(at)).encode())
        assert times.is_absurd_ns(int(at * 1e9))
    assert not times.is_absurd_ns(time.time_ns())
    assert times.is_absurd(b"20260231-10:00:00")


def test_seconds_are_not_remembered_without_end() -> None:
    times = Times()
    day = time.strftime("%Y%m%d", time.gmtime()).encode()
    for n in range(2_500):
        times.is_absurd(b"%b-%02d:%02d:%02d" % (day, n // 3600, n // 60 % 60, n % 60))
    assert len(times._seconds) <= 1_000
