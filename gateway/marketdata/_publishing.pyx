"""Publish to a few subscribers while nothing waits, compiled: what ``Joining`` and ``Hub.publish`` do then.

NOT here: members at an interval, queues, and broadcasts to many, which stay with ``hub`` and ``delivery``.
"""

from gateway.model._slots cimport get, put, slot

from gateway.marketdata.delivery import Delivery
from gateway.marketdata.due import Due
from gateway.marketdata.joining import MOST_JOINED
from gateway.marketdata.membership import Following, HubSettings, Task
from gateway.marketdata.stream import Stream
from gateway.marketdata.targets import MOST_EMPTY, Group, Targets, is_target
from gateway.ports.market_data import Push

cdef object _Task = Task, _is_target = is_target
cdef Py_ssize_t EMPTY_AT_MOST = MOST_EMPTY, SIZE_AT_MOST = MOST_JOINED

cdef Py_ssize_t WAITING = slot(Stream, "waiting"), TARGETS = slot(Stream, "targets")
cdef Py_ssize_t PUSHES = slot(Stream, "pushes"), RING = slot(Stream, "ring"), SEQ = slot(Stream, "seq")
cdef Py_ssize_t TOLD_SEQ = slot(Stream, "told_seq"), TOLD_PUSHES = slot(Stream, "told_pushes")
cdef Py_ssize_t HEARD = slot(Stream, "heard"), PART = slot(Due, "part")
cdef Py_ssize_t GROUPS = slot(Targets, "groups"), LENGTHS = slot(Targets, "lengths")
cdef Py_ssize_t SIZE = slot(Targets, "size"), EMPTY = slot(Targets, "empty")
cdef Py_ssize_t ARE_CONNECTIONS = slot(Targets, "are_connections")
cdef Py_ssize_t MEMBERS = slot(Group, "members"), FORM = slot(Group, "form")
cdef Py_ssize_t WAKE = slot(Delivery, "_wake"), DELIVERED = slot(Delivery, "delivered")
cdef Py_ssize_t MAX_INLINE = slot(HubSettings, "max_inline"), LAGGING = slot(Following, "lagging")
cdef Py_ssize_t FRAMES = slot(Push, "_frames"), ENCODERS = slot(Push, "encoders"), POSITION = slot(Push, "position")


