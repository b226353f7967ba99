"""The bodies of rejects, and the way back of a routed message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.fix import SessionReject, scan
from protocols.fix.rejects import business_reject_body, logout_body, reject_body, reverse_route, wire_text
from tests.protocols.fix.wire import message, soh


def fields(body: bytes) -> list[bytes]:
    """Return the fields of a body without their order, which the standard leaves free."""
    assert body.endswith(b"\x01")
    return sorted(body[:-1].split(b"\x01"))


ORDER = scan(message("35=D|34=7|115=A|129=B|144=|11=o1|"))


@pytest.mark.parametrize(
    ("begin_string", "reason", "ref_tag", "body"),
    [
        (b"FIX.4.4", 5, b"44", "45=7|371=44|372=D|373=5|58=why|"),
        (b"FIX.4.4", 5, None, "45=7|372=D|373=5|58=why|"),
        (b"FIX.4.4", 0, b"x1", "45=7|372=D|373=0|58=why|"),
        (b"FIX.4.4", 0, b"-1", "45=7|371=-1|372=D|373=0|58=why|"),
        (b"FIX.4.2", 13, b"40", "45=7|371=40|372=D|58=why|"),
        (b"FIXT.1.1", 18, b"1128", "45=7|371=1128|372=D|373=18|58=why|"),
    ],
)
def test_reject(begin_string: bytes, reason: int, ref_tag: bytes | None, body: str) -> None:
    assert fields(reject_body(ORDER, SessionReject(reason, ref_tag, "why"), begin_string)) == fields(
        soh(body)
    )


@pytest.mark.parametrize(
    ("msg_type", "said"),
    [("", ""), ("é", ""), ("A\x7f", ""), ("U" * 17, ""), ("U" * 16, f"372={'U' * 16}|"), ("U 1", "372=U 1|")],
)
def test_a_reject_names_only_a_type_that_the_field_can_hold(msg_type: str, said: str) -> None:
    rejected = scan(message(f"35={msg_type}|34=7|"))
    body = reject_body(rejected, SessionReject(11, None, "why"), b"FIX.4.4")
    assert fields(body) == fields(soh(f"45=7|373=11|58=why|{said}"))


def test_business_reject_names_the_order() -> None:
    body = business_reject_body(ORDER, 3, "no")
    assert fields(body) == fields(soh("45=7|372=D|379=o1|380=3|58=no|"))
    news = business_reject_body(scan(message("35=B|34=8|")), 3, "no")
    assert fields(news) == fields(soh("45=8|372=B|380=3|58=no|"))


def test_business_reject_names_what_the_request_is_known_by() -> None:
    request = scan(message("35=V|34=9|262=md-1|11=o1|"))
    body = business_reject_body(request, 3, "no", b"262")
    assert fields(body) == fields(soh("45=9|372=V|379=md-1|380=3|58=no|"))


def test_the_way_back_leaves_empty_fields_out() -> None:
    assert reverse_route(ORDER) == soh("128=A|116=B|")


def test_logout_without_text_has_no_body() -> None:
    assert logout_body("") == b""
    assert logout_body("bye") == soh("58=bye|")


@given(st.text())
def test_text_on_the_wire_cannot_end_its_field(text: str) -> None:
    wire = wire_text(text)
    assert len(wire) == len(text)
    assert all(32 <= byte < 127 for byte in wire)
