"""Encode the pushes that nearly every command leads to, compiled: the same bytes as in plain Python.

That is a few changed levels of a book, the best prices, and a few trades, each as framed JSON. Every other push, and
what is too long or too large to be usual, is left to the twin in ``ws_market_data``.
"""

from time import time_ns

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.tuple cimport PyTuple_GET_ITEM
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeASCII
from libc.string cimport memcpy

from gateway.model._slots cimport get, slot
from gateway.ports._clock cimport utc_ns

from gateway.dialects.native import ws_market_data
from gateway.model import Instrument, Side, Trade
from gateway.ports.market_data import (
    DELTA,
    EVENT,
    BboContent,
    BookLevelsContent,
    L3Order,
    Position,
    Push,
    TradesContent,
)

cdef enum:
    ROOM = 4096
    FRAMING = 4  # the header of a frame of 126 bytes and more
    MOST_PLACES = 18
    LONGEST_NAME = 100
    MOST_LEVELS = 40  # of at most 52 bytes each
    MOST_TRADES = 16  # of at most 170 bytes each
    LONGEST_ENTRY = 80  # a level, or an order with its number

cdef object _Position = Position, _BookLevelsContent = BookLevelsContent, _BboContent = BboContent
cdef object _TradesContent = TradesContent, _L3Order = L3Order, _Trade = Trade, _DELTA = DELTA, _EVENT = EVENT, BUY = Side.BUY

cdef Py_ssize_t CHANNEL = slot(Push, "channel"), TYPE = slot(Push, "type"), CONTENT = slot(Push, "content")
cdef Py_ssize_t INSTRUMENT = slot(Push, "instrument"), POSITION = slot(Push, "position")
cdef Py_ssize_t CONFLATED = slot(Push, "conflated"), CHECKSUM = slot(Push, "checksum"), BODIES = slot(Push, "bodies")
cdef Py_ssize_t PRICE_PLACES = slot(Instrument, "price_places"), QTY_PLACES = slot(Instrument, "qty_places")
cdef Py_ssize_t ESEQ = slot(Trade, "eseq"), N = slot(Trade, "n"), TIME = slot(Trade, "transact_time")
cdef Py_ssize_t PRICE = slot(Trade, "price"), QUANTITY = slot(Trade, "quantity"), SIDE = slot(Trade, "aggressor_side")

cdef char[200] TWO_DIGITS  # 00, 01, ... 99
for _number in range(100):
    TWO_DIGITS[2 * _number], TWO_DIGITS[2 * _number + 1] = 48 + _number // 10, 48 + _number % 10

cdef unsigned long long[MOST_PLACES + 1] UNITS
UNITS[0] = 1
for _place in range(MOST_PLACES):
    UNITS[_place + 1] = 10 * UNITS[_place]


cdef class Encoding:
    """Encodes pushes as sent when ``clock`` says."""

    cdef object clock

    def __init__(self, clock):
        # What time.time_ns reads can be read at once.
        self.clock = None if clock is time_ns else clock

    def encode(self, push):
        """Return ``push`` as a text frame."""
        return framed(push, utc_ns() if self.clock is None else self.clock())


def frame(push, sent):
    """Return ``push`` as a text frame, sent at ``sent`` (UTC ns)."""
    return framed(push, sent)


def listed(list told not None, int price_places, int qty_places):
    """Return what ``ws_market_data.plain_listed`` does; ``None`` for what is too large to be usual."""
    if not (0 <= price_places <= MOST_PLACES and 0 <= qty_places <= MOST_PLACES):
        return None
    cdef char* room = <char*>PyMem_Malloc(len(told) * LONGEST_ENTRY + 1)
    if room == NULL:
        raise MemoryError
    cdef char* end
    try:
        end = entries(room, told, price_places, qty_places)
        return None if end == NULL else PyUnicode_DecodeASCII(room, end - room, NULL)
    finally:
        PyMem_Free(room)


cdef char* entries(char* at, list told, int price_places, int qty_places) except? NULL:
    cdef Py_ssize_t n
    for n in range(len(told)):
        if n:
            at = text(at, b",", 1)
        entry = told[n]
        if type(entry) is _L3Order:
            at = numbered(at, b'["', 2, item(entry, 0))
            if at != NULL:
                at = amount(text(at, b'","', 3), item(entry, 1), price_places)
            if at != NULL:
                at = amount(text(at, b'","', 3), item(entry, 2), qty_places)
            if at != NULL:
                at = text(at, b'"]', 2)
        else:
            at = one(at, entry, price_places, qty_places)
        if at == NULL:
            return NULL
    return at


