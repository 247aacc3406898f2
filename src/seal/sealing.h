/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_SEALING_H
#define SR_SEAL_SEALING_H

#include "seal/write.h"

/*
 * One file on its way into a sealed body, without threads: write.c decides who does what when.
 *
 * Segments go through in batches. work() does what can be done for any batch at any time, by
 * several threads at once; commit() what must be done in order; finish() what comes last.
 */
struct sr_sealing;

/* One thread's buffers, and the batch of consecutive segments that is in them. */
struct sr_sealing_batch {
    size_t segments_max; /* 1..SR_SEAL_BATCH_MAX */
    /* Plaintext, locked; SR_BODY_SEGMENT_BYTES each. */
    uint8_t *plain[SR_SEAL_BATCH_MAX];
    uint8_t *compared; /* one more of them, for what is staged */
    /* Ciphertext; SR_SEALING_CIPHER_BYTES each. */
    uint8_t *cipher[SR_SEAL_BATCH_MAX];

    uint64_t first;
    size_t count;
    uint8_t leaves[2 * SR_SEAL_BATCH_MAX][SR_SHA256_BYTES]; /* plaintext's, then ciphertext's */
};

#define SR_SEALING_CIPHER_BYTES (SR_BODY_SEGMENT_BYTES + 4096) /* page-aligned; see sealing.c */

/*
 * Begin, or go on with what an interrupted attempt has left. job's parts outlive it.
 *
 * errors  TOO_LARGE, those of source and sink, NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_sealing_new(const struct sr_seal_job *job, const struct sr_secret *dek,
                              struct sr_sealing **out, struct sr_err *err) SR_MUST_USE;
void sr_sealing_free(struct sr_sealing *s);
SR_DEFINE_AUTO(sr_sealing)

/* At least 1. */
uint64_t sr_sealing_segments(const struct sr_sealing *s);
/* Plaintext in the batch. */
uint64_t sr_sealing_batch_bytes(const struct sr_sealing *s, const struct sr_sealing_batch *b);

/*
 * Read, seal, hash and write the b->count segments from b->first on. stop(ctx) is asked before
 * each.
 *
 * errors  CANCELLED (stop said so), those of source and sink, NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_sealing_work(struct sr_sealing *s, struct sr_sealing_batch *b,
                               bool (*stop)(void *ctx), void *ctx, struct sr_err *err) SR_MUST_USE;

/* Take the batch into the file's digests; in order, one at a time. errors  those of the sink,
 * INTERNAL, NO_MEMORY */
enum sr_status sr_sealing_commit(struct sr_sealing *s, const struct sr_sealing_batch *b,
                                 struct sr_err *err) SR_MUST_USE;

/* Write trailer, leaf table and footer, once every segment is committed. errors  as above */
enum sr_status sr_sealing_finish(struct sr_sealing *s, struct sr_body_facts *out,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_SEAL_SEALING_H */
