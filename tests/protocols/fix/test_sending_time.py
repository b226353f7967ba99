"""SendingTime(52) against the clock, and OrigSendingTime(122) against it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.fix import SessionReject, Timestamps, scan, utc_text
from protocols.fix.sending_time import SendingTimes, check_possible_duplicate
from tests.protocols.fix.acceptor import MIDNIGHT, SECOND, START
from tests.protocols.fix.wire import message

WINDOW = 5 * SECOND
MILLISECOND = SECOND // 1000


def times(window: int = WINDOW) -> SendingTimes:
    return SendingTimes(window, Timestamps(MIDNIGHT - START))


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(-7000, 7000)), min_size=1, max_size=20))
def test_what_is_remembered_never_changes_the_answer(steps: list[tuple[int, int]]) -> None:
    remembering = times()
    now = START
    for elapsed, off in steps:
        now += elapsed * MILLISECOND
        text = utc_text(now + MIDNIGHT - START + off * MILLISECOND)
        assert remembering.accurate(text, now) == (abs(off) * MILLISECOND <= WINDOW)
        # The shortcut of the session says the same where it says anything.
        if text[:17] == remembering.good_second and now < remembering.good_until:
            assert abs(off) * MILLISECOND <= WINDOW


def test_without_a_window_every_time_is_accurate() -> None:
    assert times(0).accurate(b"19700101-00:00:00", START)


@pytest.mark.parametrize("text", [b"", b"now", b"20260101", b"20260101-25:00:00"])
def test_what_is_no_timestamp_is_not_judged_here(text: bytes) -> None:
    assert times().accurate(text, START)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("52=20260101-00:00:01|122=20260101-00:00:00|", None),
        ("52=20260101-00:00:01|122=20260101-00:00:01.000|", None),
        ("52=20260101-00:00:01|122=20260101-00:00:01.001|", 10),
        ("52=20260101-00:00:01|", 1),
        ("52=20260101-00:00:01|122=noon|", None),
        ("122=20260101-00:00:01|", None),
    ],
)
def test_orig_sending_time(fields: str, reason: int | None) -> None:
    possible_duplicate = scan(message(f"35=D|34=2|43=Y|{fields}"))
    if reason is None:
        check_possible_duplicate(possible_duplicate)
        return
    with pytest.raises(SessionReject) as caught:
        check_possible_duplicate(possible_duplicate)
    assert (caught.value.reason, caught.value.ref_tag) == (reason, b"122")
