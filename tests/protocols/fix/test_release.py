"""What a connection was is freed by reference counting alone, and with it the bytes that it held."""

import weakref

import pytest

from protocols.fix import Framer, Validator, scan, standard_dictionary
from protocols.fix.session import Session
from protocols.fix.session_settings import SessionSettings
from tests.protocols.fix.acceptor import Acceptor
from tests.protocols.fix.wire import message

SETTINGS = SessionSettings(
    begin_string=b"FIX.4.4",
    sender_comp_id=b"BDAX",
    target_comp_id=b"CLIENT",
    validate=Validator(standard_dictionary(b"FIX.4.4")).validate,
)
HEADER = "49=CLIENT|52=20260101-00:00:00.000|56=BDAX|"
LOGON = message(f"35=A|34=1|{HEADER}98=0|108=30|")


def connected(first: bytes) -> Session:
    session: Session = Acceptor(SETTINGS).session
    framer = Framer(16_384)
    framer.feed(first)
    assert session.connect(framer, scan(framer.next_frame() or b""), 0)
    return session


@pytest.mark.usefixtures("_no_gc")
@pytest.mark.parametrize(
    "then",
    [
        b"",
        message(f"35=1|34=2|{HEADER}112=t|"),
        message(f"35=1|34=2|{HEADER}112=t|")[:-1],
        message(f"35=1|34=9|{HEADER}112=t|"),
        message(f"35=1|34=2|{HEADER}"),
        message(f"35=5|34=2|{HEADER}"),
    ],
    ids=["nothing", "whole", "half", "gap", "invalid", "logout"],
)
def test_a_connection_that_is_gone_leaves_nothing(then: bytes) -> None:
    session = connected(LOGON)
    session.accept_logon(0)
    session.receive_data(then, 0)
    gone = [weakref.ref(part) for part in (session._inbound, session._conversation)]
    session.disconnected(0)
    session.events()
    assert [part() for part in gone] == [None, None]
