/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_SSH_VERIFIER_H
#define SR_ACTS_SSH_VERIFIER_H

#include "crypto/sign.h"
#include "formats/sshsig.h"

/*
 * Whether a person's SSH key signed a message, for a purpose, and how: a verifier is a public key
 * that was enrolled, checked once and ready. Immutable; any number of threads may use one.
 * source  docs/formats/sshsig.md (rules SG-5, SG-17 to SG-23)
 */
struct sr_ssh_verifier;

/*
 * From a key's blob, which is copied. key is hostile.
 *
 * errors  as sr_ssh_key_decode() and sr_public_key_from_raw()
 */
enum sr_status sr_ssh_verifier_new(struct sr_bytes key, struct sr_ssh_verifier **out,
                                   struct sr_err *err) SR_MUST_USE;
void sr_ssh_verifier_free(struct sr_ssh_verifier *v);
SR_DEFINE_AUTO(sr_ssh_verifier)

/* All live as long as the verifier. */
struct sr_bytes sr_ssh_verifier_blob(const struct sr_ssh_verifier *v);
enum sr_ssh_key_type sr_ssh_verifier_type(const struct sr_ssh_verifier *v);
const struct sr_public_key *sr_ssh_verifier_public_key(const struct sr_ssh_verifier *v);

/* "SHA256:" and 43 characters of base64, as `ssh-keygen -l` prints it. */
#define SR_SSH_VERIFIER_FINGERPRINT_BYTES 51
const char *sr_ssh_verifier_fingerprint(const struct sr_ssh_verifier *v);
/* The same of any bytes that stand for a key. errors  NO_MEMORY, INTERNAL */
enum sr_status sr_ssh_fingerprint(struct sr_bytes key,
                                  char out[SR_SSH_VERIFIER_FINGERPRINT_BYTES]) SR_MUST_USE;

/* What a signature has to be. */
struct sr_ssh_demand {
    const char *name_space;  /* SR_SSHSIG_NAMESPACE_ACT */
    bool needs_verification; /* PIN or finger, so an sk key; presence is needed of those anyway */
};

/* What an sk signature says beside that it is good; all 0 of other keys. Authenticated. */
struct sr_ssh_facts {
    uint8_t flags;
    uint32_t counter;
};

/*
 * Whether sshsig, in the binary form, is v's signature of message. Both are hostile.
 *
 * out_facts  may be NULL
 * errors     UNTRUSTED  it is not, or not as demanded; err says which
 *            as sr_sshsig_decode()
 *            NO_MEMORY, INTERNAL
 */
enum sr_status sr_ssh_verifier_check(const struct sr_ssh_verifier *v, struct sr_bytes sshsig,
                                     const struct sr_ssh_demand *demand, struct sr_bytes message,
                                     struct sr_ssh_facts *out_facts,
                                     struct sr_err *err) SR_MUST_USE;

/*
 * Append what a key has to sign so that message is signed for a purpose: sr_sshsig_signed_data()
 * with the hash made here. errors  TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_ssh_verifier_signed_data(struct sr_bytes name_space, enum sr_sshsig_hash hash,
                                           struct sr_bytes message, struct sr_buf *out) SR_MUST_USE;

#endif /* SR_ACTS_SSH_VERIFIER_H */