cdef class Publishing:
    """What a push leads to at the hub when it is delivered at once, or joined to others of the turn.

    ``joined`` has the frames of each subscriber, ``places`` three items for each push of them: its stream, the
    ``seq`` of that, and the number of its pushes.
    """

    def __init__(self, hub):
        self.hub = hub
        self.delivery = hub._delivery
        self.due = hub.due
        self.queue = hub._delivery._queue
        self.settings = hub.settings
        self.in_turn = hub.publish
        self.joined, self.places = {}, []

    def open(self):
        """Join pushes from now on."""
        self.begin()

    cdef int begin(self) except -1:
        self.is_open = True
        self.settings = self.hub.settings
        return 0

    def close(self):
        """Hand over what is joined, and join nothing from now on."""
        self.end()

    cdef int end(self) except -1:
        self.is_open = False
        return self.hand_over()

    def publish(self, stream, push):
        """Push to each member of ``stream`` that does not lag: joined, at once, or when the hub comes to it."""
        targets = get(stream, TARGETS)
        if targets is None or <dict>get(stream, WAITING) or len(self.queue):
            return self.publish_in_turn(stream, push)
        cdef Py_ssize_t size = get(targets, SIZE), empty = get(targets, EMPTY)
        if empty > EMPTY_AT_MOST:
            return self.publish_in_turn(stream, push)
        if size == empty:
            # To nobody.
            return self.in_turn(stream, push)
        if get(self.delivery, WAKE) is not None and size > <Py_ssize_t>get(self.settings, MAX_INLINE):
            return self.publish_in_turn(stream, push)
        if self.is_open and get(targets, ARE_CONNECTIONS) is True:
            self.join(stream, push, targets)
        else:
            self.hand_over()
            self.publish_now(stream, push, targets)

    cdef object publish_in_turn(self, stream, push):
        self.hand_over()
        return self.in_turn(stream, push)

    cdef int join(self, stream, push, targets) except -1:
        """Keep the frames of ``push`` for each member of ``stream``."""
        cdef tuple lengths = get(targets, LENGTHS)
        cdef list groups = get(targets, GROUPS), members
        cdef bint is_kept = get(stream, RING) is not None or len(lengths) > 1
        cdef Py_ssize_t at, place
        cdef dict joined = self.joined
        for at in range(len(lengths)):
            group = groups[at]
            members = get(group, MEMBERS)
            frame = framed(push, get(group, FORM), is_kept)
            self.size += len(<bytes>frame)
            for place in range(<Py_ssize_t>lengths[at]):
                subscriber = members[place]
                if subscriber is None:
                    continue
                frames = joined.get(subscriber)
                if frames is None:
                    frames = joined[subscriber] = []
                (<list>frames).append(frame)
        self.published += 1
        self.places.append(stream)
        self.places.append(get(stream, SEQ))
        self.places.append(get(stream, PUSHES))
        if self.size > SIZE_AT_MOST:
            self.hand_over()
        return 0

    cdef int hand_over(self) except -1:
        """Push what is joined; then each stream has been told of."""
        if not self.published:
            return 0
        cdef dict joined = self.joined, following = self.hub._following
        cdef list places = self.places
        cdef Py_ssize_t at
        self.joined, self.places = {}, []
        self.hub.published += self.published
        self.published = self.size = 0
        for subscriber, frames in joined.items():
            follows = following.get(subscriber)
            if follows is None or get(follows, LAGGING) is True:
                continue
            if subscriber.push(b"".join(frames)):
                put(self.delivery, DELIVERED, get(self.delivery, DELIVERED) + len(<list>frames))
            else:
                self.hub.lag(subscriber)
        part = get(self.due, PART)
        for at in range(0, len(places), 3):
            put(places[at], HEARD, part)
            put(places[at], TOLD_SEQ, places[at + 1])
            put(places[at], TOLD_PUSHES, places[at + 2])
        return 0

    cdef int publish_now(self, stream, push, targets) except -1:
        """Push to each member of ``stream``."""
        cdef Py_ssize_t at, place
        hub = self.hub
        hub.published += 1
        put(stream, HEARD, get(self.due, PART))
        ticket, counted = hub._ticket, get(stream, PUSHES)
        cdef tuple lengths = get(targets, LENGTHS)
        cdef list groups = get(targets, GROUPS), members
        cdef bint is_kept = get(stream, RING) is not None or len(lengths) > 1
        for at in range(len(lengths)):
            group = groups[at]
            members = get(group, MEMBERS)
            frame = framed(push, get(group, FORM), is_kept)
            for place in range(<Py_ssize_t>lengths[at]):
                subscriber = members[place]
                # Whoever goes or lags leaves its place; who comes back is behind the others.
                if subscriber is None or (
                    get(stream, TARGETS) is not targets and not _is_target(stream, subscriber, ticket)
                ):
                    continue
                if subscriber.push(frame):
                    put(self.delivery, DELIVERED, get(self.delivery, DELIVERED) + 1)
                else:
                    hub.refused(task_of(stream, push, ticket, targets, counted), subscriber, 0)
        if counted > get(stream, TOLD_PUSHES):
            put(stream, TOLD_SEQ, get(push, POSITION).seq)
            put(stream, TOLD_PUSHES, counted)
        return 0


cdef object framed(push, form, bint is_kept):
    """Do what ``Push.frame`` does; a push that is not kept, and in no other form, need not keep its frame."""
    frames = get(push, FRAMES)
    if frames is None:
        if not is_kept:
            return get(push, ENCODERS)[form].encode(push)
        frames = {}
        put(push, FRAMES, frames)
    frame = (<dict>frames).get(form)
    if frame is None:
        frame = frames[form] = get(push, ENCODERS)[form].encode(push)
    return frame


cdef object task_of(stream, push, ticket, targets, counted):
    """Return what the hub would have queued."""
    task = _Task(stream, [push], ticket, targets)
    task.counted = counted
    return task
