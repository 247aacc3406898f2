/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_SSH_KEY_H
#define SR_FORMATS_SSH_KEY_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Public keys as SSH writes them: the binary "blob", and the line of a .pub file. Only kinds that
 * sign acts here; each value has one spelling, so two blobs are one key when their bytes are equal.
 * Whether a point is on its curve is for crypto/sign.h. Pure.
 * source  docs/formats/sshsig.md (rules SG-1 to SG-6); RFC 4253, section 6.6; RFC 5656, section
 *         3.1; RFC 8709, section 4; OpenSSH PROTOCOL.u2f
 */

enum sr_ssh_key_type {
    SR_SSH_KEY_ED25519,
    SR_SSH_KEY_ECDSA_P256,
    SR_SSH_KEY_ECDSA_P384,
    SR_SSH_KEY_SK_ED25519, /* sk: in a FIDO2 authenticator */
    SR_SSH_KEY_SK_ECDSA_P256,
    SR_SSH_KEY_TYPE_COUNT
};

/* "ssh-ed25519" and so on; also what its signatures are called. */
const char *sr_ssh_key_type_name(enum sr_ssh_key_type type);
/* errors  UNSUPPORTED  not one of the five; name is hostile */
enum sr_status sr_ssh_key_type_from_name(struct sr_bytes name, enum sr_ssh_key_type *out,
                                         struct sr_err *err) SR_MUST_USE;
bool sr_ssh_key_type_is_sk(enum sr_ssh_key_type type);
bool sr_ssh_key_type_is_ecdsa(enum sr_ssh_key_type type);

/* The longest: an application of 255 bytes. */
#define SR_SSH_KEY_BLOB_BYTES_MAX 512

struct sr_ssh_key {
    enum sr_ssh_key_type type;
    struct sr_bytes point;       /* 32 bytes of Ed25519; 65 or 97 of an uncompressed point */
    struct sr_bytes application; /* sk: what the authenticator made it for, "ssh:..."; else empty */
};

/*
 * blob is hostile; *out points into it.
 *
 * errors  UNSUPPORTED  a key of another kind (RSA, certificates), an application not of SSH
 *         MALFORMED    not such a blob; err names the field
 *         TRUNCATED, TOO_LARGE
 */
enum sr_status sr_ssh_key_decode(struct sr_bytes blob, struct sr_ssh_key *out,
                                 struct sr_err *err) SR_MUST_USE;

/* Append the blob of key. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_ssh_key_encode(const struct sr_ssh_key *key, struct sr_buf *out) SR_MUST_USE;

/*
 * A line of a .pub file: type, one space, base64, and perhaps a space and a comment; a newline at
 * the end or none. Append the blob to out; *out_comment points into text. text is hostile.
 *
 * errors  as sr_ssh_key_decode(); MALFORMED  also: not such a line, another type than the blob's
 *         NO_MEMORY
 */
enum sr_status sr_ssh_key_from_line(struct sr_bytes text, struct sr_buf *out,
                                    struct sr_bytes *out_comment, struct sr_err *err) SR_MUST_USE;

/* Append the line of a blob, without comment and newline. errors  as sr_ssh_key_decode(),
 * NO_MEMORY, TOO_LARGE */
enum sr_status sr_ssh_key_line(struct sr_bytes blob, struct sr_buf *out,
                               struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_SSH_KEY_H */
