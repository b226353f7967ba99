"""Trading accounts on FIX: over a bare socket, and over QuickFIX with its numbers and messages in files."""

import asyncio
from pathlib import Path
from typing import Final

from tests.system.chaos.fix_peer import PASSWORD, Address, FixPeer
from tests.system.chaos.fix_wire import body_of, request_fields, utc_now
from tests.system.chaos.records import FixBody, FixDelivery, FixLog, FixRecovery, Request, fix_execution
from tests.system.chaos.tally import Tally
from tests.system.chaos.trader import Trader
from tests.system.fix_engine import Initiator, by_password
from tests.system.quickfix_client import QuickFixClient

POLL_S: Final = 0.01
OLD: Final = 50
"""Orders that are not repeated: the newest ones."""
NEWEST: Final = 300
"""ExecIDs that executions are asked for again from: the newest ones, but for a few that ask for all."""
AGAIN_S: Final = 0.2
_ANSWERS: Final = {"accepted", "rejected", "canceled", "replaced", "cancel_rejected"}


class FixDesk:
    """What both kinds of FIX traders do with the reports that come."""

    def __init__(self, name: str, trader: Trader, tally: Tally) -> None:
        self.log = FixLog(name, name)
        self.trader = trader
        self.tally = tally
        self.order_ids: dict[str, str] = {}
        """OrderID(37) by the ClOrdID that an order was entered with."""
        self.repeats: set[str] = set()
        """OrderIDs of orders that were sent again and are not answered again yet."""

    @property
    def is_quiet(self) -> bool:
        """Whether everything sent has been answered."""
        return not self.trader.unanswered and not self.repeats

    def take(self, fields: FixBody) -> None:
        """Work an application message in its turn."""
        event = fix_execution(fields)
        if event is None:
            return
        if event.kind == "status":
            self.repeats.discard(event.order_id)
            self.tally.counts["duplicates answered"] += 1
            self.tally.moved.set()
            return
        self.trader.take(event)
        if event.kind in ("accepted", "rejected"):
            self.order_ids[event.cl_ord_id] = event.order_id
        if event.kind in _ANSWERS and self.trader.answered(event.cl_ord_id):
            self.tally.answered(self.log.session)

    def choose(self) -> list[Request]:
        """Return what to send now."""
        chosen = self.trader.burst()
        self.log.requests += chosen
        return chosen


