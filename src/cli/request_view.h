/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_REQUEST_VIEW_H
#define SR_CLI_REQUEST_VIEW_H

#include "cli/cli.h"
#include "cli/command.h"
#include "cli/human.h"
#include "policy/decide.h"

/* Requests as several commands show them. What is shown is decoded from the request's own bytes,
 * and its digest is made from them here: what a reviewer sees is what a reviewer signs. */

/* How people name a request: the first digits of its digest. */
#define SR_REQUEST_VIEW_ID_BYTES 13
void sr_request_view_id(const uint8_t digest[SR_SHA256_BYTES], char out[SR_REQUEST_VIEW_ID_BYTES]);

/*
 * The request that text means: its digest, or the beginning of it, 6 digits at least.
 * errors  USAGE (no such digits), NOT_FOUND, CONFLICT (more than one begins so)
 */
enum sr_status sr_request_view_find(const struct sr_state *s, const char *text,
                                    const struct sr_request **out, struct sr_err *err) SR_MUST_USE;

/* "use llama@1"; NUL-terminated, cut to fit. Hostile text in it, for sr_screen_line(). */
#define SR_REQUEST_VIEW_WHAT_BYTES 256
void sr_request_view_what(const struct sr_request *request, char out[SR_REQUEST_VIEW_WHAT_BYTES]);

/* When the grant or the request ends; "" when it has no end. */
void sr_request_view_until(const struct sr_standing *standing, char out[SR_HUMAN_BYTES]);

/* The page on which a decision is made, for person who (NULL: nobody in particular). */
enum sr_status sr_request_view_page(const struct sr_cli *cli, const struct sr_state *s,
                                    const struct sr_request *request,
                                    const struct sr_principal *who, const struct sr_moment *moment,
                                    struct sr_err *err) SR_MUST_USE;

/* Members of an open object. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_request_view_put(struct sr_json_writer *w, const struct sr_state *s,
                                   const struct sr_request *request,
                                   const struct sr_moment *moment) SR_MUST_USE;

/* What sr_request_view_put() writes, for the descriptors. */
#define SR_REQUEST_VIEW_FIELDS(prefix)                                                             \
    {prefix "request", "string", "digest of the request, which names it"},                         \
        {prefix "what", "string", "the verb that is asked for"},                                   \
        {prefix "subject", "string", "what it is about: 'llama@1'"},                               \
        {prefix "requester", "string", "the principal who asks"},                                  \
        {prefix "state", "string",                                                                 \
         "'pending', 'waiting', 'granted', 'denied', 'withdrawn', 'expired', 'revoked', "          \
         "'exhausted', 'suspended' or 'used'"},                                                    \
        {prefix "why", "string or null", "its reason"},                                            \
        {prefix "ticket", "string or null", "its ticket"},                                         \
        {prefix "host", "string or null", "the machine it is for"},                                \
        {prefix "workload", "string or null", "the workload it is for"},                           \
        {prefix "lasts_ms", "integer or null", "how long it is for"},                              \
        {prefix "bytes", "integer or null", "plain bytes at most"},                                \
        {prefix "bytes_served", "integer", "of them so far"},                                      \
        {prefix "uses", "integer", "acts that named it so far"},                                   \
        {prefix "break_glass", "boolean", "taken in an emergency"},                                \
        {prefix "made", "string", "when, RFC 3339 in UTC"},                                        \
        {prefix "until", "string or null", "when the grant, or the request, ends"},                \
        {prefix "rule", "string or null", "the rule of the policy that decides"},                  \
        {prefix "needs", "array", "what it demands of approvers"},                                 \
        {prefix "needs[].role", "string", "of whom"},                                              \
        {prefix "needs[].count", "integer", "how many distinct persons"},                          \
        {prefix "needs[].have", "integer", "how many there are"},                                  \
        {prefix "reviews", "array", "all of them, the withdrawn too"},                             \
        {prefix "reviews[].reviewer", "string", "the principal"},                                  \
        {prefix "reviews[].approves", "boolean", "or denies"},                                     \
        {prefix "reviews[].withdrawn", "boolean", "taken back"},                                   \
        {prefix "reviews[].hardware_key", "boolean", "signed by a FIDO2 authenticator"},           \
    {                                                                                              \
        prefix "reviews[].at", "string", "when, RFC 3339 in UTC"                                   \
    }

#endif /* SR_CLI_REQUEST_VIEW_H */
