"""Take over what nearly every command does to a market, compiled: trades, a changed book, other best prices.

It does to the markets and their streams what ``publisher`` and ``market`` do in plain Python, and says the same;
what is rare it leaves to them. NOT here: books order by order (``l3``), ticker and candles, statuses.
"""

from bisect import bisect_left, insort

from gateway.marketdata._publishing cimport Publishing
from gateway.marketdata._telling cimport advance, pair, pushed, single, tell
from gateway.marketdata._viewing cimport follow
from gateway.model._slots cimport get, put, slot

from gateway.marketdata.book import Book
from gateway.marketdata.book_streams import BboStream, changed_levels
from gateway.marketdata.market import Market
from gateway.marketdata.raw_ring import RawRing
from gateway.marketdata.stream import Imprint, Stream
from gateway.marketdata.tally import MAX_PENDING, Tally
from gateway.model import BookDelta, InstrumentStatus, OrderAccepted, OrderCanceled, OrderFilled, Side, Trade
from gateway.ports.market_data import DELTA, EVENT, BboContent, BookLevelsContent, TradesContent

cdef object _BookDelta = BookDelta, _Trade = Trade, _InstrumentStatus = InstrumentStatus
cdef object _OrderAccepted = OrderAccepted, _OrderCanceled = OrderCanceled, _OrderFilled = OrderFilled
cdef object _BboContent = BboContent, _TradesContent = TradesContent, _BookLevelsContent = BookLevelsContent
cdef object _DELTA = DELTA, _EVENT = EVENT, BUY = Side.BUY
cdef object _changed_levels = changed_levels, _insort = insort, _bisect_left = bisect_left
cdef Py_ssize_t MOST_PENDING = MAX_PENDING

cdef Py_ssize_t DELTA_ESEQ = slot(BookDelta, "eseq"), DELTA_TIME = slot(BookDelta, "transact_time")
cdef Py_ssize_t DELTA_SYMBOL = slot(BookDelta, "symbol"), DELTA_SIDE = slot(BookDelta, "side")
cdef Py_ssize_t DELTA_PRICE = slot(BookDelta, "price"), DELTA_QUANTITY = slot(BookDelta, "quantity")
cdef Py_ssize_t TRADE_ESEQ = slot(Trade, "eseq"), TRADE_TIME = slot(Trade, "transact_time")
cdef Py_ssize_t TRADE_SYMBOL = slot(Trade, "symbol")
cdef Py_ssize_t ACCEPTED_ESEQ = slot(OrderAccepted, "eseq"), FILLED_ESEQ = slot(OrderFilled, "eseq")
cdef Py_ssize_t CANCELED_ESEQ = slot(OrderCanceled, "eseq")

cdef Py_ssize_t IMPRINT_ESEQ = slot(Imprint, "eseq"), PUBLISH = slot(Imprint, "publish")
cdef Py_ssize_t IMPRINT = slot(Stream, "imprint"), MEMBERS = slot(Stream, "members")
cdef Py_ssize_t STREAM_RING = slot(Stream, "ring"), BEST = slot(BboStream, "best")

cdef Py_ssize_t CHANGES = slot(Market, "changes"), NEW_TRADES = slot(Market, "new_trades")
cdef Py_ssize_t NEW_STATUS = slot(Market, "new_status"), SUMMARIES = slot(Market, "summaries")
cdef Py_ssize_t CLOCK = slot(Market, "clock"), LEVELS = slot(Market, "levels")
cdef Py_ssize_t DELTAS = slot(Market, "deltas"), PAST_TRADES = slot(Market, "past_trades")
cdef Py_ssize_t BOOK = slot(Market, "book"), BBO = slot(Market, "bbo"), TRADES = slot(Market, "trades")
cdef Py_ssize_t VIEWS = slot(Market, "views"), TIMED = slot(Market, "timed"), TALLY = slot(Market, "tally")
cdef Py_ssize_t GROUPINGS = slot(Market, "groupings")
cdef Py_ssize_t PENDING = slot(Tally, "pending")
cdef Py_ssize_t RECENT = slot(RawRing, "recent"), PACK_AT = slot(RawRing, "pack_at")

