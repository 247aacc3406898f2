/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_DSSE_H
#define SR_FORMATS_DSSE_H

#include "base/buf.h"
#include "formats/json.h"

/*
 * Dead Simple Signing Envelope: a payload of a type and its signature, as JSON; and the message
 * that is really signed, the pre-authentication encoding (PAE). Exactly one signature: which of
 * several a reader looks at is where two readers differ. Pure.
 * source  github.com/secure-systems-lab/dsse, envelope.md and protocol.md, v1.0.2;
 *         docs/formats/oms.md (rules O-5 to O-8)
 */

struct sr_dsse {
    struct sr_buf *payload_type;
    struct sr_buf *payload;
    struct sr_buf *signature;
    struct sr_buf *keyid; /* a hint that nobody has signed; empty: none. hostile */
};
void sr_dsse_clear(struct sr_dsse *d);

/*
 * Decode an envelope that is part of a JSON text. value is hostile. Clear *out also after a
 * failure; start with all zero.
 *
 * errors  MALFORMED  not such an object, a member that is unknown, not one signature, not base64
 *         TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_dsse_decode(struct sr_json_value value, struct sr_dsse *out,
                              struct sr_err *err) SR_MUST_USE;

/* Write an envelope with an empty keyid. errors  TOO_LARGE, NO_MEMORY, MALFORMED (type: no UTF-8)
 */
enum sr_status sr_dsse_encode(struct sr_json_writer *w, struct sr_bytes payload_type,
                              struct sr_bytes payload, struct sr_bytes signature) SR_MUST_USE;

/* The same with a keyid, as canonical JSON when type and keyid are ASCII. errors  as above */
enum sr_status sr_dsse_encode_keyed(struct sr_json_writer *w, struct sr_bytes payload_type,
                                    struct sr_bytes payload, struct sr_bytes signature,
                                    struct sr_bytes keyid) SR_MUST_USE;

/* Append the message that the signature of a payload is made over. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_dsse_pae(struct sr_bytes payload_type, struct sr_bytes payload,
                           struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_DSSE_H */
