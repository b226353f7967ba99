"""The framer passes intact messages, drops garbled ones, and finds its way again."""

import zlib
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocols.fix import Framer, MessageTooLarge
from protocols.fix import framer as framer_module
from protocols.fix.codec import byte_sum
from tests.fuzz.weight import held_bytes
from tests.protocols.fix.wire import framed, message, pieces, soh

LIMIT = 4096

HEARTBEAT = message("35=0|49=A|56=B|34=2|52=20260101-00:00:00|")
ORDER = message("35=D|49=A|56=B|34=3|52=20260101-00:00:00.123|11=x|55=BTC-KRW|54=1|38=1|40=2|44=5|")
FIXT = message("35=0|49=A|56=B|34=2|52=20260101-00:00:00|", b"FIXT.1.1")
LONG = message("35=B|49=A|56=B|34=4|52=20260101-00:00:00|148=" + "h" * 300 + "|")
VERY_LONG = message("35=B|49=A|56=B|34=4|52=20260101-00:00:00|148=" + "h" * 1500 + "|")
HIGH_BYTES = message("35=B|49=A|56=B|34=4|52=20260101-00:00:00|148=" + "\xff" * 280 + "|")
SMALLEST = framed(b"35=0\x01")
INSIDE_DATA = framed(b"35=B\x0134=5\x0195=%d\x0196=%b\x01" % (len(HEARTBEAT), HEARTBEAT))


def wrong_check_sum(frame: bytes) -> bytes:
    return b"%b%03d\x01" % (frame[:-4], (int(frame[-4:-1]) + 1) % 256)


def body_length(frame: bytes, announced: bytes) -> bytes:
    """Return ``frame`` with another BodyLength(9) and the CheckSum(10) that is right for it."""
    head, _, rest = frame[:-7].partition(b"\x019=")
    whole = b"%b\x019=%b\x01%b" % (head, announced, rest.partition(b"\x01")[2])
    return b"%b10=%03d\x01" % (whole, sum(whole) % 256)


def off_by(frame: bytes, difference: int) -> bytes:
    return body_length(frame, b"%d" % (int(frame.split(b"\x01")[1][2:]) + difference))


def run(chunks: Iterable[bytes], limit: int = LIMIT) -> tuple[list[bytes], int]:
    framer = Framer(limit)
    frames = []
    for chunk in chunks:
        framer.feed(chunk)
        while (frame := framer.next_frame()) is not None:
            frames.append(frame)
    return frames, framer.garbled


ZEROS = body_length(SMALLEST, b"0005")