class RawFixTrader(FixDesk):
    """On a bare socket; asks for executions again now and then."""

    def __init__(
        self, name: str, address: Address, seed: int, tally: Tally, *, cancels_on_disconnect: bool = False
    ) -> None:
        super().__init__(name, Trader(name, seed), tally)
        self.log.cancels_on_disconnect = cancels_on_disconnect
        self.peer = FixPeer(self.log, address, tally, self._on_message)
        self._exec_ids: list[str] = []
        self._recovery: int | None = None
        """The connection on which executions were asked for that are not all there."""

    @property
    def is_quiet(self) -> bool:
        """Whether everything sent has been answered."""
        return super().is_quiet and self._recovery is None

    async def run(self) -> None:
        """Trade until cancelled; nothing new while the run is closing."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.peer.stay())
            group.create_task(self._trade())

    async def _trade(self) -> None:
        trader = self.trader
        await self.peer.established.wait()
        while not self.tally.closing:
            for request in self.choose():
                self._send(request)
            if len(trader.entered) > OLD and trader.random.random() < 0.02:
                self._repeat(trader.random.choice(trader.entered[:-OLD]))
            if trader.random.random() < 0.02:
                self._recover()
            if trader.random.random() < 0.001:
                self.leave()
            await asyncio.sleep(trader.pause_s())
        while self._recovery is not None:
            self._recover()
            await asyncio.sleep(AGAIN_S)

    def leave(self) -> None:
        """End the connection without a word; another one comes."""
        self.tally.counts["connections dropped by clients"] += 1
        self.peer.drop()

    def _recover(self) -> None:
        """Ask for executions again, unless that is under way; what a connection has left is asked anew."""
        connection = self.peer.connection
        if not self.peer.established.is_set() or self._recovery == connection:
            return
        if self._recovery is not None and not self.tally.closing and self.trader.random.random() < 0.8:
            # The request may not have been worked before, and come by a resend.
            return
        chance = self.trader.random
        seen = self._exec_ids
        after = chance.choice(seen[-NEWEST:]) if seen and chance.random() < 0.95 else ""
        request = FixRecovery(f"r{len(self.log.recoveries)}", after, seen[-1] if seen else "")
        self.log.recoveries.append(request)
        self._recovery = connection
        body = [(20012, request.request_id), *([(17, after)] if after else [])]
        self.peer.send("U1", body)

    def _on_message(self, fields: FixBody) -> None:
        """Work an application message in its turn; executions told again are none of this account's news."""
        msg_type = fields[35]
        is_again = msg_type == "8" and fields.get(97) == "Y"
        if is_again or msg_type == "U2":
            self.log.told_again.append(body_of(fields))
            self.tally.counts["FIX executions told again"] += is_again
            if msg_type == "U2":
                self._recovery = None
                self.tally.counts["FIX recoveries"] += 1
                self.tally.moved.set()
        elif msg_type == "j":
            # An earlier one is under way, whose U2 is still to come.
            self.log.refused.add(fields[379])
        else:
            event = fix_execution(fields)
            if event is not None and event.has_place and event.kind != "status":
                self._exec_ids.append(event.report_id)
            self.take(fields)

    def _send(self, request: Request, *header: tuple[int, str]) -> None:
        msg_type, body = request_fields(request)
        self.peer.send(msg_type, [*header, *body.items(), (60, utc_now())])

    def _repeat(self, request: Request) -> None:
        """Send an order again, as a client does that is not sure whether it did."""
        order_id = self.order_ids.get(request.cl_ord_id)
        if order_id is not None and order_id not in self.repeats:
            self.repeats.add(order_id)
            self.log.repeated.append(order_id)
            self._send(request, (97, "Y"))

    async def read_history(self) -> None:
        """Ask for all that the session was ever sent."""
        await self.peer.read_history()


class QuickFixTrader(FixDesk):
    """On QuickFIX, which keeps its numbers and messages in ``folder``."""

    def __init__(self, name: str, address: Address, folder: Path, seed: int, tally: Tally) -> None:
        super().__init__(name, Trader(name, seed), tally)
        self.log.sees_session = False
        self._address = address
        self._folder = folder
        self._client = QuickFixClient(Initiator(address, name, by_password(name, PASSWORD), folder))

    async def run(self) -> None:
        """Trade until cancelled; nothing new while the run is closing."""
        self._client.start()
        try:
            while True:
                self._read()
                if not self.tally.closing and self._client.inbox.states.qsize():
                    for request in self.choose():
                        self._client.send(*request_fields(request))
                await asyncio.sleep(POLL_S)
        finally:
            self._client.stop()
            self._read()
            self.log.faults += [f"QuickFIX rejected {reject}" for reject in self._client.inbox.rejects]

    async def read_history(self) -> None:
        """Ask for all that the session was ever sent, over a bare socket that goes on with its numbers."""
        numbers = next(self._folder.glob("*.seqnums")).read_text().split(":")
        log = FixLog(self.log.session, self.log.account)
        peer = FixPeer(log, self._address, self.tally, lambda _: None)
        peer.next_out, peer.next_in = map(int, numbers)
        staying = asyncio.create_task(peer.stay())
        await peer.read_history()
        staying.cancel()
        self.log.history = log.history
        self.log.faults += log.faults

    def _read(self) -> None:
        reports = self._client.inbox.reports
        while not reports.empty():
            fields = reports.get_nowait()
            delivery = FixDelivery(0, int(fields[34]), fields.get(43) == "Y", body_of(fields))
            self.tally.counts["FIX PossDup received"] += delivery.poss_dup
            self.log.deliveries.append(delivery)
            self.take(fields)
