/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/ssh_connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/reader.h"
#include "formats/ssh_agent.h"

struct sr_ssh_connection {
    int fd;
    unsigned patience_ms;
    bool is_broken;
};

/* Of a clock that nobody sets. */
static int64_t now_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* SA-1 */
static enum sr_status make_address(const char *path, struct sockaddr_un *out, struct sr_err *err)
{
    size_t len = path != NULL ? strlen(path) : 0;
    if (len == 0) {
        return sr_fail(err, SR_USAGE, "no ssh-agent: SSH_AUTH_SOCK is not set");
    }
    if (path[0] != '/' || len >= sizeof out->sun_path) {
        return sr_fail(err, SR_USAGE, "ssh-agent: '%s' is not an absolute path of up to %zu bytes",
                       path, sizeof out->sun_path - 1);
    }
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, path, len);
    return SR_OK;
}

enum sr_status sr_ssh_connection_open(const char *path, unsigned patience_ms,
                                      struct sr_ssh_connection **out, struct sr_err *err)
{
    struct sockaddr_un address;
    SR_TRY(make_address(path, &address, err));
    SR_AUTO(sr_ssh_connection) c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a connection");
    }
    c->patience_ms = patience_ms;
    /* Non-blocking also for connect(): a full queue is an error then, not a wait. */
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        return sr_fail(err, SR_IO, "ssh-agent: socket: %s", strerror(errno));
    }
    if (connect(c->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        return sr_fail(err, SR_UNAVAILABLE, "ssh-agent: connect '%s': %s", path, strerror(errno));
    }
    *out = SR_TAKE(c);
    return SR_OK;
}

void sr_ssh_connection_free(struct sr_ssh_connection *c)
{
    if (c != NULL) {
        if (c->fd >= 0) {
            (void)close(c->fd); /* nothing was written that could be lost */
        }
        free(c);
    }
}

static enum sr_status wait_for(const struct sr_ssh_connection *c, short events, int64_t deadline_ms,
                               struct sr_err *err)
{
    for (;;) {
        struct pollfd p = {.fd = c->fd, .events = events};
        int64_t left_ms = deadline_ms - now_ms();
        int ready = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;
        if (ready > 0) {
            return SR_OK;
        }
        if (ready == 0) {
            return sr_fail(err, SR_UNAVAILABLE, "ssh-agent: no answer within %u s",
                           c->patience_ms / 1000);
        }
        if (errno != EINTR) {
            return sr_fail(err, SR_IO, "ssh-agent: poll: %s", strerror(errno));
        }
    }
}

static bool is_passing(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static enum sr_status send_all(const struct sr_ssh_connection *c, struct sr_bytes data,
                               int64_t deadline_ms, struct sr_err *err)
{
    while (data.len > 0) {
        SR_TRY(wait_for(c, POLLOUT, deadline_ms, err));
        ssize_t n = send(c->fd, data.ptr, data.len, MSG_NOSIGNAL);
        if (n < 0 && is_passing()) {
            continue;
        }
        if (n < 0) {
            return sr_fail(err, SR_UNAVAILABLE, "ssh-agent: send: %s", strerror(errno));
        }
        data = sr_bytes(data.ptr + n, data.len - (size_t)n);
    }
    return SR_OK;
}

static enum sr_status receive_all(const struct sr_ssh_connection *c, uint8_t *out, size_t len,
                                  int64_t deadline_ms, struct sr_err *err)
{
    for (size_t done = 0; done < len;) {
        SR_TRY(wait_for(c, POLLIN, deadline_ms, err));
        ssize_t n = recv(c->fd, out + done, len - done, 0);
        if (n < 0 && is_passing()) {
            continue;
        }
        if (n < 0) {
            return sr_fail(err, SR_UNAVAILABLE, "ssh-agent: recv: %s", strerror(errno));
        }
        if (n == 0) {
            return sr_fail(err, SR_UNAVAILABLE, "ssh-agent: it closed the connection");
        }
        done += (size_t)n;
    }
    return SR_OK;
}

static enum sr_status exchange(const struct sr_ssh_connection *c, struct sr_bytes request,
                               struct sr_buf *answer, struct sr_err *err)
{
    int64_t deadline_ms = now_ms() + c->patience_ms;
    uint8_t head[4];
    uint32_t len;
    uint8_t *body = NULL;
    SR_TRY(send_all(c, request, deadline_ms, err));
    SR_TRY(receive_all(c, head, sizeof head, deadline_ms, err));
    struct sr_reader r = sr_reader(sr_bytes(head, sizeof head));
    SR_TRY(sr_reader_u32be(&r, &len));
    if (len == 0) {
        return sr_fail(err, SR_MALFORMED, "ssh-agent: an empty answer");
    }
    if (len > SR_SSH_AGENT_MESSAGE_BYTES_MAX) { /* before memory is taken for it */
        return sr_fail(err, SR_TOO_LARGE, "ssh-agent: an answer of %u bytes", len);
    }
    SR_TRY(sr_buf_extend(answer, len, &body));
    return receive_all(c, body, len, deadline_ms, err);
}

enum sr_status sr_ssh_connection_ask(struct sr_ssh_connection *c, struct sr_bytes request,
                                     struct sr_buf *answer, struct sr_err *err)
{
    if (c->is_broken) {
        return sr_fail(err, SR_UNAVAILABLE, "ssh-agent: an earlier request failed");
    }
    enum sr_status status = exchange(c, request, answer, err);
    c->is_broken = status != SR_OK;
    return status;
}