# name: bytes, messages that come out, garbled stretches
TABLE: dict[str, tuple[bytes, list[bytes], int]] = {
    "one message": (HEARTBEAT, [HEARTBEAT], 0),
    "the smallest message": (SMALLEST, [SMALLEST], 0),
    "several": (HEARTBEAT + ORDER + HEARTBEAT, [HEARTBEAT, ORDER, HEARTBEAT], 0),
    "another version": (FIXT + FIXT + ORDER + FIXT, [FIXT, FIXT, ORDER, FIXT], 0),
    "above 256 bytes": (LONG + ORDER + LONG, [LONG, ORDER, LONG], 0),
    "above 512 bytes": (VERY_LONG + ORDER + VERY_LONG, [VERY_LONG, ORDER, VERY_LONG], 0),
    "bytes above ASCII": (HIGH_BYTES + HIGH_BYTES, [HIGH_BYTES, HIGH_BYTES], 0),
    "a message inside a data field": (INSIDE_DATA + ORDER, [INSIDE_DATA, ORDER], 0),
    "BodyLength with leading zeros": (ZEROS + ORDER, [ZEROS, ORDER], 0),
    "wrong CheckSum": (wrong_check_sum(ORDER) + HEARTBEAT, [HEARTBEAT], 1),
    "wrong CheckSum of a long one": (wrong_check_sum(VERY_LONG) + LONG, [LONG], 1),
    "wrong CheckSum of high bytes": (wrong_check_sum(HIGH_BYTES) + LONG, [LONG], 1),
    "wrong CheckSum twice": (wrong_check_sum(ORDER) * 2 + HEARTBEAT, [HEARTBEAT], 2),
    "CheckSum of two digits": (ORDER[:-4] + b"12\x01" + HEARTBEAT, [HEARTBEAT], 1),
    "CheckSum with letters": (ORDER[:-4] + b"1x2\x01" + HEARTBEAT, [HEARTBEAT], 1),
    "CheckSum above 255": (ORDER[:-4] + b"300\x01" + HEARTBEAT, [HEARTBEAT], 1),
    "no CheckSum": (ORDER[:-7] + HEARTBEAT, [HEARTBEAT], 1),
    "BodyLength too small": (off_by(ORDER, -1) + HEARTBEAT, [HEARTBEAT], 1),
    "BodyLength too large": (off_by(ORDER, 1) + HEARTBEAT, [HEARTBEAT], 1),
    "BodyLength into the next": (off_by(ORDER, 30) + HEARTBEAT + ORDER, [HEARTBEAT, ORDER], 1),
    "BodyLength over the next ones": (
        off_by(ORDER, 2 * len(HEARTBEAT) - 7) + HEARTBEAT * 2 + ORDER,
        [HEARTBEAT, HEARTBEAT, ORDER],
        1,
    ),
    "BodyLength to the end of the next": (off_by(ORDER, len(HEARTBEAT)) + HEARTBEAT, [HEARTBEAT], 1),
    "BodyLength empty": (soh("8=FIX.4.4|9=|35=0|10=000|") + ORDER, [ORDER], 1),
    "BodyLength not a number": (body_length(SMALLEST, b"5x") + ORDER, [ORDER], 1),
    "BodyLength with a sign": (body_length(SMALLEST, b"+5") + ORDER, [ORDER], 1),
    "BodyLength negative": (body_length(SMALLEST, b"-5") + ORDER, [ORDER], 1),
    "BodyLength below any message": (framed(b"35=\x01") + ORDER, [ORDER], 1),
    "BodyLength of zeros without end": (b"8=FIX.4.4\x019=" + b"0" * 60 + ORDER, [ORDER], 1),
    "BeginString without end": (b"8=FIX" + b".4" * 40 + ORDER, [ORDER], 1),
    "BeginString longer than any": (message("35=0|", b"FIX.4.4.4.4.4.4.4") + ORDER, [ORDER], 1),
    "second field not BodyLength": (soh("8=FIX.4.4|35=0|9=5|10=000|") + ORDER, [ORDER], 1),
    "second field like BodyLength": (soh("8=FIX.4.4|98=0|35=0|10=000|") + ORDER, [ORDER], 1),
    "third field not MsgType": (framed(b"34=2\x0135=0\x01") + ORDER, [ORDER], 1),
    "third field like MsgType": (framed(b"354=2\x0135=0\x01") + ORDER, [ORDER], 1),
    "noise before": (b"noise" + ORDER, [ORDER], 1),
    "noise between": (ORDER + b"\x00\xff8=FI" + HEARTBEAT, [ORDER, HEARTBEAT], 1),
    "noise like a start": (b"8=FIX" + HEARTBEAT, [HEARTBEAT], 1),
    "many starts": (b"8=FIX.4.4\x019=" * 5 + HEARTBEAT, [HEARTBEAT], 5),
    "wrong CheckSum, noise, and again": (
        wrong_check_sum(ORDER) + b"noise" + wrong_check_sum(LONG) + b"noise" + ORDER,
        [ORDER],
        2,
    ),
}


@pytest.fixture(params=TABLE)
def row(request: pytest.FixtureRequest) -> tuple[bytes, list[bytes], int]:
    return TABLE[request.param]


def test_whole(row: tuple[bytes, list[bytes], int]) -> None:
    stream, frames, garbled = row
    assert run([stream]) == (frames, garbled)


def test_byte_by_byte(row: tuple[bytes, list[bytes], int]) -> None:
    stream, frames, garbled = row
    assert run(stream[i : i + 1] for i in range(len(stream))) == (frames, garbled)


def test_with_trailing_bytes(row: tuple[bytes, list[bytes], int]) -> None:
    stream, frames, garbled = row
    assert run([stream + ORDER[:40], ORDER[40:] + b"8=F"]) == ([*frames, ORDER], garbled)


@given(data=st.data())
def test_cut_anywhere(data: st.DataObject) -> None:
    stream, frames, garbled = TABLE[data.draw(st.sampled_from(sorted(TABLE)))]
    sizes = data.draw(st.lists(st.integers(0, 60), max_size=40))
    assert run(pieces(stream, sizes)) == (frames, garbled)


