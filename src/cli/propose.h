/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_PROPOSE_H
#define SR_CLI_PROPOSE_H

#include "cli/identity.h"

/*
 * To want something done. Where policy lets the actor do it alone, or has granted it, it is done;
 * where it needs others, it becomes a request, and the exit status is that of PENDING until they
 * have approved; then the same command, or 'request perform', does it.
 */
struct sr_proposed {
    bool is_done;                    /* else the request is waiting */
    bool is_new;                     /* the request was made now; else it was there */
    uint8_t digest[SR_SHA256_BYTES]; /* of the act that was done, or of the request */
};

/*
 * act     verb and fields; completed here
 * digest  as sr_custody_draft()
 * errors  those of sr_custody_do(); PENDING is not one of them: look at *out
 */
enum sr_status sr_propose(struct sr_room *room, const struct sr_identity *identity,
                          const struct sr_args *args, struct sr_act *act, const uint8_t *digest,
                          struct sr_proposed *out, struct sr_err *err) SR_MUST_USE;

/* Make the request for act, with the terms of the command line. out_digest is the request's. */
enum sr_status sr_propose_request(struct sr_room *room, const struct sr_identity *identity,
                                  const struct sr_args *args, const struct sr_act *act,
                                  const uint8_t *digest, uint8_t out_digest[SR_SHA256_BYTES],
                                  struct sr_err *err) SR_MUST_USE;

/*
 * Say what became of it: done is a sentence for when it is done. Returns OK, or PENDING.
 * With --json: {"done": bool, "act": digest or null, "request": digest or null}
 */
enum sr_status sr_propose_report(struct sr_cli *cli, const struct sr_proposed *proposed,
                                 const char *done, struct sr_err *err) SR_MUST_USE;

#define SR_PROPOSE_FIELDS                                                                          \
    {"done", "boolean", "it is done; else it waits for approvals"},                                \
        {"act", "string or null", "digest of the act that did it"},                                \
    {                                                                                              \
        "request", "string or null", "digest of the request that waits"                            \
    }
/* Of commands that propose, beside their own. OK ends the list. */
#define SR_PROPOSE_STATUSES                                                                        \
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED, SR_DENIED,          \
        SR_PENDING, SR_UNTRUSTED, SR_CORRUPT, SR_BUSY, SR_UNAVAILABLE, SR_UNSUPPORTED,             \
        SR_CANCELLED, SR_NO_MEMORY

#endif /* SR_CLI_PROPOSE_H */
