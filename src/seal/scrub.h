/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_SCRUB_H
#define SR_SEAL_SCRUB_H

#include "seal/body.h"

/*
 * Checking bodies at rest, without keys (stored bytes against the digest in the catalog) and with
 * keys (tags, SHA-256, tree), whole or by a random sample.
 */

struct sr_scrub_result {
    uint64_t pieces;  /* without keys: header page, segments, trailer; with keys: segments */
    uint64_t checked; /* of which so many were read and checked */
};

/*
 * Without keys. stored is hostile; body_bytes and body_root come from the catalog. The leaf table
 * is read and checked in any case, so that the sampled pieces are checked against genuine rows.
 *
 * sample  0: every piece; else so many pieces chosen uniformly at random without replacement
 * errors  CORRUPT (err names the offset of the first bad piece), TRUNCATED, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_scrub_stored(struct sr_source stored, uint64_t body_bytes,
                               const uint8_t body_root[SR_SHA256_BYTES], uint64_t sample,
                               struct sr_scrub_result *out, struct sr_err *err) SR_MUST_USE;

/*
 * With keys: the tag of each (sampled) segment; when all are read also the SHA-256 and the tree.
 * expected holds what the catalog says (plain_bytes, sha256, root). Borrows a buffer of the body's
 * pool, waiting for it, and more if they are free. errors as above.
 */
enum sr_status sr_scrub_opened(struct sr_body *body, const struct sr_body_facts *expected,
                               uint64_t sample, struct sr_scrub_result *out,
                               struct sr_err *err) SR_MUST_USE;

/*
 * What a clean sample of checked out of pieces says: the smallest share of damaged pieces, in parts
 * per million (rounded up), that it would have missed with a probability of at most 1 %. 0 when
 * all were checked; 1000000 when none was. Hypergeometric: sampling is without replacement.
 */
uint64_t sr_scrub_detectable_ppm(uint64_t pieces, uint64_t checked);

#endif /* SR_SEAL_SCRUB_H */
