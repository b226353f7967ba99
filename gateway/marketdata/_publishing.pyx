"""Publish to a few subscribers at once while nothing waits, compiled: what ``Hub.publish`` does then.

NOT here: members at an interval, queues, and broadcasts to many, which stay with ``hub`` and ``delivery``.
"""

from gateway.model._slots cimport get, put, slot

from gateway.marketdata.delivery import Delivery
from gateway.marketdata.membership import HubSettings, Task
from gateway.marketdata.stream import Stream
from gateway.marketdata.targets import MOST_EMPTY, Group, Targets, is_target
from gateway.ports.market_data import Push

cdef object _Task = Task, _is_target = is_target
cdef Py_ssize_t EMPTY_AT_MOST = MOST_EMPTY

cdef Py_ssize_t WAITING = slot(Stream, "waiting"), TARGETS = slot(Stream, "targets")
cdef Py_ssize_t PUSHES = slot(Stream, "pushes"), RING = slot(Stream, "ring")
cdef Py_ssize_t TOLD_SEQ = slot(Stream, "told_seq"), TOLD_PUSHES = slot(Stream, "told_pushes")
cdef Py_ssize_t GROUPS = slot(Targets, "groups"), LENGTHS = slot(Targets, "lengths")
cdef Py_ssize_t SIZE = slot(Targets, "size"), EMPTY = slot(Targets, "empty")
cdef Py_ssize_t MEMBERS = slot(Group, "members"), FORM = slot(Group, "form")
cdef Py_ssize_t WAKE = slot(Delivery, "_wake"), DELIVERED = slot(Delivery, "delivered")
cdef Py_ssize_t MAX_INLINE = slot(HubSettings, "max_inline")
cdef Py_ssize_t FRAMES = slot(Push, "_frames"), ENCODERS = slot(Push, "encoders"), POSITION = slot(Push, "position")


cdef class Publishing:
    """What a push leads to at the hub when it is delivered at once."""

    cdef object hub, delivery, queue, settings, in_turn

    def __init__(self, hub):
        self.hub = hub
        self.delivery = hub._delivery
        self.queue = hub._delivery._queue
        self.settings = hub.settings
        self.in_turn = hub.publish

    def publish(self, stream, push):
        """Push to each member of ``stream`` that does not lag, now or when the hub comes to it."""
        targets = get(stream, TARGETS)
        if targets is None or <dict>get(stream, WAITING) or len(self.queue):
            return self.in_turn(stream, push)
        cdef Py_ssize_t size = get(targets, SIZE), empty = get(targets, EMPTY), at, place
        if size == empty or empty > EMPTY_AT_MOST:
            return self.in_turn(stream, push)
        if get(self.delivery, WAKE) is not None and size > <Py_ssize_t>get(self.settings, MAX_INLINE):
            return self.in_turn(stream, push)
        hub = self.hub
        hub.published += 1
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
                # Whoever goes or lags leaves its place; who comes back is in other targets.
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
