"""Codec CPU time per message, beside simplefix and QuickFIX's parser through its Python binding.

The same NewOrderSingle and ExecutionReport go through all. Rounds are interleaved, so that a machine whose
speed drifts drifts under all of them; a ratio is the median of each round's own ratio.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import distribution
from typing import Final, NamedTuple

import simplefix

from protocols.fix import Framer, HeaderTemplate, Validator, scan, standard_dictionary
from tests.bench.order_path import new_order
from tests.bench.outcome import Outcome

try:
    import quickfix
except ImportError:  # the wheel exists for Linux on x86_64 only
    quickfix = None

ROUNDS: Final = 15
MESSAGES: Final = 400
SENDING_TIME: Final = b"20260101-00:00:00.000"
ORDER: Final = new_order(1, 2, SENDING_TIME)
REPORT_BODY: Final = (
    b"37=42\x0117=57-3\x01150=F\x0139=1\x0111=ORD00000001\x011=LOAD1\x0155=BTC-KRW\x0154=1\x0138=0.01\x01"
    b"40=2\x0144=100000000\x0159=1\x0131=100000000\x0132=0.004\x01151=0.006\x0114=0.004\x016=100000000\x01"
    b"60=20260101-00:00:00.000\x01"
)
_TEMPLATE: Final = HeaderTemplate(b"FIX.4.4", b"BDAX", b"LOAD1")
REPORT: Final = _TEMPLATE.encode(b"8", 7, SENDING_TIME, REPORT_BODY)
_BODY_TEMPLATE: Final = b"".join(
    b"%b=%%b\x01" % field.partition(b"=")[0] for field in REPORT_BODY.split(b"\x01")[:-1]
)
_VALUES: Final = tuple(field.partition(b"=")[2] for field in REPORT_BODY.split(b"\x01")[:-1])
_TAGS: Final = tuple(int(field.partition(b"=")[0]) for field in REPORT_BODY.split(b"\x01")[:-1])

_READ: Final = (11, 55, 54, 60, 38, 40, 44, 59)

Work = Callable[[], object]


class Line(NamedTuple):
    """One comparison: what is done, ours, and the others' way where they have one."""

    name: str
    ours: Work
    simplefix: Work | None = None
    quickfix: Work | None = None


def bench() -> Outcome:
    """Measure all lines; return the table."""
    lines = _lines()
    works = [work for line in lines for work in line[1:] if work is not None]
    times: dict[Work, list[float]] = {work: [] for work in works}
    for _ in range(ROUNDS):
        for work in works:
            times[work].append(_us_per_call(work))
    rows = []
    figures: dict[str, float] = {}
    for line in lines:
        ours = statistics.median(times[line.ours])
        figures[f"{line.name}: gateway us"] = ours
        row = [line.name, f"{ours:.2f}"]
        for name, other in (("simplefix", line.simplefix), ("quickfix", line.quickfix)):
            if other is None:
                row += ["absent" if name == "quickfix" and quickfix is None else "-", "-"]
                continue
            theirs = statistics.median(times[other])
            ratio = statistics.median(b / a for a, b in zip(times[line.ours], times[other], strict=True))
            row += [f"{theirs:.2f}", f"{ratio:.1f}"]
            figures[f"{line.name}: {name} us"] = theirs
            figures[f"{line.name}: {name} / gateway"] = ratio
        rows.append(row)
    return Outcome(
        f"Codec, CPU us per message: {MESSAGES} messages a round, median of {ROUNDS} interleaved rounds",
        ("step", "gateway", "simplefix", "simplefix x", "QuickFIX (Python binding)", "QuickFIX x"),
        rows,
        figures,
        notes=_notes(),
    )


def _us_per_call(work: Work) -> float:
    started = time.process_time()
    for _ in range(MESSAGES):
        work()
    return (time.process_time() - started) / MESSAGES * 1e6


def _notes() -> Sequence[str]:
    notes = ["simplefix checks neither BodyLength nor CheckSum; the gateway and QuickFIX check both."]
    if quickfix is None:
        notes.append("QuickFIX is absent: quickfix-tls has a wheel for Linux on x86_64 only.")
    return notes