cdef object framed(push, sent):
    cdef char room[ROOM]
    cdef char* end = written(room + FRAMING, push, sent)
    if end == NULL:
        return ws_market_data.frame(push, sent)
    cdef Py_ssize_t size = end - room - FRAMING
    if size < 126:
        room[2], room[3] = <char>0x81, <char>size
        return PyBytes_FromStringAndSize(room + 2, size + 2)
    room[0], room[1], room[2], room[3] = <char>0x81, 126, <char>(size >> 8), <char>(size & 255)
    return PyBytes_FromStringAndSize(room, size + FRAMING)


cdef char* written(char* at, push, sent) except? NULL:
    """Write the payload of ``push``; return the place behind it, ``NULL`` when it is not usual."""
    cdef Py_ssize_t size = 0
    cdef char* start = at
    kind, content, instrument = get(push, TYPE), get(push, CONTENT), get(push, INSTRUMENT)
    if (
        instrument is None or get(push, CONFLATED) or get(push, CHECKSUM) is not None
        or get(push, BODIES) is not None or (kind is not _DELTA and kind is not _EVENT)
    ):
        return NULL
    cdef int price_places = get(instrument, PRICE_PLACES), qty_places = get(instrument, QTY_PLACES)
    if not (0 <= price_places <= MOST_PLACES and 0 <= qty_places <= MOST_PLACES):
        return NULL
    cdef const char* channel = PyUnicode_AsUTF8AndSize(get(push, CHANNEL), &size)
    if size > LONGEST_NAME:
        return NULL
    at = text(at, b'{"ch":"', 7)
    at = text(at, channel, size)
    at = text(at, b'","type":"', 10)
    at = text(at, b"delta" if kind is _DELTA else b"event", 5)
    position = get(push, POSITION)
    if type(position) is not _Position:
        return NULL
    seq, eseq = item(position, 0), item(position, 2)
    cdef char* told = at + 8
    at = numbered(at, b'","seq":', 8, seq)
    cdef Py_ssize_t told_size = at - told
    if at != NULL:
        at = numbered(at, b',"prev":', 8, item(position, 1))
    if at != NULL and eseq is seq:
        at = text(text(at, b',"eseq":', 8), told, told_size)
    elif at != NULL:
        at = numbered(at, b',"eseq":', 8, eseq)
    if at != NULL:
        at = stamped(at, b',"ts":', 6, item(position, 3))
    if at != NULL:
        at = numbered(at, b',"sent":', 8, sent)
    if at == NULL:
        return NULL
    at = text(at, b',"data":', 8)
    of = type(content)
    if of is _BookLevelsContent:
        at = book(at, content, price_places, qty_places)
    elif of is _BboContent:
        at = bbo(at, content, price_places, qty_places)
    elif of is _TradesContent:
        at = trades(at, content, price_places, qty_places)
    else:
        return NULL
    if at != NULL:
        at[0] = 125  # }
        at += 1
    return at


cdef char* book(char* at, content, int price_places, int qty_places) except? NULL:
    bids, asks = item(content, 0), item(content, 1)
    if type(bids) is not list or type(asks) is not list or len(<list>bids) + len(<list>asks) > MOST_LEVELS:
        return NULL
    at = levels(text(at, b'{"bids":[', 9), <list>bids, price_places, qty_places)
    if at != NULL:
        at = levels(text(at, b'],"asks":[', 10), <list>asks, price_places, qty_places)
    return NULL if at == NULL else text(at, b"]}", 2)


cdef char* bbo(char* at, content, int price_places, int qty_places) except? NULL:
    at = best(text(at, b'{"bid":', 7), item(content, 0), price_places, qty_places)
    if at != NULL:
        at = best(text(at, b',"ask":', 7), item(content, 1), price_places, qty_places)
    return NULL if at == NULL else text(at, b"}", 1)


