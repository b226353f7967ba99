"""A book that is built of W and X by FIX is the one that WebSocket shows, on a shipped session."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import GatewayProcess
from tests.system.raw_fix import RawFix
from tests.system.ws_client import WsPeer

BTC = "BTC-KRW"
DEPTHS = {"md-0": 0, "md-1": 1, "md-5": 5}
NEW, CHANGE, DELETE = "0", "1", "2"
Levels = dict[str, str]


class Quotes(RawFix):
    """A market data session that builds the books it asked for, each with both sides by price."""

    def __init__(self, gateway: GatewayProcess) -> None:
        super().__init__(gateway.fix, "DEMO1-MD")
        self.books: dict[str, dict[str, Levels]] = {}
        self.seqs: dict[str, int] = {}

    def ask(self, md_req_id: str, depth: int) -> None:
        """Follow a book from its snapshot on."""
        both_sides = ((267, 2), (269, 0), (269, 1))
        self.send("V", (262, md_req_id), (263, 1), (264, depth), (265, 1), *both_sides, (146, 1), (55, BTC))
        assert self.take() == ("W", md_req_id)

    def take(self) -> tuple[str, str]:
        """Work the next message; return its type and whose it is."""
        pairs = self.receive_pairs()
        fields = dict(reversed(pairs))
        md_req_id = fields[262]
        if fields[35] == "W":
            self.books[md_req_id] = {"0": {}, "1": {}}
        book = self.books[md_req_id]
        first = pairs[[tag for tag, _ in pairs].index(268) + 1][0]
        starts = [place for place, (tag, _) in enumerate(pairs) if tag == first] + [len(pairs)]
        for start, end in pairwise(starts):
            entry = dict(pairs[start:end])
            levels = book[entry[269]]
            action = entry.get(279, NEW)
            if action == DELETE:
                del levels[entry[270]]
            # A W says with quantity 0 that a side is empty.
            elif entry[271] != "0":
                assert (entry[270] in levels) == (action == CHANGE)
                levels[entry[270]] = entry[271]
            self.seqs[md_req_id] = int(entry[299])
        return fields[35], md_req_id


@pytest.fixture
def quotes(gateway: GatewayProcess) -> Iterator[Quotes]:
    with Quotes(gateway) as client:
        client.logon(DEMO_PASSWORD)
        yield client


def trade(client: WsPeer, draw: Random, count: int) -> None:
    """Enter orders at few prices, of which many meet; cancel some."""
    resting: list[str] = []
    for _ in range(count):
        if resting and draw.random() < 0.3:
            client.ask("order.cancel", order_id=resting.pop(draw.randrange(len(resting))))
            continue
        terms = {"side": draw.choice(["buy", "sell"]), "type": "limit", "quantity": f"0.{draw.randint(1, 9)}"}
        price = str(100_000_000 + 1_000 * draw.randint(-10, 10))
        resting.append(client.result("order.place", symbol=BTC, price=price, **terms)["order_id"])


def test_w_and_x_make_the_book_that_websocket_shows(quotes: Quotes, ws_demo2: WsPeer) -> None:
    draw = Random(5)
    trade(ws_demo2, draw, 20)
    for md_req_id, depth in DEPTHS.items():
        quotes.ask(md_req_id, depth)
    trade(ws_demo2, draw, 150)
    for md_req_id, depth in DEPTHS.items():
        channel = f"book.{BTC}.{depth}.raw" if depth else f"book.{BTC}"
        seq = ws_demo2.result("book.snapshot", channel=channel)["seq"]
        shown = ws_demo2.push(channel)["data"]
        assert shown["bids"]
        assert shown["asks"]
        while quotes.seqs[md_req_id] < seq:
            quotes.take()
        assert quotes.seqs[md_req_id] == seq
        assert quotes.books[md_req_id] == {"0": dict(shown["bids"]), "1": dict(shown["asks"])}
