# The clocks that time.monotonic_ns and time.time_ns read, without an object for the answer.

cdef extern from *:
    """
    #include <time.h>

    static inline long long bdax_clock(clockid_t clock) {
        struct timespec now;
        clock_gettime(clock, &now);
        return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
    }

    #define BDAX_MONOTONIC_NS() bdax_clock(CLOCK_MONOTONIC)
    #define BDAX_UTC_NS() bdax_clock(CLOCK_REALTIME)
    """
    long long monotonic_ns "BDAX_MONOTONIC_NS"() noexcept nogil
    long long utc_ns "BDAX_UTC_NS"() noexcept nogil
