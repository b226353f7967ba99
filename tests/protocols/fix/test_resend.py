"""Serving a ResendRequest: what is written covers the asked range exactly, however it is cut in chunks."""

from hypothesis import given
from hypothesis import strategies as st

from protocols.fix import HeaderTemplate, scan
from protocols.fix.resend import Resend
from protocols.fix.states import Outbound

TEMPLATE = HeaderTemplate(b"FIX.4.4", b"BDAX", b"CLIENT")
FIRST = b"20260101-00:00:00.000"
NOW = b"20260101-00:00:09.000"


def frame(number: int) -> bytes:
    return TEMPLATE.encode(b"8", number, FIRST, b"37=%d\x01" % number)


@st.composite
def requests(draw: st.DrawFn) -> tuple[list[tuple[int, bytes]], int, int, list[int]]:
    kinds = draw(st.lists(st.sampled_from("asm"), min_size=1, max_size=20))
    stored = [(n, frame(n) if kind == "a" else b"") for n, kind in enumerate(kinds, 1) if kind != "m"]
    begin = draw(st.integers(1, len(kinds)))
    end = draw(st.integers(begin, len(kinds)))
    return stored, begin, end, draw(st.lists(st.integers(1, 5), max_size=20))


@given(requests())
def test_the_range_is_covered_exactly(request: tuple[list[tuple[int, bytes]], int, int, list[int]]) -> None:
    stored, begin, end, sizes = request
    resend = Resend(TEMPLATE)
    assert resend.ask(begin, end)
    frames: list[bytes] = []
    rest = stored
    for size in sizes:
        frames += resend.chunk(rest[:size], NOW)
        rest = rest[size:]
    frames += resend.chunk(rest, NOW)
    frames += resend.finish(NOW)
    assert resend.next_range() is None

    expected = begin
    resent = []
    was_gap_fill = False
    for message in map(scan, frames):
        assert message.msg_seq_num == expected
        assert message.poss_dup
        if message.msg_type == b"4":
            assert not was_gap_fill, "one gap fill per run"
            assert message.fields[b"123"] == b"Y"
            expected = int(message.fields[b"36"])
        else:
            assert message.fields[b"122"] == FIRST
            resent.append(message.msg_seq_num)
            expected += 1
        was_gap_fill = message.msg_type == b"4"
        assert message.fields[b"52"] == NOW
    assert expected == end + 1
    assert resent == [n for n, stored_frame in stored if stored_frame and begin <= n <= end]


def test_it_is_live_again_behind_the_last_chunk() -> None:
    resend = Resend(TEMPLATE)
    states = [resend.state]
    resend.ask(1, 1)
    states.append(resend.state)
    resend.finish(NOW)
    states.append(resend.state)
    resend.next_range()
    states.append(resend.state)
    assert states == [Outbound.LIVE, Outbound.RESENDING, Outbound.RESENDING, Outbound.LIVE]


def test_ranges_wait_for_the_one_being_served_once_each() -> None:
    resend = Resend(TEMPLATE)
    assert resend.ask(1, 2)
    assert not resend.ask(2, 2)
    assert not resend.ask(2, 2)
    assert not resend.ask(1, 1)
    assert resend.waiting == 2
    resend.finish(NOW)
    assert resend.next_range() == (2, 2)
    resend.finish(NOW)
    assert resend.next_range() == (1, 1)
    resend.finish(NOW)
    assert resend.next_range() is None


def test_what_is_held_was_never_written() -> None:
    resend = Resend(TEMPLATE)
    assert resend.last_written(7) == 6
    resend.ask(1, 6)
    resend.hold(7, b"seven")
    resend.hold(9, b"nine")
    assert resend.last_written(10) == 6
    assert resend.held_bytes == 9
    assert resend.release() == [b"seven", b"nine"]
    assert resend.held_bytes == 0
    assert resend.last_written(10) == 9


def test_clear_forgets_what_was_asked_and_held() -> None:
    resend = Resend(TEMPLATE)
    resend.ask(1, 6)
    resend.ask(1, 5)
    resend.hold(7, b"seven")
    resend.clear()
    assert resend.state is Outbound.LIVE
    assert (resend.waiting, resend.held_bytes, resend.release()) == (0, 0, [])
    assert resend.last_written(8) == 7
