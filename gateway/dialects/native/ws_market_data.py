"""Market data as WebSocket shows it: one framed push that all subscribers of a channel share.

Envelope: ``{"ch","type","seq","prev","eseq","ts","sent","data"}``; before ``data`` stand ``epoch`` in a
snapshot, ``part`` and ``parts`` where it comes in several, ``conflated`` where pushes were merged,
``checksum`` where the channel has one. Symbols, channels and epochs need no escaping in JSON. NOT here: the
binary forms.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

import orjson

from gateway.dialects.native.ws_replies import SIDES, TRADING_STATUSES, instrument_object
from gateway.model import Instrument, format_scaled
from gateway.ports.market_data import (
    SNAPSHOT,
    BboContent,
    BookLevels,
    BookLevelsContent,
    CandlesContent,
    GapContent,
    InstrumentsContent,
    L3ChangesContent,
    L3Order,
    L3OrdersContent,
    PriceLevel,
    Push,
    StatusContent,
    TickerContent,
    TradesContent,
)
from protocols.fix.codec import WHY_PURE
from protocols.ws.frames import text_frame

Listed: TypeAlias = BookLevels | Sequence[L3Order]

MANY: Final = 40
"""From here on levels and orders are written by the compiled form, where that leaves the whole push."""
_LEVEL_MEMBERS: Final = 2

_PUSH: Final = '{"ch":"%s","type":"%s","seq":%d,"prev":%d,"eseq":%d,"ts":%d,"sent":%d,%s"data":%s}'


class NativeEncoder:
    """Encodes pushes of the native API as framed JSON (``gateway.ports.PushEncoder``).

    ``clock`` gives the time of encoding, UTC ns. ``encode`` returns a push as a text frame.
    """

    __slots__ = ("encode",)

    def __init__(self, clock: Callable[[], int]) -> None:
        self.encode: Final = encoding(clock)


def encoding(clock: Callable[[], int]) -> Callable[[Push], bytes]:
    """Return what encodes a push as a text frame, sent now, in the compiled form where that is built."""
    if frame_twin() is frame:
        return lambda push: frame(push, clock())
    from gateway.dialects.native._usual_pushes import Encoding

    return Encoding(clock).encode


def frame_twin() -> Callable[[Push, int], bytes]:
    """Return ``frame``, in the compiled form where that and the FIX codec are built."""
    if not WHY_PURE:
        try:
            from gateway.dialects.native._usual_pushes import frame as compiled_frame
        except ImportError:
            return frame
        return compiled_frame
    return frame


def frame(push: Push, sent: int) -> bytes:
    """Return ``push`` as a text frame, sent at ``sent`` (UTC ns); the twin of the compiled one."""
    members = ""
    if push.type == SNAPSHOT:
        members = _snapshot_members(push)
    if push.conflated:
        members += f'"conflated":{push.conflated},'
    if push.checksum is not None:
        members += f'"checksum":{push.checksum},'
    body = _body(push) if push.bodies is None else _shared_body(push, push.bodies)
    seq, prev, eseq, ts = push.position
    payload = _PUSH % (push.channel, push.type, seq, prev, eseq, ts, sent, members, body)
    return text_frame(payload.encode("ascii"))


def _snapshot_members(push: Push) -> str:
    members = f'"epoch":"{push.epoch}",' if push.epoch else ""
    part, parts = push.part
    return f'{members}"part":{part},"parts":{parts},' if parts > 1 else members


def _body(push: Push) -> str:
    content = push.content
    return "null" if content is None else _BODIES[type(content)](content, push.instrument)


def _shared_body(push: Push, bodies: dict[object, Any]) -> str:
    body: str | None = bodies.get(NativeEncoder)
    if body is None:
        body = bodies[NativeEncoder] = _body(push)
    return body


def _book(content: BookLevelsContent, instrument: Instrument) -> str:
    """Return ``{"bids":[["price","quantity"],…],"asks":[…]}``; quantity "0" removes a level."""
    places = instrument.price_places, instrument.qty_places
    return f'{{"bids":[{_listed(content.bids, *places)}],"asks":[{_listed(content.asks, *places)}]}}'


def _bbo(content: BboContent, instrument: Instrument) -> str:
    """Return ``{"bid":["price","quantity"],"ask":…}``, ``null`` for an empty side."""
    return f'{{"bid":{_level(content.bid, instrument)},"ask":{_level(content.ask, instrument)}}}'


def _trades(content: TradesContent, instrument: Instrument) -> str:
    """Return ``[{"price","quantity","side","trade_id","ts"},…]``, oldest first.

    ``side`` is the aggressor's; ``trade_id`` is ``<eseq>-<n>``.
    """
    price_places, qty_places = instrument.price_places, instrument.qty_places
    body = ",".join(
        f'{{"price":"{format_scaled(trade.price, price_places)}",'
        f'"quantity":"{format_scaled(trade.quantity, qty_places)}",'
        f'"side":"{SIDES[trade.aggressor_side]}",'
        f'"trade_id":"{trade.eseq}-{trade.n}","ts":{trade.transact_time}}}'
        for trade in content.trades
    )
    return f"[{body}]"


def _l3_orders(content: L3OrdersContent, instrument: Instrument) -> str:
    """Return ``{"bids":[["id","price","quantity"],…],"asks":[…]}``, in priority."""
    return f'{{"bids":[{_orders(content.bids, instrument)}],"asks":[{_orders(content.asks, instrument)}]}}'


def _l3_changes(content: L3ChangesContent, instrument: Instrument) -> str:
    """Return ``[{"action","id","side","price","quantity"},…]``, with ``executed`` in an ``execute``."""
    price_places, qty_places = instrument.price_places, instrument.qty_places
    changes = []
    for change in content.changes:
        executed = ""
        if change.executed:
            executed = f',"executed":"{format_scaled(change.executed, qty_places)}"'
        changes.append(
            f'{{"action":"{change.action}","id":"{change.id}","side":"{SIDES[change.side]}",'
            f'"price":"{format_scaled(change.price, price_places)}",'
            f'"quantity":"{format_scaled(change.quantity, qty_places)}"{executed}}}'
        )
    return f"[{','.join(changes)}]"


def _ticker(content: TickerContent, instrument: Instrument) -> str:
    """Return the last 24 hours; a price that there is none of is ``null``."""
    price_places, qty_places = instrument.price_places, instrument.qty_places
    prices = "".join(
        f'"{name}":{_price(price, price_places)},'
        for name, price in (
            ("open", content.open),
            ("high", content.high),
            ("low", content.low),
            ("last", content.last),
            ("change", content.change),
        )
    )
    return (
        f'{{{prices}"volume":"{format_scaled(content.volume, qty_places)}",'
        f'"turnover":"{format_scaled(content.turnover, price_places + qty_places)}",'
        f'"trades":{content.trades},'
        f'"bid":{_level(content.bid, instrument)},"ask":{_level(content.ask, instrument)}}}'
    )


def _candles(content: CandlesContent, instrument: Instrument) -> str:
    """Return ``[{"start","open","high","low","close","volume","turnover","trades","closed"},…]``.

    Oldest first; one that is not ``closed`` may change.
    """
    price_places, qty_places = instrument.price_places, instrument.qty_places
    newest = content.candles[-1] if content.is_open else None
    body = ",".join(
        f'{{"start":{candle.start},'
        f'"open":"{format_scaled(candle.open, price_places)}",'
        f'"high":"{format_scaled(candle.high, price_places)}",'
        f'"low":"{format_scaled(candle.low, price_places)}",'
        f'"close":"{format_scaled(candle.close, price_places)}",'
        f'"volume":"{format_scaled(candle.volume, qty_places)}",'
        f'"turnover":"{format_scaled(candle.turnover, price_places + qty_places)}",'
        f'"trades":{candle.trades},"closed":{"false" if candle is newest else "true"}}}'
        for candle in content.candles
    )
    return f"[{body}]"


def _status(content: StatusContent, instrument: Instrument) -> str:
    """Return ``{"symbol","status"}``."""
    return f'{{"symbol":"{instrument.symbol}","status":"{TRADING_STATUSES[content.status.status]}"}}'


def _instruments(content: InstrumentsContent, instrument: None) -> str:
    """Return a list of instruments, each as ``instruments`` returns it."""
    del instrument
    return orjson.dumps([instrument_object(*listed) for listed in content.instruments]).decode()


def _gap(content: GapContent, instrument: Instrument | None) -> str:
    """Return ``{"from","to"}``: what was missed comes after the one and ends with the other."""
    del instrument
    return f'{{"from":{content.from_seq},"to":{content.to_seq}}}'


# A content is of its key's type, and has an instrument where its function asks for one.
_BODIES: Final[dict[type, Callable[[Any, Any], str]]] = {
    BookLevelsContent: _book,
    BboContent: _bbo,
    TradesContent: _trades,
    L3OrdersContent: _l3_orders,
    L3ChangesContent: _l3_changes,
    TickerContent: _ticker,
    CandlesContent: _candles,
    StatusContent: _status,
    InstrumentsContent: _instruments,
    GapContent: _gap,
}


def _price(price: int | None, places: int) -> str:
    return "null" if price is None else f'"{format_scaled(price, places)}"'


def _level(level: PriceLevel | None, instrument: Instrument) -> str:
    if level is None:
        return "null"
    return _listed((level,), instrument.price_places, instrument.qty_places)


def _orders(orders: Sequence[L3Order], instrument: Instrument) -> str:
    return _listed(orders, instrument.price_places, instrument.qty_places)


def _listed(entries: Listed, price_places: int, qty_places: int) -> str:
    """Return levels, or orders, one after the other."""
    if len(entries) > MANY and type(entries) is list:
        told = listed_twin()(entries, price_places, qty_places)
        if told is not None:
            return told
    return plain_listed(entries, price_places, qty_places)


def plain_listed(entries: Listed, price_places: int, qty_places: int) -> str:
    """Return levels as ``["price","quantity"]``, orders with their number in front."""
    texts = [
        f'{format_scaled(entry[-2], price_places)}","{format_scaled(entry[-1], qty_places)}"]'
        for entry in entries
    ]
    if not entries or len(entries[0]) == _LEVEL_MEMBERS:
        return ",".join(['["' + text for text in texts])
    return ",".join([f'["{entry[0]}","{text}' for entry, text in zip(entries, texts, strict=True)])


@cache
def listed_twin() -> Callable[[list[Any], int, int], str | None]:
    """Return the compiled form of ``plain_listed``, which leaves some to it, where that is built."""
    if frame_twin() is frame:
        return plain_listed
    from gateway.dialects.native._usual_pushes import listed

    return listed
