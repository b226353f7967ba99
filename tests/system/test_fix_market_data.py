"""Market data sessions with QuickFIX as the client, its standard dictionaries in force, in every version.

Each client expects in the end that it had nothing to reject.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.fix_engine import Fields, Initiator, by_password
from tests.system.fix_exchange import (
    COUNTERPARTY,
    HMAC_SECRET,
    PASSWORD,
    Session,
    exchange,
    password_hash,
)
from tests.system.fix_versions import VERSIONS, FixVersion
from tests.system.gateway_process import GatewayProcess
from tests.system.quickfix_client import QuickFixClient
from tests.system.raw_fix import RawFix
from tests.system.ws_client import WsPeer

KIND = 'kind = "market_data"'
BTC, ETH = "BTC-KRW", "ETH-KRW"
PRICE = "98000000"


def name_of(version: FixVersion) -> str:
    """Return the SenderCompID of a version's session."""
    return f"{version.name}-QUOTES"


def sessions() -> list[Session]:
    """Return a market data session for each version."""
    return [Session(name_of(version), version, password_hash(), KIND) for version in VERSIONS]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    with exchange(tmp_path_factory.mktemp("exchange"), sessions()) as running:
        yield running


@pytest.fixture(scope="module", params=VERSIONS, ids=[version.begin_string for version in VERSIONS])
def version(request: pytest.FixtureRequest) -> FixVersion:
    found: FixVersion = request.param
    return found


@pytest.fixture
def quotes(market: GatewayProcess, version: FixVersion, folder: Path) -> Iterator[QuickFixClient]:
    name = name_of(version)
    initiator = Initiator(
        market.fix, name, by_password(name, PASSWORD), folder, version.begin_string, reset_on_logon=True
    )
    with QuickFixClient(initiator) as client:
        client.wait_state("logged on")
        yield client


def ask(
    client: QuickFixClient, md_req_id: str, asking: int, types: str, *symbols: str, depth: int = 0
) -> None:
    """Send a MarketDataRequest(V)."""
    fields = {262: md_req_id, 263: asking, 264: depth, 265: 1}
    entry_types: list[Fields] = [{269: kind} for kind in types]
    client.send("V", fields, {267: entry_types, 146: [{55: symbol} for symbol in symbols]})


def trade(counterparty: WsPeer, side: str, quantity: str, time_in_force: str = "gtc") -> None:
    """Send a limit order at the price of this file."""
    terms = {"symbol": BTC, "side": side, "type": "limit", "quantity": quantity, "price": PRICE}
    counterparty.result("order.place", time_in_force=time_in_force, **terms)


def test_a_book_and_its_trades_from_the_first_refresh_to_the_end(
    quotes: QuickFixClient, counterparty: WsPeer, version: FixVersion
) -> None:
    ask(quotes, "md-1", 1, "012", BTC)
    first = quotes.receive(t35="W", t262="md-1", t55=BTC)
    assert int(first[268]) >= 2
    trade(counterparty, "buy", "0.3")
    new = quotes.receive(t35="X", t262="md-1", t279="0", t269="0", t55=BTC, t270=PRICE, t271="0.3")
    trade(counterparty, "sell", "0.1")
    traded = quotes.receive(t35="X", t279="0", t269="2", t270=PRICE, t271="0.1")
    changed = quotes.receive(t35="X", t279="1", t269="0", t270=PRICE, t271="0.2")
    assert int(new[299]) < int(changed[299])
    assert traded[278] == traded[299]
    assert traded[278].startswith(f"{changed[299]}-")
    if version.begin_string == "FIXT.1.1":
        assert (changed[1181], changed[1350]) == (changed[299], new[299])
        assert int(changed[83]) == int(new[83]) + 1
        assert traded[1003] == traded[278]
    else:
        assert not {83, 1003, 1181, 1350} & changed.keys()
    ask(quotes, "md-1", 1, "0", BTC)
    quotes.receive(t35="Y", t262="md-1", t281="1")
    ask(quotes, "md-1", 2, "0", BTC)
    ask(quotes, "md-2", 0, "0", BTC, depth=1)
    quotes.receive(t35="W", t262="md-2", t268="1", t269="0", t270=PRICE, t271="0.2", t299=changed[299])
    trade(counterparty, "sell", "0.2", "ioc")
    ask(quotes, "md-3", 0, "2", BTC, ETH)
    quotes.receive(t35="W", t262="md-3", t55=BTC, t269="2")
    quotes.receive(t35="W", t262="md-3", t55=ETH, t268="1", t269="2", t271="0")
    assert quotes.is_quiet()


