"""Whatever goes on: a FIX client gets each answer before what it caused, and executions again when asked."""

import asyncio
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simplefix import FixParser

from gateway.dialects.native.fix_recovery import with_recovery
from gateway.net.counters import FrontCounters
from gateway.net.fix_client import FixClient
from gateway.net.outbox import Outbox
from gateway.settings import FixSession
from protocols.fix import (
    DisconnectReason,
    Framer,
    Session,
    SessionSettings,
    Timestamps,
    Validator,
    scan,
    standard_dictionary,
)
from tests.gateway.net.fix_peer import Field, FixPeer
from tests.gateway.net.hall import Hall, settle, turn

Message = dict[int, str]
VALIDATOR = Validator(with_recovery(standard_dictionary(b"FIX.4.4")))


class Wire(asyncio.Transport):
    """Parses what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.parser = FixParser()
        self.said: list[Message] = []

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del high, low

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.parser.append_buffer(bytes(data))
        while (message := self.parser.get_message()) is not None:
            self.said.append({int(tag): value.decode() for tag, value in reversed(message.pairs)})


class Party:
    """One FIX client of the hall, logged on; also the line that it is on."""

    def __init__(self, hall: Hall, name: str, account: str) -> None:
        self.hall = hall
        self.peer = FixPeer(name, None, None)
        self.wire = Wire()
        self.outbox = Outbox(self.wire, FrontCounters())
        self.seen: list[str | None] = []
        timestamps = Timestamps(time.time_ns() - time.monotonic_ns())
        terms = SessionSettings(
            begin_string=b"FIX.4.4",
            sender_comp_id=b"BDAX",
            target_comp_id=name.encode(),
            validate=VALIDATOR.validate,
        )
        session = Session(terms, hall.store.numbers(name), timestamps)
        entry = FixSession(sender_comp_id=name, account=account)
        self.client = FixClient(entry, session, hall.desk, timestamps, FrontCounters(), 1 << 20)
        hall.router.attach(self.client)
        logon = scan(self.peer.logon("x"))
        self.client.connect(self, Framer(1 << 16), logon, time.monotonic_ns())

    def arm(self, deadline: int | None, now: int) -> None:
        del deadline, now

    def end(self, reason: DisconnectReason, text: str) -> None:
        raise AssertionError(reason, text)

    def send(self, message: bytes) -> None:
        self.client.receive_data(message, time.monotonic_ns())

    def recover(self, exec_id: str | None) -> None:
        """Ask for the executions after one."""
        fields: list[Field] = [(20012, str(len(self.seen)))]
        self.seen.append(exec_id)
        self.send(self.peer.encode("U1", *fields, *([] if exec_id is None else [(17, exec_id)])))

    @property
    def live(self) -> list[Message]:
        """The reports and cancel rejects as they were first told, but for those that were resent."""
        return [one for one in self.wire.said if one[35] in "89" and 43 not in one and 97 not in one]


PARTY = st.sampled_from(["S1", "S2", "S3"])
PRICE = st.integers(4, 6).map(lambda thousands: thousands * 1_000)
KNOWN = st.integers(0, 20).map(lambda n: f"o{n}")
ACT = st.one_of(
    st.tuples(st.just("place"), PARTY, st.sampled_from("12"), PRICE),
    st.tuples(st.just("place"), PARTY, st.sampled_from("12"), PRICE),
    st.tuples(st.just("cancel"), PARTY, KNOWN),
    st.tuples(st.just("replace"), PARTY, KNOWN, PRICE),
    st.tuples(st.just("recover"), PARTY, st.none() | st.integers(0, 30)),
    st.tuples(st.just("resend"), PARTY, st.integers(1, 20)),
    st.tuples(st.sampled_from(["pause", "drain"]), PARTY),
    st.sampled_from([("commit",), ("turn",), ("turn",)]),
)


class Flow:
    """Random acts of two FIX clients of one account and one of another."""

    def __init__(self) -> None:
        self.hall = Hall()
        accounts = {"S1": "A", "S2": "A", "S3": "B"}
        self.parties = {name: Party(self.hall, name, account) for name, account in accounts.items()}
        self.hall.store.at_once = False
        self.sent = 0

    def name(self) -> str:
        self.sent += 1
        return f"o{self.sent}"

    async def place(self, who: str, side: str, price: int) -> None:
        party = self.parties[who]
        party.send(party.peer.order(self.name(), side, price=price, qty=1))

    async def cancel(self, who: str, cl_ord_id: str) -> None:
        party = self.parties[who]
        party.send(party.peer.cancel(f"c{self.name()}", cl_ord_id))

    async def replace(self, who: str, cl_ord_id: str, price: int) -> None:
        party = self.parties[who]
        party.send(party.peer.replace(self.name(), cl_ord_id, price=price, qty="1.5"))

    async def recover(self, who: str, seen: int | None) -> None:
        party = self.parties[who]
        reports = [one for one in party.live if one[35] == "8"]
        party.recover(reports[seen % len(reports)][17] if reports and seen is not None else None)

    async def resend(self, who: str, begin: int) -> None:
        party = self.parties[who]
        if begin < party.client.session.numbers.next_out:
            party.send(party.peer.encode("2", (7, begin), (16, 0)))

    async def pause(self, who: str) -> None:
        self.parties[who].outbox.paused = True

    async def drain(self, who: str) -> None:
        party = self.parties[who]
        party.outbox.paused = False
        party.client.drained()

    async def commit(self) -> None:
        self.hall.store.finish()

    async def turn(self) -> None:
        await turn()


async def play(acts: list[tuple[Any, ...]]) -> None:
    flow = Flow()
    for kind, *terms in acts:
        await getattr(flow, kind)(*terms)
    for name in flow.parties:
        await flow.drain(name)
    await settle(flow.hall)
    assert flow.hall.failures == []
    for party in flow.parties.values():
        check_order(party.live)
        for seen in [one[17] for one in party.live if one[35] == "8"][:8]:
            party.recover(seen)
            await settle(flow.hall)
        party.recover(None)
        await settle(flow.hall)
        check_recoveries(party)


def check_order(live: list[Message]) -> None:
    """Check that the answer to a request is the first that the client hears of the request's command."""
    answered: set[str] = set()
    for message in live:
        if message[35] == "9":
            continue
        eseq = message[17].partition("-")[0]
        is_answer = message[150] in "058" or 41 in message
        assert not is_answer or eseq not in answered
        answered.add(eseq)


