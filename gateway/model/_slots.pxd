# Fields of the model's structs, and of classes with __slots__, read and written in place: where a field lies is
# asked of its member descriptor when a module is loaded. The object must be of the class that was asked.
#
# A struct is also made in place: `event = make(KIND)`, then `fill` or `carry` for EVERY field, which costs 40 % of
# a call of the class. Until then fields are empty: hand such an object to nothing, and compute what may fail before.

from cpython.ref cimport PyObject

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

    static int bdax_is_plain(PyObject *kind) {
        return PyType_Check(kind) && ((PyTypeObject *)kind)->tp_alloc == PyType_GenericAlloc
            && !(((PyTypeObject *)kind)->tp_flags & (Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IS_ABSTRACT));
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

    static inline PyObject *bdax_make(PyObject *kind) {
        Py_ssize_t size = ((PyTypeObject *)kind)->tp_basicsize;
        PyObject *made = (PyObject *)PyObject_Malloc(size);
        if (made == NULL) {
            return PyErr_NoMemory();
        }
        memset(made + 1, 0, size - sizeof(PyObject));
        return PyObject_Init(made, (PyTypeObject *)kind);
    }

    static void bdax_free(PyObject *holder) {
        PyTypeObject *kind = Py_TYPE(holder);
        PyObject **field = (PyObject **)(holder + 1);
        PyObject **end = (PyObject **)((char *)holder + kind->tp_basicsize);
        for (; field < end; field++) {
            Py_XDECREF(*field);
        }
        kind->tp_free(holder);  /* that of a class derived from it, too */
        Py_DECREF(kind);
    }

    static void bdax_free_quickly(PyObject *kind) {
        ((PyTypeObject *)kind)->tp_dealloc = bdax_free;
    }

    static inline void bdax_slot_fill(PyObject *holder, Py_ssize_t offset, PyObject *value) {
        Py_INCREF(value);
        BDAX_SLOT(holder, offset) = value;
    }

    static inline void bdax_slot_carry(PyObject *to, Py_ssize_t offset, PyObject *holder, Py_ssize_t from) {
        PyObject *value = BDAX_SLOT(holder, from);
        Py_XINCREF(value);
        BDAX_SLOT(to, offset) = value;
    }
    """
    Py_ssize_t bdax_slot_offset(object member)
    PyObject* peek "BDAX_SLOT"(object holder, Py_ssize_t offset)  # NULL when the slot is empty
    object get "bdax_slot_get"(object holder, Py_ssize_t offset)
    void put "bdax_slot_put"(object holder, Py_ssize_t offset, object value)
    bint bdax_is_plain(object kind)
    void bdax_free_quickly(object kind)
    # Return a new object of ``plain(kind)``, its fields empty.
    object make "bdax_make"(object kind)
    # Set a field that is empty.
    void fill "bdax_slot_fill"(object holder, Py_ssize_t offset, object value)
    # Set a field of ``to`` that is empty to what ``holder`` has in its field at ``at``.
    void carry "bdax_slot_carry"(object to, Py_ssize_t offset, object holder, Py_ssize_t at)


cdef inline Py_ssize_t slot(object holder, str name) except 0:
    """Return where objects of ``holder`` have the field ``name``. Raises ``TypeError`` when it is no slot."""
    cdef Py_ssize_t offset = bdax_slot_offset(getattr(holder, name))
    if offset <= 0:
        raise TypeError(f"{holder.__name__}.{name} is no slot")
    return offset


cdef inline object plain(object kind):
    """Return ``kind``, a struct class that ``make`` may make objects of. Raises ``TypeError``.

    That is one whose objects are their fields alone: the collector does not follow them, nothing is called after
    they are set or when they go, and no hash is kept beside them. Such objects are freed from now on, whoever made
    them, without asking their class again for what each field is, which was two thirds of the cost.
    """
    cdef Py_ssize_t fields = len(kind.__struct_fields__)
    if (
        not bdax_is_plain(kind)
        or hasattr(kind, "__post_init__")
        or hasattr(kind, "__del__")
        or kind.__basicsize__ != object.__basicsize__ + fields * sizeof(void *)
    ):
        raise TypeError(f"{kind.__name__} cannot be made field by field")
    bdax_free_quickly(kind)
    return kind