@pytest.mark.parametrize(
    ("depth", "types", "symbol", "reason"),
    [(0, "0", "NO-SUCH", "0"), (7, "0", BTC, "5"), (0, "04", BTC, "8")],
)
def test_what_is_not_offered_has_its_reason(
    quotes: QuickFixClient, depth: int, types: str, symbol: str, reason: str
) -> None:
    ask(quotes, "md-1", 1, types, symbol, depth=depth)
    assert quotes.receive(t35="Y", t262="md-1", t281=reason)[58]


def test_securities_and_their_status_and_that_of_the_session(
    quotes: QuickFixClient, version: FixVersion
) -> None:
    if version.begin_string != "FIX.4.2":
        quotes.send("x", {320: "x-1", 559: 4})
        quotes.receive(t35="y", t320="x-1", t560="0", t393="4", t893="Y", t146="4", t55=BTC)
    quotes.send("e", {324: "s-1", 55: ETH, 263: 1})
    quotes.receive(t35="f", t324="s-1", t55=ETH, t326="17")
    quotes.send("g", {335: "g-1", 263: 0})
    quotes.receive(t35="h", t335="g-1", t336="1", t340="2")


def test_an_order_is_refused_by_the_name_of_its_kind(quotes: QuickFixClient, version: FixVersion) -> None:
    quotes.send("D", version.limit("o-1", 1, "0.1", PRICE))
    text = quotes.receive(t35="j", t372="D", t380="3")[58]
    assert text.endswith("on a session of kind market_data: sessions of kind orders serve it")


def test_numbers_are_unique_and_without_a_hole_through_a_kill(folder: Path) -> None:
    own = [session for session in sessions() if session.version.begin_string == "FIX.4.4"]
    name = own[0].comp_id
    request = [(262, "md-1"), (263, 1), (264, 0), (265, 1), (267, 1), (269, "0"), (146, 1), (55, BTC)]
    with exchange(folder, own) as first, RawFix(first.fix, name) as quotes:
        quotes.logon(PASSWORD)
        quotes.send("V", *request)
        assert quotes.receive()[35] == "W"
        with WsPeer(first.ws) as counterparty:
            counterparty.logon(COUNTERPARTY, HMAC_SECRET)
            for _ in range(30):
                trade(counterparty, "buy", "0.1")
            told = [int(quotes.receive()[34]) for _ in range(5)]
            first.signal(signal.SIGKILL)
            assert first.wait() == -signal.SIGKILL
        told += [int(message[34]) for message in quotes.received_until_closed()]
    assert told == list(range(3, 3 + len(told)))
    with exchange(folder, own) as second, RawFix(second.fix, name) as again:
        again.next_out = quotes.next_out
        again.send("A", (98, 0), (108, 30), (553, name), (554, PASSWORD))
        logon = again.receive()
        # What was numbered and did not arrive is filled, and its numbers do not come again.
        assert told[-1] < int(logon[34]) <= 3 + 30
        again.send("2", (7, told[-1] + 1), (16, 0))
        fill = again.receive()
        assert (fill[35], fill[34], fill[123]) == ("4", str(told[-1] + 1), "Y")
        assert int(fill[36]) == int(logon[34]) + 1
        again.send("V", *request)
        book = again.receive()
        assert (book[35], book[34], book[270]) == ("W", fill[36], PRICE)
