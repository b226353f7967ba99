"""Fill recovery by ExecID: the user-defined messages in every version."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native.fix_recovery import (
    EXECUTIONS_COMPLETE,
    EXECUTIONS_REQUEST,
    decode_executions_request,
    encode_executions_complete,
    recovery_in_progress,
    unknown_execution,
    with_recovery,
)
from gateway.dialects.native.terms import is_cl_ord_id
from protocols.fix import SessionReject, Validator, load_dictionary, standard_dictionary
from tests.gateway.dialects.native.wire import fix_message, parsed
from tests.protocols.fix.quickfix_oracle import SPECS

VERSIONS = [b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1"]
PAGE = Path(__file__).resolve().parents[4] / "docs" / "fix.md"
VALIDATORS = {version: Validator(with_recovery(standard_dictionary(version))) for version in VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fields", [{20012: b"r-1"}, {20012: b"r-1", 17: b"12-3"}])
def test_a_request(version: bytes, fields: dict[int, bytes]) -> None:
    message = fix_message("U1", fields, version)
    VALIDATORS[version].validate(message)
    request = decode_executions_request(message)
    assert request == (b"r-1", (12, 3) if 17 in fields else None)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("fields", "reason"),
    [({17: b"12-3"}, 1), ({20012: b"r", 11: b"o"}, 2), ({20012: b"r", 20013: b"Y"}, 2)],
)
def test_a_request_that_the_dictionary_refuses(version: bytes, fields: dict[int, bytes], reason: int) -> None:
    with pytest.raises(SessionReject) as caught:
        VALIDATORS[version].validate(fix_message("U1", fields, version))
    assert caught.value.reason == reason


@pytest.mark.parametrize("version", VERSIONS)
def test_without_the_extension_the_message_does_not_exist(version: bytes) -> None:
    with pytest.raises(SessionReject) as caught:
        Validator(standard_dictionary(version)).validate(fix_message("U1", {20012: b"r"}, version))
    assert caught.value.reason == 11


@pytest.mark.parametrize(
    "exec_id", [b"0", b"12", b"12-", b"-3", b"a-3", b"12-3-4", b"+1-2", b"1" * 19 + b"-1"]
)
def test_a_malformed_exec_id(exec_id: bytes) -> None:
    with pytest.raises(SessionReject) as caught:
        decode_executions_request(fix_message("U1", {20012: b"r", 17: exec_id}, b"FIX.4.4"))
    assert (caught.value.reason, caught.value.ref_tag) == (5, b"17")
    assert caught.value.text.startswith(f"ExecID(17) {exec_id.decode()} is incorrect")


@pytest.mark.parametrize("request_id", [b"a b", b'"', b"x" * 65])
def test_a_malformed_request_id(request_id: bytes) -> None:
    with pytest.raises(SessionReject) as caught:
        decode_executions_request(fix_message("U1", {20012: request_id}, b"FIX.4.4"))
    assert (caught.value.reason, caught.value.ref_tag) == (5, b"20012")
    assert caught.value.text.startswith("ExecutionsReqID(20012) ")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            encode_executions_complete(b"r", 7, b"12-3", has_gap=False),
            {20012: b"r", 911: b"7", 17: b"12-3", 20013: b"N"},
        ),
        (encode_executions_complete(b"r", 0, b"", has_gap=True), {20012: b"r", 911: b"0", 20013: b"Y"}),
    ],
)
def test_the_end(version: bytes, body: bytes, fields: dict[int, bytes]) -> None:
    said = parsed(EXECUTIONS_COMPLETE, body)
    assert said == fields
    VALIDATORS[version].validate(fix_message("U2", said, version))


def test_refusals_name_field_and_value() -> None:
    unknown = unknown_execution((12, 3), "ACME")
    assert (unknown.reason, unknown.text) == (1, "ExecID(17) 12-3 names no execution of Account(1) ACME")
    busy = recovery_in_progress(b"r-1")
    assert (busy.reason, busy.text) == (4, "ExecutionsReqID(20012) r-1 is being answered; U2 ends it")


def test_the_rest_of_the_dictionary_is_the_standards() -> None:
    for version in VERSIONS:
        standard = standard_dictionary(version)
        extended = with_recovery(standard)
        assert extended.messages.keys() - standard.messages.keys() == {
            EXECUTIONS_REQUEST,
            EXECUTIONS_COMPLETE,
        }
        assert extended.tags - standard.tags <= {b"20012", b"20013", b"911"}
        for msg_type, definition in standard.messages.items():
            assert extended.messages[msg_type] is definition


@pytest.mark.parametrize(("name", "version"), [("FIX42", b"FIX.4.2"), ("FIX44", b"FIX.4.4")])
def test_the_lines_for_a_quickfix_dictionary_say_the_same(tmp_path: Path, name: str, version: bytes) -> None:
    messages, fields = re.findall(r"```xml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    text = (Path(SPECS) / f"{name}.xml").read_text(encoding="utf-8")
    tags = standard_dictionary(version).tags
    new = [line for line in fields.splitlines() if line.split('"')[1].encode() not in tags]
    text = text.replace("</messages>", messages + "</messages>", 1)
    text = text.replace("</fields>", "\n".join(new) + "</fields>", 1)
    path = tmp_path / f"{name}.xml"
    path.write_text(text, encoding="utf-8")
    theirs, ours = load_dictionary(path), with_recovery(standard_dictionary(version))
    for msg_type in (EXECUTIONS_REQUEST, EXECUTIONS_COMPLETE):
        assert theirs.messages[msg_type] == ours.messages[msg_type]
    assert (len(new) == 3) is (version == b"FIX.4.2")


FORM = rb"[0-9]{1,18}-[0-9]{1,9}"
values = st.binary(min_size=1, max_size=80).filter(lambda value: b"\x01" not in value)
exec_ids = st.from_regex(rb"[0-9]{1,20}-[0-9]{1,11}", fullmatch=True) | values


@given(values, st.none() | exec_ids)
def test_any_request_is_decoded_or_rejected_by_name(request_id: bytes, exec_id: bytes | None) -> None:
    fields = {20012: request_id} | ({} if exec_id is None else {17: exec_id})
    message = fix_message("U1", fields, b"FIX.4.4")
    is_right = is_cl_ord_id(request_id) and (exec_id is None or re.fullmatch(FORM, exec_id) is not None)
    if is_right:
        request = decode_executions_request(message)
        body = encode_executions_complete(request.request_id, 0, exec_id or b"", has_gap=False)
        assert parsed(EXECUTIONS_COMPLETE, body)[20012] == request_id
        assert (request.seen is None) is (exec_id is None)
        return
    with pytest.raises(SessionReject) as caught:
        decode_executions_request(message)
    assert (caught.value.reason, caught.value.ref_tag in (b"17", b"20012")) == (5, True)
    assert caught.value.text.isprintable()
