"""A short run in which every promise was kept, written down by hand: what the auditor's tests break.

FIX trades on the account F, WebSocket on W; the gateway is killed once in between. By engine sequence:
1 F buys 1, 2 W sells 0.4 of it, 3 W rests a sell, 4 W cancels it, 5 F replaces its order, 6 an order of F is
rejected, 7 a cancel of F names no order. F also sends its first order again.
"""

from typing import Final

from tests.system.chaos.records import (
    Ending,
    Evidence,
    FixBody,
    FixDelivery,
    FixLog,
    Push,
    Request,
    Span,
    WsDelivery,
    WsLog,
    WsReply,
)

BID: Final = "100000000"
ASK: Final = "100002000"

FIRST: Final = Request("new", "F-1", "BTC-KRW", "buy", "1.00", BID)
CHANGE: Final = Request("replace", "F-2", "BTC-KRW", "buy", "0.9", BID, orig_cl_ord_id="F-1")
WRONG: Final = Request("new", "F-3", "BTC-KRW", "buy", "1", BID + ".5")
STRAY: Final = Request("cancel", "F-4", "BTC-KRW", "buy", orig_cl_ord_id="nope")
SALE: Final = Request("new", "W-1", "BTC-KRW", "sell", "0.4", BID)
OFFER: Final = Request("new", "W-2", "BTC-KRW", "sell", "0.5", ASK)
RETREAT: Final = Request("cancel", "W-3", "BTC-KRW", "sell", orig_cl_ord_id="W-2")


def right_evidence() -> Evidence:
    """Return the run, made anew."""
    f_open = _order("1", "F-2", "buy", BID, "0.9", "0.4", "0.5", "partially_filled")
    sale = _order("2", "W-1", "sell", BID, "0.4", "0.4", "0", "filled")
    offer = _order("3", "W-2", "sell", ASK, "0.5", "0", "0", "canceled")
    return Evidence(
        fix=[_fix_log()],
        ws=[_ws_log()],
        public=_spans(),
        endings={
            "F": Ending(_replayed(_F_TOLD), [f_open], {"1": f_open}),
            "W": Ending(_replayed(_W_TOLD), [], {"2": sale, "3": offer}),
        },
        log_orders={"1": {"account": "F", **f_open}},
        log_hashes=["7 abc", "7 abc"],
    )


def _order(order_id: str, *terms: str) -> Push:
    names = ("cl_ord_id", "side", "price", "quantity", "filled_quantity", "remaining_quantity", "status")
    order: Push = {"order_id": order_id, "symbol": "BTC-KRW", "time_in_force": "gtc"}
    return order | dict(zip(names, terms, strict=True))


def _told(report_id: str, kind: str, order: Push, **more: str | None) -> Push:
    return {"report_id": report_id, "kind": kind, **order, **more}


_FILL: Final = {"last_quantity": "0.4", "last_price": BID}
_F_TOLD: Final = [
    _told("1-1", "accepted", _order("1", "F-1", "buy", BID, "1", "0", "1", "new")),
    _told(
        "2-3",
        "filled",
        _order("1", "F-1", "buy", BID, "1", "0.4", "0.6", "partially_filled"),
        **_FILL,
        liquidity="maker",
    ),
    _told(
        "5-1",
        "replaced",
        _order("1", "F-2", "buy", BID, "0.9", "0.4", "0.5", "partially_filled"),
        orig_cl_ord_id="F-1",
    ),
    _told("6-1", "rejected", _order("6", "F-3", "buy", BID + ".5", "1", "0", "0", "rejected")),
    {"report_id": "7-1", "kind": "cancel_rejected", "order_id": None, "cl_ord_id": "nope"},
]
_W_TOLD: Final = [
    _told("2-1", "accepted", _order("2", "W-1", "sell", BID, "0.4", "0", "0.4", "new")),
    _told(
        "2-2",
        "filled",
        _order("2", "W-1", "sell", BID, "0.4", "0.4", "0", "filled"),
        **_FILL,
        liquidity="taker",
    ),
    _told("3-1", "accepted", _order("3", "W-2", "sell", ASK, "0.5", "0", "0.5", "new")),
    _told("4-1", "canceled", _order("3", "W-2", "sell", ASK, "0.5", "0", "0", "canceled")),
]


def _push(kind: str, exec_id: int, told: Push) -> WsDelivery:
    push = {"ch": "executions", "type": kind, "seq": exec_id, "prev": exec_id - 1, "sent": exec_id}
    return WsDelivery(1, kind, exec_id, push | {"data": {"exec_id": exec_id, **told}})


