/* The physical limit of a FIX acceptor: finds where each message ends, and answers every one that is no Logon
 * with an ExecutionReport(8) that names its ClOrdID(11). Nothing is checked or matched.
 *
 *   epoll_limit SESSIONS [FOLDER]
 *
 * With FOLDER, what is answered is on the disk first, as a log would have it: all that one look at the sockets finds is
 * one synchronous write (RWF_DSYNC) of RECORD bytes an order, over a file that was filled before.
 *
 * Serves FIX 4.4 sessions of BDAX on a port of 127.0.0.1, says "ready PORT", ends with its input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { IN_SIZE = 1 << 18, OUT_SIZE = 1 << 20, EVENTS = 256, MOST_FD = 4096 };
enum { RECORD = 700, LOG_SIZE = 1 << 26 };

struct line {
    char in[IN_SIZE];
    size_t in_length;
    char out[OUT_SIZE];
    size_t out_length;
    char client[64];
    unsigned long number; /* MsgSeqNum(34) of the next answer */
    int is_unread;        /* the last read has left something */
    int is_full;          /* the answers have left no room for those of what was read */
};

static struct line *lines[MOST_FD];
static int log_file = -1;
static char *records;        /* LOG_SIZE bytes, of which commits write as many as they need */
static off_t log_end;        /* where the next commit goes; behind LOG_SIZE it begins anew */
static unsigned long orders; /* answered since the last commit */

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* Returns the value of a field that is looked for as "\1TAG=", and its length; NULL when there is none. */
static const char *field(const char *message, size_t length, const char *tag, size_t *size) {
    const char *found = memmem(message, length, tag, strlen(tag));
    if (found == NULL)
        return NULL;
    found += strlen(tag);
    const char *end = memchr(found, 1, (size_t)(message + length - found));
    if (end == NULL)
        return NULL;
    *size = (size_t)(end - found);
    return found;
}

static void say(struct line *line, const char *body, int body_length) {
    char *start = line->out + line->out_length;
    int length = sprintf(start, "8=FIX.4.4\0019=%d\001", body_length);
    memcpy(start + length, body, (size_t)body_length);
    length += body_length;
    unsigned sum = 0;
    for (int at = 0; at < length; at++)
        sum += (unsigned char)start[at];
    length += sprintf(start + length, "10=%03u\001", sum & 255);
    line->out_length += (size_t)length;
}

static void answer(struct line *line, const char *message, size_t length) {
    char body[512];
    int size;
    size_t value_size = 0;
    const char *type = field(message, length, "\00135=", &value_size);
    if (type == NULL)
        return;
    if (*type == 'A') {
        const char *client = field(message, length, "\00149=", &value_size);
        if (client == NULL || value_size >= sizeof line->client)
            return;
        memcpy(line->client, client, value_size);
        line->number = 1;
        size = snprintf(body, sizeof body,
                        "35=A\00134=%lu\00149=BDAX\00152=20260101-00:00:00.000\00156=%s\00198=0\001108=60\001141=Y\001",
                        line->number++, line->client);
    } else if (*type == '5') {
        size = snprintf(body, sizeof body, "35=5\00134=%lu\00149=BDAX\00152=20260101-00:00:00.000\00156=%s\001",
                        line->number++, line->client);
    } else {
        const char *id = field(message, length, "\00111=", &value_size);
        if (id == NULL || value_size > 64)
            return;
        size = snprintf(body, sizeof body,
                        "35=8\00134=%lu\00149=BDAX\00152=20260101-00:00:00.000\00156=%s\0016=0\00111=%.*s\00114=0\001"
                        "17=%lu\00137=%lu\00139=0\00154=1\00155=BTC-KRW\001150=0\001151=1\001",
                        line->number, line->client, (int)value_size, id, line->number, line->number);
        line->number++;
        orders++;
    }
    say(line, body, size);
}

static int has_room(const struct line *line) {
    return line->out_length <= OUT_SIZE - 1024;
}

/* Works all whole messages; "\1" "10=ddd\1" ends each. */
static void work(struct line *line) {
    char *at = line->in, *end = line->in + line->in_length;
    line->is_full = 0;
    for (;;) {
        char *trailer = memmem(at, (size_t)(end - at), "\00110=", 4);
        if (trailer == NULL || trailer + 8 > end || (line->is_full = !has_room(line)))
            break;
        answer(line, at, (size_t)(trailer + 8 - at));
        at = trailer + 8;
    }
    line->in_length = (size_t)(end - at);
    memmove(line->in, at, line->in_length);
}

