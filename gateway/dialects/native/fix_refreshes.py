"""Market data as FIX says it: W, X and f, encoded once for all sessions that speak alike.

What sessions share is a frame: lines, which a subscription puts together as it asked (one side or both, its
MDReqID). ``FixRefreshEncoder`` makes frames, the functions below make bodies of them; header and trailer are
the session's. QuoteEntryID(299) of each entry is the engine sequence: of the book's last change, or the
trade's ``<eseq>-<n>``. FIX.5.0SP2 has it as ApplSeqNum(1181) besides, with that of the X before it in
ApplLastSeqNum(1350) of X. NOT here: requests (``fix_market_data``), who receives what (``gateway.net``).
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeAlias

from gateway.dialects.native.fix_market_data import Wanted
from gateway.model import Instrument, Side, Trade, TradingStatus, encode_scaled
from gateway.ports.market_data import (
    EVENT,
    SNAPSHOT,
    BookLevels,
    BookLevelsContent,
    Position,
    Push,
    StatusContent,
    TradesContent,
)
from protocols.fix.timestamps import utc_text

Lines: TypeAlias = list[bytes]

BOOK: Final = b"book"
BOOK_CHANGES: Final = b"book changes"
TRADES: Final = b"trades"
NEW_TRADES: Final = b"new trades"
STATUS: Final = b"status"

TRADING_STATUSES: Final = {
    TradingStatus.OPEN: b"17",
    TradingStatus.CANCEL_ONLY: b"18",
    TradingStatus.HALTED: b"2",
}
"""SecurityTradingStatus(326): ready to trade, not available for trading, trading halt."""

_FIXT: Final = b"FIXT.1.1"
_AGGRESSORS: Final = {Side.BUY: b"1", Side.SELL: b"2"}


class _Told(NamedTuple):
    """What the X after it goes on from: the levels of a book, and how often it was told of."""

    seq: int
    bids: set[int]
    asks: set[int]
    rpt_seq: int


class FixRefreshEncoder:
    """Encodes pushes for all sessions of a version with the same ``extra_tags`` (``PushEncoder``).

    It remembers which levels each book channel has shown, one book for each, since X tells a level that is
    new from one that is changed: the pushes of a channel must come in order, a snapshot before its deltas.
    ``clock`` gives UTC ns, for a book that never changed.
    """

    def __init__(self, begin_string: bytes, *, extra_tags: bool, clock: Callable[[], int]) -> None:
        self._is_fixt = begin_string == _FIXT
        self._extra_tags = extra_tags
        self._has_rpt_seq = self._is_fixt or extra_tags
        self._clock = clock
        self._books: dict[str, _Told] = {}
        self._trades: dict[str, int] = {}

    def encode(self, push: Push) -> bytes:
        """Return the frame of a push; empty for what FIX has no word for (heartbeats)."""
        content, instrument = push.content, push.instrument
        if instrument is None:
            return b""
        if isinstance(content, BookLevelsContent):
            if push.type == SNAPSHOT:
                lines = self._book(push, content, instrument)
            else:
                lines = self._changes(push, content, instrument)
        elif isinstance(content, TradesContent):
            lines = self._of_trades(push, content, instrument)
        elif isinstance(content, StatusContent):
            lines = self._status(push, content, instrument)
        else:
            return b""
        return b"\n".join(lines)

    def _book(self, push: Push, content: BookLevelsContent, instrument: Instrument) -> Lines:
        told = self._books.get(push.channel)
        told = _Told(
            push.position.seq,
            {price for price, _ in content.bids},
            {price for price, _ in content.asks},
            0 if told is None else told.rpt_seq,
        )
        self._books[push.channel] = told
        end = self._entry_end(b"%d" % push.position.seq, told.rpt_seq)
        lines = [BOOK, self._full_head(push.position, instrument), self._tail(push.position)]
        for code, levels in ((b"0", content.bids), (b"1", content.asks)):
            if levels:
                lines += (b"%d" % len(levels), _levels(b"269=%b\x01" % code, levels, instrument, end))
            else:
                # A group needs an entry, and an empty side is news too.
                lines += (b"1", b"269=%b\x01270=0\x01271=0\x01%b" % (code, end))
        return lines

    def _changes(self, push: Push, content: BookLevelsContent, instrument: Instrument) -> Lines:
        position = push.position
        told = self._books.get(push.channel)
        if told is None or told.seq != position.prev:
            told = _Told(position.prev, set(), set(), 0 if told is None else told.rpt_seq)
        told = told._replace(seq=position.seq, rpt_seq=told.rpt_seq + 1)
        self._books[push.channel] = told
        end = self._entry_end(b"%d" % position.seq, told.rpt_seq)
        lines = [BOOK_CHANGES, self._change_head(position), self._tail(position)]
        for code, known, levels in ((b"0", told.bids, content.bids), (b"1", told.asks, content.asks)):
            head = b"269=%b\x0155=%b\x01" % (code, instrument.symbol.encode("ascii"))
            lines += (b"%d" % len(levels), _changes(head, known, levels, instrument, end))
        return lines

    def _of_trades(self, push: Push, content: TradesContent, instrument: Instrument) -> Lines:
        position = push.position
        is_new = push.type == EVENT
        rpt_seq = self._trades[push.channel] = self._trades.get(push.channel, 0) + is_new
        lines = [
            NEW_TRADES if is_new else TRADES,
            self._full_head(position, instrument),
            self._tail(position),
            self._change_head(position),
        ]
        symbol = b"55=%b\x01" % instrument.symbol.encode("ascii")
        for trade in content.trades:
            trade_id = b"%d-%d" % (trade.eseq, trade.n)
            names = b"278=%b\x01" % trade_id
            rest = self._trade(trade, trade_id, instrument, rpt_seq)
            full = b"269=2\x01%b%b" % (names if self._is_fixt else b"", rest)
            lines.append(
                b"%d\t%d\t%b\t279=0\x01269=2\x01%b%b%b" % (trade.eseq, trade.n, full, names, symbol, rest)
            )
        if not content.trades:
            end = self._entry_end(b"%d" % position.seq, rpt_seq)
            lines.append(b"0\t0\t269=2\x01270=0\x01271=0\x01%b\t" % end)
        return lines

    def _trade(self, trade: Trade, trade_id: bytes, instrument: Instrument, rpt_seq: int) -> bytes:
        date, _, time = utc_text(trade.transact_time).partition(b"-")
        return b"270=%b\x01271=%b\x01272=%b\x01273=%b\x01%b" % (
            encode_scaled(trade.price, instrument.price_places),
            encode_scaled(trade.quantity, instrument.qty_places),
            date,
            time,
            self._entry_end(
                trade_id,
                rpt_seq,
                trade_id=b"1003=%b\x01" % trade_id if self._is_fixt else b"",
                aggressor=b"2446=%b\x01" % _AGGRESSORS[trade.aggressor_side] if self._extra_tags else b"",
            ),
        )

    def _status(self, push: Push, content: StatusContent, instrument: Instrument) -> Lines:
        seq, _, eseq, ts = push.position
        return [
            STATUS,
            b"Y" if push.type == EVENT else b"",
            b"%b55=%b\x01326=%b\x01%b%b"
            % (
                b"1181=%d\x01" % seq if self._is_fixt and seq else b"",
                instrument.symbol.encode("ascii"),
                TRADING_STATUSES[content.status.status],
                b"60=%b\x01" % utc_text(ts) if ts else b"",
                b"20010=%d\x01" % eseq if self._extra_tags else b"",
            ),
        ]

    def _full_head(self, position: Position, instrument: Instrument) -> bytes:
        symbol = b"55=%b\x01" % instrument.symbol.encode("ascii")
        if not self._is_fixt:
            return symbol
        return b"1181=%d\x01%b779=%b\x01" % (position.seq, symbol, utc_text(position.ts or self._clock()))

    def _change_head(self, position: Position) -> bytes:
        return b"1181=%d\x011350=%d\x01" % position[:2] if self._is_fixt else b""

    def _tail(self, position: Position) -> bytes:
        if not self._extra_tags:
            return b""
        return b"20010=%d\x0120011=%d\x01" % (position.eseq, position.ts)

    def _entry_end(
        self, quote_entry_id: bytes, rpt_seq: int, trade_id: bytes = b"", aggressor: bytes = b""
    ) -> bytes:
        """Return the fields that end an entry, in the order of the dictionaries."""
        count = b"83=%d\x01" % rpt_seq if self._has_rpt_seq else b""
        return b"299=%b\x01%b%b%b" % (quote_entry_id, trade_id, count, aggressor)


def _levels(head: bytes, levels: BookLevels, instrument: Instrument, end: bytes) -> bytes:
    price_places, qty_places = instrument.price_places, instrument.qty_places
    return b"".join(
        [
            b"%b270=%b\x01271=%b\x01%b"
            % (head, encode_scaled(price, price_places), encode_scaled(quantity, qty_places), end)
            for price, quantity in levels
        ]
    )


def _changes(head: bytes, known: set[int], levels: BookLevels, instrument: Instrument, end: bytes) -> bytes:
    """Return the entries of one side; ``known``, the levels shown before, becomes those shown after."""
    price_places, qty_places = instrument.price_places, instrument.qty_places
    entries = []
    for price, quantity in levels:
        shown = encode_scaled(price, price_places)
        if not quantity:
            known.discard(price)
            entries.append(b"279=2\x01%b270=%b\x01%b" % (head, shown, end))
            continue
        action = b"1" if price in known else b"0"
        known.add(price)
        size = encode_scaled(quantity, qty_places)
        entries.append(b"279=%b\x01%b270=%b\x01271=%b\x01%b" % (action, head, shown, size, end))
    return b"".join(entries)


# ---- bodies, from frames and what one subscription wants


def lines_of(frame: bytes) -> Lines:
    """Return the lines of a frame; the first is its kind."""
    return frame.split(b"\n")


def full_refresh(md_req_id: bytes, wanted: Wanted, book: Lines | None, trades: Lines | None) -> bytes:
    """Return the body of W with the book, the trades, or both, each of which is given where it is wanted."""
    first = book if book is not None else trades
    if first is None:
        raise ValueError("a refresh of nothing")
    entries: list[bytes] = []
    count = 0
    if book is not None:
        count = _add_sides(entries, wanted, book)
    for line in [] if trades is None else trades[4:]:
        eseq, _, entry, _ = line.split(b"\t")
        if eseq != b"0" or not count:
            entries.append(entry)
            count += 1
    return b"262=%b\x01%b268=%d\x01%b%b" % (md_req_id, first[1], count, b"".join(entries), first[2])


def incremental_refresh(md_req_id: bytes, wanted: Wanted, changes: Lines) -> bytes | None:
    """Return the body of X with what changed in the book; ``None`` when nothing of it is wanted."""
    entries: list[bytes] = []
    count = _add_sides(entries, wanted, changes)
    if not count:
        return None
    return b"262=%b\x01%b268=%d\x01%b%b" % (md_req_id, changes[1], count, b"".join(entries), changes[2])


def trades_refresh(md_req_id: bytes, trades: Lines, after: tuple[int, int]) -> bytes | None:
    """Return the body of X with the trades behind ``after``, (eseq, n); ``None`` when there are none."""
    entries = [entry for trade_id, entry in _trades(trades) if trade_id > after]
    if not entries:
        return None
    return b"262=%b\x01%b268=%d\x01%b%b" % (md_req_id, trades[3], len(entries), b"".join(entries), trades[2])


def last_trade(trades: Lines) -> tuple[int, int]:
    """Return (eseq, n) of the newest trade in a frame, (0, 0) for none."""
    eseq, n, _ = trades[-1].split(b"\t", 2)
    return int(eseq), int(n)


def security_status(security_status_req_id: bytes, status: Lines) -> bytes:
    """Return the body of SecurityStatus(f)."""
    unsolicited = b"325=Y\x01" if status[1] else b""
    return b"324=%b\x01%b%b" % (security_status_req_id, unsolicited, status[2])


def _add_sides(entries: list[bytes], wanted: Wanted, book: Lines) -> int:
    """Add the entries of the wanted sides; return how many."""
    count = 0
    if wanted.bids:
        count += int(book[3])
        entries.append(book[4])
    if wanted.offers:
        count += int(book[5])
        entries.append(book[6])
    return count


def _trades(trades: Lines) -> Iterable[tuple[tuple[int, int], bytes]]:
    for line in trades[4:]:
        eseq, n, _, entry = line.split(b"\t")
        yield (int(eseq), int(n)), entry
