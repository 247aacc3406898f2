/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_BODY_H
#define SR_SEAL_BODY_H

#include "base/io.h"
#include "base/pool.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "formats/tensors.h"

/*
 * Sealed bodies: one for each file in custody. Anyone may hold one; only the holder of the
 * version's data key can read it, and nobody can change it unseen. source
 * docs/formats/sealed-body.md (MUSTs B-n)
 *
 * A body is written once (B-16), by seal/write.h, and read here: any range, by any number of
 * threads, and no byte is handed out before its segment was authenticated (B-9).
 */

#define SR_BODY_FORMAT_VERSION 1
#define SR_BODY_SUITE 1 /* FLOE with AES-256-GCM and HKDF-SHA-384; 2 is reserved */

#define SR_BODY_SEGMENT_BYTES ((size_t)1 << 20)            /* ciphertext, with IV and tag */
#define SR_BODY_PAYLOAD_BYTES (SR_BODY_SEGMENT_BYTES - 32) /* plaintext of a full segment */

/* What a body is bound to: it opens under these and under nothing else. */
struct sr_body_name {
    struct sr_id object;  /* random, public, in the header page and in the blob's name */
    struct sr_id version; /* the artifact version it belongs to */
    uint32_t file_index;  /* 0-based, in the version's list of files */
};

/* What a finished body says of itself. */
struct sr_body_facts {
    enum sr_file_kind kind;
    uint64_t plain_bytes;
    uint8_t sha256[SR_SHA256_BYTES]; /* of the whole plaintext */
    uint8_t root[SR_SHA256_BYTES];   /* RFC 6962 over plaintext segments */
    uint64_t tensor_count;
    /* Of the stored bytes; what scrub checks without keys. */
    uint64_t body_bytes;
    uint8_t body_root[SR_SHA256_BYTES]; /* RFC 6962 over the stored pieces, B-15 */
};

struct sr_body;

/*
 * Open a body: check header page, key commitment, footer, trailer and leaf table. stored must
 * outlive the body. dek is the version's data key (32 bytes); it is not kept, keys derived from it
 * are. stored is hostile.
 *
 * pool    lends buffers of at least SR_BODY_SEGMENT_BYTES and outlives the body
 * errors  CORRUPT      not a body of this name and key, or damaged; err says where
 *         UNSUPPORTED  another format version or suite
 *         NO_MEMORY, IO
 */
enum sr_status sr_body_open(const struct sr_body_name *name, const struct sr_secret *dek,
                            struct sr_source stored, struct sr_pool *pool, struct sr_body **out,
                            struct sr_err *err) SR_MUST_USE;
void sr_body_free(struct sr_body *b);
SR_DEFINE_AUTO(sr_body)

/* From the authenticated trailer; body_root is not in it and is all zero here. */
const struct sr_body_facts *sr_body_facts(const struct sr_body *b);
const struct sr_tensors *sr_body_tensors(const struct sr_body *b);
/* The pool it was opened with. */
struct sr_pool *sr_body_pool(const struct sr_body *b);

/*
 * Decrypt the plaintext range [offset, offset + len) to out; only the segments it touches are read.
 * On failure what was written to out is wiped. Any number of threads.
 *
 * Segment i holds the plaintext from i * SR_BODY_PAYLOAD_BYTES on. Whole ones are decrypted
 * straight into out. For one that is asked for in part, the call borrows one buffer of the pool and
 * waits for it, so who lends out buffers of the same pool as out must leave one free.
 *
 * errors  TOO_LARGE  the range passes the end
 *         CORRUPT    a segment does not authenticate; err says which and its offset in the file
 *         IO, TRUNCATED (the stored body is shorter than it was), NO_MEMORY
 */
enum sr_status sr_body_read(struct sr_body *b, uint64_t offset, uint8_t *out, size_t len,
                            struct sr_err *err) SR_MUST_USE;

#endif /* SR_SEAL_BODY_H */
