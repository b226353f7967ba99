"""Fuzz target over both twins of the FIX codec: compiled, where it is built, and in plain Python."""

from functools import cache
from typing import Any, Final

import simplefix

from tests.fuzz.draw import Draw
from tests.fuzz.fix_wire import TIME, VERSIONS, any_message, number
from tests.fuzz.twins import PLAIN, WORKING, Twin

_LIMIT: Final = 2048
_LONGEST_STREAM: Final = 8192
_MOST_STEPS: Final = 10
_UNFRAMED: Final = (b"8", b"9", b"10")


def fix_twins(data: bytes) -> None:
    """Both twins frame, scan, validate and encode alike, to the byte, and as simplefix where it can say."""
    draw = Draw(data)
    version = draw.one_of(VERSIONS)
    expected = number(draw, 2)
    unknown_tags = "ignore" if draw.chance() else "reject"
    stream = _stream(draw, version)
    cut = draw.number(len(stream))
    chunks = [stream[:cut], stream[cut:]]
    frames = _frames(WORKING, chunks)
    assert frames == _frames(PLAIN, chunks)
    for frame in frames[0]:
        found, plain = _facts(WORKING, frame), _facts(PLAIN, frame)
        assert found == plain
        for _ in range(2):  # the second time its layout is known
            fault = _fault(WORKING, version, unknown_tags, frame)
            assert fault == _fault(PLAIN, version, unknown_tags, frame)
        _ask_simplefix(frame, WORKING.codec.scan(frame).pairs())
    assert _taken(WORKING, version, chunks, expected) == _taken(PLAIN, version, chunks, expected)
    outcomes = [twin.session.outcome(version, chunks) for twin in (WORKING, PLAIN)]
    assert outcomes[0] == outcomes[1]
    assert _driven(WORKING, version, data) == _driven(PLAIN, version, data)
    body = stream[:600]
    assert _encoded(WORKING, version, expected, body) == _encoded(PLAIN, version, expected, body)


def _stream(draw: Draw, version: bytes) -> bytes:
    """Return messages of a session, and what is none, some with a byte changed."""
    stream = b""
    at = 2
    while draw and len(stream) < _LONGEST_STREAM:
        match draw.number(7):
            case 0:
                stream += draw.some()
            case 1:
                piece = bytearray(any_message(draw, version, at))
                piece[draw.number(len(piece) - 1)] = draw.number(255)
                stream += bytes(piece)
            case _:
                stream += any_message(draw, version, at)
                at += draw.number(1)
    return stream


def _frames(twin: Twin, chunks: list[bytes]) -> tuple[list[bytes], int, str]:
    """Return what the framer gives, what it drops, and how it fails."""
    framer = twin.fix.Framer(_LIMIT)
    frames = []
    try:
        for chunk in chunks:
            framer.feed(chunk)
            while (frame := framer.next_frame()) is not None:
                frames.append(frame)
    except twin.fix.MessageTooLarge as error:
        return frames, framer.garbled, str(error)
    return frames, framer.garbled, ""


def _facts(twin: Twin, frame: bytes) -> tuple[object, ...]:
    found = twin.codec.scan(frame)
    flags = (found.poss_dup, found.poss_resend)
    fields = list(found.fields.items())
    return found.raw, found.msg_type, found.msg_seq_num, flags, found.field_count, fields, found.pairs()


@cache
def _validator(twin: Twin, version: bytes, unknown_tags: str) -> Any:
    return twin.fix.Validator(
        twin.fix.standard_dictionary(version), unknown_tags=unknown_tags, max_layouts=64
    )


def _fault(twin: Twin, version: bytes, unknown_tags: str, frame: bytes) -> tuple[object, ...]:
    validator = _validator(twin, version, unknown_tags)
    try:
        validator.validate(twin.codec.scan(frame))
    except twin.fix.SessionReject as error:
        return int(error.reason), error.ref_tag, error.text
    return ()


def _taken(twin: Twin, version: bytes, chunks: list[bytes], expected: int) -> list[object]:
    """Return the usual messages at the front of each chunk, and the first unusual one behind them."""
    framer = twin.fix.Framer(_LIMIT)
    validate = twin.session.settings_of(version).validate
    usual = twin.codec.UsualMessages(framer, b"8=%b\x01" % version, b"CLIENT", b"BDAX", validate)
    found: list[object] = []
    for chunk in chunks:
        taken: list[Any] = []
        framer.feed(chunk)
        try:
            other = usual.take(expected, TIME[:17].encode(), taken)
        except twin.fix.MessageTooLarge as error:
            other = None
            found.append(str(error))
        found += [message.raw for message in (*taken, other) if message is not None]
        found.append(len(taken))
        expected += len(taken)
    return found


def _driven(twin: Twin, version: bytes, data: bytes) -> tuple[object, ...]:
    """Return what a session stored, and its numbers, when both sides have done what ``data`` draws."""
    draw = Draw(data)
    client = twin.session.Client(draw, version, twin.session.settings_of(version))
    for _ in range(_MOST_STEPS):
        if not draw:
            break
        client.step()
    owner = client.owner
    numbers = owner.numbers
    return owner.store, numbers.next_in, numbers.next_out, numbers.epoch, owner.session.state.name


def _encoded(twin: Twin, version: bytes, msg_seq_num: int, body: bytes) -> bytes:
    template = twin.fix.HeaderTemplate(version, b"BDAX", b"100%s", b"9" if version == b"FIXT.1.1" else None)
    frame: bytes = template.encode_usual(b"8", msg_seq_num, TIME.encode(), body)
    assert frame == template.encode(b"8", msg_seq_num, TIME.encode(), body)
    return frame


def _ask_simplefix(frame: bytes, pairs: list[tuple[bytes, bytes]]) -> None:
    """Compare with simplefix what it can read: whole numbers as tags, and no data fields."""
    if not all(tag.isdigit() and not tag.startswith(b"0") for tag, _ in pairs):
        return
    if any(tag in PLAIN.fix.DATA_FIELDS for tag, _ in pairs) or pairs[-1][0] != b"10":
        return
    if b"".join(b"%b=%b\x01" % pair for pair in pairs) != frame:
        return  # a piece without "=" is the start of a tag to it
    if sum(tag == b"10" for tag, _ in pairs) > 1:
        return  # it ends a message at the first
    parser = simplefix.FixParser(allow_empty_values=True)
    parser.append_buffer(frame)
    found = parser.get_message()
    assert found.pairs == pairs
    # Its own BodyLength and CheckSum are those of the frame, leading zeros apart.
    again = simplefix.FixMessage()
    again.append_pair(8, pairs[0][1])
    for tag, value in pairs:
        if tag not in _UNFRAMED:
            again.append_pair(tag, value)
    # It puts these four in their places, the first of each, and leaves out another.
    if [tag for tag, _ in pairs if tag in (*_UNFRAMED, b"35")] == [b"8", b"9", b"35", b"10"]:
        assert again.encode() == frame
