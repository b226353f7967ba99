from hypothesis import given
from hypothesis import strategies as st

from gateway.auth import FailedAttempts
from gateway.settings import LogonSettings

S = 1_000_000_000
SETTINGS = LogonSettings(max_failures=3, failure_interval_s=10, max_addresses=4)


def test_an_address_may_fail_so_often_at_once_and_then_once_per_interval() -> None:
    attempts = FailedAttempts(SETTINGS)
    for _ in range(3):
        assert attempts.allows("a", 0)
        attempts.failed("a", 0)
    assert not attempts.allows("a", 0)
    assert not attempts.allows("a", 10 * S - 1)
    assert attempts.allows("a", 10 * S)
    attempts.failed("a", 10 * S)
    assert not attempts.allows("a", 10 * S)
    assert attempts.allows("b", 10 * S)


def test_asking_and_succeeding_cost_nothing() -> None:
    attempts = FailedAttempts(SETTINGS)
    assert all(attempts.allows("a", 0) for _ in range(200))
    assert len(attempts) == 0


def test_the_whole_budget_comes_back() -> None:
    attempts = FailedAttempts(SETTINGS)
    for _ in range(3):
        attempts.failed("a", 0)
    for _ in range(3):
        assert attempts.allows("a", 30 * S)
        attempts.failed("a", 30 * S)
    assert not attempts.allows("a", 30 * S)


def test_at_the_bound_the_one_that_failed_longest_ago_is_forgotten() -> None:
    attempts = FailedAttempts(SETTINGS)
    for address in "abcd":
        for _ in range(3):
            attempts.failed(address, 0)
    attempts.failed("a", 1)
    attempts.failed("e", 1)
    assert len(attempts) == 4
    assert attempts.allows("b", 1)
    assert [attempts.allows(address, 1) for address in "acd"] == [False] * 3


def test_restored_addresses_are_forgotten() -> None:
    attempts = FailedAttempts(SETTINGS)
    for address in "abcd":
        attempts.failed(address, 0)
    attempts.failed("e", 10 * S)
    assert len(attempts) == 1


def test_ipv6_addresses_count_by_their_network() -> None:
    attempts = FailedAttempts(SETTINGS)
    for n in range(3):
        attempts.failed(f"2001:db8::{n}", 0)
    assert not attempts.allows("2001:db8::ffff", 0)
    assert attempts.allows("2001:db8:0:1::1", 0)
    for _ in range(3):
        attempts.failed("::ffff:192.0.2.1", 0)
        attempts.failed("fe80::1%eth0", 0)
    assert attempts.allows("::ffff:192.0.2.2", 0)
    assert not attempts.allows("192.0.2.1", 0)
    assert not attempts.allows("fe80::2", 0)
    attempts.failed("not:an:address", 0)
    assert attempts.allows("not:an:address", 0)


def test_the_counters_are_offered_as_samples() -> None:
    attempts = FailedAttempts(SETTINGS)
    for _ in range(3):
        attempts.failed("a", 0)
    attempts.allows("a", 0)
    assert {sample.name: sample.value for sample in attempts.samples()} == {
        "bdax_logon_failures": 3,
        "bdax_logon_refusals": 1,
        "bdax_logon_addresses": 1,
    }


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 20 * S)), max_size=80))
def test_memory_is_bounded_and_no_address_fails_faster_than_granted(
    steps: list[tuple[str, int]],
) -> None:
    wide = LogonSettings(max_failures=3, failure_interval_s=10, max_addresses=8)
    narrow, attempts = FailedAttempts(SETTINGS), FailedAttempts(wide)
    now = 0
    verified: dict[str, list[int]] = {}
    for address, wait in steps:
        now += wait
        narrow.failed(address, now)
        assert 1 <= len(narrow) <= 4
        if attempts.allows(address, now):
            verified.setdefault(address, []).append(now)
            attempts.failed(address, now)
    for times in verified.values():
        for first, start in enumerate(times):
            for last, end in enumerate(times[first:], 1):
                assert last <= 3 + (end - start) // (10 * S)
