"""What the public feed must show: the trades and books of the fills, whole while connected, and no more."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from tests.system.chaos.ledger import Ledger, Level, Trade, Violation
from tests.system.chaos.records import ZERO, Push, Span

SNAPSHOT_TRADES = 100

Levels = dict[Level, Decimal]


def audit_public(spans: Sequence[Span], ledger: Ledger) -> Iterator[Violation]:
    """Yield what is wrong with the subscriptions of the trades and books."""
    by_symbol: dict[str, list[Trade]] = defaultdict(list)
    for trade in ledger.trades:
        by_symbol[trade.symbol].append(trade)
    books: dict[str, list[Push]] = defaultdict(list)
    for span in spans:
        yield from _audit_chain(span)
        if span.channel.startswith("trades."):
            yield from _audit_trades(span, by_symbol[span.symbol])
        else:
            yield from _audit_crossing(span)
            books[span.symbol] += span.pushes
    for symbol, pushes in books.items():
        yield from _audit_levels(symbol, pushes, ledger)
    yield from _audit_end(spans, by_symbol, ledger)


def _audit_chain(span: Span) -> Iterator[Violation]:
    first, *following = span.pushes
    if first["type"] != "snapshot":
        yield Violation("no snapshot first", f"{first}")
    last = first["seq"]
    for push in following:
        if push["prev"] != last or push["seq"] <= last:
            text = f"{span.channel}: seq {push['seq']}, prev {push['prev']} after {last}"
            yield Violation("public push missing", text)
        last = push["seq"]


def _audit_trades(span: Span, trades: Sequence[Trade]) -> Iterator[Violation]:
    first, *following = span.pushes
    begin, end = first["seq"], span.pushes[-1]["seq"]
    expected = [trade for trade in trades if trade.eseq <= begin][-SNAPSHOT_TRADES:]
    yield from _compare(span, f"snapshot at {begin}", _public_trades(span, [first]), expected)
    connected = [trade for trade in trades if begin < trade.eseq <= end]
    yield from _compare(span, f"events {begin} to {end}", _public_trades(span, following), connected)


def _public_trades(span: Span, pushes: Sequence[Push]) -> list[Trade]:
    return [
        Trade(
            int(entry["trade_id"].partition("-")[0]),
            entry["trade_id"],
            span.symbol,
            entry["side"],
            Decimal(entry["price"]),
            Decimal(entry["quantity"]),
        )
        for push in pushes
        for entry in push["data"]
    ]


def _compare(span: Span, what: str, seen: list[Trade], expected: list[Trade]) -> Iterator[Violation]:
    for trade in sorted(set(seen) - set(expected)):
        yield Violation("public trade without fills", f"{span.channel} {what}: {trade}")
    for trade in sorted(set(expected) - set(seen)):
        yield Violation("fills without public trade", f"{span.channel} {what}: {trade}")
    if len(seen) != len(set(seen)):
        yield Violation("public trade twice", f"{span.channel} {what}")


def _audit_end(spans: Sequence[Span], trades: dict[str, list[Trade]], ledger: Ledger) -> Iterator[Violation]:
    """The last snapshot of a channel, taken when all was quiet, is where the followed one has come to."""
    by_channel: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_channel[span.channel].append(span)
    for channel, (*followed, last) in by_channel.items():
        snapshot = last.pushes[0]
        if not followed or followed[-1].pushes[-1]["seq"] != snapshot["seq"]:
            come_to = followed[-1].pushes[-1]["seq"] if followed else None
            yield Violation("end of the feed", f"{channel} came to {come_to}, ends at {snapshot['seq']}")
        if channel.startswith("trades."):
            yield from _compare(
                last, "in the end", _public_trades(last, [snapshot]), trades[last.symbol][-SNAPSHOT_TRADES:]
            )
            continue
        book: Levels = defaultdict(lambda: ZERO)
        for change in ledger.level_changes[last.symbol]:
            book[change.level] += change.quantity
        worked_out = {level: quantity for level, quantity in book.items() if quantity}
        if worked_out != _levels(snapshot):
            text = f"{channel} in the end: said {_levels(snapshot)}, worked out {worked_out}"
            yield Violation("public book and orders differ", text)


def _audit_crossing(span: Span) -> Iterator[Violation]:
    """Follow the book as the documentation says: it is never crossed."""
    book: Levels = {}
    for push in span.pushes:
        _apply(book, push)
        bids = [level.price for level in book if level.side == "buy"]
        asks = [level.price for level in book if level.side == "sell"]
        if bids and asks and max(bids) >= min(asks):
            yield Violation("book crossed", f"{span.channel} at {push['seq']}: {max(bids)}, {min(asks)}")


def _apply(book: Levels, push: Push) -> None:
    if push["type"] == "snapshot":
        book.clear()
    for level, quantity in _levels(push).items():
        if quantity:
            book[level] = quantity
        else:
            book.pop(level, None)


def _levels(push: Push) -> Levels:
    return {
        Level(side, Decimal(price)): Decimal(quantity)
        for side, entries in (("buy", push["data"]["bids"]), ("sell", push["data"]["asks"]))
        for price, quantity in entries
    }


def _audit_levels(symbol: str, pushes: list[Push], ledger: Ledger) -> Iterator[Violation]:
    """Each push says of the levels that it names what the orders' executions up to it make of them."""
    changes = iter(ledger.level_changes[symbol])
    change = next(changes, None)
    book: Levels = defaultdict(lambda: ZERO)
    for push in sorted(pushes, key=lambda push: int(push["seq"])):
        while change is not None and change.eseq <= push["seq"]:
            book[change.level] += change.quantity
            change = next(changes, None)
        said = _levels(push)
        if push["type"] == "snapshot":
            worked_out = {level: quantity for level, quantity in book.items() if quantity}
        else:
            worked_out = {level: book[level] for level in said}
        if said != worked_out:
            text = f"{symbol} at {push['seq']}: said {said}, worked out {worked_out}"
            yield Violation("public book and orders differ", text)
