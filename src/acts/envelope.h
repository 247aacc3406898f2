/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_ENVELOPE_H
#define SR_ACTS_ENVELOPE_H

#include "acts/act.h"
#include "acts/key.h"
#include "acts/ssh_connection.h"

/*
 * The envelope of an act: DSSE, payloadType application/vnd.in-toto+json, one signature, its keyid
 * the key's fingerprint. Taken apart first, verified once the key is known, and the bytes that were
 * verified are the bytes that are used.
 * source  DSSE v1.0.2; docs/formats/act.md
 */

#define SR_ENVELOPE_BYTES_MAX 65536

struct sr_envelope;

/*
 * Take an envelope apart and decode its statement. Nothing is verified yet. data is hostile,
 * copied. errors  MALFORMED (also: not exactly one signature), UNSUPPORTED (another payload type),
 * TOO_LARGE, NO_MEMORY, INTERNAL; sr_act_decode()'s
 */
enum sr_status sr_envelope_open(struct sr_bytes data, struct sr_envelope **out,
                                struct sr_err *err) SR_MUST_USE;
void sr_envelope_free(struct sr_envelope *e);
SR_DEFINE_AUTO(sr_envelope)

/* All live as long as e. */
const struct sr_act *sr_envelope_act(const struct sr_envelope *e);
const uint8_t *sr_envelope_digest(const struct sr_envelope *e); /* of the act */
struct sr_bytes sr_envelope_statement(const struct sr_envelope *e);
struct sr_bytes sr_envelope_bytes(const struct sr_envelope *e);
/* As its key's form has it: an SSHSIG in binary, DER, or 64 bytes. hostile until verified. */
struct sr_bytes sr_envelope_signature(const struct sr_envelope *e);
/* Printable ASCII, perhaps empty; hostile: nobody has signed it. It says which key to try. */
const char *sr_envelope_keyid(const struct sr_envelope *e);

/* errors  UNTRUSTED  not signed by key; NO_MEMORY, INTERNAL. out may be NULL. */
enum sr_status sr_envelope_verify(const struct sr_envelope *e, const struct sr_act_key *key,
                                  struct sr_act_proof *out, struct sr_err *err) SR_MUST_USE;

/* Somebody who signs acts. A driver embeds this as its first member. For one thread. */
struct sr_act_signer {
    const struct sr_act_key *key; /* the driver's */
    /* Append a signature over message that key verifies. */
    enum sr_status (*sign)(struct sr_act_signer *signer, struct sr_bytes message,
                           struct sr_buf *out, struct sr_err *err);
    void (*close)(struct sr_act_signer *signer);
};
void sr_act_signer_free(struct sr_act_signer *signer);
SR_DEFINE_AUTO(sr_act_signer)

/* A key that an ssh-agent has; key is copied. Takes the connection, also when it fails.
 * needs_verification: demand PIN or finger of a hardware key. errors  UNSUPPORTED (not an SSH key),
 * NO_MEMORY, INTERNAL */
enum sr_status sr_act_signer_agent(struct sr_ssh_connection *c, const struct sr_act_key *key,
                                   bool needs_verification, struct sr_act_signer **out,
                                   struct sr_err *err) SR_MUST_USE;
/* Any crypto/sign.h signer: a PEM file, the room's own key. Takes it, also when it fails. errors
 * UNSUPPORTED  P-521; NO_MEMORY, INTERNAL */
enum sr_status sr_act_signer_plain(struct sr_signer *plain, struct sr_act_signer **out,
                                   struct sr_err *err) SR_MUST_USE;

/*
 * Encode, sign and append the envelope of act; the signature is verified before it is handed out.
 * out_digest  of the act; may be NULL
 * errors  those of sr_act_encode() and of the signer; UNTRUSTED  what it made is no signature;
 *         TOO_LARGE
 */
enum sr_status sr_envelope_make(const struct sr_act *act, struct sr_act_signer *signer,
                                struct sr_buf *out, uint8_t out_digest[SR_SHA256_BYTES],
                                struct sr_err *err) SR_MUST_USE;
/* The same for a statement that is there already: what was shown is what is signed. statement is
 * hostile. errors  also those of sr_act_decode() */
enum sr_status sr_envelope_make_of(struct sr_bytes statement, struct sr_act_signer *signer,
                                   struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_ACTS_ENVELOPE_H */
