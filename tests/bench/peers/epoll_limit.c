/* The physical limit of a FIX acceptor: finds where each message ends, and answers every one that is no Logon
 * with an ExecutionReport(8) that names its ClOrdID(11). Nothing is checked, stored or matched.
 *
 *   epoll_limit SESSIONS
 *
 * Serves FIX 4.4 sessions of BDAX on a port of 127.0.0.1, says "ready PORT", ends with its input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_SIZE = 1 << 18, OUT_SIZE = 1 << 20, EVENTS = 256, MOST_FD = 4096 };

struct line {
    char in[IN_SIZE];
    size_t in_length;
    char out[OUT_SIZE];
    size_t out_length;
    char client[64];
    unsigned long number; /* MsgSeqNum(34) of the next answer */
};

static struct line *lines[MOST_FD];

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
    }
    say(line, body, size);
}

/* Works all whole messages; "\1" "10=ddd\1" ends each. */
static void work(struct line *line) {
    char *at = line->in, *end = line->in + line->in_length;
    for (;;) {
        char *trailer = memmem(at, (size_t)(end - at), "\00110=", 4);
        if (trailer == NULL || trailer + 8 > end || line->out_length > OUT_SIZE - 1024)
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

static int serve(int fd, struct line *line) {
    for (;;) {
        ssize_t got = recv(fd, line->in + line->in_length, IN_SIZE - line->in_length, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return -1;
        if (got > 0)
            line->in_length += (size_t)got;
        size_t before = line->in_length + line->out_length;
        work(line);
        if (flush(fd, line) < 0)
            return -1;
        if (got <= 0 && before == line->in_length + line->out_length)
            return 0;
    }
}

int main(int argc, char **argv) {
    if (argc != 2 || atoi(argv[1]) < 1) {
        fprintf(stderr, "usage: epoll_limit SESSIONS\n");
        return 2;
    }
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
        int ready = epoll_wait(poll, events, EVENTS, -1);
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
            } else if (serve(fd, lines[fd]) < 0) {
                close(fd);
                free(lines[fd]);
            }
        }
    }
}
