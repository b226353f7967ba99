# A thread that makes one write after the other durable, and needs the interpreter for nothing: it does not wait
# for a busy event loop, nor the loop for it. Each write is told at a descriptor (``eventfd``).

from posix.types cimport off_t

cdef extern from *:
    """
    #include <errno.h>
    #include <pthread.h>
    #include <sched.h>
    #include <semaphore.h>
    #include <signal.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <sys/uio.h>
    #include <time.h>
    #include <unistd.h>

    typedef struct {
        pthread_t thread;
        sem_t asked, ended;
        int fd, told_fd, has_write, is_last, error;
        struct iovec content;
        off_t offset;
        ssize_t written;
    } bdax_write_thread;

    static void bdax_wait(sem_t *of) {
        while (sem_wait(of) && errno == EINTR) {
        }
    }

    /* Have the calling thread, once woken, not wait for the longer slice of a loop that never sleeps: Linux 6.12
       and later prefer who asks for a short one. Elsewhere nothing changes. */
    static void bdax_shorten_slice(void) {
    #if defined SYS_sched_getattr && defined SYS_sched_setattr
        struct {
            uint32_t size, policy;
            uint64_t flags;
            int32_t nice;
            uint32_t priority;
            uint64_t slice_ns, deadline, period;
        } own = {0};
        if (!syscall(SYS_sched_getattr, 0, &own, sizeof own, 0) && own.policy == SCHED_OTHER) {
            own.slice_ns = 100000;
            syscall(SYS_sched_setattr, 0, &own, 0);
        }
    #endif
    }

    static void *bdax_write_on(void *given) {
        bdax_write_thread *of = given;
        uint64_t one = 1;
        bdax_shorten_slice();
        for (bdax_wait(&of->asked); of->has_write || !of->is_last; bdax_wait(&of->asked)) {
            if (!of->has_write) {
                continue;
            }
    #ifdef RWF_DSYNC
            of->written = pwritev2(of->fd, &of->content, 1, of->offset, RWF_DSYNC);
    #else
            of->written = pwritev(of->fd, &of->content, 1, of->offset);
            if (of->written >= 0 && fdatasync(of->fd)) {
                of->written = -1;
            }
    #endif
            of->error = of->written < 0 ? errno : 0;
            of->has_write = 0;
            if (write(of->told_fd, &one, sizeof one) < 0) {
                break;  /* Never: nobody else fills it. */
            }
        }
        sem_post(&of->ended);
        return NULL;
    }

    /* Return NULL when there is no thread to be had. */
    static bdax_write_thread *bdax_write_begin(int told_fd) {
        sigset_t all, before;
        int error;
        bdax_write_thread *of = calloc(1, sizeof *of);
        if (of == NULL) {
            return NULL;
        }
        of->told_fd = told_fd;
        sem_init(&of->asked, 0, 0);
        sem_init(&of->ended, 0, 0);
        /* Signals are the interpreter's. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        error = pthread_create(&of->thread, NULL, bdax_write_on, of);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (error) {
            free(of);
            return NULL;
        }
        return of;
    }

    static void bdax_write_ask(bdax_write_thread *of, int fd, char *content, size_t size, off_t offset) {
        of->fd = fd;
        of->content.iov_base = content;
        of->content.iov_len = size;
        of->offset = offset;
        of->has_write = 1;
        sem_post(&of->asked);
    }

    /* Nothing more is asked for; what was asked for is still written. */
    static void bdax_write_end(bdax_write_thread *of) {
        of->is_last = 1;
        sem_post(&of->asked);
    }

    /* After the end: wait so many seconds at most; return whether the thread has ended. */
    static int bdax_write_ended(bdax_write_thread *of, double seconds) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        long long ns = until.tv_nsec + (long long)(seconds * 1e9);
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        while (sem_timedwait(&of->ended, &until)) {
            if (errno != EINTR) {
                return 0;
            }
        }
        return 1;
    }

    /* Once it has ended. */
    static void bdax_write_free(bdax_write_thread *of) {
        pthread_join(of->thread, NULL);
        sem_destroy(&of->asked);
        sem_destroy(&of->ended);
        free(of);
    }
    """
    ctypedef struct WriteThread "bdax_write_thread":
        ssize_t written
        int error  # that of errno, when ``written`` is less than 0
    WriteThread* begin_thread "bdax_write_begin"(int told_fd)
    void ask_write "bdax_write_ask"(WriteThread* of, int fd, char* content, size_t size, off_t offset)
    void end_thread "bdax_write_end"(WriteThread* of)
    bint has_ended "bdax_write_ended"(WriteThread* of, double seconds) nogil
    void free_thread "bdax_write_free"(WriteThread* of)
