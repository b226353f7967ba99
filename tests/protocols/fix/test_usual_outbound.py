"""Messages numbered and written at once: the form that works and the one in plain Python say the same."""

from hypothesis import given
from hypothesis import strategies as st

from protocols.fix import Timestamps
from protocols.fix.codec import UsualEncoder, UsualOutbound
from protocols.fix.keepalive import Keepalive
from protocols.fix.usual_encoder import UsualEncoder as PlainEncoder
from protocols.fix.usual_outbound import UsualOutbound as PlainOutbound
from tests.protocols.fix.acceptor import StoredNumbers

LATEST = 4_102_444_800 * 10**9  # 2100
HEADER = b"8=FIX.4.4\x019=", b"49=BDAX\x0152=", b"\x0156=C\x01"


class Live:
    """Has nothing to send but the usual way."""

    def _send_otherwise(self, msg_type: bytes, body: bytes, now: int, extra: bytes) -> bool:
        raise AssertionError((msg_type, body, now, extra))


class Working(Live, UsualOutbound):
    pass


class Plain(Live, PlainOutbound):
    pass


steps = st.integers(0, 3 * 10**9) | st.integers(0, LATEST) | st.sampled_from((0, 1, 999_999, 1_000_000))


@given(
    st.lists(
        st.tuples(
            steps, st.integers(-(10**9), 10**9), st.binary(max_size=400).map(lambda some: some + b"\x01")
        ),
        max_size=12,
    )
)
def test_both_forms_say_the_same_at_any_time(sent: list[tuple[int, int, bytes]]) -> None:
    working_time, plain_time = Timestamps(10**18), Timestamps(10**18)
    working = Working(UsualEncoder(*HEADER), StoredNumbers(), working_time, Keepalive())
    plain = Plain(PlainEncoder(*HEADER), StoredNumbers(), plain_time, Keepalive())
    working.live = plain.live = True
    now = 0
    for step, correction, body in sent:
        now = (now + step) % LATEST
        working_time.offset_ns += correction
        plain_time.offset_ns += correction
        assert working.send(b"8", body, now) is plain.send(b"8", body, now) is False
        assert working.keepalive.sent_at == plain.keepalive.sent_at == now
    assert working.take_numbered() == plain.take_numbered()
    assert working.take_written() == plain.take_written()
    assert (working.take_numbered(), working.take_written()) == ([], b"") == (plain.take_numbered(), b"")


def test_a_time_before_1970_is_told_too() -> None:
    clock = Timestamps(0)
    flow = Working(UsualEncoder(*HEADER), StoredNumbers(), clock, Keepalive())
    plain = Plain(PlainEncoder(*HEADER), StoredNumbers(), clock, Keepalive())
    flow.live = plain.live = True
    for offset in (-1, -1_000_000, 5, -(10**9), 1_000_000):
        clock.offset_ns = offset
        flow.send(b"8", b"58=x\x01", 0)
        plain.send(b"8", b"58=x\x01", 0)
    assert flow.written == plain.written
    assert b"52=19691231-23:59:59.999\x01" in flow.written[0]
