/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_SSH_CONNECTION_H
#define SR_ACTS_SSH_CONNECTION_H

#include "base/buf.h"

/*
 * A connection to an ssh-agent: requests out, answers in, each whole and within a time. What they
 * say is for formats/ssh_agent.h. One thread at a time.
 * source  docs/formats/ssh-agent.md (rules SA-1, SA-2)
 */
struct sr_ssh_connection;

/* Long enough to look for a hardware key and touch it; an agent may also ask for confirmation. */
#define SR_SSH_CONNECTION_PATIENCE_MS 120000

/*
 * path         of the socket: what SSH_AUTH_SOCK holds; NULL or "" when it is not set
 * patience_ms  for each request and its answer, at most INT_MAX
 * errors  USAGE        not the path of a socket
 *         UNAVAILABLE  nobody listens there, or it is not ours to talk to
 *         NO_MEMORY, IO
 */
enum sr_status sr_ssh_connection_open(const char *path, unsigned patience_ms,
                                      struct sr_ssh_connection **out,
                                      struct sr_err *err) SR_MUST_USE;
void sr_ssh_connection_free(struct sr_ssh_connection *c);
SR_DEFINE_AUTO(sr_ssh_connection)

/*
 * Send a request, which has its length in front, and append the answer without. After a failure
 * every further request is UNAVAILABLE: answers would no longer be to their requests.
 *
 * errors  UNAVAILABLE  no answer in time, or the agent went away
 *         MALFORMED    an empty answer
 *         TOO_LARGE    an answer over SR_SSH_AGENT_MESSAGE_BYTES_MAX, or over answer's limit
 *         NO_MEMORY, IO
 */
enum sr_status sr_ssh_connection_ask(struct sr_ssh_connection *c, struct sr_bytes request,
                                     struct sr_buf *answer, struct sr_err *err) SR_MUST_USE;

#endif /* SR_ACTS_SSH_CONNECTION_H */
