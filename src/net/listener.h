/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_NET_LISTENER_H
#define SR_NET_LISTENER_H

#include "base/buf.h"

/*
 * Answering by HTTP: the only door to libmicrohttpd, and the only way in from a network. Requests
 * are read whole, up to a limit, and handed to one function; its answer is sent. There is no TLS:
 * what leaves this machine belongs behind a proxy that has it.
 *
 * The handler is called by several threads at once.
 */
struct sr_listener;

struct sr_listener_request {
    const char *method;   /* "GET", "POST"...; hostile */
    const char *path;     /* NUL-terminated, percent-decoded, without the query; hostile */
    struct sr_bytes body; /* hostile */
};

/* Start from all zero; the listener clears it. */
struct sr_listener_answer {
    unsigned status;     /* 200..599 */
    const char *type;    /* of the body, trusted; NULL: text/plain */
    const char *allow;   /* trusted: the header Allow, for 405; NULL: none */
    struct sr_buf *body; /* the answer's own; NULL: none */
};

struct sr_listener_options {
    const char *address;   /* "127.0.0.1:8080", "[::1]:0"; NULL: loopback and any port */
    size_t body_bytes_max; /* a larger one is answered with 413 */
    unsigned idle_s;       /* a connection on which nothing happens so long is closed; not 0 */
    unsigned connections;  /* at once, at most; not 0 */
    unsigned threads;      /* that answer; not 0 */
    void (*handle)(void *ctx, const struct sr_listener_request *request,
                   struct sr_listener_answer *out);
    void *ctx;
};

/*
 * Listen, from now on.
 *
 * errors  MALFORMED  the address is not a numeric address and a port
 *         CONFLICT   somebody listens there
 *         IO         the system refuses it
 *         NO_MEMORY
 */
enum sr_status sr_listener_open(const struct sr_listener_options *options, struct sr_listener **out,
                                struct sr_err *err) SR_MUST_USE;

/* Take no more connections, let what is being answered end (5 s at most), and close. */
void sr_listener_free(struct sr_listener *l);
SR_DEFINE_AUTO(sr_listener)

/* Where it listens, "127.0.0.1:37211": the port that it got where 0 was asked for. */
#define SR_LISTENER_ADDRESS_BYTES 96
const char *sr_listener_address(const struct sr_listener *l);

#endif /* SR_NET_LISTENER_H */