def check_recoveries(party: Party) -> None:
    """Check that each recovery that was granted says what was said live, from where it was asked to."""
    told = [one for one in party.live if one[35] == "8"]
    exec_ids = [one[17] for one in told]
    assert len(set(exec_ids)) == len(exec_ids)
    run: list[Message] = []
    ends = 0
    for message in party.wire.said:
        if 43 in message:
            continue
        if message[35] == "8" and 97 in message:
            run.append(message)
        elif message[35] == "U2":
            ends += 1
            assert (message[911], message.get(17)) == (str(len(run)), run[-1][17] if run else None)
            assert message[20013] == "N"
            seen = party.seen[int(message[20012])]
            first = 0 if seen is None else exec_ids.index(seen) + 1
            if run:
                assert [one[17] for one in run] == exec_ids[first : first + len(run)]
                assert [content(one) for one in run] == [
                    content(one) for one in told[first : first + len(run)]
                ]
            whole, run = run, []
    refused = sum(one[35] == "j" and 43 not in one for one in party.wire.said)
    assert ends == len(party.seen) - refused
    # The last one was asked for with nothing seen, when all was quiet.
    assert [one[17] for one in whole] == exec_ids


def content(message: Message) -> Message:
    """Return what a report says, without what is the message's own."""
    return {tag: value for tag, value in message.items() if tag not in (9, 10, 34, 52, 97)}


@settings(deadline=None)
@given(st.lists(ACT, max_size=50))
def test_answers_come_first_and_executions_come_again(acts: list[tuple[Any, ...]]) -> None:
    with asyncio.Runner() as runner:
        runner.run(play(acts))