static int flush(int fd, struct line *line) {
    size_t done = 0;
    while (done < line->out_length) {
        ssize_t sent = send(fd, line->out + done, line->out_length - done, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN)
                return -1;
            break;
        }
        done += (size_t)sent;
    }
    line->out_length -= done;
    memmove(line->out, line->out + done, line->out_length);
    return 0;
}

/* Reads once, and works what is whole; returns -1 at the end of the connection. A read that does not fill the buffer
 * has taken all there was: epoll tells of what comes later. */
static int receive(int fd, struct line *line) {
    size_t room = IN_SIZE - line->in_length;
    ssize_t got = room > 0 ? recv(fd, line->in + line->in_length, room, 0) : -1;
    if (got == 0 || (got < 0 && room > 0 && errno != EAGAIN))
        return -1;
    if (got > 0)
        line->in_length += (size_t)got;
    line->is_unread = line->in_length == IN_SIZE;
    work(line);
    return line->in_length == IN_SIZE && !line->is_full ? -1 : 0;
}

/* Has what is answered on the disk, where there is a log. */
static void commit(void) {
    for (size_t left = log_file < 0 ? 0 : orders * RECORD; left > 0;) {
        if (log_end == LOG_SIZE)
            log_end = 0;
        size_t size = left < (size_t)(LOG_SIZE - log_end) ? left : (size_t)(LOG_SIZE - log_end);
        struct iovec part = {.iov_base = records + log_end, .iov_len = size};
        ssize_t done = pwritev2(log_file, &part, 1, log_end, RWF_DSYNC);
        if (done <= 0)
            die("epoll_limit: commit");
        log_end += done;
        left -= (size_t)done;
    }
    orders = 0;
}

static void hang_up(int fd) {
    close(fd);
    free(lines[fd]);
    lines[fd] = NULL;
}

/* Serves connections until there is nothing more to do on any of them. */
static void serve(int *fds, int count) {
    while (count > 0) {
        int left = 0, more = 0;
        for (int at = 0; at < count; at++) {
            int fd = fds[at];
            if (receive(fd, lines[fd]) < 0 || (log_file < 0 && flush(fd, lines[fd]) < 0))
                hang_up(fd);
            else
                fds[left++] = fd;
        }
        commit();
        for (int at = 0; at < left; at++) {
            struct line *line = lines[fds[at]];
            if (flush(fds[at], line) < 0)
                hang_up(fds[at]);
            else if (has_room(line) && (line->is_unread || line->is_full))
                fds[more++] = fds[at];
        }
        count = more;
    }
}

/* Makes the log, filled, so that a commit changes nothing but its own blocks. */
static void open_log(const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s/limit.log", folder);
    log_file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    records = malloc(LOG_SIZE);
    if (log_file < 0 || records == NULL)
        die(path);
    memset(records, 'r', LOG_SIZE);
    if (pwrite(log_file, records, LOG_SIZE, 0) != LOG_SIZE || fsync(log_file) != 0)
        die(path);
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3 || atoi(argv[1]) < 1) {
        fprintf(stderr, "usage: epoll_limit SESSIONS [FOLDER]\n");
        return 2;
    }
    if (argc == 3)
        open_log(argv[2]);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), poll = epoll_create1(0), yes = 1;
    if (listener < 0 || poll < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 1024) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        die("epoll_limit");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    event.data.fd = STDIN_FILENO;
    epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poll, events, EVENTS, -1), fds[EVENTS], count = 0;
        for (int at = 0; at < ready; at++) {
            int fd = events[at].data.fd;
            if (fd == STDIN_FILENO) {
                char ignored[64];
                if (read(fd, ignored, sizeof ignored) <= 0)
                    return 0;
            } else if (fd == listener) {
                int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (client < 0 || client >= MOST_FD)
                    continue;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                if ((lines[client] = calloc(1, sizeof *lines[client])) == NULL)
                    die("epoll_limit");
                event = (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = client};
                epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
            } else
                fds[count++] = fd;
        }
        serve(fds, count);
    }
}
