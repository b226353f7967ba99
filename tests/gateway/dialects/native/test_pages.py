"""What the pages under docs/ paste and name exists: messages, session fields, reasons."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from gateway.dialects.native.fix_recovery import with_recovery
from gateway.model import RejectReason
from protocols.fix import Framer, Validator, scan, standard_dictionary
from protocols.fix.dictionary import Member
from protocols.fix.errors import BusinessRejectReason, SessionRejectReason, wire_reason
from protocols.fix.session_events import DisconnectReason

ROOT = Path(__file__).resolve().parents[4]
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
PASTED = sorted(
    {
        (match[1], match[2])
        for page in PAGES.values()
        for match in re.finditer(r"(?m)^([<>]) (8=FIX.*\|)$", page)
    }
)
EXTRA_TAGS = {b"20010", b"20011"}


def column(page: str, heading: str, number: int) -> list[str]:
    """Return the cells of a column of the first table behind a heading."""
    table = re.search(r"(?m)^\| ---.*\n((?:\|.*\n)+)", page[page.index(heading) :])
    assert table is not None
    return [line.split("|")[number + 1].strip("` ") for line in table[1].splitlines()]


def test_messages_are_pasted() -> None:
    versions = {text.split("|")[0] for _, text in PASTED}
    assert versions == {"8=FIX.4.2", "8=FIX.4.4", "8=FIXT.1.1"}


@pytest.mark.parametrize(("side", "text"), PASTED)
def test_a_pasted_message_is_whole_and_ours_are_valid(side: str, text: str) -> None:
    frame = text.replace("|", "\x01").encode()
    framer = Framer(4096)
    framer.feed(frame)
    assert framer.next_frame() == frame
    message = scan(frame)
    if side == "<":
        is_extended = not EXTRA_TAGS.isdisjoint(message.fields)
        validator = Validator(
            with_recovery(standard_dictionary(message.fields[b"8"])),
            unknown_tags="ignore" if is_extended else "reject",
        )
        validator.validate(message)


def test_each_session_reject_reason_named_exists() -> None:
    known = {str(int(reason)) for reason in SessionRejectReason}
    for page in PAGES.values():
        assert set(re.findall(r"\b373=(\d+)", page)) <= known


def test_the_table_of_session_reject_reasons_says_what_each_version_has() -> None:
    page = PAGES["fix.md"]
    heading = "SessionRejectReason(373). FIX.4.2 leaves"
    reasons, in_42 = column(page, heading, 0), column(page, heading, 1)
    assert reasons == sorted(reasons, key=int)
    assert {int(reason) for reason in reasons} <= set(SessionRejectReason)
    for reason, said in zip(reasons, in_42, strict=True):
        assert said == str(wire_reason(b"FIX.4.2", int(reason)) or ("0" if reason == "0" else "none"))


def test_each_business_reject_reason_named_exists() -> None:
    known = {str(int(reason)) for reason in BusinessRejectReason}
    for page in PAGES.values():
        assert set(re.findall(r"\b380=(\d+)", page)) <= known


def test_the_names_of_refusals_exist() -> None:
    listed = column(PAGES["errors.md"], "## Refused orders, cancels and replaces", 1)
    assert set(listed) == {reason.name for reason in RejectReason}
    requests = column(PAGES["errors.md"], "## WebSocket requests that are not worked", 1)
    for line in re.findall(r"(?m)^Errors: .*", PAGES["websocket.md"]):
        assert set(re.findall(r"`([A-Z_]+)`", line)) <= {*listed, *requests}


def test_each_reason_of_a_closed_fix_connection_is_explained() -> None:
    named = ", ".join(column(PAGES["operations.md"], "`reason` of `fix connection closed`:", 0))
    reasons = re.findall(r"[a-z_]+", named.replace("`", ""))
    # The transport broke, and no session ended the connection: that is no DisconnectReason.
    assert sorted(reasons) == sorted([*(reason.value for reason in DisconnectReason), "connection_lost"])


SESSION_TABLES = {
    "### Logon(A)": b"A",
    "### Heartbeat(0)": b"0",
    "### TestRequest(1)": b"1",
    "### ResendRequest(2)": b"2",
    "### Reject(3)": b"3",
    "### SequenceReset(4)": b"4",
    "### Logout(5)": b"5",
}
ALWAYS_SAID_BY_US = {b"3": {"58"}, b"4": {"123"}}


def required(members: Iterable[Member]) -> set[str]:
    return {member.field.tag.decode() for member in members if member.required}


def marked(heading: str, number: int) -> set[str]:
    """Return the tags whose row says Y in a column of the table behind a heading."""
    page = PAGES["fix-messages.md"]
    rows = zip(column(page, heading, 0), column(page, heading, number), strict=True)
    return {tag for tag, said in rows if said == "Y"}


@pytest.mark.parametrize("begin_string", [b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1"])
def test_the_tables_of_session_messages_require_what_the_dictionary_requires(begin_string: bytes) -> None:
    dictionary = standard_dictionary(begin_string)
    frame = required([*dictionary.header, *dictionary.trailer])
    assert marked("## Header and trailer", 2) == marked("## Header and trailer", 3) == frame
    only_fixt = set() if begin_string == b"FIXT.1.1" else {"1137"}
    for heading, msg_type in SESSION_TABLES.items():
        needed = required(dictionary.messages[msg_type].members)
        assert marked(heading, 2) - only_fixt == needed, heading
        assert marked(heading, 3) - only_fixt == needed | ALWAYS_SAID_BY_US.get(msg_type, set()), heading


def test_the_tables_of_session_messages_name_fields_as_the_dictionaries_do() -> None:
    fields = [standard_dictionary(version).fields for version in (b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1")]
    names = {tag.decode(): field.name for known in fields for tag, field in known.items()}
    for heading in ("## Header and trailer", *SESSION_TABLES):
        page = PAGES["fix-messages.md"]
        for tags, said in zip(column(page, heading, 0), column(page, heading, 1), strict=True):
            assert [names[tag] for tag in tags.split(", ")] == said.split(", "), heading
