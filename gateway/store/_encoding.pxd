# For the other compiled modules of the store.

from libc.stdint cimport uint32_t, uint64_t


cdef struct Room:
    char* start
    char* at
    char* end


# Get room: to be freed by ``free(room.start)``.
cdef int begin(Room* room) except -1

# Write the record from the room's start on, up to ``room.at``.
cdef int put_record(Room* room, uint64_t number, uint64_t eseq, uint64_t utc_ns, batch, uint32_t seed) except -1
