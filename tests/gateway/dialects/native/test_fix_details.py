"""Both sides of a match and the public trade call it by one name."""

from gateway.dialects.native.fix_reports import reports_for
from gateway.matching import MatchingEngine
from gateway.model import NewOrder, OrderFilled, OrdType, Side, TimeInForce, Trade
from tests.gateway.dialects.native.orders import order
from tests.gateway.dialects.native.wire import INSTRUMENTS, NOW, PLACES, parsed


def limit_order(n: int, side: Side, order_qty: int) -> NewOrder:
    terms = side, OrdType.LIMIT, TimeInForce.GTC, order_qty, 10_000_000_000
    return NewOrder("DEMO1", n, "ACC1", NOW, b"o-%d" % n, "BTC-KRW", *terms)


def test_trd_match_id_is_the_trade_of_the_public_channel() -> None:
    engine = MatchingEngine(INSTRUMENTS)
    for n in (1, 2, 3):
        engine.work(limit_order(n, Side.SELL, 100_000))
    events = engine.work(limit_order(4, Side.BUY, 300_000))
    trades = [b"%d-%d" % (event.eseq, event.n) for event in events if isinstance(event, Trade)]
    sides: dict[bool, list[bytes]] = {True: [], False: []}
    reports = reports_for(b"FIXT.1.1")
    for event in events:
        if isinstance(event, OrderFilled):
            encoded = reports.report(event, order(), PLACES)
            assert encoded is not None
            sides[event.aggressor].append(parsed(*encoded)[880])
    assert len(trades) == 3
    assert sides == {True: trades, False: trades}
