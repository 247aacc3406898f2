/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { BACKLOG = 64, DRAIN_MS = 5000, DRAIN_STEP_MS = 5, CONNECTION_BYTES = 32 << 10 };

struct sr_listener {
    struct sr_listener_options o;
    struct MHD_Daemon *daemon;
    int socket; /* the daemon's while it runs */
    atomic_uint answering;
    char address[SR_LISTENER_ADDRESS_BYTES];
};

/* A request that is being read. */
struct reading {
    struct sr_listener *listener;
    struct sr_buf *body;
    bool is_too_large;
};

static void drain(const struct sr_listener *l)
{
    const struct timespec step = {.tv_nsec = DRAIN_STEP_MS * 1000000L};
    for (unsigned ms = 0; ms < DRAIN_MS && atomic_load(&l->answering) > 0; ms += DRAIN_STEP_MS) {
        (void)nanosleep(&step, NULL);
    }
}

void sr_listener_free(struct sr_listener *l)
{
    if (l == NULL) {
        return;
    }
    if (l->daemon != NULL) {
        /* The socket is used by the daemon's threads until they have stopped. */
        (void)MHD_quiesce_daemon(l->daemon);
        drain(l);
        MHD_stop_daemon(l->daemon);
    }
    if (l->socket >= 0) {
        (void)close(l->socket);
    }
    free(l);
}

const char *sr_listener_address(const struct sr_listener *l)
{
    return l->address;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   const struct sr_listener_answer *answer)
{
    struct sr_bytes body = answer->body == NULL ? sr_bytes("", 0) : sr_buf_view(answer->body);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_add_response_header(
        response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type == NULL ? "text/plain" : answer->type);
    if (result == MHD_YES && answer->allow != NULL) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
    }
    if (result == MHD_YES) {
        result = MHD_queue_response(connection, answer->status, response);
    }
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_status(struct MHD_Connection *connection, unsigned status)
{
    const struct sr_listener_answer answer = {.status = status};
    return send_answer(connection, &answer);
}

/* Before the body comes: what says that it is too large is not read. */
static enum MHD_Result begin(struct sr_listener *l, struct MHD_Connection *connection, void **out)
{
    uint64_t bytes = 0;
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length != NULL &&
        sr_text_parse_u64(sr_text_view(length), 0, l->o.body_bytes_max, &bytes) == SR_TOO_LARGE) {
        return send_status(connection, MHD_HTTP_CONTENT_TOO_LARGE);
    }
    struct reading *r = calloc(1, sizeof *r);
    if (r == NULL || sr_buf_new(l->o.body_bytes_max, &r->body) != SR_OK) {
        free(r);
        return send_status(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
    }
    r->listener = l;
    (void)atomic_fetch_add(&l->answering, 1);
    *out = r;
    return MHD_YES;
}

static enum MHD_Result answer_request(struct sr_listener *l, struct MHD_Connection *connection,
                                      const struct reading *r, const char *method, const char *path)
{
    struct sr_listener_answer answer = {0};
    struct sr_listener_request request = {
        .method = method, .path = path, .body = sr_buf_view(r->body)};
    if (r->is_too_large) {
        return send_status(connection, MHD_HTTP_CONTENT_TOO_LARGE);
    }
    l->o.handle(l->o.ctx, &request, &answer);
    assert(answer.status >= 200 && answer.status <= 599);
    enum MHD_Result result = send_answer(connection, &answer);
    sr_buf_free(answer.body);
    return result;
}

/* Called once for the head of a request, then for each piece of its body, then at its end. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_bytes, void **request)
{
    struct sr_listener *l = ctx;
    struct reading *r = *request;
    (void)version;
    if (r == NULL) {
        return begin(l, connection, request);
    }
    if (*data_bytes == 0) {
        return answer_request(l, connection, r, method, path);
    }
    /* The rest is read and dropped, so that the answer reaches who sends it. */
    if (!r->is_too_large) {
        r->is_too_large = sr_buf_append(r->body, sr_bytes(data, *data_bytes)) != SR_OK;
    }
    *data_bytes = 0;
    return MHD_YES;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    struct reading *r = *request;
    (void)ctx;
    (void)connection;
    (void)why;
    if (r != NULL) {
        (void)atomic_fetch_sub(&r->listener->answering, 1);
        sr_buf_free(r->body);
        free(r);
    }
    *request = NULL;
}

/* "HOST:PORT" or "[HOST]:PORT", of numbers only: a name could be anybody's tomorrow. */
static enum sr_status resolve(const char *address, struct addrinfo **out, struct sr_err *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    char host[SR_LISTENER_ADDRESS_BYTES] = {0};
    const char *colon = strrchr(address, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - address);
    uint64_t port = 0;
    if (len > 2 && address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    if (len > 0 && len < sizeof host) {
        memcpy(host, address, len);
    }
    if (host[0] == '\0' || sr_text_parse_u64(sr_text_view(colon + 1), 0, 65535, &port) != SR_OK ||
        getaddrinfo(host, colon + 1, &hints, out) != 0) {
        return sr_fail(err, SR_MALFORMED,
                       "'%.80s' is not an address and a port, as 127.0.0.1:8080 or [::1]:8080",
                       address);
    }
    return SR_OK;
}

static void free_addresses(struct addrinfo **list)
{
    if (*list != NULL) {
        freeaddrinfo(*list);
    }
}

/* The address that the socket has got, as text. */
static enum sr_status name_socket(struct sr_listener *l, struct sr_err *err)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    char host[64];
    char port[16];
    if (getsockname(l->socket, (struct sockaddr *)&bound, &len) != 0 ||
        getnameinfo((struct sockaddr *)&bound, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return sr_fail(err, SR_IO, "cannot tell where it listens");
    }
    (void)snprintf(l->address, sizeof l->address, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s",
                   host, port);
    return SR_OK;
}

static enum sr_status open_socket(struct sr_listener *l, struct sr_err *err)
{
    SR_CLEANUP(free_addresses) struct addrinfo *found = NULL;
    const char *address = l->o.address == NULL ? "127.0.0.1:0" : l->o.address;
    const int yes = 1;
    SR_TRY(resolve(address, &found, err));
    l->socket = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->socket < 0 || setsockopt(l->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(l->socket, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(l->socket, BACKLOG) != 0) {
        return sr_fail(err, errno == EADDRINUSE ? SR_CONFLICT : SR_IO, "cannot listen on '%s': %s",
                       address, strerrordesc_np(errno));
    }
    return name_socket(l, err);
}

enum sr_status sr_listener_open(const struct sr_listener_options *options, struct sr_listener **out,
                                struct sr_err *err)
{
    SR_AUTO(sr_listener) l = calloc(1, sizeof *l);
    if (l == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a listener");
    }
    assert(options->idle_s > 0 && options->connections > 0 && options->threads > 0);
    l->o = *options;
    l->socket = -1;
    SR_TRY(open_socket(l, err));
    l->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD, 0, NULL, NULL, on_request, l,
                                 MHD_OPTION_LISTEN_SOCKET, l->socket, MHD_OPTION_CONNECTION_TIMEOUT,
                                 options->idle_s, MHD_OPTION_CONNECTION_LIMIT, options->connections,
                                 MHD_OPTION_THREAD_POOL_SIZE, options->threads,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                                 MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (l->daemon == NULL) {
        return sr_fail(err, SR_IO, "cannot start to listen on '%s'", l->address);
    }
    *out = SR_TAKE(l);
    return SR_OK;
}
