"""Look at a book to a depth after a command, compiled: what ``ViewStream.follow`` does.

NOT here: grouped prices, checksums, ticks (``view_streams``).
"""

from gateway.marketdata._telling cimport pair, tell
from gateway.model._slots cimport get, put, slot

from gateway.marketdata.book import Book
from gateway.marketdata.depth import ABOVE_ALL as _ABOVE_ALL, BELOW_ALL as _BELOW_ALL, DepthView, Window
from gateway.marketdata.view_streams import ViewStream
from gateway.model import BookDelta, Side
from gateway.ports.market_data import DELTA, BookLevelsContent

cdef object _BookLevelsContent = BookLevelsContent, _DELTA = DELTA, _ViewStream = ViewStream
cdef object BUY = Side.BUY, ABOVE_ALL = _ABOVE_ALL, BELOW_ALL = _BELOW_ALL

cdef Py_ssize_t SIDE = slot(BookDelta, "side"), PRICE = slot(BookDelta, "price")
cdef Py_ssize_t BOOK_BIDS = slot(Book, "_bids"), BOOK_ASKS = slot(Book, "_asks")
cdef Py_ssize_t BID_KEYS = slot(Book, "_bid_keys"), ASK_KEYS = slot(Book, "_ask_keys")
cdef Py_ssize_t BOOK = slot(ViewStream, "_book"), CHECKED = slot(ViewStream, "is_checked")
cdef Py_ssize_t VIEW = slot(ViewStream, "_view"), GROUPING = slot(ViewStream, "_grouping")
cdef Py_ssize_t BIDS = slot(DepthView, "_bids"), ASKS = slot(DepthView, "_asks")
cdef Py_ssize_t DEPTH = slot(Window, "depth"), FLOOR = slot(Window, "floor")
cdef Py_ssize_t SHOWN = slot(Window, "shown"), SIGN = slot(Window, "sign")


cdef int follow(stream, list changes, eseq, ts) except -1:
    """Push what a command changed in a view of a book, or in the whole book."""
    if type(stream) is not _ViewStream or get(stream, CHECKED) or get(stream, GROUPING) is not None:
        stream.follow(changes, eseq, ts)
        return 0
    view = get(stream, VIEW)
    book = get(stream, BOOK)
    cdef list bid_prices = [], ask_prices = [], bids, asks
    for change in changes:
        if get(change, SIDE) is BUY:
            bid_prices.append(get(change, PRICE))
        else:
            ask_prices.append(get(change, PRICE))
    bids = changed(get(view, BIDS), get(book, BOOK_BIDS), get(book, BID_KEYS), bid_prices, True)
    asks = changed(get(view, ASKS), get(book, BOOK_ASKS), get(book, ASK_KEYS), ask_prices, False)
    if len(bids) or len(asks):
        content = pair(_BookLevelsContent, bids, asks)
        tell(stream, _DELTA, eseq, eseq, ts, content, len(bids) + len(asks))
    return 0


cdef list changed(window, dict levels, list keys, list prices, bint is_bid):
    """Do what ``Window.follow`` does."""
    cdef list changes = []
    former = get(window, FLOOR)
    if not len(prices) and former is not ABOVE_ALL:
        return changes
    depth = get(window, DEPTH)
    cdef dict shown = get(window, SHOWN)
    cdef Py_ssize_t size = len(keys), first = 0
    floor = BELOW_ALL
    if depth is not None and size >= <Py_ssize_t>depth:
        first = size - <Py_ssize_t>depth
        floor = keys[first]
    put(window, FLOOR, floor)
    for price in prices:
        quantity = None
        if floor is BELOW_ALL or (price if is_bid else -price) >= floor:
            quantity = levels.get(price)
        if quantity != shown.get(price):
            show(shown, price, quantity, changes)
    # Levels that did not change themselves, but that others push out of the view or let into it.
    while first and keys[first - 1] >= former:
        first -= 1
        price = keys[first] if is_bid else -keys[first]
        if price in shown:
            show(shown, price, None, changes)
    if floor < former:
        while first < size and keys[first] < former:
            price = keys[first] if is_bid else -keys[first]
            first += 1
            if price not in shown:
                show(shown, price, levels[price], changes)
    if len(changes) > 1:
        changes.sort(reverse=is_bid)
    return changes


cdef int show(dict shown, price, quantity, list changes) except -1:
    if quantity is None:
        del shown[price]
        changes.append((price, 0))
    else:
        shown[price] = quantity
        changes.append((price, quantity))
    return 0
