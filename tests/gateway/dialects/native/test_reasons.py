"""Every reason has its words and codes, and the documentation prints the same table."""

import re
from pathlib import Path

import pytest

from gateway.dialects.native.fields import FIX_NAMES, fix_name, ws_name
from gateway.dialects.native.fix_features import FEATURES
from gateway.dialects.native.fix_versions import STYLES
from gateway.dialects.native.reasons import (
    ORD_REJ_REASON_BY_FIELD,
    REASONS,
    fix_text,
    ord_rej_reason,
    ws_text,
)
from gateway.dialects.native.ws_errors import STATUSES, RequestFault
from gateway.model import Refusal, RejectReason
from protocols.ws.envelope import INVALID_JSON, INVALID_REQUEST
from protocols.ws.packed import INVALID_MSGPACK
from tests.gateway.dialects.native.quickfix_spec import SPECS

ROOT = Path(__file__).resolve().parents[4]


def rows(title: str) -> list[list[str]]:
    """Return the cells of the one table under a heading of docs/errors.md, without its head."""
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_every_reason_is_in_the_table_with_its_own_code() -> None:
    assert set(REASONS) == set(RejectReason)
    codes = [reason.code for reason in REASONS.values()] + [int(fault) for fault in RequestFault]
    codes += [INVALID_JSON, INVALID_REQUEST]
    assert len(set(codes)) == len(codes)
    assert all(wire.code == 2000 + reason for reason, wire in REASONS.items())
    assert set(STATUSES) == set(RequestFault)


def test_fix_codes_are_those_of_fix_44() -> None:
    enumerations = SPECS[b"FIX.4.4"].enumerations
    assert {b"%d" % wire.ord_rej_reason for wire in REASONS.values()} <= enumerations[103]
    assert {b"%d" % code for code in ORD_REJ_REASON_BY_FIELD.values()} <= enumerations[103]
    assert {b"%d" % wire.cxl_rej_reason for wire in REASONS.values()} <= enumerations[102]


@pytest.mark.parametrize("name", sorted(name for name in FIX_NAMES.values() if " times " not in name))
def test_fix_names_are_those_of_the_first_dictionary_that_has_them(name: str) -> None:
    match = re.fullmatch(r"(\w+)\((\d+)\)", name)
    assert match is not None
    versions = (SPECS[b"FIX.4.4"], SPECS[b"FIXT.1.1"], SPECS[b"FIX.4.2"])
    known = next(spec.numbers for spec in versions if int(match[2]) in spec.numbers.values())
    assert known[match[1]] == int(match[2])


def test_each_feature_is_called_by_the_tag_it_stands_under() -> None:
    for tag, feature in FEATURES.items():
        assert fix_name(feature.field).endswith(f"({tag.decode()})")


@pytest.mark.parametrize("reason", RejectReason)
def test_texts_name_the_field_the_limit_and_the_value(reason: RejectReason) -> None:
    refusal = Refusal(reason, "order_qty", "{lim}", "{val}")
    texts = fix_text(refusal).decode(), ws_text(refusal)
    template = REASONS[reason].text
    for text, name in zip(texts, ("OrderQty(38)", "quantity"), strict=True):
        assert (name in text) == ("{name}" in template)
        assert ("{lim}" in text) == ("{limit}" in template)
        assert ("{val}" in text) == ("{value}" in template)


def test_the_text_of_a_small_order() -> None:
    refusal = Refusal(RejectReason.QUANTITY_TOO_SMALL, "order_qty", "0.0001", "0.00001")
    assert fix_text(refusal) == b"OrderQty(38) 0.00001 is below the minimum 0.0001"
    assert ws_text(refusal) == "quantity 0.00001 is below the minimum 0.0001"


def test_fix_text_is_printable_ascii_whatever_was_sent() -> None:
    text = fix_text(Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value="a\x01b가\x7f"))
    assert text == b"Symbol(55) a?b?? is not traded here"


def test_a_place_that_does_not_apply_leaves_no_trace() -> None:
    assert ws_text(Refusal(RejectReason.UNSUPPORTED, "post_only")) == "post_only is not supported"
    assert ws_name("something_new") == fix_name("something_new") == "something_new"


def test_one_field_can_have_a_closer_ord_rej_reason() -> None:
    assert ord_rej_reason(Refusal(RejectReason.INVALID_VALUE, "account")) == 15
    assert ord_rej_reason(Refusal(RejectReason.INVALID_VALUE, "order_qty")) == 13
    assert ord_rej_reason(Refusal(RejectReason.INVALID_VALUE, "price")) == 99
    assert ord_rej_reason(Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol")) == 1


def test_the_documentation_has_every_refusal() -> None:
    assert rows("Refused orders, cancels and replaces") == [
        [
            str(wire.code),
            reason.name,
            str(wire.status),
            str(wire.ord_rej_reason),
            str(wire.cxl_rej_reason),
            wire.text.format(name="FIELD", value="VALUE", limit="LIMIT"),
        ]
        for reason, wire in REASONS.items()
    ]


def test_the_documentation_has_every_closer_ord_rej_reason() -> None:
    assert rows("OrdRejReason(103) by field") == [
        [reason.name, fix_name(field), str(code)] for (reason, field), code in ORD_REJ_REASON_BY_FIELD.items()
    ]


def test_the_documentation_has_what_other_versions_call_otherwise() -> None:
    style = STYLES[b"FIXT.1.1"]
    assert style.ord_rej_reasons.keys() == style.cxl_rej_reasons.keys()
    assert rows("Other versions of FIX") == [
        [reason.name, str(code), str(style.cxl_rej_reasons[reason])]
        for reason, code in style.ord_rej_reasons.items()
    ]
    style = STYLES[b"FIX.4.2"]
    assert (set(style.ord_rej_reasons.values()), set(style.cxl_rej_reasons.values())) == ({0}, {2})


def test_the_documentation_has_every_request_fault() -> None:
    documented = [row[:3] for row in rows("WebSocket requests that are not worked")]
    envelope = [[str(INVALID_JSON), "INVALID_JSON", "400"], [str(INVALID_REQUEST), "INVALID_REQUEST", "400"]]
    envelope.append([str(INVALID_MSGPACK), "INVALID_MSGPACK", "400"])
    requests = [[str(int(fault)), fault.name, str(STATUSES[fault])] for fault in RequestFault]
    assert documented == sorted(envelope + requests)


def test_the_documentation_has_every_unsupported_field() -> None:
    assert rows("FIX fields that ask for more than there is") == [
        [fix_name(feature.field), feature.limit] for feature in FEATURES.values()
    ]
