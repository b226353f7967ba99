"""Market data as WebSocket shows it: one framed push that all subscribers of a channel share.

Envelope: ``{"ch","type","seq","prev","eseq","ts","sent","data"}``. Symbols and channels come from the
configuration and need no escaping in JSON.
"""

from collections.abc import Callable, Sequence
from typing import Final

from gateway.dialects.native.ws_replies import SIDES, TRADING_STATUSES
from gateway.model import Instrument, InstrumentStatus, Trade, format_scaled
from gateway.ports import BookLevels, Position
from protocols.ws.frames import text_frame

_PUSH: Final = '{"ch":"%s","type":"%s","seq":%d,"prev":%d,"eseq":%d,"ts":%d,"sent":%d,"data":%s}'


class NativeEncoder:
    """Encodes market data pushes of the native API (``gateway.ports.MarketDataEncoder``).

    ``clock`` gives the time of encoding, UTC ns.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock

    def book(
        self,
        channel: str,
        kind: str,
        instrument: Instrument,
        position: Position,
        bids: BookLevels,
        asks: BookLevels,
    ) -> bytes:
        """Encode ``{"bids":[["price","quantity"],…],"asks":[…]}``; quantity "0" removes a level."""
        places = instrument.price_places, instrument.qty_places
        body = f'{{"bids":[{_levels(bids, *places)}],"asks":[{_levels(asks, *places)}]}}'
        return self._push(channel, kind, position, body)

    def bbo(
        self,
        channel: str,
        kind: str,
        instrument: Instrument,
        position: Position,
        bid: tuple[int, int] | None,
        ask: tuple[int, int] | None,
    ) -> bytes:
        """Encode ``{"bid":["price","quantity"],"ask":…}``, ``null`` for an empty side."""
        places = instrument.price_places, instrument.qty_places
        best_bid = "null" if bid is None else _levels((bid,), *places)
        best_ask = "null" if ask is None else _levels((ask,), *places)
        return self._push(channel, kind, position, f'{{"bid":{best_bid},"ask":{best_ask}}}')

    def trades(
        self,
        channel: str,
        kind: str,
        instrument: Instrument,
        position: Position,
        trades: Sequence[Trade],
    ) -> bytes:
        """Encode ``[{"price","quantity","side","trade_id","ts"},…]``, oldest first.

        ``side`` is the aggressor's; ``trade_id`` is ``<eseq>-<n>``.
        """
        price_places, qty_places = instrument.price_places, instrument.qty_places
        body = ",".join(
            f'{{"price":"{format_scaled(trade.price, price_places)}",'
            f'"quantity":"{format_scaled(trade.quantity, qty_places)}",'
            f'"side":"{SIDES[trade.aggressor_side]}",'
            f'"trade_id":"{trade.eseq}-{trade.n}","ts":{trade.transact_time}}}'
            for trade in trades
        )
        return self._push(channel, kind, position, f"[{body}]")

    def status(self, channel: str, kind: str, position: Position, status: InstrumentStatus) -> bytes:
        """Encode ``{"symbol","status"}``."""
        body = f'{{"symbol":"{status.symbol}","status":"{TRADING_STATUSES[status.status]}"}}'
        return self._push(channel, kind, position, body)

    def _push(self, channel: str, kind: str, position: Position, body: str) -> bytes:
        seq, prev, eseq, ts = position
        payload = _PUSH % (channel, kind, seq, prev, eseq, ts, self._clock(), body)
        return text_frame(payload.encode("ascii"))


def _levels(levels: BookLevels, price_places: int, qty_places: int) -> str:
    return ",".join(
        [
            f'["{format_scaled(price, price_places)}","{format_scaled(quantity, qty_places)}"]'
            for price, quantity in levels
        ]
    )
