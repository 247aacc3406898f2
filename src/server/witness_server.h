/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SERVER_WITNESS_SERVER_H
#define SR_SERVER_WITNESS_SERVER_H

#include "ledger/witness.h"
#include "net/listener.h"

/*
 * A witness (ledger/witness.h) behind a listener: POST /add-checkpoint and
 * GET /<SHA-256 of the origin>/checkpoint, by the system's clock. Everything else is 404 or 405.
 * Whoever listens for others than this machine puts a proxy with TLS in front.
 * source  docs/formats/witness.md
 */
struct sr_witness_server;

/* What was answered, for an operator's eyes. Called by several threads, one at a time. */
struct sr_witness_server_event {
    const char *method;  /* hostile */
    const char *path;    /* hostile */
    unsigned status;     /* of HTTP */
    const char *message; /* what was wrong; "" for nothing. May quote hostile text */
};

struct sr_witness_server_options {
    struct sr_witness *witness; /* outlives the server */
    const char *address;        /* as in net/listener.h; NULL: loopback and any port */
    void (*on_answer)(void *ctx, const struct sr_witness_server_event *event); /* NULL: nobody */
    void *ctx;
};

/* errors  those of sr_listener_open() */
enum sr_status sr_witness_server_open(const struct sr_witness_server_options *options,
                                      struct sr_witness_server **out,
                                      struct sr_err *err) SR_MUST_USE;
/* As sr_listener_free(). */
void sr_witness_server_free(struct sr_witness_server *s);
SR_DEFINE_AUTO(sr_witness_server)

/* As sr_listener_address(). */
const char *sr_witness_server_address(const struct sr_witness_server *s);

#endif /* SR_SERVER_WITNESS_SERVER_H */
