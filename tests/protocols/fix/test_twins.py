"""The tests of codec and session hold for the codec's other twin too, in a process that chooses that one."""

import pytest

from protocols.fix.codec import WHY_PURE
from tests.other_form import BUILT, IS_BUILT, hold_for_the_other_form, said_where_chosen

TESTS = ("framer", "message", "encoder", "validation", "session_bounds")
OF_SESSIONS = ("keepalive", "rejects", "resend", "sequence", "sending_time", "usual_outbound")


@BUILT
def test_the_tests_of_the_codec_hold_for_the_other_twin() -> None:
    files = [f"tests/protocols/fix/test_{name}.py" for name in TESTS]
    hold_for_the_other_form(files, is_plain=bool(WHY_PURE))


@BUILT
def test_the_tests_of_sessions_hold_for_the_other_twin() -> None:
    files = [f"tests/protocols/fix/test_{name}.py" for name in OF_SESSIONS]
    # Of each script the feeding that takes it as a client sends it.
    scripts = ["tests/acceptance", "-k", "WHOLE or not test_script"]
    hold_for_the_other_form([*files, *scripts], is_plain=bool(WHY_PURE), is_measured=False)


@pytest.mark.parametrize(("choice", "is_plain"), [("1", True), ("", not IS_BUILT)])
def test_the_environment_chooses_the_twin(choice: str, is_plain: bool) -> None:
    question = "from protocols.fix import codec; print(codec.WHY_PURE); print(codec.scan.__module__)"
    why, module = said_where_chosen(choice, question)
    assert bool(why) is is_plain
    assert (why == "BDAX_PURE=1") is (choice == "1")
    assert module == ("protocols.fix.message" if is_plain else "protocols.fix._codec")
