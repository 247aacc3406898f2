/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_NET_CLIENT_H
#define SR_NET_CLIENT_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Asking by HTTP and HTTPS: the only door to libcurl, and the only way out of this program. One
 * question, one answer; no redirect is followed, no proxy of the environment is used, no cookie or
 * password is sent, and over HTTPS the server's certificate has to be one that this machine trusts.
 * What comes back is hostile and bounded in size and time.
 *
 * Any number of threads may ask at once.
 */

struct sr_client_request {
    const char *url;      /* NUL-terminated, "http://..." or "https://..."; of a configuration */
    bool is_post;         /* else GET */
    const char *type;     /* of the body; NULL: text/plain */
    struct sr_bytes body; /* of a POST */
    size_t reply_bytes_max;
    unsigned timeout_ms; /* for all of it; not 0 */
};

struct sr_client_reply {
    unsigned status;     /* of HTTP, whatever it is */
    struct sr_buf *body; /* the reply's own */
};
void sr_client_reply_clear(struct sr_client_reply *reply);

/*
 * Ask. Any HTTP status is an answer, so OK. out is to be all zero; clear it.
 *
 * errors  MALFORMED    not such a URL
 *         UNAVAILABLE  nobody answers there in time, or not in HTTP, or the certificate is not
 *                      trusted; err says which
 *         TOO_LARGE    the answer is over reply_bytes_max
 *         NO_MEMORY, INTERNAL
 */
enum sr_status sr_client_ask(const struct sr_client_request *request, struct sr_client_reply *out,
                             struct sr_err *err) SR_MUST_USE;

#endif /* SR_NET_CLIENT_H */
