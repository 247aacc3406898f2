/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_SSH_SIGNER_H
#define SR_ACTS_SSH_SIGNER_H

#include "acts/ssh_connection.h"
#include "acts/ssh_verifier.h"
#include "formats/ssh_agent.h"

/*
 * Signatures by a key that an ssh-agent has. The private key stays there; what comes back is
 * verified before it is handed on, so a broken or lying agent gets nothing wrong into the world.
 * source  docs/formats/ssh-agent.md (rules SA-n)
 */

/*
 * Which keys the agent has. The answer is put in store, which it replaces; *out points into it.
 *
 * store   one that may hold SR_SSH_AGENT_MESSAGE_BYTES_MAX
 * errors  as sr_ssh_connection_ask() and sr_ssh_agent_list_decode()
 */
enum sr_status sr_ssh_signer_list(struct sr_ssh_connection *c, struct sr_buf *store,
                                  struct sr_ssh_agent_list *out, struct sr_err *err) SR_MUST_USE;

/*
 * Append an SSHSIG in the binary form, over message, with SHA-512, as demanded.
 *
 * key     whose signature; the agent has to have it
 * errors  UNAVAILABLE  the agent does not answer or refuses
 *         UNTRUSTED    what it made is not such a signature, or without the presence or
 *                      verification that is demanded
 *         as sr_ssh_connection_ask() and sr_sshsig_decode()
 */
enum sr_status sr_ssh_signer_sshsig(struct sr_ssh_connection *c, const struct sr_ssh_verifier *key,
                                    const struct sr_ssh_demand *demand, struct sr_bytes message,
                                    struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

/*
 * A signer of crypto/sign.h: ECDSA over the message itself, in DER, for signatures of models.
 * Takes the connection, also when it fails. Messages over 255 KiB are TOO_LARGE: an agent does not
 * take them.
 *
 * key     its blob. hostile
 * errors  UNSUPPORTED  not ECDSA: Ed25519 has no place in those signatures, and what an sk key
 *                      signs is never the message
 *         as sr_ssh_verifier_new()
 */
enum sr_status sr_ssh_signer_new(struct sr_ssh_connection *c, struct sr_bytes key,
                                 struct sr_signer **out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_ACTS_SSH_SIGNER_H */
