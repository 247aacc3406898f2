/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_VKEY_H
#define SR_LEDGER_VKEY_H

#include "crypto/sign.h"
#include "formats/note.h"

/*
 * Keys that verify signed notes, and their one-line form, the vkey: name+hash+base64(type || key).
 * A key is its name, its type and its bytes: the same bytes under another name are another key.
 * Immutable; any number of threads may verify with one.
 * source  C2SP signed-note v1.0.0, tlog-cosignature v1.0.1; docs/formats/note.md (rules N-10 to
 * N-14)
 */

enum sr_vkey_type {
    SR_VKEY_ED25519 = 1,
    SR_VKEY_ECDSA = 2,       /* P-256, SHA-256; its ID does not depend on its name */
    SR_VKEY_COSIGNATURE = 4, /* formats/cosignature.h */
};

#define SR_VKEY_TEXT_BYTES_MAX 4096

struct sr_vkey;

/*
 * From its text, without a newline. text is hostile.
 * errors  MALFORMED    another spelling, or a hash that is not that of name, type and key
 *         UNSUPPORTED  a type or curve that is not above
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_vkey_parse(struct sr_bytes text, struct sr_vkey **out,
                             struct sr_err *err) SR_MUST_USE;
/*
 * From a public key, which is copied.
 * errors  MALFORMED    not a name of keys
 *         UNSUPPORTED  key is not of the type's kind
 *         NO_MEMORY, INTERNAL
 */
enum sr_status sr_vkey_new(struct sr_bytes name, enum sr_vkey_type type,
                           const struct sr_public_key *key, struct sr_vkey **out,
                           struct sr_err *err) SR_MUST_USE;
void sr_vkey_free(struct sr_vkey *vkey);
SR_DEFINE_AUTO(sr_vkey)

struct sr_bytes sr_vkey_name(const struct sr_vkey *vkey);
enum sr_vkey_type sr_vkey_type(const struct sr_vkey *vkey);
/* Its public key, as long as it lives. */
const struct sr_public_key *sr_vkey_key(const struct sr_vkey *vkey);
/* Whether a line of a note says that it is of this key: its name and ID; not whether it verifies.
 */
bool sr_vkey_has_line(const struct sr_vkey *vkey, const struct sr_note_signature *line);
/* Append its text, without a newline. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_vkey_text(const struct sr_vkey *vkey, struct sr_buf *out) SR_MUST_USE;

/* What a note says of one key. */
struct sr_vkey_mark {
    bool has_signed;
    uint64_t utc_s; /* when, for a cosignature (its latest); else 0 */
};

/*
 * Verify all lines of a note that are of one of count keys; lines of other keys are ignored. A key
 * counts once, however many lines it has. note is hostile.
 *
 * marks   of each key; NULL: nobody asks which
 * errors  UNTRUSTED  a line of a known key does not verify, whatever the others do; or no line is
 * of a known key NO_MEMORY, INTERNAL
 */
enum sr_status sr_vkey_verify_note(const struct sr_vkey *const *keys, size_t count,
                                   const struct sr_note *note, struct sr_vkey_mark *marks,
                                   struct sr_err *err) SR_MUST_USE;

/*
 * Append the line of vkey's signature under text, made by signer, whose public key has to be
 * vkey's.
 *
 * utc_s   of a cosignature; else ignored
 * errors  CONFLICT  signer is somebody else; MALFORMED (text); those of signer; TOO_LARGE,
 * NO_MEMORY
 */
enum sr_status sr_vkey_sign(const struct sr_vkey *vkey, struct sr_signer *signer, uint64_t utc_s,
                            struct sr_bytes text, struct sr_buf *out,
                            struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_VKEY_H */
