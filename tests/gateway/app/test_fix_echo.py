"""The conformance acceptor over real sockets, in raw FIX."""

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from gateway.app import echo_client, echo_connection, fix_echo
from gateway.app.fix_echo import EchoSettings, FixEcho
from tests.gateway.app.echo_peer import EchoPeer
from tests.protocols.fix.wire import message

SPECS = Path(str(distribution("fixcore-engine").locate_file("fixcore/specs")))
ORDER = "11=a|21=1|55=MSFT|54=1|60=20260101-00:00:00|40=1|38=100|"
LOGOUT = "35=5|34=%d|49=ISLD|52=*|56=ALICE|"


class Running:
    """An acceptor and the peers that were connected to it."""

    def __init__(self) -> None:
        self.echo: FixEcho | None = None
        self.address = ""
        self.peers: list[EchoPeer] = []
        self.begin_string = "FIX.4.4"

    async def start(self, **settings: Any) -> None:
        self.begin_string = settings.setdefault("begin_string", "FIX.4.4")
        self.echo = FixEcho(EchoSettings(**settings))
        self.address = await self.echo.start()

    async def peer(self, comp_id: str = "ALICE") -> EchoPeer:
        peer = await EchoPeer(self.begin_string, comp_id).connect(self.address)
        self.peers.append(peer)
        return peer

    async def stop(self) -> None:
        for peer in self.peers:
            await peer.leave()
        if self.echo is not None:
            await self.echo.stop()


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    running = Running()
    yield running
    await running.stop()


@pytest.fixture
async def alice(running: Running) -> EchoPeer:
    await running.start()
    peer = await running.peer()
    await peer.logon()
    return peer


# ---- the echo


async def test_an_order_comes_back_in_ascending_tag_order(alice: EchoPeer) -> None:
    alice.send(f"35=D|{ORDER}")
    expected = "35=D|34=2|49=ISLD|52=*|56=ALICE|11=a|21=1|38=100|40=1|54=1|55=MSFT|60=20260101-00:00:00|"
    assert await alice.receive() == expected


async def test_groups_stay_behind_their_count_and_data_behind_its_length(alice: EchoPeer) -> None:
    group = "453=2|448=B|447=D|452=11|802=1|523=x|803=1|448=A|447=D|452=3|"
    alice.send(f"35=D|58=note|354=3|355=a|b|{group}{ORDER}1=ACC|386=0|")
    assert await alice.receive() == (
        "35=D|34=2|49=ISLD|52=*|56=ALICE|1=ACC|11=a|21=1|38=100|40=1|54=1|55=MSFT|58=note|"
        f"60=20260101-00:00:00|354=3|355=a|b|386=0|{group}"
    )


async def test_a_security_definition_comes_back(alice: EchoPeer) -> None:
    alice.send("35=d|323=6|320=r|322=s|55=TBS|454=0|")
    assert await alice.receive() == "35=d|34=2|49=ISLD|52=*|56=ALICE|55=TBS|320=r|322=s|323=6|454=0|"


async def test_a_possible_resend_is_dropped_when_seen_and_marked_when_not(alice: EchoPeer) -> None:
    alice.send(f"35=D|97=Y|{ORDER}")
    assert (await alice.receive()).startswith("35=D|34=2|49=ISLD|52=*|56=ALICE|97=Y|11=a|")
    alice.send(f"35=D|97=Y|{ORDER}")
    alice.send(f"35=D|{ORDER}")
    assert (await alice.receive()).startswith("35=D|34=3|49=ISLD|52=*|56=ALICE|11=a|")


async def test_what_was_seen_is_forgotten_with_the_sequence(alice: EchoPeer) -> None:
    alice.send(f"35=D|{ORDER}")
    await alice.receive()
    alice.next_out = 1
    assert await alice.logon("98=0|108=30|141=Y|") == ("35=A|34=1|49=ISLD|52=*|56=ALICE|98=0|108=30|141=Y|")
    alice.send(f"35=D|97=Y|{ORDER}")
    assert (await alice.receive()).startswith("35=D|34=2|49=ISLD|52=*|56=ALICE|97=Y|11=a|")


