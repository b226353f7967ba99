"""What comes from a new Logon on, in whatever order: each message once, in the order of the numbers."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.loadtest.fix_gap import Gap
from gateway.loadtest.fix_messages import fields_of, session_message

FIRST, LOGON, LAST = 5, 12, 20


def _message(number: int, msg_type: str = "8", fields: tuple[tuple[int, object], ...] = ()) -> bytes:
    return session_message(msg_type, number, (b"BDAX", b"LOAD1"), b"20261122-10:00:00.000", fields)


def _take(gap: Gap, frame: bytes) -> list[bytes]:
    return gap.take(fields_of(frame), frame)


def _numbers(messages: list[bytes]) -> list[int]:
    return [int(fields_of(message)[b"34"]) for message in messages]


@given(st.permutations(range(FIRST, LAST)))
def test_messages_come_in_the_order_of_their_numbers(order: list[int]) -> None:
    gap = Gap(FIRST)
    gap.logon = LOGON
    passed = []
    for number in order:
        passed += _numbers(_take(gap, _message(number)))
        assert passed == list(range(FIRST, gap.expected))
        assert gap.is_over == (gap.expected > LOGON and not gap.rest())
    assert passed == list(range(FIRST, LAST))


def test_it_is_not_over_before_the_logon_has_come() -> None:
    gap = Gap(FIRST)
    over = [gap.is_over]
    assert _numbers(_take(gap, _message(FIRST))) == [FIRST]
    over.append(gap.is_over)
    gap.logon = FIRST + 1
    over.append(gap.is_over)
    assert _numbers(_take(gap, _message(FIRST + 1, "A"))) == [FIRST + 1]
    assert [*over, gap.is_over] == [False, False, False, True]


def test_a_gap_fill_stands_for_all_that_it_leaves_out() -> None:
    gap = Gap(FIRST)
    gap.logon = LOGON
    assert _take(gap, _message(LOGON, "A")) == []
    assert _take(gap, _message(LOGON + 1)) == []
    fill = _message(FIRST, "4", ((43, "Y"), (123, "Y"), (36, LOGON)))
    assert _numbers(_take(gap, fill)) == [FIRST, LOGON, LOGON + 1]
    assert gap.is_over


def test_what_has_no_new_number_passes_at_once_to_be_judged() -> None:
    gap = Gap(FIRST)
    assert _numbers(_take(gap, _message(FIRST - 1))) == [FIRST - 1]
    assert gap.take({}, b"nonsense") == [b"nonsense"]
    assert gap.expected == FIRST


def test_a_number_that_comes_twice_passes_twice() -> None:
    gap = Gap(FIRST)
    for _ in range(2):
        assert _take(gap, _message(FIRST + 1)) == []
    assert _numbers(_take(gap, _message(FIRST))) == [FIRST, FIRST + 1, FIRST + 1]


def test_what_waits_for_what_never_comes_can_be_had() -> None:
    gap = Gap(FIRST)
    later = [_message(FIRST + n) for n in (3, 1, 2)]
    for frame in later:
        _take(gap, frame)
    assert gap.rest() == later[1] + later[2] + later[0]
