"""An order's life with QuickFIX and fixcore-engine as clients, in every version, in that version's words."""

from collections.abc import Iterator

import pytest

from tests.system.fix_engine import EngineClient
from tests.system.fix_exchange import (
    DESK_NAMES,
    DESKS,
    Desk,
    exchange,
    screen,
    sessions_for,
)
from tests.system.fix_versions import FixVersion, shown, told
from tests.system.gateway_process import GatewayProcess
from tests.system.ws_client import WsPeer

BUY, SELL = 1, 2


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    with exchange(tmp_path_factory.mktemp("exchange"), sessions_for("ORDERS")) as running:
        yield running


@pytest.fixture(scope="module", params=DESKS, ids=DESK_NAMES)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    engine, version = request.param
    return Desk(engine, version, tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def client(desk: Desk, market: GatewayProcess) -> Iterator[EngineClient]:
    with desk.client(market.fix, "ORDERS", reset_on_logon=True) as client:
        client.wait_state("logged on")
        yield client


@pytest.fixture(scope="module")
def version(desk: Desk) -> FixVersion:
    return desk.version


@pytest.fixture
def own_screen(desk: Desk, market: GatewayProcess) -> Iterator[WsPeer]:
    with screen(market, desk.comp_id("ORDERS")) as client:
        yield client


def test_logon_answers_in_the_version_s_words(client: EngineClient, version: FixVersion) -> None:
    logon = client.receive_admin("A")
    assert logon[8] == version.begin_string
    assert (logon[98], logon[108], logon[141]) == ("0", "30", "Y")
    assert logon.get(1137) == ("9" if version.begin_string == "FIXT.1.1" else None)
    assert not {95, 96, 553, 554} & logon.keys()


def test_an_order_rests_is_filled_twice_and_every_report_is_on_the_screen_too(
    client: EngineClient, version: FixVersion, own_screen: WsPeer, counterparty: WsPeer
) -> None:
    client.send("D", version.limit("maker", BUY, "0.5", "99000000"))
    new = client.receive(t35="8", t150="0", t39="0", t11="maker", t151="0.5", t14="0", **version.report)
    assert new.get(1138) == ("0.5" if version.begin_string == "FIXT.1.1" else None)
    reports = [new]
    for quantity, left, traded in (("0.2", "0.3", "0.2"), ("0.3", "0", "0.5")):
        counterparty.result(
            "order.place",
            symbol="BTC-KRW",
            side="sell",
            type="limit",
            quantity=quantity,
            price="99000000",
        )
        is_last = left == "0"
        reports.append(
            client.receive(
                t35="8",
                t150=version.filled[is_last],
                t39="2" if is_last else "1",
                t32=quantity,
                t31="99000000",
                t151=left,
                t14=traded,
                t6="99000000",
                **version.report,
            )
        )
    assert [told(report) for report in reports] == [
        shown(own_screen.push("executions")["data"]) for _ in reports
    ]
    assert client.is_quiet()


def test_an_order_trades_at_once(client: EngineClient, version: FixVersion, counterparty: WsPeer) -> None:
    counterparty.result(
        "order.place", symbol="BTC-KRW", side="buy", type="limit", quantity="0.4", price="99000000"
    )
    client.send("D", {**version.limit("taker", SELL, "0.6", "99000000"), 59: 3})
    client.receive(t150="0", t39="0", t11="taker", t59="3", **version.report)
    client.receive(t150=version.filled[0], t39="1", t32="0.4", t31="99000000", t151="0.2")
    client.receive(t150="4", t39="4", t11="taker", t151="0", t14="0.4", **version.report)


def test_an_order_is_replaced_asked_for_and_canceled(
    client: EngineClient, version: FixVersion, counterparty: WsPeer
) -> None:
    client.send("D", version.limit("first", BUY, "1", "90000000"))
    order_id = client.receive(t150="0")[37]
    client.send("G", version.replace("second", "first", BUY, "2", "90001000"))
    client.receive(
        t150="5", t39=version.replaced, t37=order_id, t11="second", t41="first", t38="2", t44="90001000"
    )
    counterparty.result(
        "order.place", symbol="BTC-KRW", side="sell", type="limit", quantity="0.5", price="90001000"
    )
    client.receive(t150=version.filled[0], t39="1", t11="second", t151="1.5")
    client.send("H", version.ask("second", BUY))
    client.receive(t37=order_id, t17="0", t39="1", t11="second", t151="1.5", t14="0.5", **version.status)
    client.send("F", version.cancel("third", "second", BUY))
    client.receive(t150="4", t39="4", t37=order_id, t11="third", t41="second", t151="0", **version.report)


def test_what_is_refused_is_told_in_the_version_s_words(client: EngineClient, version: FixVersion) -> None:
    client.send("D", version.limit("off-tick", BUY, "1", "99000500"))
    refused = client.receive(t150="8", t39="8", t103=version.tick_reason, **version.report)
    assert "Price(44)" in refused[58]
    client.send("D", {**version.limit("nowhere", BUY, "1", "99000000"), 55: "DOGE-KRW"})
    client.receive(t150="8", t39="8", t103="1", t55="DOGE-KRW")
    client.send("D", version.limit("twice", BUY, "1", "90000000"))
    client.receive(t150="0")
    client.send("D", version.limit("twice", BUY, "1", "90000000"))
    client.receive(t150="8", t39="8", t103="6")
    client.send("F", version.cancel("gone", "nothing", BUY))
    client.receive(t35="9", t11="gone", t41="nothing", t37="NONE", t434="1", t102="1")
    client.send("G", version.replace("gone-too", "nothing", BUY, "1", "90000000"))
    client.receive(t35="9", t11="gone-too", t41="nothing", t434="2", t102="1")
    client.send("H", version.ask("nothing", BUY))
    client.receive(t35="8", t37="NONE", t39="8", t103="5", **version.unknown)
    client.send("F", version.cancel("end", "twice", BUY))
    client.receive(t150="4", t39="4")


def test_what_is_no_order_is_rejected_by_name(client: EngineClient, version: FixVersion) -> None:
    without_symbol = version.limit("no-symbol", BUY, "1", "90000000")
    del without_symbol[55]
    client.send("D", without_symbol)
    rejected = client.receive_admin("3")
    assert (rejected[371], rejected[372], rejected[373]) == ("55", "D", "1")
    client.send("D", {**version.limit("odd", BUY, "1", "90000000"), 5001: "x"})
    rejected = client.receive_admin("3")
    assert (rejected[371], rejected[373]) == ("5001", "0")
    client.send("c", {320: "definitions", 321: 3})
    client.receive(t35="j", t372="c", t380="3")
    assert client.is_quiet()
