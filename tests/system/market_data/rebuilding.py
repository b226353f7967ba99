"""What a client makes of the pushes of one public channel, written from the documentation only.

It believes nothing that it was not told: a push that does not follow the one before it is a violation unless
a gap, a conflated snapshot or a new subscription said so. NOT here: the connection (``follower``), and what
is true (``truth``).
"""

import zlib
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

Push = dict[str, Any]
View = tuple[Any, ...]
"""What a channel says, comparable: a book as two tuples of (price, quantity), best first."""

KEPT_TRADES: Final = 100
CHECKSUM_LEVELS: Final = 10


class ViolationError(AssertionError):
    """A push that breaks the documentation's promise."""


class Observation(NamedTuple):
    """What was rebuilt of ``channel`` when a push said that it is true up to ``eseq``."""

    channel: str
    eseq: int
    view: View


@dataclass
class Rebuilt:
    """The state of one channel, over all connections that follow it.

    ``is_known`` is false before the first snapshot and between a gap and the snapshot behind it. ``told``
    counts what has come by kind. ``places`` are the decimals of prices and quantities, for checksums.
    """

    channel: str
    places: tuple[int, int] = (8, 8)
    told: Counter[str] = field(default_factory=Counter)
    is_known: bool = False
    seq: int = 0
    eseq: int = 0
    epoch: str = ""
    gap_to: int | None = None
    may_conflate: bool = False
    bids: Any = field(default_factory=dict)
    asks: Any = field(default_factory=dict)
    trades: list[View] = field(default_factory=list)

    def forget(self) -> None:
        """Lose the state, as a client does that subscribes anew."""
        self.is_known = False
        self.gap_to = None

    def begin(self, *, mode: str) -> None:
        """A subscription begins: of an earlier one no gap is open any more."""
        self.may_conflate = mode != "every"
        if self.gap_to is not None:
            self.forget()

    def take(self, push: Push) -> Observation | None:
        """Apply a push; return what is known then. Raises ``ViolationError``."""
        kind, seq = push["type"], push["seq"]
        self.told[kind] += 1
        if kind == "snapshot":
            self._restate(push)
        elif kind == "gap":
            self._skip(push)
            return None
        elif kind == "heartbeat":
            if self.is_known and seq != self.seq:
                raise self._violation(f"heartbeat at {seq}", push)
        elif kind in {"delta", "event"}:
            self._follow(push)
        else:
            raise self._violation("unknown type", push)
        if not self.is_known:
            return None
        self.eseq = push["eseq"]
        if push.get("checksum") is not None:
            self.told["checksum"] += 1
            if push["checksum"] != self.checksum():
                raise self._violation(f"checksum, computed {self.checksum()}", push)
        return Observation(self.channel, push["eseq"], self.view())

    def view(self) -> View:
        """Return what is known."""
        kind = self.channel.partition(".")[0]
        if kind == "trades":
            return tuple(self.trades)
        if kind == "bbo":
            return (self.bids, self.asks)
        if kind == "l3":
            bids = sorted(self.bids.values(), key=lambda order: -order[0])  # stable: the queue is kept
            return tuple(bids), tuple(sorted(self.asks.values(), key=lambda order: order[0]))
        return tuple(sorted(self.bids.items(), reverse=True)), tuple(sorted(self.asks.items()))

    def checksum(self) -> int:
        """Return the CRC-32 of the best ten places: bid's price and quantity, ask's, as integers."""
        price_places, qty_places = self.places
        bids, asks = self.view()
        words: list[str] = []
        for place in range(CHECKSUM_LEVELS):
            for side in (bids, asks):
                for price, quantity in side[place : place + 1]:
                    words += [str(int(price.scaleb(price_places))), str(int(quantity.scaleb(qty_places)))]
        return zlib.crc32(":".join(words).encode())

    def _restate(self, push: Push) -> None:
        if "conflated" in push:
            self.told["conflated"] += 1
            if not self.may_conflate:
                raise self._violation("conflated for who wants every push", push)
        if self.gap_to is not None and push["seq"] < self.gap_to:
            raise self._violation(f"snapshot before the end of the gap, {self.gap_to}", push)
        stands_still = push["seq"] == self.seq and self.epoch == push.get("epoch", "")
        if self.is_known and not self.may_conflate and not stands_still:
            raise self._violation(f"snapshot without a gap after {self.seq}", push)
        if push["prev"] != 0:
            raise self._violation("prev of a snapshot is 0", push)
        self.is_known, self.gap_to = True, None
        self.seq, self.epoch = push["seq"], push.get("epoch", "")
        data, kind = push["data"], self.channel.partition(".")[0]
        if kind == "trades":
            self.trades = [_trade(entry) for entry in data]
        elif kind == "bbo":
            self.bids, self.asks = _level(data["bid"]), _level(data["ask"])
        elif kind == "l3":
            self.bids, self.asks = _orders(data["bids"]), _orders(data["asks"])
        else:
            self.bids, self.asks = _levels(data["bids"]), _levels(data["asks"])

    def _skip(self, push: Push) -> None:
        begin, end = push["data"]["from"], push["data"]["to"]
        if self.is_known and (begin != self.seq or end <= begin):
            raise self._violation(f"gap after {self.seq}", push)
        self.is_known, self.gap_to = False, end

    def _follow(self, push: Push) -> None:
        if not self.is_known:
            raise self._violation("a change of nothing known", push)
        if push["prev"] != self.seq or push["seq"] <= self.seq:
            raise self._violation(f"hole after {self.seq}", push)
        self.seq = push["seq"]
        data, kind = push["data"], self.channel.partition(".")[0]
        if kind == "trades":
            self.trades = [*self.trades, *map(_trade, data)][-KEPT_TRADES:]
        elif kind == "bbo":
            self.bids, self.asks = _level(data["bid"]), _level(data["ask"])
        elif kind == "l3":
            for change in data:
                self._follow_order(change, push)
        else:
            for book, changes in ((self.bids, data["bids"]), (self.asks, data["asks"])):
                for price, quantity in _levels(changes).items():
                    if quantity:
                        book[price] = quantity
                    elif book.pop(price, None) is None:
                        raise self._violation(f"removes the level {price}, which is not there", push)

    def _follow_order(self, change: dict[str, str], push: Push) -> None:
        orders = self.bids if change["side"] == "buy" else self.asks
        order, price, left = change["id"], Decimal(change["price"]), Decimal(change["quantity"])
        if (change["action"] == "add") == (order in orders):
            raise self._violation(f"{change['action']} of {order}", push)
        if change["action"] == "execute" and orders[order][1] - Decimal(change["executed"]) != left:
            raise self._violation(f"{order} had {orders[order][1]}", push)
        if left:
            orders[order] = (price, left)
        else:
            del orders[order]

    def _violation(self, what: str, push: Push) -> ViolationError:
        return ViolationError(f"{self.channel}: {what}: {push}")


def _level(pair: list[str] | None) -> View | None:
    return None if pair is None else (Decimal(pair[0]), Decimal(pair[1]))


def _levels(pairs: list[list[str]]) -> dict[Decimal, Decimal]:
    return {Decimal(price): Decimal(quantity) for price, quantity in pairs}


def _orders(entries: list[list[str]]) -> dict[str, View]:
    return {order: (Decimal(price), Decimal(quantity)) for order, price, quantity in entries}


def _trade(entry: dict[str, str]) -> View:
    return entry["trade_id"], entry["side"], Decimal(entry["price"]), Decimal(entry["quantity"])