cdef char* trades(char* at, content, int price_places, int qty_places) except? NULL:
    found = item(content, 0)
    if type(found) is not list or not 0 < len(<list>found) <= MOST_TRADES:
        return NULL
    at = text(at, b"[", 1)
    for trade in <list>found:
        if type(trade) is not _Trade:
            return NULL
        at = amount(text(at, b'{"price":"', 10), get(trade, PRICE), price_places)
        if at != NULL:
            at = amount(text(at, b'","quantity":"', 14), get(trade, QUANTITY), qty_places)
        if at == NULL:
            return NULL
        if get(trade, SIDE) is BUY:
            at = text(at, b'","side":"buy', 13)
        else:
            at = text(at, b'","side":"sell', 14)
        at = numbered(at, b'","trade_id":"', 14, get(trade, ESEQ))
        if at != NULL:
            at = numbered(at, b"-", 1, get(trade, N))
        if at != NULL:
            at = stamped(at, b'","ts":', 7, get(trade, TIME))
        if at == NULL:
            return NULL
        at = text(at, b"},", 2)
    (at - 1)[0] = 93  # ]
    return at


cdef char* best(char* at, level, int price_places, int qty_places) except? NULL:
    if level is None:
        return text(at, b"null", 4)
    return one(at, level, price_places, qty_places)


cdef char* levels(char* at, list told, int price_places, int qty_places) except? NULL:
    cdef Py_ssize_t n
    for n in range(len(told)):
        if n:
            at = text(at, b",", 1)
        at = one(at, told[n], price_places, qty_places)
        if at == NULL:
            return NULL
    return at


cdef char* one(char* at, level, int price_places, int qty_places) except? NULL:
    if type(level) is not tuple:
        return NULL
    at = amount(text(at, b'["', 2), (<tuple>level)[0], price_places)
    if at != NULL:
        at = amount(text(at, b'","', 3), (<tuple>level)[1], qty_places)
    return NULL if at == NULL else text(at, b'"]', 2)


cdef inline object item(named, Py_ssize_t n):
    """Return what a named tuple has at ``n``."""
    return <object>PyTuple_GET_ITEM(named, n)


cdef inline char* text(char* at, const char* said, Py_ssize_t size) noexcept:
    memcpy(at, said, size)
    return at + size


cdef char* digits(char* at, unsigned long long number) noexcept:
    """Write a number, two digits at a time; return the place behind it."""
    cdef char room[20]
    cdef char* digit = room + 20
    while number >= 100:
        digit -= 2
        memcpy(digit, TWO_DIGITS + 2 * (number % 100), 2)
        number //= 100
    if number >= 10:
        digit -= 2
        memcpy(digit, TWO_DIGITS + 2 * number, 2)
    else:
        digit -= 1
        digit[0] = <char>(48 + number)
    return text(at, digit, room + 20 - digit)


cdef char* numbered(char* at, const char* said, Py_ssize_t size, value) except? NULL:
    """Write text and a number; ``NULL`` for one below 0 or of more than 64 bits."""
    cdef int overflow = 0
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if number < 0:
        return NULL
    return digits(text(at, said, size), <unsigned long long>number)


# The time that was written last: what a command leads to has the same.
cdef long long LAST_STAMP = -1
cdef char[20] LAST_TEXT
cdef Py_ssize_t LAST_SIZE = 0


cdef char* stamped(char* at, const char* said, Py_ssize_t size, value) except? NULL:
    """Do what ``numbered`` does, quicker for the number of the last call."""
    global LAST_STAMP, LAST_SIZE
    cdef int overflow = 0
    cdef char* end
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if number < 0:
        return NULL
    at = text(at, said, size)
    if number == LAST_STAMP:
        return text(at, LAST_TEXT, LAST_SIZE)
    end = digits(at, <unsigned long long>number)
    LAST_STAMP, LAST_SIZE = number, end - at
    memcpy(LAST_TEXT, at, LAST_SIZE)
    return end


cdef char* amount(char* at, value, int places) except? NULL:
    """Write a scaled integer as ``format_scaled`` does; ``NULL`` for one below 0 or of more than 64 bits."""
    cdef int overflow = 0, place
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if number < 0:
        return NULL
    cdef unsigned long long whole = <unsigned long long>number // UNITS[places]
    cdef unsigned long long fraction = <unsigned long long>number - whole * UNITS[places]
    at = digits(at, whole)
    if fraction == 0:
        return at
    at[0] = 46  # a point
    for place in range(places, 0, -1):
        at[place] = <char>(48 + fraction % 10)
        fraction //= 10
    at += places
    while at[0] == 48:
        at -= 1
    return at + 1
