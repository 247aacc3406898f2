/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: requests reach the handler whole or not at all, large ones get 413, an answer
 * that was begun is finished before the listener is gone.
 */
#include "net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "net/client.h"
#include "tests/check.h"

enum { BODY_MAX = 1000 };
static atomic_bool is_slow; /* somebody is being answered slowly */

/* Say what was asked; "/slow" takes its time. */
static void echo(void *ctx, const struct sr_listener_request *request,
                 struct sr_listener_answer *out)
{
    (void)ctx;
    if (strcmp(request->path, "/slow") == 0) {
        atomic_store(&is_slow, true);
        (void)nanosleep(&(struct timespec){.tv_nsec = 300000000L}, NULL);
    }
    out->status = strcmp(request->path, "/allow") == 0 ? 405 : 200;
    out->allow = out->status == 405 ? "GET" : NULL;
    CHECK(sr_buf_new(2 * BODY_MAX, &out->body) == SR_OK);
    CHECK(sr_buf_append(out->body, sr_text_view(request->method)) == SR_OK);
    CHECK(sr_buf_append(out->body, sr_text_view(request->path)) == SR_OK);
    CHECK(sr_buf_append(out->body, request->body) == SR_OK);
}

static struct sr_listener *open_at(const char *address)
{
    struct sr_listener *l = NULL;
    struct sr_listener_options o = {.address = address,
                                    .body_bytes_max = BODY_MAX,
                                    .idle_s = 20,
                                    .connections = 8,
                                    .threads = 2,
                                    .handle = echo};
    struct sr_err err = {0};
    if (sr_listener_open(&o, &l, &err) != SR_OK) {
        printf("# %s\n", err.message);
    }
    return l;
}

/* Ask for path; the answer's status, its body in out. */
static unsigned ask(const struct sr_listener *l, const char *path, struct sr_bytes body,
                    char out[2 * BODY_MAX])
{
    char url[256];
    SR_CLEANUP(sr_client_reply_clear) struct sr_client_reply reply = {0};
    (void)snprintf(url, sizeof url, "http://%s%s", sr_listener_address(l), path);
    struct sr_client_request request = {.url = url,
                                        .is_post = body.len > 0,
                                        .body = body,
                                        .reply_bytes_max = 2 * BODY_MAX - 1,
                                        .timeout_ms = 20000};
    if (sr_client_ask(&request, &reply, NULL) != SR_OK) {
        return 0;
    }
    struct sr_bytes view = sr_buf_view(reply.body);
    if (view.len > 0) {
        memcpy(out, view.ptr, view.len);
    }
    out[view.len] = '\0';
    return reply.status;
}

static void requests_are_answered(void)
{
    SR_AUTO(sr_listener) l = open_at(NULL);
    char out[2 * BODY_MAX];
    CHECK(l != NULL && strncmp(sr_listener_address(l), "127.0.0.1:", 10) == 0);
    CHECK(ask(l, "/a%20b?x=1", sr_bytes(NULL, 0), out) == 200 && strcmp(out, "GET/a b") == 0);
    CHECK(ask(l, "/p", sr_text_view("body"), out) == 200 && strcmp(out, "POST/pbody") == 0);
    CHECK(ask(l, "/allow", sr_bytes(NULL, 0), out) == 405);
}

static void bodies_are_bounded(void)
{
    SR_AUTO(sr_listener) l = open_at("127.0.0.1:0");
    static char large[1 << 20];
    char out[2 * BODY_MAX];
    memset(large, 'x', sizeof large);
    CHECK(ask(l, "/", sr_bytes(large, BODY_MAX), out) == 200 && strlen(out) == BODY_MAX + 5);
    CHECK(ask(l, "/", sr_bytes(large, BODY_MAX + 1), out) == 413);
    CHECK(ask(l, "/", sr_bytes(large, sizeof large), out) == 413);
}