# ---- all that a BodyLength claims


@pytest.mark.parametrize(
    ("stream", "frames", "garbled"),
    [
        (off_by(ORDER, 30) + HEARTBEAT + LONG, [LONG], 1),
        (off_by(ORDER, len(HEARTBEAT)) + HEARTBEAT + LONG, [LONG], 1),
        (off_by(ORDER, 2 * len(HEARTBEAT)) + HEARTBEAT * 2 + ORDER, [ORDER], 1),
        (off_by(ORDER, 1) + HEARTBEAT, [HEARTBEAT], 1),
        (off_by(ORDER, 7) + HEARTBEAT, [HEARTBEAT], 1),
        (off_by(ORDER, -9) + HEARTBEAT, [HEARTBEAT], 1),
        (wrong_check_sum(ORDER) + HEARTBEAT, [HEARTBEAT], 1),
        (wrong_check_sum(INSIDE_DATA) + ORDER, [ORDER], 1),
        (ORDER[:-4] + b"0\x01" + HEARTBEAT, [HEARTBEAT], 1),
        (body_length(SMALLEST, b"5x") + ORDER, [ORDER], 1),
        (b"noise" + ORDER, [ORDER], 1),
    ],
)
def test_skip_what_a_garbled_message_claims(stream: bytes, frames: list[bytes], garbled: int) -> None:
    for chunks in ([stream], [stream[i : i + 1] for i in range(len(stream))]):
        framer = Framer(LIMIT, skip_claimed=True)
        found = []
        for chunk in chunks:
            framer.feed(chunk)
            while (frame := framer.next_frame()) is not None:
                found.append(frame)
        assert (found, framer.garbled) == (frames, garbled)


# ---- messages above the limit


def test_a_message_of_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert run([LONG], limit=len(LONG)) == ([LONG], 0)
    assert run([SMALLEST], limit=len(SMALLEST)) == ([SMALLEST], 0)
    for frame in (LONG, SMALLEST):
        with pytest.raises(MessageTooLarge):
            run([frame], limit=len(frame) - 1)


def test_too_large_names_limit_and_announced_length_and_ends_the_stream() -> None:
    framer = Framer(1000)
    framer.feed(ORDER + soh("8=FIX.4.4|9=1000|35=0|"))
    assert framer.next_frame() == ORDER
    for _ in range(2):
        with pytest.raises(MessageTooLarge) as caught:
            framer.next_frame()
        framer.feed(ORDER)
    assert (caught.value.announced, caught.value.limit) == (1000, 1000)
    assert str(caught.value) == "BodyLength(9) 1000 is above the message limit of 1000 bytes"


@pytest.mark.parametrize("rest", [b"", b"8=F", ORDER[:12], ORDER[:60]])
def test_what_was_given_is_not_kept(rest: bytes) -> None:
    framer = Framer(LIMIT)
    framer.feed(ORDER * 1000 + rest)
    while framer.next_frame() is not None:
        pass
    assert held_bytes(framer) < 1500
    framer.feed(ORDER[len(rest) :])
    assert framer.next_frame() == ORDER


def test_too_large_keeps_nothing_of_its_caller_alive() -> None:
    framer = Framer(LIMIT)
    framer.feed(b"8=FIX.4.4\x019=999999\x01" + b"x" * LIMIT)
    before = held_bytes([framer, framer._buffer])
    for _ in range(3):
        with pytest.raises(MessageTooLarge):
            framer.next_frame()
        assert held_bytes([framer, framer._buffer]) < before


def test_a_body_length_without_end_is_too_large() -> None:
    with pytest.raises(MessageTooLarge) as caught:
        run([b"8=FIX.4.4\x019=" + b"9" * 19, b"9" * 5])
    assert caught.value.announced == 10**20 - 1


# ---- hostile streams


def buffered(framer: Framer) -> int:
    return len(framer._buffer) - framer._offset + sum(map(len, framer._parts))


