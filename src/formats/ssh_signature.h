/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_SSH_SIGNATURE_H
#define SR_FORMATS_SSH_SIGNATURE_H

#include "formats/ssh_key.h"

/*
 * Signatures as SSH writes them, and as crypto/sign.h wants them. One spelling for each value.
 * Pure. source  docs/formats/sshsig.md (rules SG-7 to SG-9); RFC 5656, section 3.1.2; RFC 8709,
 * section 6; OpenSSH PROTOCOL.u2f, "SSH U2F Signatures"
 */

#define SR_SSH_SIGNATURE_BYTES_MAX 512

/* Of sk: what the authenticator says it saw. Others: WebAuthn level 3, section 6.1. */
#define SR_SSH_SIGNATURE_PRESENCE 0x01     /* it was touched */
#define SR_SSH_SIGNATURE_VERIFICATION 0x04 /* its user was told from others: PIN, finger */

struct sr_ssh_signature {
    enum sr_ssh_key_type type;
    struct sr_bytes ed25519; /* 64 bytes, or empty */
    struct sr_bytes r;       /* ECDSA: big-endian, no leading zero, not empty */
    struct sr_bytes s;
    uint8_t flags;    /* of sk, else 0 */
    uint32_t counter; /* of sk: signatures so far; some authenticators always say 0 */
};

/*
 * blob is hostile; *out points into it.
 *
 * errors  UNSUPPORTED  of a key of another kind
 *         MALFORMED    not such a blob; err names the field
 *         TRUNCATED, TOO_LARGE
 */
enum sr_status sr_ssh_signature_decode(struct sr_bytes blob, struct sr_ssh_signature *out,
                                       struct sr_err *err) SR_MUST_USE;

/* Append the blob of a signature. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_ssh_signature_encode(const struct sr_ssh_signature *signature,
                                       struct sr_buf *out) SR_MUST_USE;

/* Append what sr_public_key_verify() takes: 64 bytes, or DER. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_ssh_signature_raw(const struct sr_ssh_signature *signature,
                                    struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_SSH_SIGNATURE_H */
