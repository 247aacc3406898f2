/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_FAKE_AGENT_H
#define SR_TESTS_FAKE_AGENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/scratch.h"

/*
 * An ssh-agent that says what a test wants it to: it takes one connection, and for each request
 * sends the next of its answers as they are (with a length, or not), then waits until the other
 * side closes. With `hangs_up` it closes after the last answer.
 */
struct fake_agent {
    struct {
        const uint8_t *data;
        size_t len;
    } answers[4];
    size_t count;
    bool hangs_up;
    /* what follows is the agent's */
    char dir[64];
    char path[80];
    int listener;
    uint8_t request[4096]; /* the last one, with its length */
    size_t request_bytes;
    pthread_t thread;
};

static inline bool fake_agent_read(int fd, uint8_t *out, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = read(fd, out + done, len - done);
        if (n <= 0) {
            return false;
        }
        done += (size_t)n;
    }
    return true;
}

static inline bool fake_agent_take_request(struct fake_agent *a, int fd)
{
    if (!fake_agent_read(fd, a->request, 4)) {
        return false;
    }
    size_t len = (size_t)a->request[2] << 8 | a->request[3];
    a->request_bytes = 4 + len;
    return a->request_bytes <= sizeof a->request && fake_agent_read(fd, a->request + 4, len);
}

static inline void *fake_agent_run(void *ctx)
{
    struct fake_agent *a = ctx;
    uint8_t byte;
    int fd = accept(a->listener, NULL, NULL);
    for (size_t i = 0; i < a->count && fd >= 0; i++) {
        if (!fake_agent_take_request(a, fd)) {
            break;
        }
        (void)send(fd, a->answers[i].data, a->answers[i].len, MSG_NOSIGNAL);
    }
    if (!a->hangs_up) {
        (void)!read(fd, &byte, 1);
    }
    (void)close(fd);
    return NULL;
}

static inline void fake_agent_start(struct fake_agent *a)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(a->dir, "/tmp/sr-agent-XXXXXX", sizeof "/tmp/sr-agent-XXXXXX");
    CHECK(scratch_make(a->dir));
    (void)snprintf(a->path, sizeof a->path, "%s/socket", a->dir);
    memcpy(address.sun_path, a->path, strlen(a->path) + 1);
    a->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(a->listener, (const struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(a->listener, 1) == 0);
    CHECK(pthread_create(&a->thread, NULL, fake_agent_run, a) == 0);
}

/* After the connection to it is closed. */
static inline void fake_agent_stop(struct fake_agent *a)
{
    CHECK(pthread_join(a->thread, NULL) == 0);
    (void)close(a->listener);
    scratch_remove(a->dir);
}

#endif /* SR_TESTS_FAKE_AGENT_H */
