/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_PROVENANCE_ENVELOPE_H
#define SR_ARTIFACT_PROVENANCE_ENVELOPE_H

#include "artifact/provenance.h"
#include "crypto/sign.h"

/*
 * SLSA provenance as it comes: a bare statement, or one that its builder signed, in a DSSE
 * envelope. The signature is verified before the statement is looked at.
 * source  docs/lineage.md; formats/dsse.h
 */

/* Base64 and the envelope around it. */
#define SR_PROVENANCE_ENVELOPE_BYTES_MAX (2 * SR_PROVENANCE_BYTES_MAX)

/*
 * text      hostile
 * key       who must have signed it; NULL: nobody has to, and nobody may, because a signature that
 *           is not checked is worth nothing
 * out_hint  of key; "" when it is not signed
 * errors  UNTRUSTED  not signed by key; or signed, and no key was given
 *         those of sr_provenance_decode() and sr_dsse_decode()
 */
enum sr_status sr_provenance_open(struct sr_bytes text, const struct sr_public_key *key,
                                  struct sr_provenance **out, char out_hint[SR_SIGN_HINT_BYTES],
                                  struct sr_err *err) SR_MUST_USE;

/*
 * Sign a statement: append its envelope to out.
 * errors  those of sr_signer_sign(); TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_provenance_seal(struct sr_bytes statement, struct sr_signer *signer,
                                  struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_PROVENANCE_ENVELOPE_H */
