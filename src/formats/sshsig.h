/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_SSHSIG_H
#define SR_FORMATS_SSHSIG_H

#include "formats/ssh_signature.h"

/*
 * SSHSIG: a signature over a message by an SSH key, for a named purpose (the namespace), as
 * `ssh-keygen -Y sign` makes it. What an authenticator or agent signs is not the message but
 * sr_sshsig_signed_data(), which cannot be mistaken for a login. Pure: hashing is the caller's.
 * source  OpenSSH PROTOCOL.sshsig; docs/formats/sshsig.md (rules SG-10 to SG-16)
 */

/* What acts are signed for. A signature for another purpose is never one of an act. */
#define SR_SSHSIG_NAMESPACE_ACT "act@strongroom"

#define SR_SSHSIG_BYTES_MAX 2048
#define SR_SSHSIG_ARMORED_BYTES_MAX 4096
#define SR_SSHSIG_NAMESPACE_BYTES_MAX 255
#define SR_SSHSIG_DIGEST_BYTES_MAX 64

enum sr_sshsig_hash { SR_SSHSIG_SHA256, SR_SSHSIG_SHA512, SR_SSHSIG_HASH_COUNT };
/* 32 or 64 */
size_t sr_sshsig_hash_bytes(enum sr_sshsig_hash hash);

struct sr_sshsig {
    struct sr_bytes key; /* the blob, as sr_ssh_key_decode() accepts it */
    struct sr_bytes name_space;
    enum sr_sshsig_hash hash;
    struct sr_bytes signature; /* the blob, as sr_ssh_signature_decode() accepts it */
};

/*
 * The binary form. data is hostile; *out points into it.
 *
 * errors  UNSUPPORTED  another version, hash or kind of key; reserved that is not empty
 *         MALFORMED    not such data, or a signature that is of another kind than its key
 *         TRUNCATED, TOO_LARGE
 */
enum sr_status sr_sshsig_decode(struct sr_bytes data, struct sr_sshsig *out,
                                struct sr_err *err) SR_MUST_USE;

/* Append the binary form. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_sshsig_encode(const struct sr_sshsig *sig, struct sr_buf *out) SR_MUST_USE;

/* Append the text form of binary data, as OpenSSH lays it out. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_sshsig_armor(struct sr_bytes data, struct sr_buf *out) SR_MUST_USE;

/*
 * Append the binary data of the text form; what it is has not been looked at. Only the layout that
 * sr_sshsig_armor() gives is accepted. text is hostile.
 *
 * errors  MALFORMED, TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_sshsig_unarmor(struct sr_bytes text, struct sr_buf *out,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * Append what the key signs, for a message whose hash is digest. errors  TOO_LARGE, NO_MEMORY
 *
 * name_space  1 to SR_SSHSIG_NAMESPACE_BYTES_MAX bytes
 * digest      sr_sshsig_hash_bytes(hash) of them
 */
enum sr_status sr_sshsig_signed_data(struct sr_bytes name_space, enum sr_sshsig_hash hash,
                                     const uint8_t *digest, struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_SSHSIG_H */
