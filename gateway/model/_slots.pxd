# Fields of the model's structs, and of classes with __slots__, read and written in place: where a field lies is
# asked of its member descriptor when a module is loaded. The object must be of the class that was asked.

cdef extern from *:
    """
    #include "structmember.h"

    static Py_ssize_t bdax_slot_offset(PyObject *member) {
        PyMemberDef *field;
        if (!Py_IS_TYPE(member, &PyMemberDescr_Type)) {
            return 0;
        }
        field = ((PyMemberDescrObject *)member)->d_member;
        return field->type == T_OBJECT_EX ? field->offset : 0;
    }

    #define BDAX_SLOT(holder, offset) (*(PyObject **)((char *)(holder) + (offset)))

    static inline PyObject *bdax_slot_get(PyObject *holder, Py_ssize_t offset) {
        PyObject *value = BDAX_SLOT(holder, offset);
        Py_XINCREF(value);
        if (value == NULL) {
            PyErr_SetString(PyExc_AttributeError, "a slot is empty");
        }
        return value;
    }

    static inline void bdax_slot_put(PyObject *holder, Py_ssize_t offset, PyObject *value) {
        PyObject *former = BDAX_SLOT(holder, offset);
        Py_INCREF(value);
        BDAX_SLOT(holder, offset) = value;
        Py_XDECREF(former);
    }
    """
    Py_ssize_t bdax_slot_offset(object member)
    object get "bdax_slot_get"(object holder, Py_ssize_t offset)
    void put "bdax_slot_put"(object holder, Py_ssize_t offset, object value)


cdef inline Py_ssize_t slot(object holder, str name) except 0:
    """Return where objects of ``holder`` have the field ``name``. Raises ``TypeError`` when it is no slot."""
    cdef Py_ssize_t offset = bdax_slot_offset(getattr(holder, name))
    if offset <= 0:
        raise TypeError(f"{holder.__name__}.{name} is no slot")
    return offset
