/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what a server says is bounded, is taken for nothing but an answer, and ends. */
#include "net/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/check.h"

/* A server that says one thing to one who asks, whatever that is. */
struct server {
    int fd;
    char url[64];
    const char *says; /* NULL: nothing, until the other side goes away */
    char heard[4096];
    pthread_t thread;
};

static void *serve(void *ctx)
{
    struct server *s = ctx;
    size_t got = 0;
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
    while (fd >= 0 && strstr(s->heard, "\r\n\r\n") == NULL) {
        ssize_t n = read(fd, s->heard + got, sizeof s->heard - 1 - got);
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
    }
    if (s->says != NULL) {
        (void)!write(fd, s->says, strlen(s->says));
    } else {
        char c;
        while (read(fd, &c, 1) > 0) {
        }
    }
    (void)close(fd);
    return NULL;
}

static void server_open(struct server *s, const char *says)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    *s = (struct server){.says = says, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    CHECK(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&at, sizeof at) == 0);
    CHECK(listen(s->fd, 4) == 0 && getsockname(s->fd, (struct sockaddr *)&at, &len) == 0);
    (void)snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u/add", ntohs(at.sin_port));
    CHECK(pthread_create(&s->thread, NULL, serve, s) == 0);
}

static void server_close(struct server *s)
{
    CHECK(pthread_join(s->thread, NULL) == 0);
    (void)close(s->fd);
}

static enum sr_status ask(const char *url, unsigned timeout_ms, struct sr_client_reply *out)
{
    struct sr_err err = {0};
    const struct sr_client_request request = {.url = url,
                                              .is_post = true,
                                              .body = sr_text_view("question"),
                                              .reply_bytes_max = 100,
                                              .timeout_ms = timeout_ms};
    enum sr_status status = sr_client_ask(&request, out, &err);
    CHECK((status == SR_OK) == (err.message[0] == '\0'));
    return status;
}

static void answers_come_back(void)
{
    struct server s;
    SR_CLEANUP(sr_client_reply_clear) struct sr_client_reply reply = {0};
    server_open(&s, "HTTP/1.1 409 Conflict\r\nContent-Length: 3\r\n\r\n17\n");
    CHECK(ask(s.url, 20000, &reply) == SR_OK && reply.status == 409);
    CHECK(sr_text_equal(sr_buf_view(reply.body), sr_text_view("17\n")));
    server_close(&s);
    CHECK(strncmp(s.heard, "POST /add HTTP/1.1\r\n", 20) == 0);
    CHECK(strstr(s.heard, "Content-Type: text/plain\r\n") != NULL);
    CHECK(strstr(s.heard, "Content-Length: 8\r\n") != NULL);
}

static void redirects_are_answers(void)
{
    struct server s;
    SR_CLEANUP(sr_client_reply_clear) struct sr_client_reply reply = {0};
    server_open(&s, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                    "Content-Length: 0\r\n\r\n");
    CHECK(ask(s.url, 20000, &reply) == SR_OK && reply.status == 302);
    server_close(&s);
}

static void large_answers_are_cut_off(void)
{
    struct server s;
    struct sr_client_reply reply = {0};
    char says[512];
    (void)snprintf(says, sizeof says, "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n%0101d", 7);
    server_open(&s, says);
    CHECK(ask(s.url, 20000, &reply) == SR_TOO_LARGE && reply.body == NULL);
    server_close(&s);
    /* One that does not say so before. */
    (void)snprintf(says, sizeof says, "HTTP/1.0 200 OK\r\n\r\n%0101d", 7);
    server_open(&s, says);
    CHECK(ask(s.url, 20000, &reply) == SR_TOO_LARGE && reply.body == NULL);
    server_close(&s);
}

static void whoever_does_not_answer_is_given_up(void)
{
    struct server s;
    struct sr_client_reply reply = {0};
    server_open(&s, NULL);
    CHECK(ask(s.url, 200, &reply) == SR_UNAVAILABLE);
    server_close(&s);
    CHECK(ask(s.url, 20000, &reply) == SR_UNAVAILABLE); /* nobody listens there any more */
    server_open(&s, "SSH-2.0-OpenSSH\r\n");
    CHECK(ask(s.url, 20000, &reply) == SR_UNAVAILABLE);
    server_close(&s);
    server_open(&s, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
    CHECK(ask(s.url, 20000, &reply) == SR_UNAVAILABLE && reply.body == NULL);
    server_close(&s);
}

static void only_http_is_asked(void)
{
    static const char *const BAD[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "",
                                      "http://"};
    struct sr_client_reply reply = {0};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(ask(BAD[i], 20000, &reply) == SR_MALFORMED);
    }
}

/* The environment of a service is not ours to trust. */
static void no_proxy_is_asked(void)
{
    struct server s;
    SR_CLEANUP(sr_client_reply_clear) struct sr_client_reply reply = {0};
    CHECK(unsetenv("no_proxy") == 0 && unsetenv("NO_PROXY") == 0);
    CHECK(setenv("http_proxy", "http://127.0.0.1:1/", 1) == 0);
    CHECK(setenv("ALL_PROXY", "http://127.0.0.1:1/", 1) == 0);
    server_open(&s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(ask(s.url, 20000, &reply) == SR_OK && reply.status == 200);
    server_close(&s);
}

int main(void)
{
    RUN(answers_come_back);
    RUN(redirects_are_answers);
    RUN(large_answers_are_cut_off);
    RUN(whoever_does_not_answer_is_given_up);
    RUN(only_http_is_asked);
    RUN(no_proxy_is_asked);
    return check_done();
}
