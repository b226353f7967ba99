# Attributes that a class keeps in slots, read and written in place, where the objects of one class come again and again.
# Any other attribute goes the usual way: the place of one that is no slot is 0.

from cpython.ref cimport PyObject

cdef extern from *:
    """
    #include "structmember.h"

    static Py_ssize_t bdax_member_place(PyObject *member) {
        PyMemberDef *field;
        if (!Py_IS_TYPE(member, &PyMemberDescr_Type)) {
            return 0;
        }
        field = ((PyMemberDescrObject *)member)->d_member;
        return field->type == T_OBJECT_EX && !(field->flags & READONLY) ? field->offset : 0;
    }

    static inline PyObject *bdax_member_read(PyObject *holder, Py_ssize_t place, PyObject *name) {
        PyObject *value = place ? *(PyObject **)((char *)holder + place) : NULL;
        if (value == NULL) {
            return PyObject_GetAttr(holder, name);
        }
        Py_INCREF(value);
        return value;
    }

    static inline int bdax_member_write(PyObject *holder, Py_ssize_t place, PyObject *name, PyObject *value) {
        PyObject **slot = (PyObject **)((char *)holder + place);
        PyObject *former;
        if (!place) {
            return PyObject_SetAttr(holder, name, value);
        }
        former = *slot;
        Py_INCREF(value);
        *slot = value;
        Py_XDECREF(former);
        return 0;
    }
    """
    Py_ssize_t bdax_member_place(object member)
    object read "bdax_member_read"(object holder, Py_ssize_t place, str name)
    int write "bdax_member_write"(object holder, Py_ssize_t place, str name, object value) except -1


cdef inline Py_ssize_t place_of(object holder, str name) except -1:
    """Return where ``holder`` has ``name``; 0 where it is no slot."""
    return bdax_member_place(getattr(type(holder), name, None))
