/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_KEY_H
#define SR_ACTS_KEY_H

#include "acts/ssh_verifier.h"

/*
 * A public key that signs acts, as it is enrolled: one line of text, which is one spelling of it:
 *
 *     ssh-ed25519 AAAA...     any SSH key of formats/ssh_key.h; without comment
 *     spki MCowBQYDK2Vw...    Ed25519, ECDSA P-256 or P-384: base64 of the SubjectPublicKeyInfo
 *
 * An SSH key signs in the SSHSIG form, the others plainly. The type decides, never the signature.
 * Immutable; any number of threads may verify with one.
 * source  docs/formats/act.md (rules AC-n)
 */
struct sr_act_key;

#define SR_ACT_KEY_LINE_BYTES_MAX 1024 /* of the field "key" */

/*
 * From its line, as it is enrolled: nothing else, not even another spelling of the same key. text
 * is hostile. errors  MALFORMED, TRUNCATED, UNSUPPORTED (RSA, certificates, other curves),
 * TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_act_key_from_line(struct sr_bytes text, struct sr_act_key **out,
                                    struct sr_err *err) SR_MUST_USE;
/*
 * From its line, or from what people have: the line of a .pub file with its comment, or a PEM
 * public key. text is hostile. errors  as above
 */
enum sr_status sr_act_key_parse(struct sr_bytes text, struct sr_act_key **out,
                                struct sr_err *err) SR_MUST_USE;
/* Of a signer, as the room's own. errors  UNSUPPORTED (P-521), MALFORMED, NO_MEMORY, INTERNAL */
enum sr_status sr_act_key_from_public(const struct sr_public_key *plain, struct sr_act_key **out,
                                      struct sr_err *err) SR_MUST_USE;
void sr_act_key_free(struct sr_act_key *key);
SR_DEFINE_AUTO(sr_act_key)

/* All live as long as the key. */
const char *sr_act_key_line(const struct sr_act_key *key);
/* "SHA256:" and 43 characters: of the SSH blob as `ssh-keygen -l` prints it, else of the DER. */
const char *sr_act_key_fingerprint(const struct sr_act_key *key);
bool sr_act_key_is_ssh(const struct sr_act_key *key);
bool sr_act_key_is_hardware(const struct sr_act_key *key); /* an sk type */
/* NULL when it is not an SSH key. */
const struct sr_ssh_verifier *sr_act_key_ssh(const struct sr_act_key *key);
/* NULL when it is one. */
const struct sr_public_key *sr_act_key_plain(const struct sr_act_key *key);
/* Whether both are the same key, also where one is written as SSH and the other is not: then their
 * lines and fingerprints differ. */
bool sr_act_key_equal(const struct sr_act_key *a, const struct sr_act_key *b);

/* What a signature showed beside that it is good. */
struct sr_act_proof {
    bool is_hardware;
    bool has_presence;     /* of hardware keys: always true, or it would not verify */
    bool has_verification; /* of hardware keys: PIN or finger */
    uint32_t counter;
};

/*
 * Whether signature is key's over message (a PAE). Both are hostile.
 * out     may be NULL
 * errors  UNTRUSTED  it is not, whatever is wrong with it; err says what
 *         NO_MEMORY, INTERNAL
 */
enum sr_status sr_act_key_verify(const struct sr_act_key *key, struct sr_bytes message,
                                 struct sr_bytes signature, struct sr_act_proof *out,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_ACTS_KEY_H */