/* One exchange as bytes. */
static void exchange(const struct sr_listener *l, const char *request, char *out, size_t len)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *port = strrchr(sr_listener_address(l), ':');
    uint64_t number = 0;
    CHECK(sr_text_parse_u64(sr_text_view(port + 1), 0, 65535, &number) == SR_OK);
    to.sin_port = htons((uint16_t)number);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
    size_t got = 0;
    for (ssize_t n = 1; n > 0 && got + 1 < len;) {
        n = read(fd, out + got, len - 1 - got);
        got += n > 0 ? (size_t)n : 0;
    }
    out[got] = '\0';
    (void)close(fd);
}

/* A body that does not say how long it is, is counted as it comes. */
static void chunks_are_bounded_too(void)
{
    SR_AUTO(sr_listener) l = open_at(NULL);
    char request[4096];
    char out[4096];
    int len = snprintf(request, sizeof request,
                       "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n");
    for (unsigned i = 0; i < 11; i++) {
        len += snprintf(request + len, sizeof request - (size_t)len, "64\r\n%0100u\r\n", i);
    }
    (void)snprintf(request + len, sizeof request - (size_t)len, "0\r\n\r\n");
    exchange(l, request, out, sizeof out);
    CHECK(strncmp(out, "HTTP/1.1 413 ", 13) == 0);
    exchange(l, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof out);
    CHECK(strncmp(out, "HTTP/1.1 200 ", 13) == 0 && strstr(out, "GET/x") != NULL);
    exchange(l, "nonsense\r\n\r\n", out, sizeof out);
    CHECK(strstr(out, "200") == NULL);
}

static void addresses_are_numbers(void)
{
    static const char *const BAD[] = {
        "localhost:80", "127.0.0.1",   "127.0.0.1:",      ":80", "127.0.0.1:x",
        "[::1]",        "1.2.3.4.5:1", "127.0.0.1:65536", "",    "127.0.0.1:-1"};
    struct sr_listener_options o = {
        .body_bytes_max = 1, .idle_s = 1, .connections = 1, .threads = 1, .handle = echo};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct sr_listener *l = NULL;
        o.address = BAD[i];
        CHECK(sr_listener_open(&o, &l, NULL) == SR_MALFORMED && l == NULL);
    }
    SR_AUTO(sr_listener) first = open_at(NULL);
    struct sr_listener *second = NULL;
    o.address = sr_listener_address(first);
    CHECK(sr_listener_open(&o, &second, NULL) == SR_CONFLICT && second == NULL);
}

struct asking {
    char url[SR_LISTENER_ADDRESS_BYTES + 16];
    bool is_good;
};

static void *ask_slowly(void *ctx)
{
    struct asking *a = ctx;
    SR_CLEANUP(sr_client_reply_clear) struct sr_client_reply reply = {0};
    struct sr_client_request request = {
        .url = a->url, .reply_bytes_max = BODY_MAX, .timeout_ms = 20000};
    a->is_good = sr_client_ask(&request, &reply, NULL) == SR_OK && reply.status == 200 &&
                 sr_text_equal(sr_buf_view(reply.body), sr_text_view("GET/slow"));
    return NULL;
}

static void what_was_begun_is_finished(void)
{
    struct sr_listener *l = open_at(NULL);
    struct asking asking = {.is_good = false};
    pthread_t thread;
    (void)snprintf(asking.url, sizeof asking.url, "http://%s/slow", sr_listener_address(l));
    CHECK(pthread_create(&thread, NULL, ask_slowly, &asking) == 0);
    while (!atomic_load(&is_slow)) {
        (void)sched_yield();
    }
    sr_listener_free(l);
    CHECK(pthread_join(thread, NULL) == 0 && asking.is_good);
}

int main(void)
{
    RUN(requests_are_answered);
    RUN(bodies_are_bounded);
    RUN(chunks_are_bounded_too);
    RUN(addresses_are_numbers);
    RUN(what_was_begun_is_finished);
    return check_done();
}
