"""Note which messages and executions a record holds, compiled: what ``SegmentRanges.take`` does, on its state.

NOT here: a chunk that begins, and a series that is new to a segment (``ranges``).
"""

from cpython.object cimport PyTypeObject
from cpython.ref cimport PyObject

from gateway.model._msgpack cimport whole
from gateway.model._slots cimport get, put, slot

from gateway.ports import StoredExecution, StoredMessage
from gateway.store.ranges import SegmentRanges

cdef extern from *:  # for what is borrowed
    PyObject* field "BDAX_SLOT"(PyObject* holder, Py_ssize_t offset)

cdef extern from "Python.h":
    PyTypeObject* KIND "Py_TYPE"(PyObject* value)
    Py_ssize_t PyList_GET_SIZE(PyObject* items)
    PyObject* PyList_GET_ITEM(PyObject* items, Py_ssize_t n)
    PyObject* PyDict_GetItemWithError(object items, object key) except? NULL
    int PyDict_SetItem(object items, object key, object value) except -1

cdef Py_ssize_t LAST_MESSAGES = slot(SegmentRanges, "_last_messages")
cdef Py_ssize_t LAST_EXECUTIONS = slot(SegmentRanges, "_last_executions")
cdef Py_ssize_t RANGES_BOUND = slot(SegmentRanges, "_bound"), RANGES_END = slot(SegmentRanges, "_end")

cdef PyTypeObject* MESSAGE = <PyTypeObject*>StoredMessage
cdef PyTypeObject* EXECUTION = <PyTypeObject*>StoredExecution
cdef Py_ssize_t MESSAGE_SESSION = slot(StoredMessage, "session"), MESSAGE_EPOCH = slot(StoredMessage, "epoch")
cdef Py_ssize_t EXECUTION_ACCOUNT = slot(StoredExecution, "account")


def take(ranges, offset, long long end, messages, executions):
    """Take the next record by what it holds in the bytes from ``offset`` to ``end``."""
    if type(ranges) is not SegmentRanges or not note(ranges, end, messages, executions):
        ranges.take(offset, end, messages, executions)


cdef bint note(ranges, long long end, messages, executions) except -1:
    if end > whole(field(<PyObject*>ranges, RANGES_BOUND)):
        return False
    if type(messages) is not list or not note_messages(get(ranges, LAST_MESSAGES), <PyObject*>messages):
        return False
    if type(executions) is not list or not note_executions(get(ranges, LAST_EXECUTIONS), <PyObject*>executions):
        return False
    put(ranges, RANGES_END, end)
    return True


cdef bint note_messages(dict last, PyObject* messages) except -1:
    """Note the last message of each series; return whether all of them are known."""
    cdef PyObject* session = NULL
    cdef PyObject* epoch = NULL
    cdef PyObject* message = NULL
    cdef PyObject* following
    cdef Py_ssize_t n
    for n in range(PyList_GET_SIZE(messages)):
        following = PyList_GET_ITEM(messages, n)
        if KIND(following) != MESSAGE:
            return False
        if field(following, MESSAGE_SESSION) != session or field(following, MESSAGE_EPOCH) != epoch:
            if message != NULL and not keep(last, (<object>session, <object>epoch), message):
                return False
            session, epoch = field(following, MESSAGE_SESSION), field(following, MESSAGE_EPOCH)
        message = following
    return message == NULL or keep(last, (<object>session, <object>epoch), message)


cdef bint note_executions(dict last, PyObject* executions) except -1:
    """Note the last execution of each series; return whether all of them are known."""
    cdef PyObject* account = NULL
    cdef PyObject* execution = NULL
    cdef PyObject* following
    cdef Py_ssize_t n
    for n in range(PyList_GET_SIZE(executions)):
        following = PyList_GET_ITEM(executions, n)
        if KIND(following) != EXECUTION:
            return False
        if field(following, EXECUTION_ACCOUNT) != account:
            if execution != NULL and not keep(last, <object>account, execution):
                return False
            account = field(following, EXECUTION_ACCOUNT)
        execution = following
    return execution == NULL or keep(last, <object>account, execution)


cdef inline bint keep(dict last, series, PyObject* item) except -1:
    if PyDict_GetItemWithError(last, series) == NULL:
        return False
    PyDict_SetItem(last, series, <object>item)
    return True