def _replayed(told: list[Push]) -> list[WsDelivery]:
    return [_push("replay", exec_id, each) for exec_id, each in enumerate(told, 1)]


def _ws_log() -> WsLog:
    live = [_push("event", exec_id, each) for exec_id, each in enumerate(_W_TOLD[:2], 1)]
    replies = [
        WsReply(SALE, 1, 200, "2", is_duplicate=False, error=""),
        WsReply(OFFER, 2, 200, "3", is_duplicate=True, error=""),
        WsReply(RETREAT, 1, 200, "3", is_duplicate=False, error=""),
    ]
    deliveries = [*live, *_replayed(_W_TOLD)[2:], WsDelivery(2, "replay.done", 4, {})]
    return WsLog("W", [SALE, OFFER, RETREAT], replies, deliveries)


def _report(report_id: str, exec_type: str, name: str, order_id: str, **amounts: str) -> FixBody:
    body = {35: "8", 17: report_id, 150: exec_type, 11: name, 37: order_id, 55: "BTC-KRW", 54: "1", 44: BID}
    return body | {int(tag.removeprefix("t")): value for tag, value in amounts.items()}


_SESSION: Final = [
    {35: "A"},
    _report("1-1", "0", "F-1", "1", t38="1", t14="0", t151="1"),
    _report("2-3", "F", "F-1", "1", t38="1", t14="0.4", t151="0.6", t32="0.4", t31=BID, t851="1"),
    _report("5-1", "5", "F-2", "1", t38="0.9", t14="0.4", t151="0.5", t41="F-1"),
    {35: "A"},
    _report("6-1", "8", "F-3", "6", t38="1", t14="0", t151="0"),
    {35: "9", 37: "NONE", 11: "F-4", 41: "nope"},
    _report("0", "I", "F-1", "1", t38="0.9", t14="0.4", t151="0.5"),
]


def _fix_log() -> FixLog:
    """Numbers 1 to 3 came on the first connection; the fourth waited for the resend of the second."""
    first = [FixDelivery(1, number, poss_dup=False, body=_SESSION[number - 1]) for number in (1, 2, 3)]
    second = [
        FixDelivery(2, 5, poss_dup=False, body=_SESSION[4]),
        FixDelivery(2, 4, poss_dup=True, body=_SESSION[3]),
        FixDelivery(2, 5, poss_dup=True, body={35: "4"}, new_seq_no=6),
        *(FixDelivery(2, number, poss_dup=False, body=_SESSION[number - 1]) for number in (6, 7, 8)),
    ]
    history = [
        FixDelivery(2, number, poss_dup=True, body=_SESSION[number - 1])
        if number not in (1, 5)
        else FixDelivery(2, number, poss_dup=True, body={35: "4"}, new_seq_no=number + 1)
        for number in range(1, 9)
    ]
    requests = [FIRST, CHANGE, WRONG, STRAY]
    return FixLog("F", "F", requests, ["1"], [*first, *second], history)


def _public(channel: str, kind: str, seq: int, prev: int, data: object) -> Push:
    return {"ch": f"{channel}.BTC-KRW", "type": kind, "seq": seq, "prev": prev, "data": data}


def _book(channel_type: str, seq: int, prev: int, bids: list[list[str]], asks: list[list[str]]) -> Push:
    return _public("book", channel_type, seq, prev, {"bids": bids, "asks": asks})


def _spans() -> list[Span]:
    trades = [{"trade_id": "2-4", "side": "sell", "price": BID, "quantity": "0.4"}]
    sold = _public("trades", "snapshot", 2, 0, trades)
    left = _book("snapshot", 5, 0, [[BID, "0.5"]], [])
    before = [
        _book("snapshot", 0, 0, [], []),
        _book("delta", 1, 0, [[BID, "1"]], []),
        _book("delta", 2, 1, [[BID, "0.6"]], []),
    ]
    after = [
        _book("snapshot", 3, 0, [[BID, "0.6"]], [[ASK, "0.5"]]),
        _book("delta", 4, 3, [], [[ASK, "0"]]),
        _book("delta", 5, 4, [[BID, "0.5"]], []),
    ]
    return [
        Span(
            "trades.BTC-KRW", [_public("trades", "snapshot", 0, 0, []), sold | {"type": "event", "prev": 0}]
        ),
        Span("trades.BTC-KRW", [sold]),
        Span("trades.BTC-KRW", [sold]),
        Span("book.BTC-KRW", before),
        Span("book.BTC-KRW", after),
        Span("book.BTC-KRW", [left]),
    ]