FRAGMENT = st.sampled_from(
    [
        b"8=FIX",
        b"8=",
        b"FIX.4.4",
        b"\x01",
        b"9=",
        b"5",
        b"60",
        b"35=",
        b"0",
        b"\x0110=",
        b"000\x01",
        b"8=FIX.4.4\x019=5\x0135=0\x01",
        ORDER,
        SMALLEST,
    ]
)
STREAM = st.lists(FRAGMENT | st.binary(max_size=12), max_size=40).map(b"".join)


@given(stream=STREAM, sizes=st.lists(st.integers(0, 50), max_size=30))
@example(stream=b"8=FIX.4.4\x019=60\x018=FIX.4.4\x019=5", sizes=[1] * 30)
def test_any_bytes_raise_nothing_else_and_stay_bounded(stream: bytes, sizes: list[int]) -> None:
    """Nothing but MessageTooLarge is raised, every frame is intact, and memory has its bound."""
    framer = Framer(200)
    left = len(stream)
    try:
        for chunk in pieces(stream, sizes):
            framer.feed(chunk)
            while (frame := framer.next_frame()) is not None:
                left -= len(frame)
                assert left >= 0
                assert sum(frame[:-7]) % 256 == int(frame[-4:-1])
                assert frame.startswith(b"8=FIX")
                assert frame.split(b"\x01")[2].startswith(b"35=")
            assert buffered(framer) <= 200
    except MessageTooLarge:
        assert buffered(framer) == 0


@given(stream=STREAM, sizes=st.lists(st.integers(0, 50), max_size=30))
def test_the_same_comes_out_whatever_the_chunking(stream: bytes, sizes: list[int]) -> None:
    def outcome(chunks: Iterable[bytes]) -> tuple[list[bytes], int, bool]:
        framer = Framer(200)
        frames: list[bytes] = []
        try:
            for chunk in chunks:
                framer.feed(chunk)
                while (frame := framer.next_frame()) is not None:
                    frames.append(frame)
        except MessageTooLarge:
            return frames, framer.garbled, True
        return frames, framer.garbled, False

    assert outcome([stream]) == outcome(pieces(stream, sizes))


NOISE = st.lists(
    st.sampled_from([b"8=FIX", b"8=", b"\x01", b"9=50\x01", b"35=0\x01", b"10=000\x01", b"x", b"=", b"\xff"]),
    max_size=20,
).map(b"".join)


@given(noise=NOISE, sizes=st.lists(st.integers(1, 50), max_size=30))
def test_messages_after_noise_come_out(noise: bytes, sizes: list[int]) -> None:
    """Whatever the noise claims to be, no good message behind it is skipped."""
    frames, _ = run(pieces(noise + ORDER + HEARTBEAT + ORDER, sizes))
    assert frames[-3:] == [ORDER, HEARTBEAT, ORDER]


def test_wrong_starts_that_claim_the_same_bytes_are_summed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work grows with the stream, not with starts times their claims."""
    claimed = b"x" * 20000 + b"\x0110=000\x01"
    for _ in range(200):
        start = b"8=FIX.4.4\x019=%d\x0135=0\x01" % (len(claimed) + 5 - 7)
        if sum(start + claimed[:-7]) % 256 == 0:
            claimed = b"x" + claimed
            start = b"8=FIX.4.4\x019=%d\x0135=0\x01" % (len(claimed) + 5 - 7)
        claimed = start + claimed
    summed = 0

    def counting(content: bytes) -> int:
        nonlocal summed
        summed += len(content)
        return zlib.adler32(content)

    monkeypatch.setattr(framer_module, "adler32", counting)
    frames, garbled = run([claimed + ORDER], limit=1 << 20)
    assert (frames, garbled) == ([ORDER], 200)
    assert summed < 6 * len(claimed)


def test_wrong_starts_before_a_matching_trailer_are_summed_by_blocks() -> None:
    """Both ends of a claim fall anywhere in the blocks that are summed once."""
    frames, garbled = run([wrong_check_sum(VERY_LONG) * 7 + VERY_LONG * 7])
    assert frames == [VERY_LONG] * 7
    assert garbled == 7


@given(st.binary(max_size=1500) | st.text(alphabet="~", max_size=600).map(str.encode))
@example(b"\xff" * 256)
@example(b"\xff" * 257)
@example(b"\x7f" * 512)
@example(b"\x7f" * 513)
def test_byte_sum_is_the_sum(content: bytes) -> None:
    assert byte_sum(content) == sum(content) % 256