async def test_the_oldest_of_too_many_is_forgotten(alice: EchoPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.app.echo_application.MAX_SEEN", 1)
    for cl_ord_id in "ab":
        alice.send("35=D|" + ORDER.replace("11=a", f"11={cl_ord_id}"))
        await alice.receive()
    alice.send("35=D|97=Y|" + ORDER.replace("11=a", "11=b"))
    alice.send(f"35=D|97=Y|{ORDER}")
    assert (await alice.receive()).startswith("35=D|34=4|49=ISLD|52=*|56=ALICE|97=Y|11=a|")


async def test_another_application_type_is_not_supported(alice: EchoPeer) -> None:
    alice.send("35=H|115=DESK|11=a|55=MSFT|54=1|")
    expected = "35=j|34=2|49=ISLD|52=*|56=ALICE|128=DESK|45=2|58=Unsupported Message Type|372=H|379=a|380=3|"
    assert await alice.receive() == expected


async def test_user_defined_tags_are_rejected(alice: EchoPeer) -> None:
    alice.send(f"35=D|{ORDER}5001=x|")
    expected = "35=3|34=2|49=ISLD|52=*|56=ALICE|45=2|58=Invalid tag number|371=5001|372=D|373=0|"
    assert await alice.receive() == expected


# ---- the session


async def test_echoes_are_stored_and_resent_in_chunks(
    alice: EchoPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_client, "RESEND_CHUNK", 2)
    for number in range(2, 5):
        alice.send(f"35=D|{ORDER}")
        assert (await alice.receive()).startswith(f"35=D|34={number}|49=")
    alice.send("35=1|112=x|")
    await alice.receive()
    alice.send("35=2|7=1|16=0|")
    assert await alice.receive() == "35=4|34=1|43=Y|49=ISLD|52=*|56=ALICE|122=*|36=2|123=Y|"
    for number in range(2, 5):
        assert (await alice.receive()).startswith(f"35=D|34={number}|43=Y|49=ISLD|52=*|56=ALICE|122=*|11=a|")
    assert await alice.receive() == "35=4|34=5|43=Y|49=ISLD|52=*|56=ALICE|122=*|36=6|123=Y|"


async def test_numbers_survive_the_connection(running: Running, alice: EchoPeer) -> None:
    alice.send(f"35=D|{ORDER}")
    await alice.receive()
    await alice.leave()
    again = await running.peer()
    again.next_out = 3
    assert await again.logon() == "35=A|34=3|49=ISLD|52=*|56=ALICE|98=0|108=30|"
    again.send("35=2|7=2|16=2|")
    assert (await again.receive()).startswith("35=D|34=2|43=Y|")


async def test_a_resend_ends_with_its_connection(
    running: Running, alice: EchoPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_client, "RESEND_CHUNK", 1)
    alice.send(f"35=D|{ORDER}")
    await alice.receive()
    alice.send_bytes(alice.encode("35=2|7=1|16=0|") + alice.encode("35=5|"))
    assert await alice.receive() == "35=5|34=3|49=ISLD|52=*|56=ALICE|"
    assert await alice.closed()
    again = await running.peer()
    again.next_out = alice.next_out
    assert (await again.logon()).startswith("35=A|34=4|")


async def test_a_reset_right_behind_a_resend_request(
    alice: EchoPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_client, "RESEND_CHUNK", 1)
    for _ in range(2):
        alice.send(f"35=D|{ORDER}")
        await alice.receive()
    asked = alice.encode("35=2|7=1|16=0|")
    alice.next_out = 1
    again = alice.encode("35=A|98=0|108=30|141=Y|") + alice.encode(f"35=D|{ORDER}")
    alice.send_bytes(asked + again + alice.encode("35=2|7=1|16=0|"))
    assert (await alice.receive()).startswith("35=A|34=1|")
    # Of the old epoch nothing is resent; in the new one the order was not answered yet when it was asked.
    assert (await alice.receive()).endswith("|36=2|123=Y|")
    assert (await alice.receive()).startswith("35=D|34=2|49=")
    alice.send("35=1|112=x|")
    assert (await alice.receive()).startswith("35=0|34=3|")


async def test_reset_on_logon_sets_both_numbers_to_1(running: Running) -> None:
    await running.start(reset_on_logon=True)
    for _ in range(2):
        peer = await running.peer()
        assert await peer.logon() == "35=A|34=1|49=ISLD|52=*|56=ALICE|98=0|108=30|"
        peer.send(f"35=D|{ORDER}")
        assert (await peer.receive()).startswith("35=D|34=2|")
        peer.send("35=5|")
        assert await peer.receive() == LOGOUT % 3
        assert await peer.closed()


async def test_the_first_connection_of_an_identity_is_kept(running: Running, alice: EchoPeer) -> None:
    second = await running.peer()
    second.send("35=A|98=0|108=30|")
    assert await second.closed()
    alice.send("35=1|112=x|")
    assert await alice.receive() == "35=0|34=2|49=ISLD|52=*|56=ALICE|112=x|"
    other = await running.peer("BOB")
    assert await other.logon() == "35=A|34=1|49=ISLD|52=*|56=BOB|98=0|108=30|"


async def test_the_identity_is_free_when_our_logout_is_said(running: Running, alice: EchoPeer) -> None:
    alice.send("35=0|34=1|")
    assert await alice.receive() == (
        "35=5|34=2|49=ISLD|52=*|56=ALICE|58=MsgSeqNum too low, expecting 2 but received 1|"
    )
    again = await running.peer()
    again.next_out = 2
    assert (await again.logon()).startswith("35=A|34=3|")
    # What the first connection still sends goes nowhere, and resets nothing.
    alice.send("35=5|")
    assert await alice.closed()


async def test_a_test_request_says_test(running: Running) -> None:
    await running.start()
    peer = await running.peer()
    await peer.logon("98=0|108=2|")
    assert (await peer.receive()).startswith("35=0|34=2|")
    assert await peer.receive() == "35=1|34=3|49=ISLD|52=*|56=ALICE|112=TEST|"


async def test_a_client_that_does_not_read_is_logged_out(
    alice: EchoPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_client, "MAX_BACKLOG", -1)
    alice.send("35=0|")
    assert await alice.receive() == ("35=5|34=2|49=ISLD|52=*|56=ALICE|58=Too many bytes wait for the client|")
    assert await alice.closed()


# ---- who may log on


@pytest.mark.parametrize(
    "logon",
    [
        "35=A|49=STRANGER|98=0|108=30|",
        "35=A|49=|98=0|108=30|",
        "35=A|56=OTHER|98=0|108=30|",
        "35=A|98=0|108=1|",
        "35=A|98=0|108=61|",
        "35=A|52=20010101-00:00:00|98=0|108=30|",
        "35=0|",
    ],
)
async def test_an_invalid_logon_is_answered_by_silence(running: Running, logon: str) -> None:
    await running.start(unknown=frozenset({"STRANGER"}))
    peer = await running.peer()
    peer.send(logon)
    assert await peer.closed()
    good = await running.peer()
    assert await good.logon() == "35=A|34=1|49=ISLD|52=*|56=ALICE|98=0|108=30|"


@pytest.mark.parametrize("heart_bt_int", [2, 60])
async def test_bounds_of_the_heartbeat_interval(running: Running, heart_bt_int: int) -> None:
    await running.start()
    peer = await running.peer()
    assert (await peer.logon(f"98=0|108={heart_bt_int}|")).endswith(f"108={heart_bt_int}|")


async def test_another_version_is_closed(running: Running) -> None:
    await running.start()
    peer = await EchoPeer("FIX.4.2").connect(running.address)
    running.peers.append(peer)
    peer.send("35=A|98=0|108=30|")
    assert await peer.closed()


@pytest.mark.parametrize(
    "first",
    [
        message("35=A|34=1|")[:-2] + b"x\x01",
        b"8=FIX.4.4\x019=99999999\x0135=A\x01",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_a_first_message_that_is_none_is_closed(running: Running, first: bytes) -> None:
    await running.start()
    peer = await running.peer()
    peer.send_bytes(first)
    assert await peer.closed()


async def test_a_logon_in_pieces_is_taken_with_what_follows_it(running: Running) -> None:
    await running.start()
    peer = await running.peer()
    logon = peer.encode("35=A|98=0|108=30|")
    peer.send_bytes(logon[:20])
    peer.send_bytes(logon[20:] + peer.encode("35=1|112=x|"))
    assert (await peer.receive()).startswith("35=A|34=1|")
    assert await peer.receive() == "35=0|34=2|49=ISLD|52=*|56=ALICE|112=x|"


async def test_a_silent_connection_is_closed(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo_connection, "LOGON_TIMEOUT", 1_000_000)
    await running.start()
    peer = await running.peer()
    assert await peer.closed()


async def test_identities_are_bounded(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix_echo, "MAX_CLIENTS", 1)
    await running.start()
    first = await running.peer("ALICE")
    await first.logon()
    second = await running.peer("BOB")
    second.send("35=A|98=0|108=30|")
    assert await second.closed()


# ---- versions and dictionaries


@pytest.mark.parametrize(
    ("begin_string", "files"),
    [
        ("FIX.4.2", {}),
        ("FIX.4.2", {"dictionary": SPECS / "FIX42.xml"}),
        ("FIX.4.4", {"dictionary": SPECS / "FIX44.xml"}),
        ("FIXT.1.1", {}),
        ("FIXT.1.1", {"dictionary": SPECS / "FIX50SP2.xml", "transport": SPECS / "FIXT11.xml"}),
    ],
)
async def test_each_version_with_and_without_a_file(
    running: Running, begin_string: str, files: dict[str, Path]
) -> None:
    await running.start(begin_string=begin_string, target_comp_id="ISLD", **files)
    peer = await running.peer()
    version = "1137=9|" if begin_string == "FIXT.1.1" else ""
    assert await peer.logon() == f"35=A|34=1|49=ISLD|52=*|56=ALICE|98=0|108=30|{version}"
    peer.send(f"35=D|{ORDER}")
    assert (await peer.receive()).startswith("35=D|34=2|49=ISLD|52=*|56=ALICE|11=a|21=1|38=100|")
    peer.send(f"35=D|{ORDER.replace('40=1', '40=?')}")
    assert "|371=40|372=D|373=5|" in await peer.receive()
    peer.send("35=H|11=a|37=o|55=MSFT|54=1|")
    assert (await peer.receive()).endswith(f"380=3|{version}")


# ---- the end


async def test_clients_are_logged_out_at_the_end(running: Running, alice: EchoPeer) -> None:
    stranger = await running.peer("BOB")
    assert running.echo is not None
    stopping = asyncio.create_task(running.echo.stop())
    assert await alice.receive() == ("35=5|34=2|49=ISLD|52=*|56=ALICE|58=the acceptor shuts down|")
    alice.send("35=5|")
    assert await alice.closed()
    await alice.leave()
    await stranger.leave()
    await stopping
