"""Committed events of an earlier life: the state that publishing them leaves, without a push.

NOT here: the same events while somebody may follow (``publisher``, ``market``).
"""

from collections.abc import Iterable, Mapping, Sequence

from gateway.marketdata.market import Market
from gateway.marketdata.tally import MAX_PENDING
from gateway.model import BookDelta, Event, InstrumentStatus, Trade


def catch_up(markets: Mapping[str, Market], events: Sequence[Event]) -> None:
    """Apply ``events`` in ``eseq`` order, all events of a command in one call, while nobody follows a stream.

    One loop over all commands: a start comes through here some hundred thousand times.
    """
    eseq = ts = 0
    symbol = ""
    market: Market | None = None
    changed: dict[Market, None] = {}
    touched_best: dict[Market, None] = {}
    for event in events:
        if type(event) is BookDelta:
            if event.eseq != eseq:
                if touched_best:
                    _set_best(touched_best, eseq, ts)
                    touched_best.clear()
                eseq, ts = event.eseq, event.transact_time
            if market is None or event.symbol != symbol:
                symbol = event.symbol
                market = markets[symbol]
                changed[market] = None
            stream, deltas = market.book, market.deltas
            if stream.seq != eseq:
                stream.seq, stream.ts = eseq, ts
                stream.pushes += 1
                if ts > market.clock:
                    market.clock = ts
                if len(deltas.recent) >= deltas.pack_at:
                    deltas.pack()
            deltas.recent.append(event)
            if market.levels.apply(event):
                touched_best[market] = None
        elif type(event) is Trade:
            _add_trade(markets[event.symbol], event)
        elif type(event) is InstrumentStatus and event.symbol in markets:
            of = markets[event.symbol]
            of.new_status = event
            of.flush(event.eseq)
    _set_best(touched_best, eseq, ts)
    for of in changed:
        of.deltas.pack()


def _set_best(markets: Iterable[Market], eseq: int, ts: int) -> None:
    for market in markets:
        stream, best = market.bbo, market.levels.best()
        if best != stream.best:
            stream.best = best
            stream.advance(eseq, ts)


def _add_trade(market: Market, trade: Trade) -> None:
    """Take over one trade, as ``Market`` does those of a command."""
    eseq, ts = trade.eseq, trade.transact_time
    stream, past, tally = market.trades, market.past_trades, market.tally
    if stream.seq != eseq:
        stream.advance(eseq, ts)
    past.recent.append(trade)
    if len(past.recent) >= past.pack_at:
        past.pack()
    if ts < market.clock:
        tally.advance(market.clock)
    else:
        market.clock = ts
    pending = tally.pending
    pending.append(trade)
    if len(pending) > MAX_PENDING:
        tally.fold()