cdef Py_ssize_t BIDS = slot(Book, "_bids"), ASKS = slot(Book, "_asks")
cdef Py_ssize_t BID_KEYS = slot(Book, "_bid_keys"), ASK_KEYS = slot(Book, "_ask_keys")


cdef class Applying:
    """Applies events to the publisher's markets, and has their pushes joined.

    While somebody follows a book order by order, ``in_order`` does it: ``Publisher.apply`` in plain Python.
    """

    cdef dict markets
    cdef object imprint, catalog, in_order
    cdef Publishing joining

    def __init__(self, dict markets not None, imprint, catalog, Publishing joining not None, in_order):
        self.markets = markets
        self.imprint = imprint
        self.catalog = catalog
        self.joining = joining
        self.in_order = in_order

    def apply(self, events):
        """Do what ``Publisher.apply`` does."""
        l3 = self.catalog.l3
        if l3 is not None and l3.streams:
            self.in_order(events)
            return
        self.joining.begin()
        try:
            self.take(<list>events if type(events) is list else list(events))
        finally:
            self.joining.end()

    cdef int take(self, list events) except -1:
        """Apply ``events`` while nobody follows a book order by order."""
        cdef list dirty = []
        imprint = self.imprint
        last = get(imprint, IMPRINT_ESEQ)
        for event in events:
            kind = type(event)
            if kind is _BookDelta:
                eseq = get(event, DELTA_ESEQ)
            elif kind is _Trade:
                eseq = get(event, TRADE_ESEQ)
            elif kind is _OrderAccepted:
                eseq = get(event, ACCEPTED_ESEQ)
            elif kind is _OrderFilled:
                eseq = get(event, FILLED_ESEQ)
            elif kind is _OrderCanceled:
                eseq = get(event, CANCELED_ESEQ)
            else:
                eseq = event.eseq
            if eseq is not last and eseq != last:
                if len(dirty):
                    for market in dirty:
                        flush(market, last)
                    dirty.clear()
                put(imprint, IMPRINT_ESEQ, last)
                last = eseq
            if kind is _BookDelta:
                market = self.markets[get(event, DELTA_SYMBOL)]
                (<list>get(market, CHANGES)).append(event)
            elif kind is _Trade:
                market = self.markets[get(event, TRADE_SYMBOL)]
                (<list>get(market, NEW_TRADES)).append(event)
            elif kind is _InstrumentStatus and event.symbol in self.markets:
                market = self.markets[event.symbol]
                put(market, NEW_STATUS, event)
            else:
                continue
            if not is_among(dirty, market):
                dirty.append(market)
        for market in dirty:
            flush(market, last)
        put(imprint, IMPRINT_ESEQ, last)
        return 0


cdef bint is_among(list markets, market):
    for other in markets:
        if other is market:
            return True
    return False


cdef int flush(market, eseq) except -1:
    """Do what ``Market.flush`` does."""
    cdef list trades = get(market, NEW_TRADES), changes = get(market, CHANGES)
    if len(trades):
        put(market, NEW_TRADES, [])
        add_trades(market, trades, eseq)
    if len(changes):
        put(market, CHANGES, [])
        change_book(market, changes, eseq)
    if len(<list>get(market, SUMMARIES)) and (len(trades) or len(changes)):
        market._sum_up(trades, eseq)
    status = get(market, NEW_STATUS)
    if status is not None:
        market._set_status(status)
    return 0


cdef int add_trades(market, list trades, eseq) except -1:
    stream = get(market, TRADES)
    ts = get(trades[len(trades) - 1], TRADE_TIME)
    prev = advance(stream, eseq, ts)
    remember(get(market, PAST_TRADES), trades)
    tally, clock = get(market, TALLY), get(market, CLOCK)
    if ts < clock:
        # Stamps may step back. Candles and ticker do not: such trades count in what runs now.
        tally.advance(clock)
    else:
        put(market, CLOCK, ts)
    cdef list pending = get(tally, PENDING)
    pending += trades
    if len(pending) > MOST_PENDING and not len(<list>get(market, SUMMARIES)):
        tally.fold()
    if <dict>get(stream, MEMBERS):
        # Each has the list to itself: it is not the market's any more.
        push = pushed(stream, _EVENT, single(_TradesContent, trades), eseq, prev, eseq, ts)
        get(get(stream, IMPRINT), PUBLISH)(stream, push)
    return 0


