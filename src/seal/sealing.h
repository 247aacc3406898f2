/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_SEALING_H
#define SR_SEAL_SEALING_H

#include "seal/write.h"

/*
 * One file on its way into a sealed body, without threads: write.c decides who does what when.
 *
 * Segments go through in batches. fill(), hash() and store() may be done for any batch at any time,
 * by several threads at once; commit() must be done in the order of each file's segments; finish()
 * comes last. hash() and commit() take batches of several files, because hashing goes faster side
 * by side (crypto/hash.h).
 */
struct sr_sealing;

/* One thread's buffers. */
struct sr_sealing_buffers {
    size_t segments; /* 1..SR_SEAL_BATCH_MAX */
    /* Plaintext, locked; SR_BODY_SEGMENT_BYTES each. */
    uint8_t *plain[SR_SEAL_BATCH_MAX];
    uint8_t *compared; /* one more of them, for what is staged */
    /* Ciphertext; SR_SEALING_CIPHER_BYTES each. */
    uint8_t *cipher[SR_SEAL_BATCH_MAX];
};

#define SR_SEALING_CIPHER_BYTES (SR_BODY_SEGMENT_BYTES + 4096) /* page-aligned; see sealing.c */

/* Consecutive segments of a file, in a thread's buffers from slot on. */
struct sr_sealing_batch {
    struct sr_sealing *file;
    struct sr_sealing_buffers *buffers;
    size_t slot;
    uint64_t first;
    size_t count; /* slot + count <= buffers->segments */
    /* Of each segment; filled in on the way. */
    bool is_kept[SR_SEAL_BATCH_MAX]; /* the sink has it already */
    uint8_t plain_leaf[SR_SEAL_BATCH_MAX][SR_SHA256_BYTES];
    uint8_t cipher_leaf[SR_SEAL_BATCH_MAX][SR_SHA256_BYTES];
};

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
uint64_t sr_sealing_batch_bytes(const struct sr_sealing_batch *b);

/*
 * Read and seal the batch. stop(ctx) is asked before each segment.
 *
 * errors  CANCELLED (stop said so), those of the source, NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_sealing_fill(struct sr_sealing_batch *b, bool (*stop)(void *ctx), void *ctx,
                               struct sr_err *err) SR_MUST_USE;
/* Make the leaves of filled batches, SR_SEAL_BATCH_MAX segments at most. errors  INTERNAL,
 * NO_MEMORY */
enum sr_status sr_sealing_hash(struct sr_sealing_batch *batches, size_t count) SR_MUST_USE;
/* Write the ciphertext. errors  those of the sink */
enum sr_status sr_sealing_store(struct sr_sealing_batch *b, struct sr_err *err) SR_MUST_USE;

/*
 * Take batches of different files, SR_SEAL_BATCH_MAX at most, into their digests. One thread at a
 * time for each file.
 *
 * errors  those of the sinks, INTERNAL, NO_MEMORY
 */
enum sr_status sr_sealing_commit(struct sr_sealing_batch *const *batches, size_t count,
                                 struct sr_err *err) SR_MUST_USE;

/* Write trailer, leaf table and footer, once every segment is committed. errors  as above */
enum sr_status sr_sealing_finish(struct sr_sealing *s, struct sr_body_facts *out,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_SEAL_SEALING_H */
