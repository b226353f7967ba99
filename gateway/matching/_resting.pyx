"""Rest orders in a side of a book and take them out, compiled: as ``book`` does in plain Python.

NOT here: who trades with whom, and which orders there are (``_usual``).
"""

from bisect import bisect_left

from cpython.list cimport PyList_GET_SIZE
from cpython.long cimport PyLong_AsSsize_t
from libc.limits cimport LLONG_MAX, LLONG_MIN

from gateway.model._slots cimport carry, fill, get, make, plain, put, slot

from gateway.matching.book import ROOM, BookSide, Level
from gateway.matching.order import Order

cdef object ZERO = 0, FIRST = ROOM, LEVEL = plain(Level)
cdef Py_ssize_t FIRST_ROOM = ROOM

cdef Py_ssize_t KEYS = slot(BookSide, "keys"), LEVELS = slot(BookSide, "levels")
cdef Py_ssize_t LEVEL_PRICE = slot(Level, "price"), QUANTITY = slot(Level, "quantity")
cdef Py_ssize_t ORDERS = slot(Level, "orders"), HEAD = slot(Level, "head"), LEVEL_ROOM = slot(Level, "room")
cdef Py_ssize_t PRICE = slot(Order, "price"), LEAVES = slot(Order, "leaves_qty"), PLACE = slot(Order, "place")


cdef bint reaches(object side, long long limit) except -1:
    """Return whether an incoming order with the limit key ``limit``, which is no extreme, would trade here."""
    cdef list keys = get(side, KEYS)
    cdef Py_ssize_t count = PyList_GET_SIZE(keys)
    return count > 0 and saturated(keys[count - 1]) >= limit


cdef object rest(object side, bint is_bid, object order):
    """Put ``order`` at the end of the queue at its price. Return the level."""
    cdef dict levels = get(side, LEVELS)
    cdef list keys
    cdef Py_ssize_t count
    price = get(order, PRICE)
    key = price if is_bid else -price
    level = levels.get(key)
    if level is not None:
        append(level, order)
        put(level, QUANTITY, get(level, QUANTITY) + get(order, LEAVES))
        return level
    orders = [order]
    put(order, PLACE, ZERO)
    level = make(LEVEL)
    fill(level, LEVEL_PRICE, price)
    carry(level, QUANTITY, order, LEAVES)
    fill(level, ORDERS, orders)
    fill(level, HEAD, ZERO)
    fill(level, LEVEL_ROOM, FIRST)
    levels[key] = level
    keys = get(side, KEYS)
    count = PyList_GET_SIZE(keys)
    if count and saturated(keys[count - 1]) >= saturated(key):
        keys.insert(place_of(keys, key), key)
    else:
        keys.append(key)
    return level


cdef object remove(object side, bint is_bid, object order):
    """Take a resting ``order`` out. Return its level, empty if it was the last one."""
    cdef dict levels = get(side, LEVELS)
    cdef list keys, orders
    cdef Py_ssize_t last
    price = get(order, PRICE)
    key = price if is_bid else -price
    level = levels[key]
    quantity = get(level, QUANTITY) - get(order, LEAVES)
    put(level, QUANTITY, quantity)
    orders = get(level, ORDERS)
    orders[PyLong_AsSsize_t(get(order, PLACE))] = None
    if not quantity:
        del levels[key]
        keys = get(side, KEYS)
        last = PyList_GET_SIZE(keys) - 1
        if keys[last] == key:
            keys.pop()
        else:
            del keys[place_of(keys, key)]
    return level


cdef object resize(object side, bint is_bid, object order, object leaves_qty, bint to_the_end):
    """Give a resting ``order`` another open quantity, ``to_the_end`` if not less. Return its level."""
    cdef list orders
    price = get(order, PRICE)
    level = (<dict>get(side, LEVELS))[price if is_bid else -price]
    if to_the_end:
        orders = get(level, ORDERS)
        orders[PyLong_AsSsize_t(get(order, PLACE))] = None
        append(level, order)
    put(level, QUANTITY, get(level, QUANTITY) + leaves_qty - get(order, LEAVES))
    put(order, LEAVES, leaves_qty)
    return level


cdef int append(object level, object order) except -1:
    """Put ``order`` at the end of the queue of ``level``."""
    cdef list orders = get(level, ORDERS)
    if PyList_GET_SIZE(orders) >= PyLong_AsSsize_t(get(level, LEVEL_ROOM)):
        make_room(level, orders)
    put(order, PLACE, PyList_GET_SIZE(orders))
    orders.append(order)
    return 0


cdef int make_room(object level, list orders) except -1:
    """Take out the places that were left."""
    cdef Py_ssize_t place, count = 0
    for place in range(PyList_GET_SIZE(orders)):
        moved = orders[place]
        if moved is not None:
            if count < place:
                orders[count] = moved
                put(moved, PLACE, count)
            count += 1
    del orders[count:]
    put(level, HEAD, ZERO)
    put(level, LEVEL_ROOM, 2 * count + FIRST_ROOM)
    return 0


cdef Py_ssize_t place_of(list keys, object key) except -1:
    """Return the place of ``key`` among ``keys``, or the one where it belongs."""
    cdef Py_ssize_t low = 0, high = PyList_GET_SIZE(keys), middle
    cdef long long wanted = saturated(key)
    if wanted == LLONG_MAX or wanted == LLONG_MIN:
        return bisect_left(keys, key)
    while low < high:
        middle = (low + high) // 2
        if saturated(keys[middle]) < wanted:
            low = middle + 1
        else:
            high = middle
    return low