cdef int change_book(market, list changes, eseq) except -1:
    cdef bint is_best = False
    stream, book = get(market, BOOK), get(market, LEVELS)
    ts = get(changes[len(changes) - 1], DELTA_TIME)
    prev = advance(stream, eseq, ts)
    remember(get(market, DELTAS), changes)
    if ts > get(market, CLOCK):
        put(market, CLOCK, ts)
    for change in changes:
        if set_level(book, change):
            is_best = True
    groupings = get(market, GROUPINGS)
    if groupings is not None:
        groupings.note(changes)
    if <dict>get(stream, MEMBERS):
        push = pushed(stream, _DELTA, levels_of(changes), eseq, prev, eseq, ts)
        get(get(stream, IMPRINT), PUBLISH)(stream, push)
    for view in <list>get(market, VIEWS):
        follow(view, changes, eseq, ts)
    cdef dict timed = get(market, TIMED)
    if timed:
        for group in timed.values():
            group.note(changes)
    if is_best:
        set_best(get(market, BBO), book, eseq, ts)
    return 0


cdef object levels_of(list changes):
    """Do what ``changed_levels`` does."""
    cdef list bids = [], asks = []
    cdef bint is_bid
    for change in changes:
        is_bid = get(change, DELTA_SIDE) is BUY
        if len(bids if is_bid else asks):
            # Which levels come more than once, and their order, are seen to there.
            return _changed_levels(changes)
        (bids if is_bid else asks).append((get(change, DELTA_PRICE), get(change, DELTA_QUANTITY)))
    return pair(_BookLevelsContent, bids, asks)


cdef int remember(ring, list changes) except -1:
    cdef list recent = get(ring, RECENT)
    if len(changes) == 1:
        recent.append(changes[0])
    else:
        recent += changes
    if len(recent) >= <Py_ssize_t>get(ring, PACK_AT):
        ring.pack()
    return 0


cdef bint set_level(book, change) except -1:
    """Do what ``Book.apply`` does."""
    cdef dict levels
    cdef list keys
    cdef bint is_best
    price, quantity = get(change, DELTA_PRICE), get(change, DELTA_QUANTITY)
    if get(change, DELTA_SIDE) is BUY:
        levels, keys, key = get(book, BIDS), get(book, BID_KEYS), price
    else:
        levels, keys, key = get(book, ASKS), get(book, ASK_KEYS), -price
    is_best = not len(keys) or key >= keys[len(keys) - 1]
    if quantity:
        if price not in levels:
            if is_best:
                keys.append(key)
            else:
                _insort(keys, key)
        levels[price] = quantity
    elif levels.pop(price, 0):
        if is_best:
            keys.pop()
        else:
            del keys[_bisect_left(keys, key)]
    return is_best


cdef int set_best(stream, book, eseq, ts) except -1:
    """Compare the best prices with those that are known, and tell them if they are others."""
    cdef list bid_keys = get(book, BID_KEYS), ask_keys = get(book, ASK_KEYS)
    cdef tuple known = get(stream, BEST)
    bid = ask = None
    if len(bid_keys):
        price = bid_keys[len(bid_keys) - 1]
        bid = level_of(known[0], price, (<dict>get(book, BIDS))[price])
    if len(ask_keys):
        price = -ask_keys[len(ask_keys) - 1]
        ask = level_of(known[1], price, (<dict>get(book, ASKS))[price])
    if bid is known[0] and ask is known[1]:
        return 0
    put(stream, BEST, (bid, ask))
    if <dict>get(stream, MEMBERS) or get(stream, STREAM_RING) is not None:
        tell(stream, _EVENT, eseq, eseq, ts, pair(_BboContent, bid, ask), 1)
    else:
        advance(stream, eseq, ts)
    return 0


cdef object level_of(known, price, quantity):
    """Return ``known`` if it is that level, else the level."""
    if known is not None and (<tuple>known)[0] == price and (<tuple>known)[1] == quantity:
        return known
    return price, quantity