def _lines() -> list[Line]:
    validate = Validator(standard_dictionary(b"FIX.4.4")).validate
    lines = []
    for name, frame in (("NewOrderSingle", ORDER), ("ExecutionReport", REPORT)):
        lines += [
            Line(f"{name}: frame", _framing(frame)),
            Line(f"{name}: scan", partial(scan, frame)),
            Line(f"{name}: validate", partial(validate, scan(frame))),
            Line(f"{name}: bytes to fields", _parsing(frame), _simplefix_parsing(frame), _quickfix(frame)),
            Line(
                f"{name}: the same, and 8 fields read",
                _reading(frame),
                _simplefix_reading(frame),
                _quickfix_reading(frame),
            ),
            Line(
                f"{name}: bytes to validated fields",
                _validating(frame, validate),
                None,
                _quickfix_validated(frame),
            ),
        ]
    lines.append(Line("ExecutionReport: encode", _encode, _simplefix_encode, _quickfix_encoding()))
    return lines


def _framing(frame: bytes) -> Work:
    framer = Framer(16_384)

    def work() -> object:
        framer.feed(frame)
        return framer.next_frame()

    return work


def _parsing(frame: bytes) -> Work:
    framer = Framer(16_384)

    def work() -> object:
        framer.feed(frame)
        whole = framer.next_frame()
        return None if whole is None else scan(whole)

    return work


def _reading(frame: bytes) -> Work:
    parse = _parsing(frame)
    tags = [b"%d" % tag for tag in _READ]

    def work() -> object:
        fields = parse().fields  # type: ignore[attr-defined]  # the frame is intact
        return [fields[tag] for tag in tags]

    return work


def _simplefix_reading(frame: bytes) -> Work:
    parse = _simplefix_parsing(frame)

    def work() -> object:
        get = parse().get  # type: ignore[attr-defined]  # the frame is intact
        return [get(tag) for tag in _READ]

    return work


def _quickfix_reading(frame: bytes) -> Work | None:
    parse = _quickfix(frame)
    if parse is None:
        return None

    def work() -> object:
        get = parse().getField  # type: ignore[attr-defined]  # QuickFIX's Message
        return [get(tag) for tag in _READ]

    return work


def _validating(frame: bytes, validate: Callable[..., None]) -> Work:
    framer = Framer(16_384)

    def work() -> None:
        framer.feed(frame)
        whole = framer.next_frame()
        if whole is not None:
            validate(scan(whole))

    return work


def _simplefix_parsing(frame: bytes) -> Work:
    parser = simplefix.FixParser()

    def work() -> object:
        parser.append_buffer(frame)
        return parser.get_message()

    return work


def _quickfix(frame: bytes) -> Work | None:
    if quickfix is None:
        return None
    text = frame.decode("latin-1")
    return lambda: quickfix.Message(text, True)


def _quickfix_validated(frame: bytes) -> Work | None:
    if quickfix is None:
        return None
    text = frame.decode("latin-1")
    specification = distribution("fixcore-engine").locate_file("fixcore/specs/FIX44.xml")
    dictionary = quickfix.DataDictionary(str(specification))
    return lambda: dictionary.validate(quickfix.Message(text, dictionary, True))


def _encode() -> object:
    return _TEMPLATE.encode(b"8", 7, SENDING_TIME, _BODY_TEMPLATE % _VALUES)


def _simplefix_encode() -> object:
    message = simplefix.FixMessage()
    message.append_pair(8, b"FIX.4.4")
    message.append_pair(35, b"8")
    message.append_pair(34, 7)
    message.append_pair(49, b"BDAX")
    message.append_pair(52, SENDING_TIME)
    message.append_pair(56, b"LOAD1")
    for tag, value in zip(_TAGS, _VALUES, strict=True):
        message.append_pair(tag, value)
    return message.encode()


def _quickfix_encoding() -> Work | None:
    if quickfix is None:
        return None
    values = [(tag, value.decode()) for tag, value in zip(_TAGS, _VALUES, strict=True)]
    sending_time = SENDING_TIME.decode()

    def work() -> object:
        message = quickfix.Message()
        header = message.getHeader()
        header.setField(8, "FIX.4.4")
        header.setField(35, "8")
        header.setField(34, "7")
        header.setField(49, "BDAX")
        header.setField(52, sending_time)
        header.setField(56, "LOAD1")
        for tag, value in values:
            message.setField(tag, value)
        return message.toString()

    return work
