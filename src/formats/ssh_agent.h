/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_SSH_AGENT_H
#define SR_FORMATS_SSH_AGENT_H

#include "base/reader.h"
#include "formats/ssh_key.h"

/*
 * What is said to an ssh-agent and what it answers, for the two things we ask: which keys it has,
 * and to sign with one. Requests come with their 4-byte length, answers are taken without. An agent
 * is hostile: what it says about itself is checked, what it signs is verified elsewhere. Pure.
 * source  draft-ietf-sshm-ssh-agent, sections 3.5, 3.6 and 4; docs/formats/ssh-agent.md (rules
 *         SA-n)
 */

#define SR_SSH_AGENT_MESSAGE_BYTES_MAX 262144 /* OpenSSH's own limit */
#define SR_SSH_AGENT_IDENTITIES_MAX 2048      /* likewise */

/* Append a request for the list of keys. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_ssh_agent_put_list(struct sr_buf *out) SR_MUST_USE;
/* Append a request to sign data with the key of a blob. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_ssh_agent_put_sign(struct sr_bytes key, struct sr_bytes data,
                                     struct sr_buf *out) SR_MUST_USE;

/* A key that an agent has. */
struct sr_ssh_agent_identity {
    struct sr_bytes blob;
    struct sr_bytes comment; /* any bytes, often a path or an address: for people only */
    bool is_known;           /* blob is a key that sr_ssh_key_decode() accepts */
};

struct sr_ssh_agent_list {
    struct sr_reader rest; /* only the functions below touch it */
    size_t count;          /* keys of all kinds */
};

/*
 * The answer to a request for the list, all of which is checked here. body is hostile; *out points
 * into it. Walk it with sr_ssh_agent_list_next().
 *
 * errors  UNAVAILABLE  the agent refuses
 *         MALFORMED, TRUNCATED, TOO_LARGE
 */
enum sr_status sr_ssh_agent_list_decode(struct sr_bytes body, struct sr_ssh_agent_list *out,
                                        struct sr_err *err) SR_MUST_USE;
/* False when there are no more. */
bool sr_ssh_agent_list_next(struct sr_ssh_agent_list *list, struct sr_ssh_agent_identity *out);

/*
 * The answer to a request to sign: a blob for sr_ssh_signature_decode(). body is hostile; *out
 * points into it.
 *
 * errors  UNAVAILABLE  the agent refuses: it is locked, has no such key, or nobody confirmed
 *         MALFORMED, TRUNCATED, TOO_LARGE
 */
enum sr_status sr_ssh_agent_signature_decode(struct sr_bytes body, struct sr_bytes *out,
                                             struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_SSH_AGENT_H */
